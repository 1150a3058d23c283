// What is counted in answers: digits, carries, slips.

#include <doctest/doctest.h>

#include <sstream>

#include "rung/eval/carry_scores.hpp"
#include "rung/eval/digit_scores.hpp"
#include "rung/eval/maze_scores.hpp"
#include "rung/eval/slip_counts.hpp"
#include "rung/eval/step_scores.hpp"
#include "rung/task/multiplication.hpp"
#include "rung/task/scratchpad.hpp"
#include "rung/task/square_root.hpp"
#include "rung/task/subtraction.hpp"
#include "support/small.hpp"

using namespace rung_test;

namespace {

/// Shows an observer the problem a and b with an answer.
template <class Observer, class Task>
void show(Observer& observer, Task const& task, Example const& truth, std::string const& text,
          bool ended = true) {
    const Answer answer{.text = text, .ended = ended};
    observer(Answered{2, 0, truth, answer, ended && correct(task, truth, text)});
}
std::string printed(auto const& x) {
    std::ostringstream out;
    out << x;
    return out.str();
}

}  // namespace

TEST_CASE("digits are counted from the units, whichever way they are written") {
    const PlainAddition plain;
    DigitScores         scores{plain};
    show(scores, plain, plain.example("17", "25"), "42");
    show(scores, plain, plain.example("17", "25"), "43");  // the units wrong
    show(scores, plain, plain.example("17", "25"), "2");   // no tens
    show(scores, plain, plain.example("17", "25"), "4+");  // no number
    show(scores, plain, plain.example("99", "25"), "124");
    CHECK(scores.longest() == 3);
    CHECK(scores.of_length(2).at(0).correct == 2);
    CHECK(scores.of_length(2).at(1).correct == 2);
    CHECK(scores.of_length(2).at(1).count == 4);
    DigitScores endless{plain};
    show(endless, plain, plain.example("17", "25"), "42", false);
    CHECK(endless.all().at(0).correct == 0);
    CHECK(scores.of_length(3).scores.size() == 3);
    CHECK(scores.of_length(1).scores.empty());
    CHECK(scores.of_length(9).scores.empty());
    CHECK(scores.all().at(0).correct == 3);
    CHECK(scores.all().at(0).count == 5);
    CHECK(scores.all().at(2).count == 1);
    CHECK(printed(scores) ==
          "digits  answers  right at place 0, 1, ... from the units\n"
          "     2        4  0.500 0.500\n"
          "     3        1  1.000 1.000 1.000\n");

    const DigitScores<PlainAddition> none;
    CHECK(none.longest() == 0);
    CHECK(none.of_length(0).scores.empty());
    CHECK(none.all().scores.empty());
    CHECK(printed(none) == "digits  answers  right at place 0, 1, ... from the units\n");

    DigitScores longer{plain};
    show(longer, plain, plain.example("17", "25"), "142");  // its highest digit is no tens
    CHECK(longer.of_length(2).at(0).correct == 1);
    CHECK(longer.of_length(2).at(1).correct == 0);
    CHECK(longer.longest() == 2);
    show(longer, plain, plain.example("17", "25"), "042");  // the right number
    CHECK(longer.of_length(2).at(1).correct == 1);

    const Addition reversed;  // 17 + 25 = 042, written 240
    DigitScores    turned{reversed};
    show(turned, reversed, reversed.example("17", "25"), "250");
    CHECK(turned.of_length(3).at(0).correct == 1);
    CHECK(turned.of_length(3).at(1).correct == 0);
    CHECK(turned.of_length(3).at(2).correct == 1);
}

TEST_CASE("of other tasks characters are counted from the first, and signs are no digits") {
    DigitScores scores{Reverse{}};
    show(scores, Reverse{}, {"123=", "321"}, "32");
    CHECK(scores.of_length(3).at(0).correct == 1);
    CHECK(scores.of_length(3).at(2).correct == 0);
    show(scores, Reverse{}, {"123=", "321"}, "3210");
    CHECK(scores.of_length(3).at(1).correct == 2);
    CHECK(scores.of_length(3).at(2).correct == 0);
    const SubtractionIn<Plain> minus;
    DigitScores                below{minus};
    show(below, minus, minus.example("1", "13"), "-12");
    CHECK(below.of_length(2).at(0).correct == 1);
    CHECK(below.longest() == 2);
}

TEST_CASE("carries of sums, borrows of differences: how many, and the longest chain") {
    const auto sum = [](char const* a, char const* b) {
        const Carries all = carries_of(Addition{}, Addition{}.example(a, b));
        return std::pair{all.count, all.chain};
    };
    CHECK(sum("12", "34") == std::pair{0, 0});
    CHECK(sum("999", "1") == std::pair{3, 3});
    CHECK(sum("1", "999") == std::pair{3, 3});
    CHECK(sum("5059", "5056") == std::pair{3, 2});  // 1, then 2 in a row
    const SubtractionIn<Plain> minus;
    CHECK(carries_of(minus, minus.example("100", "1")).chain == 2);
    CHECK(carries_of(minus, minus.example("1", "100")).chain == 2);  // 100 less 1
    CHECK(carries_of(minus, minus.example("11", "1")).count == 0);
}

