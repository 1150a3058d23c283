// Formats: what each looks like, that they go together, how long they get, and what of an answer is judged.

#include <doctest/doctest.h>

#include "rung/task/addition.hpp"
#include "rung/task/detailed_scratchpad.hpp"
#include "rung/task/multiplication.hpp"
#include "rung/task/subtraction.hpp"

using namespace rung;

namespace {

template <class F>
Example sum(std::string_view a, std::string_view b) {
    return AdditionIn<F>{}.example(a, b);
}
template <class Task>
int size_of(Task const& task, std::string_view a, std::string_view b) {
    const Example e = task.example(a, b);
    return int(e.prompt.size() + e.answer.size());
}

}  // namespace

TEST_CASE("formats look as their docs say, and stand around each other in any order") {
    CHECK(sum<Plain>("853", "97") == Example{"853+97=", "950"});
    CHECK(sum<InDollars<Plain>>("853", "97") == Example{"$853+97=", "950$"});
    CHECK(sum<ZeroPadded<Plain>>("853", "97") == Example{"853+097=", "0950"});
    CHECK(sum<FilledResult<Plain>>("853", "97") == Example{"853+97=", "0950"});
    CHECK(sum<ReverseResult<Plain>>("853", "97") == Example{"853+97=", "059"});
    CHECK(sum<ReverseOperands<Plain>>("853", "97") == Example{"358+79=", "950"});
    CHECK(sum<Spaced<Plain>>("853", "97") == Example{"8 5 3 + 9 7 = ", "9 5 0"});
    CHECK(sum<IndexHints<ZeroPadded<Plain>>>("853", "97") == Example{"c8b5a3+c0b9a7=", "d0c9b5a0"});
    CHECK(sum<IndexHints<Reversed>>("853", "97") == Example{"a3b5c8+a7b9=", "a0b5c9d0"});
    CHECK(std::is_same_v<InDollars<Spaced<ReverseResult<Plain>>>, Spaced<ReverseResult<InDollars<Plain>>>>);
    CHECK(sum<InDollars<Spaced<Reversed>>>("85", "97") == Example{"$ 5 8 + 7 9 = ", "2 8 1 $"});
    CHECK(SubtractionIn<Reversed>{}.example("128", "367") == Example{"821-763=", "932-"});
    CHECK(SubtractionIn<ZeroPadded<Plain>>{}.example("28", "367") == Example{"028-367=", "-339"});
    CHECK(MultiplicationIn<ZeroPadded<Plain>>{}.example("7", "11") == Example{"07*11=", "0077"});
    CHECK(SubtractionIn<IndexHints<Plain>>{}.example("3", "5") == Example{"a3-a5=", "-a2"});
}

TEST_CASE("an alphabet holds digits, the sign and what the format adds") {
    CHECK(PlainAddition::alphabet == "0123456789+=");
    CHECK(Addition::alphabet == "0123456789+=");
    CHECK(AdditionIn<Wrapped>::alphabet == "0123456789+=$");
    CHECK(Subtraction::alphabet == "0123456789-=");
    CHECK(Multiplication::alphabet == "0123456789*=+()");
}

TEST_CASE("drawn hints begin anywhere, stay consecutive and leave room for the longest number") {
    std::string seen;
    for (std::uint32_t i = 0; i < 300; ++i) {
        Rng                                 rng(1, Purpose::user, 0, i);
        const AdditionIn<IndexHints<Plain>> task;
        const Example                       e = task.sample(rng, 3);
        CHECK(task.number(e.answer));
        if (seen.find(e.prompt[4]) == std::string::npos) seen += e.prompt[4];
    }
    CHECK(seen.size() == 52 - 3);
    CHECK_THROWS_WITH_AS(sum<IndexHints<Plain>>(std::string(52, '1'), "1"),
                         "IndexHints: digits; got 53, wanted at most 52, as many as there are letters",
                         Error);
}

