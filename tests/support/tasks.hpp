#pragma once
// Every task of the library, by what all tasks promise.

#include <cmath>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "rung/core/hash.hpp"
#include "rung/data/apart.hpp"
#include "rung/data/vocab.hpp"
#include "rung/task/excluding.hpp"
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
inline std::string a_count(std::string_view text) { return a_reversed_number(std::string(text) + "0"); }
inline std::string a_number_in_dollars(std::string_view text) {
    return text.ends_with('$') ? a_number(text.substr(0, text.size() - 1)) : "no number";
}
inline std::string a_reversed_number_in_dollars(std::string_view text) {
    return text.ends_with('$') ? a_reversed_number(text.substr(0, text.size() - 1)) : "no number";
}
inline std::string without_spaces(std::string_view text) {
    std::string all;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if ((i % 2 == 1) != (text[i] == ' ')) return "no number";
        if (i % 2 == 0) all += text[i];
    }
    return text.size() % 2 == 1 ? all : "no number";
}
inline std::string a_spaced_reversed_number(std::string_view text) {
    return a_reversed_number(without_spaces(text));
}
/// With the letter of its units: "d0c9b5a0" is 950 from a.
inline std::string a_hinted_number(std::string_view text) {
    std::string number, letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const auto place = letters.find(text[i]);
        if (i + 1 == text.size() || place == letters.npos || (i > 0 && letters[place + 1] != text[i - 2]))
            return "no number";
        number += text[i + 1];
    }
    return text.empty() ? "no number" : a_number(number) + " from " + text[text.size() - 2];
}
inline std::string a_last_line(std::string_view text) {
    const auto line = text.rfind('\n');
    return line == std::string_view::npos ? "no number" : a_number(text.substr(line + 1));
}
inline std::string a_spaced_last_line(std::string_view text) {
    constexpr std::string_view mark = "</scratch>\n";
    const auto                 at   = text.rfind(mark);
    if (at == std::string_view::npos) return "no number";
    std::string_view  last = text.substr(at + mark.size());
    const std::string sign(last.starts_with('-') ? "-" : "");
    const std::string size = without_spaces(last.substr(sign.size()));
    return size.starts_with('-') ? "no number" : a_number(sign + size);
}
inline std::string a_last_reversed_number(std::string_view text) {
    const auto equals = text.rfind('=');
    return equals == std::string_view::npos ? "no number" : a_reversed_number(text.substr(equals + 1));
}
inline std::string a_decimal(std::string_view text);
inline std::string a_decimal_last_line(std::string_view text) {
    constexpr std::string_view mark = "</scratch>\n";
    const auto                 at   = text.rfind(mark);
    return at == std::string_view::npos ? "no number" : a_decimal(text.substr(at + mark.size()));
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
        any("addition, every step", lengths, yes, every_step<Addition>()),
        any("addition mixed", lengths, yes, Addition{.operands = Operands::mixed}, a_reversed_number),
        any("addition half equal", lengths, yes, Addition{.operands = Operands::half_equal},
            a_reversed_number),
        any("addition of any", lengths, yes, PlainAddition{.operands = Operands::any}, a_number),
        any<PlainAddition>("plain addition", lengths, yes, {}, a_number),
        any<AdditionIn<Wrapped>>("addition in $", lengths, yes, {}, a_number_in_dollars),
        any<AdditionIn<ReversedAnswer>>("addition reversed in $", lengths, yes, {},
                                        a_reversed_number_in_dollars),
        any<AdditionIn<ZeroPadded<Plain>>>("addition zero-padded", lengths, yes, {}, a_number),
        any<AdditionIn<FilledResult<Plain>>>("addition filled", lengths, yes, {}, a_number),
        any<AdditionIn<Spaced<Reversed>>>("addition spaced", lengths, yes, {}, a_spaced_reversed_number),
        any<AdditionIn<IndexHints<ZeroPadded<Plain>>>>("addition with hints", lengths, yes, {},
                                                       a_hinted_number),
        any<AdditionIn<SimplifiedScratchpad>>("addition simplified", few, yes, {}, a_last_line),
        any("addition simplified, every step", few, yes, every_step<AdditionIn<SimplifiedScratchpad>>()),
        any<AdditionIn<NoisyScratchpad<Noise::digits>>>("addition noisy A", few, yes, {}, a_last_line),
        any<AdditionIn<NoisyScratchpad<Noise::carries>>>("addition noisy C", few, yes, {}, a_last_line),
        any<AdditionIn<NoisyScratchpad<Noise::both>>>("addition noisy", few, yes, {}, a_last_line),
        any<AdditionIn<DetailedScratchpad>>("addition detailed", few, no, {}, a_spaced_last_line),
        any("addition detailed, every step", few, no, every_step<AdditionIn<DetailedScratchpad>>()),
        any<ByOperand<PlainAddition>>("addition by operand", {{1, 1}, {1, 2}, {4, 4}}, yes, {}, a_number),
        any<Subtraction>("subtraction", lengths, yes, {}, a_number),
        any<SubtractionIn<SimplifiedScratchpad>>("subtraction simplified", few, no, {}, a_last_line),
        any<SubtractionIn<DetailedScratchpad>>("subtraction detailed", few, no, {}, a_spaced_last_line),
        any<Multiplication>("multiplication", digits, yes, {}, a_last_reversed_number),
        any("multiplication, every step", digits, yes, every_step<Multiplication>()),
        any<MultiplicationIn<Plain>>("multiplication plain", digits, yes, {}, a_number),
        any<MultiplicationIn<DetailedScratchpad>>("multiplication detailed", digits, no, {},
                                                  a_spaced_last_line),
        any<NaryAddition>("n-ary addition", lengths, yes, {}, a_number),
        any("n-ary addition reversed", lengths, yes, NaryAddition{.digits = 2, .reversed = true},
            a_reversed_number),
        any<Sine>("sine", decimals, no, {}, a_decimal),
        any<SineIn<DetailedScratchpad>>("sine detailed", decimals, no, {}, a_decimal_last_line),
        any<SquareRoot>("square root", decimals, no, {}, a_decimal),
        any<SquareRootIn<DetailedScratchpad>>("square root detailed", decimals, no, {}, a_decimal_last_line),
        any<BinaryAddition>("binary addition", lengths, yes, {}, a_number),
        any<BinaryMultiplication>("binary multiplication", digits, yes, {}, a_reversed_number),
        any<Popcount>("popcount", lengths, no, {}, a_count),
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
        any("grid maze with doors", grids, no, GridMaze{.doors = 3}),
        any("sums apart", lengths, yes, Apart{PlainAddition{}}, a_number),
        any("sums without fives", lengths, yes, Excluding{PlainAddition{}, DigitAt{5}}, a_number),
    };
}

}  // namespace rung_test
