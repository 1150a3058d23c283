#pragma once
// Every task of the library, by what all tasks promise.

#include <cmath>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "rung/core/hash.hpp"
#include "rung/data/vocab.hpp"
#include "rung/tasks.hpp"

namespace rung_test {

using namespace rung;

/// What a text says, where two texts may say the same.
using Meaning = std::string (*)(std::string_view);

inline std::string the_text(std::string_view text) { return std::string(text); }
inline std::string a_number(std::string_view text) {
    std::string sign;
    if (text.starts_with('-')) sign = "-", text.remove_prefix(1);
    if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return "no number";
    while (text.size() > 1 && text.front() == '0') text.remove_prefix(1);
    return text == "0" ? "0" : sign + std::string(text);
}
inline std::string a_reversed_number(std::string_view text) {
    return a_number(std::string(text.rbegin(), text.rend()));
}
inline std::string a_number_in_dollars(std::string_view text) {
    return text.ends_with('$') ? a_number(text.substr(0, text.size() - 1)) : "no number";
}
inline std::string a_decimal(std::string_view text) {
    const auto digits = [](std::string_view part) {
        return !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos;
    };
    const std::string_view size  = text.substr(text.starts_with('-'));
    const std::size_t      point = size.find('.');
    if (!digits(size.substr(0, point))) return "no number";
    if (point != std::string_view::npos && !digits(size.substr(point + 1))) return "no number";
    return std::to_string(std::llround(std::stod(std::string(text)) * 1e8));
}

enum class Attained { yes, no };  ///< whether samples are as long as `longest` says

struct AnyTask {
    std::string                                           name;
    std::vector<Difficulty>                               difficulties;
    Attained                                              attained;
    Meaning                                               meaning;
    std::function<Example(Rng&, Difficulty)>              sample;
    std::function<int(Difficulty)>                        longest;
    std::function<bool(Example const&, std::string_view)> correct;
    Vocab                                                 vocab;
    int                                                   vocab_size;
    std::string                                           alphabet;
};

template <class T>
AnyTask any(std::string name, std::vector<Difficulty> difficulties, Attained attained = Attained::yes,
            T task = {}, Meaning meaning = the_text) {
    static_assert(explain_task<T>::ok);
    static_assert(T::vocab == vocab_size<T>());
    detail::value_name(task);  // compiles: the file of an evaluation knows it again
    return {name,
            difficulties,
            attained,
            meaning,
            [task](Rng& rng, Difficulty d) { return rung::sample(task, rng, d); },
            [task](Difficulty d) { return rung::longest(task, d); },
            [task](Example const& truth, std::string_view answer) { return correct(task, truth, answer); },
            vocab_of<T>(),
            vocab_size<T>(),
            std::string(T::alphabet)};
}

template <class T>
T every_step() {
    T task;
    task.judge = Judge::every_step;
    return task;
}

inline std::vector<AnyTask> every_task() {
    using enum Attained;
    const std::vector<Difficulty> lengths{1, 2, 9, 40}, few{1, 2, 5}, digits{{1, 1}, {1, 4}, {4, 1}, {5, 6}},
        decimals{1, 2, 3, 4}, mazes{{2, 1}, {8, 4}, {30, 9}, {99, 98}}, grids{{1, 2}, {2, 2}, {5, 3}};
    return {
        any<Addition>("addition", lengths, yes, {}, a_reversed_number),
        any<PlainAddition>("plain addition", lengths, yes, {}, a_number),
        any<AdditionIn<Wrapped>>("addition in $", lengths, yes, {}, a_number_in_dollars),
        any("addition reversed in $", lengths, yes, every_step<AdditionIn<ReversedAnswer>>()),
        any("addition zero-padded", lengths, yes, every_step<AdditionIn<ZeroPadded<Plain>>>()),
        any("addition spaced", lengths, yes, every_step<AdditionIn<Spaced<Reversed>>>()),
        any("addition with hints", lengths, yes, every_step<AdditionIn<IndexHints<ZeroPadded<Plain>>>>()),
        any("addition simplified", few, yes, every_step<AdditionIn<SimplifiedScratchpad>>()),
        any("addition noisy", few, yes, every_step<AdditionIn<NoisyScratchpad<Noise::both>>>()),
        any("addition detailed", few, no, every_step<AdditionIn<DetailedScratchpad>>()),
        any<ByOperand<PlainAddition>>("addition by operand", {{1, 1}, {1, 2}, {4, 4}}, yes, {}, a_number),
        any<Subtraction>("subtraction", lengths, yes, {}, a_number),
        any("subtraction simplified", few, no, every_step<SubtractionIn<SimplifiedScratchpad>>()),
        any("subtraction detailed", few, no, every_step<SubtractionIn<DetailedScratchpad>>()),
        any("multiplication", digits, yes, every_step<Multiplication>()),
        any<MultiplicationIn<Plain>>("multiplication plain", digits, yes, {}, a_number),
        any("multiplication detailed", digits, no, every_step<MultiplicationIn<DetailedScratchpad>>()),
        any<NaryAddition>("n-ary addition", lengths),
        any<Sine>("sine", decimals, no, {}, a_decimal),
        any("sine detailed", decimals, no, every_step<SineIn<DetailedScratchpad>>()),
        any<SquareRoot>("square root", decimals, no, {}, a_decimal),
        any("square root detailed", decimals, no, every_step<SquareRootIn<DetailedScratchpad>>()),
        any<BinaryAddition>("binary addition", lengths),
        any<BinaryMultiplication>("binary multiplication", digits),
        any<Popcount>("popcount", lengths, no),
        any<Copy>("copy", lengths),
        any<Reverse>("reverse", lengths),
        any<Duplicate>("duplicate", lengths),
        any<Sort>("sort", lengths),
        any<UniqueSet>("unique set", {1, 2, 9}),
        any<Majority>("majority", lengths),
        any<OddFirst>("odd first", lengths),
        any<Parity>("parity", lengths),
        any<ModularSum>("modular sum", lengths),
        any<PrefixSums>("prefix sums", lengths),
        any<EvenPairs>("even pairs", lengths),
        any<CycleNavigation>("cycle navigation", lengths),
        any<StackManipulation>("stack manipulation", lengths),
        any<BalancedBrackets>("balanced brackets", lengths),
        any<PHop>("p-hop", {{1, 1}, {20, 2}, {256, 16}}),
        any<Maze>("maze", mazes),
        any<UniformMaze>("uniform maze", mazes),
        any<GridMaze>("grid maze", grids, no),
        any<UniformGridMaze>("uniform grid maze", grids, no),
    };
}

}  // namespace rung_test