TEST_CASE("a number is read back from every format, and from nothing else") {
    const auto read = [](auto format, std::string_view text) {
        return decltype(format)::number(text).value_or("none");
    };
    CHECK(read(Plain{}, "0950") == "0950");
    CHECK(read(Plain{}, "") == "none");
    CHECK(read(Plain{}, "-") == "none");
    CHECK(read(Plain{}, "9+5") == "none");
    CHECK(read(Reversed{}, "932-") == "-239");
    CHECK(read(Reversed{}, "-932") == "none");
    CHECK(read(Wrapped{}, "950$") == "950");
    CHECK(read(Wrapped{}, "950") == "none");
    CHECK(read(Spaced<Plain>{}, "9 5 0") == "950");
    CHECK(read(Spaced<Plain>{}, "9 50") == "none");
    CHECK(read(Spaced<Plain>{}, "9 5 ") == "none");
    CHECK(read(IndexHints<Plain>{}, "-c9b5a0") == "-950");
    CHECK(read(IndexHints<Plain>{}, "c9a5b0") == "none");
    CHECK(read(IndexHints<Plain>{}, "c9b") == "none");
    CHECK(read(IndexHints<Reversed>{}, "a0b5c9") == "950");
    const AdditionIn<IndexHints<Plain>>    hinted;
    const AdditionIn<IndexHints<Reversed>> from_units;
    CHECK(hinted.correct({"", "c9b5a0"}, "d0c9b5a0"));  // zeros in front change nothing
    CHECK(!hinted.correct({"", "c9b5a0"}, "d9c5b0"));   // other digits' hints
    CHECK(from_units.correct({"", "a0b5c9"}, "a0b5c9d0"));
    CHECK(!from_units.correct({"", "a0b5c9"}, "b0c5d9"));
    CHECK(read(SimplifiedScratchpad{}, "A->0 , C->0.\n0") == "0");
    CHECK(read(SimplifiedScratchpad{}, "495") == "none");
    CHECK(read(DetailedScratchpad{}, "</scratch>\n-2 3 9") == "-239");
    CHECK(read(DetailedScratchpad{}, "</scratch>\n2 39") == "none");
    CHECK(read(ChainOfThought{}, "65=65") == "56");
    CHECK(read(ChainOfThought{}, "65") == "none");
}

TEST_CASE("the numbers of a prompt are read back from every format") {
    const auto both = std::pair<std::string, std::string>("853", "97");
    CHECK(Addition::numbers(Addition{}.example("853", "97").prompt) == both);
    CHECK(Subtraction::numbers(Subtraction{}.example("853", "97").prompt) == both);
    CHECK(AdditionIn<IndexHints<Plain>>::numbers(sum<IndexHints<Plain>>("853", "97").prompt) == both);
    CHECK(AdditionIn<DetailedScratchpad>::numbers(sum<DetailedScratchpad>("853", "97").prompt) == both);
    CHECK(Multiplication::numbers(Multiplication{}.example("853", "97").prompt) == both);
}

TEST_CASE("scratchpads are as long as they say at their longest, numbers of different lengths too") {
    const AdditionIn<DetailedScratchpad>       sums;
    const SubtractionIn<DetailedScratchpad>    differences;
    const SubtractionIn<SimplifiedScratchpad>  simplified;
    const MultiplicationIn<DetailedScratchpad> products;
    for (int a = 1; a <= 12; ++a)
        for (int b = 1; b <= 12; ++b) {
            const std::string nines(std::size_t(a), '9'), others(std::size_t(b), '9'),
                ones(std::size_t(a), '1');
            CHECK(size_of(sums, nines, others) == sums.longest_of(a, b));
            CHECK(size_of(products, nines, others) == products.longest_of(a, b));
            CHECK(size_of(differences, ones, others) <= differences.longest_of(a, b));
            CHECK(size_of(simplified, ones, others) <= simplified.longest_of(a, b));
            if (a == b) CHECK(size_of(differences, ones, others) == differences.longest_of(a, b));
            if (a == b) CHECK(size_of(simplified, ones, others) == simplified.longest_of(a, b));
        }
    CHECK(size_of(differences, "1", "99") == differences.longest_of(1, 2));
    CHECK(size_of(simplified, "1", "99") == simplified.longest_of(1, 2));
    const SubtractionIn<DetailedScratchpad> mixed{.operands = Operands::mixed};
    CHECK(mixed.longest(2) >= size_of(mixed, "1", "99"));
}