TEST_CASE("exact match by carries: every problem stands in one row of each table") {
    const Addition task;
    CarryScores    scores{task};
    show(scores, task, task.example("12", "34"), task.example("12", "34").answer);
    show(scores, task, task.example("999", "1"), task.example("999", "1").answer);
    show(scores, task, task.example("999", "2"), "0");
    show(scores, task, task.example("505", "505"), task.example("505", "505").answer);
    CHECK(scores.by_chain().at(0).correct == 1);
    CHECK(scores.by_chain().at(1).count == 1);
    CHECK(scores.by_chain().at(3).correct == 1);
    CHECK(scores.by_chain().at(3).count == 2);
    CHECK(scores.by_chain().scores.size() == 3);  // no chain of two
    CHECK(scores.by_count().at(2).count == 1);
    CHECK(printed(scores).find("         3        0.500  [0.095, 0.905]       1 / 2") != std::string::npos);
}

TEST_CASE("slips are counted by difficulty, and a right number that does not end breaks the form") {
    const PlainAddition task;
    SlipCounts          slips{task};
    const Example       truth = task.example("17", "25");
    show(slips, task, truth, "42");
    show(slips, task, truth, "32");
    show(slips, task, truth, "42", false);
    CHECK(slips.count(Slip::none) == 1);
    CHECK(slips.count(Slip::dropped_carry) == 1);
    CHECK(slips.count(Slip::format_break) == 1);
    CHECK(slips.counts().at(2)[std::size_t(Slip::none)] == 1);
    CHECK(printed(slips) ==
          "difficulty  none  format break  dropped carry\n"
          "         2     1             1              1\n");
}

TEST_CASE("evaluation shows every answer, in order, and what is counted adds up to its report") {
    constexpr Shape shape{.vocab = Addition::vocab, .context = 32, .width = 16, .heads = 2};
    cpu::Context    ctx{{.threads = 2}};
    Transformer<shape, NoPe, Stacked<1>, Llama> model{ctx};
    const ByOperand<Addition>                   task;
    DigitScores                                 digits{task};
    CarryScores                                 carries{task};
    SlipCounts                                  slips{task};
    std::vector<std::pair<Difficulty, int>>     seen;
    int                                         right  = 0;
    const Report                                report = evaluate(
                                       ctx, model, task, {.to = {2, 3}, .each = 5, .watch = [&](Answered const& a) {
                               digits(a), carries(a), slips(a);
                               seen.emplace_back(a.difficulty, a.number);
                               right += a.right;
                               CHECK(a.right == (a.answer.ended && correct(task, a.truth, a.answer.text)));
                           }});
    CHECK(seen.size() == 2 * 3 * 5);
    CHECK(std::is_sorted(seen.begin(), seen.end()));
    int correct = 0, by_carries = 0, by_slips = 0;
    for (auto const& score : report.scores) correct += score.correct;
    for (auto const& score : carries.by_chain().scores) by_carries += score.count;
    for (auto const& [difficulty, counts] : slips.counts())
        for (const int count : counts) by_slips += count;
    CHECK(right == correct);
    CHECK(slips.count(Slip::none) == correct);
    CHECK(by_carries == 30);
    CHECK(by_slips == 30);
    CHECK(digits.all().at(0).count == 30);
}

TEST_CASE("steps are counted up to the first wrong one, the number at the end by itself") {
    const AdditionIn<SimplifiedScratchpad> task{.judge = Judge::every_step};
    StepScores                             scores{task};
    const Example                          truth = task.example("128", "367");  // three rows and the sum
    show(scores, task, truth, truth.answer);
    show(scores, task, truth, "A->5 , C->1\nA->8 , C->0\nA->4 , C->0.\n495");  // its second row wrong
    show(scores, task, truth, "A->5 , C->1\nA->9 , C->0\nA->4 , C->0.\n496");  // the sum wrong
    show(scores, task, truth, truth.answer, false);                            // all right, and it went on
    REQUIRE(scores.counts().size() == 1);
    const StepCounts counts = scores.counts().at(2);
    CHECK(counts.answers == 4);
    CHECK(counts.final == 2);
    CHECK(counts.every == 1);
    CHECK(counts.steps == 1 + 0.25 + 0.75 + 1);
    CHECK(printed(scores) ==
          "difficulty  answers  final number  every step  steps before a wrong one\n"
          "         2        4         0.500       0.250                     0.750\n");
    StepScores roots{SquareRootIn<DetailedScratchpad>{}};
    const auto root = SquareRootIn<DetailedScratchpad>{}.example("4");
    show(roots, SquareRootIn<DetailedScratchpad>{}, root, root.answer);
    CHECK(roots.counts().at(2).every == 1);
    CHECK(roots.counts().at(2).steps == 1);
    StepScores products{Multiplication{}};
    show(products, Multiplication{}, Multiplication{}.example("215", "46"), "0921+00680=0");
    CHECK(products.counts().at(2).steps == doctest::Approx(2 / 3.));
}

TEST_CASE("answers to mazes are counted by what is right about them") {
    const Maze    task;
    MazeScores    scores{task};
    const Example truth = task.example("6>63#39:63-6:34-52:63-34:6,66-66:63,34-63:52,39,66");
    for (auto const* answer : {"6>34>66>63", "6>34>6>34>66>63", "6>34>66", "6>63", "6:34"})
        show(scores, task, truth, answer);
    show(scores, task, truth, "6>34>66>63", false);
    CHECK(printed(scores) ==
          "difficulty  answers  format   moves    ends    path\n"
          "         2        6       4       3       3       1\n");
}
