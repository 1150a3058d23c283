// Every golden instance that belongs to these tasks, byte for byte.

#include <doctest/doctest.h>

#include "rung/data/pack.hpp"
#include "rung/task/addition.hpp"
#include "rung/task/copy.hpp"
#include "rung/task/detailed_scratchpad.hpp"
#include "rung/task/multiplication.hpp"
#include "rung/task/reverse.hpp"
#include "rung/task/sine.hpp"
#include "rung/task/square_root.hpp"
#include "rung/task/subtraction.hpp"
#include "support/tsv.hpp"

using namespace rung;
using rung_test::golden;

TEST_CASE("reversed addition writes the self-improvement paper's strings") {
    for (auto const& row : golden("addition_reversed"))
        CHECK(Addition{}.example(row.at("a"), row.at("b")) == Example{row.at("prompt"), row.at("target")});
}

TEST_CASE("forward addition writes the self-improvement paper's strings") {
    for (auto const& row : golden("addition_forward"))
        CHECK(PlainAddition{}.example(row.at("a"), row.at("b")) ==
              Example{row.at("prompt"), row.at("target")});
}

/// What the model reads, begin token apart, as text.
template <class Task>
std::string line(Task const& task, rung_test::Row const& row) {
    const Vocab vocab = vocab_of<Task>();
    return vocab.decode(encode(vocab, task.example(row.at("a"), row.at("b"))).tokens);
}

TEST_CASE("plain addition is the teaching paper's line, its newline being the end token") {
    for (auto const& row : golden("addition_plain")) CHECK(line(PlainAddition{}, row) == row.at("text"));
}

TEST_CASE("wrapped addition is the teaching paper's line") {
    for (auto const& row : golden("addition_plain_dollar"))
        CHECK(line(AdditionIn<Wrapped>{}, row) == row.at("text"));
}

TEST_CASE("addition with a reversed answer is the teaching paper's line") {
    for (auto const& row : golden("addition_reversed_answer"))
        CHECK(line(AdditionIn<ReversedAnswer>{}, row) == row.at("text"));
}

TEST_CASE("copy writes the paper's strings") {
    for (auto const& row : golden("copy"))
        CHECK(Copy{}.example(row.at("a")) == Example{row.at("prompt"), row.at("target")});
}

TEST_CASE("reverse writes the paper's strings") {
    for (auto const& row : golden("reverse"))
        CHECK(Reverse{}.example(row.at("a")) == Example{row.at("prompt"), row.at("target")});
}

TEST_CASE("simplified scratchpads are the teaching paper's text, as its files have it") {
    for (auto const& row : golden("addition_simplified_scratchpad"))
        CHECK(line(AdditionIn<SimplifiedScratchpad>{}, row) == row.at("text"));
    for (auto const& row : golden("subtraction_simplified_scratchpad"))
        CHECK(line(SubtractionIn<SimplifiedScratchpad>{}, row) == row.at("text"));
}

TEST_CASE("detailed scratchpads are the teaching paper's text") {
    for (auto const& row : golden("addition_detailed_scratchpad"))
        CHECK(line(AdditionIn<DetailedScratchpad>{}, row) == row.at("text"));
    for (auto const& row : golden("subtraction_detailed_scratchpad"))
        CHECK(line(SubtractionIn<DetailedScratchpad>{}, row) == row.at("text"));
    for (auto const& row : golden("multiplication_detailed_scratchpad"))
        CHECK(line(MultiplicationIn<DetailedScratchpad>{}, row) == row.at("text"));
}

TEST_CASE("multiplication writes the self-improvement paper's chain of thought") {
    for (auto const& row : golden("multiplication_cot"))
        CHECK(Multiplication{}.example(row.at("a"), row.at("b")) ==
              Example{row.at("prompt"), row.at("target")});
}

TEST_CASE("sines and square roots are the teaching paper's text") {
    const auto lines = [](auto task, std::string const& name) {
        const Vocab vocab = vocab_of<decltype(task)>();
        for (auto const& row : golden(name))
            CHECK(vocab.decode(encode(vocab, task.example(row.at("x"))).tokens) == row.at("text"));
    };
    lines(SineIn<DetailedScratchpad>{}, "sine_detailed_scratchpad");
    lines(SquareRootIn<DetailedScratchpad>{}, "square_root_detailed_scratchpad");
    CHECK(Sine{}.example("-1.2311") == Example{"sin(-1.2311)=", "-0.9429"});
    CHECK(SquareRoot{}.example("7.3174") == Example{"sqrt(7.3174)=", "2.705"});
    CHECK(Sine{}.example("0") == Example{"sin(0.0)=", "0.0"});
    CHECK(SquareRoot{}.example("1") == Example{"sqrt(1.0)=", "1.0"});
    CHECK_THROWS_AS(SquareRoot{}.example("0.00000001"), Error);  // would be the root of 0.0, and not 0
}
