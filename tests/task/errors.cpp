// Constructed mistakes are named for what they are.

#include <doctest/doctest.h>

#include "rung/task/addition.hpp"
#include "rung/task/detailed_scratchpad.hpp"
#include "rung/task/errors.hpp"
#include "rung/task/multiplication.hpp"
#include "rung/task/subtraction.hpp"

using namespace rung;

namespace {

template <class Task>
std::string_view slip(Task const& task, std::string_view a, std::string_view b, std::string_view answer) {
    return slip_name(slip_of(task, task.example(a, b), answer));
}

}  // namespace

TEST_CASE("mistakes in plain sums") {
    const auto of = [](std::string_view a, std::string_view b, std::string_view answer) {
        return slip(PlainAddition{}, a, b, answer);
    };
    CHECK(of("358", "479", "837") == "none");
    CHECK(of("358", "479", "0837") == "none");
    CHECK(of("358", "479", "827") == "dropped carry");
    CHECK(of("358", "479", "737") == "dropped carry");
    CHECK(of("358", "479", "727") == "dropped carry");
    CHECK(of("358", "479", "838") == "other");  // the units have no column before them
    CHECK(of("358", "479", "836") == "other");
    CHECK(of("358", "479", "1837") == "false carry");
    CHECK(of("123", "456", "579") == "none");
    CHECK(of("123", "456", "589") == "false carry");
    CHECK(of("999", "1", "990") == "dropped carry");
    CHECK(of("999", "1", "000") == "dropped carry");
    CHECK(of("358", "479", "83") == "early stop");
    CHECK(of("358", "479", "") == "early stop");
    CHECK(of("358", "479", "87") == "lost digit");
    CHECK(of("358", "479", "37") == "lost digit");
    CHECK(of("358", "479", "8337") == "repeated digit");
    CHECK(of("358", "479", "8377") == "repeated digit");
    CHECK(of("358", "479", "8437") == "other");
    CHECK(of("1234", "5", "1329") == "shifted digit");  // 1239
    CHECK(of("12345", "1111", "34561") == "shifted digit");
    CHECK(of("358", "479", "8+7") == "format break");
    CHECK(of("358", "479", "837=") == "format break");
    CHECK(of("358", "479", "555") == "other");
    CHECK(of("358", "479", "-837") == "other");
}

TEST_CASE("mistakes in reversed sums, in the order in which they are written") {
    CHECK(slip(Addition{}, "358", "479", "7380") == "none");
    CHECK(slip(Addition{}, "358", "479", "728") == "dropped carry");
    CHECK(slip(Addition{}, "358", "479", "73") == "early stop");
    CHECK(slip(Addition{}, "358", "479", "780") == "lost digit");
    CHECK(slip(Addition{}, "358", "479", "73380") == "repeated digit");
    CHECK(slip(Addition{}, "358", "479", "0738") == "shifted digit");
    CHECK(slip(AdditionIn<Wrapped>{}, "358", "479", "837") == "early stop");
    CHECK(slip(AdditionIn<Wrapped>{}, "358", "479", "87") == "format break");
}

TEST_CASE("mistakes in differences, products and the last line of a scratchpad") {
    CHECK(slip(Subtraction{}, "837", "358", "489") == "dropped carry");
    CHECK(slip(Subtraction{}, "837", "358", "579") == "dropped carry");
    CHECK(slip(Subtraction{}, "867", "352", "505") == "false carry");
    CHECK(slip(Subtraction{}, "128", "367", "239") == "other");
    CHECK(slip(Subtraction{}, "128", "367", "-") == "early stop");
    CHECK(slip(MultiplicationIn<Plain>{}, "12", "34", "48") == "lost digit");
    CHECK(slip(MultiplicationIn<Plain>{}, "12", "34", "418") == "other");
    const AdditionIn<SimplifiedScratchpad> task;
    CHECK(slip(task, "358", "479", "A->7 , C->1\nA->3 , C->1\nA->8 , C->0.\n827") == "dropped carry");
    CHECK(slip(task, "358", "479", "A->7 , C->1\nA->3") == "early stop");
    CHECK(slip(task, "358", "479", "837") == "format break");
}

TEST_CASE("the right number after wrong steps, where these count") {
    const AdditionIn<SimplifiedScratchpad> strict{.judge = Judge::every_step};
    const std::string_view                 wrong = "A->7 , C->1\nA->4 , C->1\nA->8 , C->0.\n837";
    CHECK(slip(strict, "358", "479", wrong) == "wrong steps");
    CHECK(slip(AdditionIn<SimplifiedScratchpad>{}, "358", "479", wrong) == "none");
    const AdditionIn<IndexHints<Plain>> hinted;
    const auto                          truth = hinted.example("358", "479");
    std::string                         other = truth.answer;
    for (char& c : other)
        if (c >= 'a') ++c;
    CHECK(slip_of(hinted, truth, other) == Slip::wrong_steps);
}

namespace {

/// A format of one's own whose `number` looks at no digit.
struct Angled : Plain {
    static std::optional<std::string> number(std::string_view answer) {
        if (!answer.starts_with('<') || !answer.ends_with('>')) return {};
        return std::string(answer.substr(1, answer.size() - 2));
    }
};

}  // namespace

TEST_CASE("what a format of one's own takes for a number must be one") {
    const AdditionIn<Angled> task;
    const Example            sum{"95+7=", "<102>"};
    CHECK(slip_of(task, sum, "<102>") == Slip::none);
    CHECK(slip_of(task, sum, "<0102>") == Slip::none);
    CHECK(slip_of(task, sum, "<92>") == Slip::dropped_carry);
    for (const std::string_view broken : {"<1x2>", "<>", "<->", "<1-2>", "102"})
        CHECK(slip_of(task, sum, broken) == Slip::format_break);
    CHECK_FALSE(AdditionIn<Angled>::number("<1x2>"));
}

TEST_CASE("every class has a name") {
    for (int slip = 0; slip <= int(Slip::other); ++slip) CHECK_FALSE(slip_name(Slip(slip)).empty());
}
