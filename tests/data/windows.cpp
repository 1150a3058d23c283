#include "rung/data/windows.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <map>

#include "rung/task/addition.hpp"
#include "rung/task/copy.hpp"

using namespace rung;

namespace {

std::vector<Example> copies(std::initializer_list<std::string_view> texts) {
    std::vector<Example> all;
    for (const auto text : texts) all.push_back(Copy{}.example(text));
    return all;
}

}  // namespace

TEST_CASE("windows: all begin equally often, each is a piece of one text of whole examples") {
    const Windows windows{Copy{}, copies({"1", "23", "456"}), 5, 1};
    const Vocab   vocab = vocab_of<Copy>();
    CHECK(windows.size() == 4 + 6 + 8);
    CHECK(windows.longest() == 5);
    Rng                        rng(1, Purpose::user);
    std::map<std::string, int> seen;
    for (int i = 0; i < 12'000; ++i) {
        const Item item = windows.draw(rng, 0, Answering::by_token);
        CHECK(item.tokens.size() == 6);  // five are read, and each foretells the next
        ++seen[vocab.decode(item.tokens)];
    }
    // 18 tokens have 13 windows of 6, of which no two are alike here.
    CHECK(seen.size() == 13);
    double chi_square = 0;
    for (auto const& [text, count] : seen) chi_square += std::pow(count - 12'000 / 13.0, 2) / (12'000 / 13.0);
    CHECK(chi_square < 32.9);  // 12 degrees of freedom, 99.9 %
    int lines = 0;
    for (std::string_view whole : {"1=1\n", "23=23\n"})
        for (auto const& [text, count] : seen) lines += text.find(whole) != std::string::npos;
    CHECK(lines > 0);
}

TEST_CASE("windows: every token after the first is graded, whatever the training grades") {
    const Windows windows{Copy{}, copies({"1", "23", "456"}), 5, 1};
    Rng           rng(1, Purpose::user);
    const Batch   batch = pack({windows.draw(rng, 0, Answering::by_token)}, Grade::answer, 5);
    CHECK(batch.graded == 5);
    CHECK(batch.rows == 5);
}

TEST_CASE("windows: the seed alone orders the examples") {
    std::vector<Example> examples;
    for (int i = 100; i < 200; ++i) examples.push_back(Copy{}.example(std::to_string(i)));
    const auto read = [&](std::uint64_t seed) {
        const Windows windows{Copy{}, examples, 700, seed};
        Rng           rng(1, Purpose::user);
        return windows.draw(rng, 0, Answering::by_token).tokens;
    };
    CHECK(read(1) == read(1));
    CHECK(read(1) != read(2));
}

TEST_CASE("windows: what has no windows is refused") {
    CHECK_THROWS_WITH_AS((Windows{Copy{}, copies({"1"}), 4, 1}),
                         "Windows: length; got 4 tokens, wanted at least 1, and fewer than the 4 of the text",
                         Error);
    Rng           rng(1, Purpose::user);
    const Windows windows{Copy{}, copies({"1"}), 3, 1};
    CHECK_THROWS_WITH_AS(
        windows.draw(rng, 0, Answering::at_once),
        "Windows: answering; got at_once, wanted by_token, because a window may end anywhere", Error);
}

TEST_CASE("addition of any numbers below a power of ten: shorter ones come as seldom as they are") {
    const PlainAddition        task{.operands = Operands::any};
    Rng                        rng(1, Purpose::user);
    std::map<std::size_t, int> lengths;
    for (int i = 0; i < 10'000; ++i) {
        const auto [a, b] = PlainAddition::numbers(sample(task, rng, 3).prompt);
        CHECK((a == "0" || a.front() != '0'));
        ++lengths[a.size()], ++lengths[b.size()];
    }
    CHECK(lengths[3] == doctest::Approx(18'000).epsilon(0.02));
    CHECK(lengths[2] == doctest::Approx(1'800).epsilon(0.1));
    CHECK(lengths[1] == doctest::Approx(200).epsilon(0.3));
}