TEST_CASE("the paper's own instance of every scratchpad and chain of thought") {
    CHECK(sum<SimplifiedScratchpad>("638", "662").answer == "A->0 , C->1\nA->0 , C->1\nA->3 , C->1.\n1300");
    CHECK(SubtractionIn<SimplifiedScratchpad>{}.example("128", "367").answer ==
          "A->1 , C->0\nA->6 , C->-1\nA->-3 , C->-1\n-300+61=-239.\n-239");
    CHECK(MultiplicationIn<DetailedScratchpad>{}.example("2", "20").answer ==
          "<scratch>\n[2] has 1 digits.\n[2,0] has 2 digits.\n[2] * 0 , A=[0] , k=1 , B=[0] , C=0+0=0\n"
          "[2] * 2 , A=[4] , k=10 , B=[4,0] , C=0+40=40 , END\n</scratch>\n4 0");
    CHECK(Multiplication{}.example("7", "8") == Example{"7*8=", "65=65"});
    CHECK(Multiplication{}.example("215", "46") == Example{"512*64=", "0921+00680=09890"});
    CHECK(Multiplication{}.example("37196", "43491").answer ==
          "691730+0467433(6384833)+00487841(63236281)+000885111(632158921)+0000487841=6321967161");
    const auto tokens = [](int a, int b) {
        return Multiplication{}.longest({a, b}) + 2;
    };  // with begin and end
    CHECK(tokens(1, 1) == 11);
    CHECK(tokens(5, 6) == 125);
    CHECK(tokens(6, 5) == 109);
    CHECK(tokens(10, 10) == 349);
    CHECK(tokens(1, 10) == 169);
    CHECK(tokens(10, 1) == 38);
}

TEST_CASE("an answer is judged by the number it ends in, or by every step") {
    AdditionIn<SimplifiedScratchpad> task;
    const Example                    truth = task.example("128", "367");
    const std::string slip = "A->5 , C->1\nA->8 , C->0\nA->4 , C->0.\n495", wrong = truth.answer + "1";
    CHECK(correct(task, truth, slip));
    CHECK_FALSE(correct(task, truth, wrong));
    CHECK_FALSE(correct(task, truth, "495"));
    task.judge = Judge::every_step;
    CHECK(correct(task, truth, truth.answer));
    CHECK_FALSE(correct(task, truth, slip));
    CHECK(right_steps<SimplifiedScratchpad>(truth.answer, slip) == 1);
    CHECK(right_steps<SimplifiedScratchpad>(truth.answer, truth.answer) == 4);
    CHECK(right_steps<ChainOfThought>("0921+00680=09890", "0921+00680=0") == 2);
    CHECK(correct(PlainAddition{}, PlainAddition{}.example("1", "2"), "003"));
    CHECK_FALSE(correct(PlainAddition{.judge = Judge::every_step}, PlainAddition{}.example("1", "2"), "003"));
    CHECK(correct(Addition{}, Addition{}.example("1", "2"), "3"));
    CHECK_FALSE(correct(Addition{}, Addition{}.example("1", "9"), "1"));
}

TEST_CASE("noise is in the labels it is said to be in, and never in the last line") {
    const auto labels = [](Example const& e, Example const& clean) {
        int               digits = 0, carries = 0;
        const std::size_t row = 12;
        for (std::size_t i = 0; i < 4; ++i) {
            digits += e.answer[row * i + 3] == clean.answer[row * i + 3];
            carries += e.answer[row * i + 10] == clean.answer[row * i + 10];
        }
        CHECK(e.answer.substr(row * 4) == clean.answer.substr(row * 4));
        return std::pair(digits, carries);
    };
    const auto total = [&](auto task) {
        std::pair<int, int> sum;
        for (std::uint32_t i = 0; i < 1000; ++i) {
            Rng           rng(1, Purpose::user, 0, i);
            const Example e   = task.sample(rng, 4);
            const auto [a, b] = task.numbers(e.prompt);
            const auto same   = labels(e, AdditionIn<SimplifiedScratchpad>{}.example(a, b));
            sum.first += same.first, sum.second += same.second;
        }
        return sum;
    };
    const auto a    = total(AdditionIn<NoisyScratchpad<Noise::digits>>{}),
               c    = total(AdditionIn<NoisyScratchpad<Noise::carries>>{}),
               both = total(AdditionIn<NoisyScratchpad<Noise::both>>{});
    for (const int count : {a.first, both.first}) CHECK(count == doctest::Approx(400).epsilon(0.2));
    for (const int count : {c.second, both.second}) CHECK(count == doctest::Approx(2000).epsilon(0.06));
    CHECK(a.second == 4000);
    CHECK(c.first == 4000);
}
