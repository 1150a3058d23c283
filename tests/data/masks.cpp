// What a task leaves out of the loss, and tokens of several characters beside it.

#include <doctest/doctest.h>

#include "rung/curriculum/uniform.hpp"
#include "rung/data/example_set.hpp"
#include "rung/data/pack.hpp"
#include "rung/experiment/lesson.hpp"
#include "rung/experiment/mixing.hpp"
#include "rung/task/copy.hpp"
#include "rung/task/maze.hpp"

using namespace rung;

namespace {

const Vocab vocab{Copy::alphabet};

/// Copies of which the first half of the answer is noise to learn from: it is not graded.
struct HalfGraded : Copy {
    bool graded(std::string_view text) const {
        const auto equals = text.find('=');
        return equals >= text.size() - 1 || text.size() - equals - 1 > equals / 2;
    }
};

}  // namespace

TEST_CASE("a task's loss mask leaves tokens out of what is graded, read at once too, and not what is read") {
    const HalfGraded task;
    const Example    example = task.example("4071");
    const auto       targets = [&](Item const& item, Grade grade) { return pack({item}, grade, 16).targets; };
    const Item item = encode_of(task, vocab, example, Answering::by_token, 0), all = encode(vocab, example);
    const int  n = vocab.count("4071=");
    CHECK(item.tokens == all.tokens);
    auto want            = targets(all, Grade::answer);
    want[std::size_t(n)] = want[std::size_t(n + 1)] = -1;  // the answer's first two digits
    CHECK(targets(item, Grade::answer) == want);
    want                 = targets(all, Grade::everything);
    want[std::size_t(n)] = want[std::size_t(n + 1)] = -1;
    CHECK(targets(item, Grade::everything) == want);
    CHECK(pack({item}, Grade::answer, 16).graded == 3);  // two digits and the end
    const Item at_once   = encode_of(task, vocab, example, Answering::at_once, 6);
    want                 = encode_at_once(vocab, example, 6).targets;
    want[std::size_t(n)] = want[std::size_t(n + 1)] = -1;
    CHECK(at_once.targets == want);
    CHECK(with_opening(item, Opening::nothing).mask.size() == item.tokens.size() - 1);
    CHECK_THROWS_WITH_AS(
        pack({Item{.tokens = {1, 4, 2}, .prompt = 1, .mask = {1, 1}}}, Grade::answer, 16),
        "pack: item 0: mask; got 2, wanted none, or without targets one for each of 3 tokens", Error);
    Rng rng(1, Purpose::training);
    CHECK(ExampleSet{task, {example}}.draw(rng, 0, Answering::by_token).mask == item.mask);
    CHECK(Lesson{task, Uniform{4, 4}}.draw(rng, 0, Answering::by_token).mask == item.mask);
    const std::vector<LabelledSet> sets{{.labels = {{.prompt = "4071=", .answer = "40", .ended = false}}}};
    const FirstSet                 none{};
    const detail::RoundMix<std::remove_const_t<decltype(task)>> mix{task, vocab, none, 0, sets, {0, 1}};
    CHECK(mix.draw(rng).mask == std::vector<int>{1, 1, 1, 1, 1, 1, 0, 0});
    CHECK(encode_of(Copy{}, vocab, example, Answering::by_token, 0).mask.empty());
}

namespace {

struct Paths {
    static constexpr std::string_view alphabet = "0123456789E>";
    static constexpr auto const&      words    = number_words<10, 99>;
    Example                           sample(Rng&, int) const { return {"1>6", "6>7E"}; }
    int                               longest(int) const { return 7; }
    bool                              graded(std::string_view text) const { return !text.ends_with("E"); }
    int                               place(std::string_view text) const { return int(text.size()); }
};

}  // namespace

TEST_CASE("no word begins in a prompt and ends in its answer, neither for a mask nor for ids") {
    const Item item = encode_of(Paths{}, vocab_of<Paths>(), {"1>6", "6>7E"}, Answering::by_token, 0);
    CHECK(item.tokens.size() == 9);
    CHECK(item.mask == std::vector<int>{1, 1, 1, 1, 1, 1, 1, 0, 1});
    CHECK(item.positions == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7});
}

TEST_CASE("a word is graded where its last character is") {
    struct Path : Maze {
        bool graded(std::string_view text) const { return !text.ends_with("63"); }
    };
    const Path    task;
    const Example maze = task.example("6>63#6:63-63:6");
    const Item    item = encode_of(task, vocab_of<Path>(), maze, Answering::by_token, 0);
    CHECK(item.tokens.size() == 1 + 12 + 3 + 1);
    CHECK(item.mask == std::vector<int>{1, 1, 1, 0, 1, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1});
}
