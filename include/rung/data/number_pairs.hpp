#pragma once
// The pairs of numbers that "Teaching arithmetic to small transformers" (Lee et al., ICLR 2024) trains on: sets with as
// many pairs of every number of carries, sets with more of the longer numbers, and part of an addition table, whose
// rest is the test. Give them to a task: ExampleSet{PlainAddition{}, balanced_pairs({.count = 2'000})}.

#include <algorithm>
#include <numeric>

#include "rung/core/shuffle.hpp"
#include "rung/data/example_set.hpp"
#include "rung/task/errors.hpp"

namespace rung {

/// Carries of a sum: 3 of 128 + 893.
inline int carries(std::string_view a, std::string_view b) {
    const std::string into = detail::carries(a, '+', b);
    return int(std::count(into.begin(), into.end(), '1'));
}

struct BalanceOptions {
    int           count   = 10'000;
    std::uint64_t seed    = 1;
    bool          digits  = true;  ///< all pairs of one digit, and a share of those of two
    bool          carries = true;  ///< of 10,000 or more at most a quarter has 0, 1, 2 or 3 of them
};

namespace detail {

/// Two numbers from 0 to n - 1, without zeros in front.
inline NumberPair pair_below(Rng& rng, int n) {
    const int a = rng.between(0, n - 1);
    return {std::to_string(a), std::to_string(rng.between(0, n - 1))};
}

}  // namespace detail

/// Pairs of at most three digits, zeros among them: all 100 of one digit, int(900 count / 10000) below 100, the rest
/// below 1000; no number of carries has more than a quarter of all, rounded up. Drawn with replacement, as in the
/// paper's own files, where of 10,000 a few repeat. Fewer than 10,000 are a part of that set with the same seed which
/// keeps the 100, so that up to there a larger set holds the smaller one. Without `.digits` all pairs are below 1000.
inline std::vector<NumberPair> balanced_pairs(BalanceOptions const& options) {
    constexpr int whole = 10'000, ones = 100;
    RUNG_CHECK(options.count >= (options.digits ? ones : 1) && options.count <= 100'000'000,
               "balanced_pairs: count; got ", options.count, ", wanted ", options.digits ? ones : 1,
               " to 100000000");
    const int               all = std::max(options.count, whole);
    std::vector<NumberPair> pairs;
    std::array<int, 4>      of_carries{};
    std::uint64_t           next = 0;
    const auto              add  = [&](NumberPair pair) {
        int& count = of_carries[std::size_t(carries(pair.first, pair.second))];
        if (options.carries && count >= (all + 3) / 4) return;
        ++count, pairs.push_back(std::move(pair));
    };
    const auto draw = [&](int count, int below) {
        for (const std::size_t wanted = pairs.size() + std::size_t(count); pairs.size() < wanted;) {
            Rng rng = detail::set_rng(options.seed, next++);
            add(detail::pair_below(rng, below));
        }
    };
    if (options.digits) {
        for (int i = 0; i < ones; ++i) add({std::to_string(i / 10), std::to_string(i % 10)});
        draw(int(std::int64_t(all) * 900 / 10'000), 100);
    }
    const std::size_t kept = options.digits ? ones : 0;
    draw(all - int(pairs.size()), 1'000);
    Rng order = detail::set_rng(options.seed, next);
    shuffle(order, pairs, kept);  // of which any beginning is a fair sample
    pairs.resize(std::size_t(options.count));
    return pairs;
}

struct GrowingOptions {
    int           count  = 10'000;
    int           digits = 7;  ///< of the longest numbers
    std::uint64_t seed   = 1;
};

/// Pairs of 1 to `digits` digits, by the larger number, of which there are more the longer they are: all 100 of one
/// digit, and of the others d times the same share of d digits; what does not divide has two. Of seven digits and
/// 10,000 pairs these are 100, 750, 1098, 1464, 1830, 2196 and 2562, as in the paper's files.
inline std::vector<NumberPair> growing_pairs(GrowingOptions const& options) {
    RUNG_CHECK(options.digits >= 2 && options.digits <= 9, "growing_pairs: digits; got ", options.digits,
               ", wanted 2 to 9");
    const int parts = options.digits * (options.digits + 1) / 2 - 1;
    RUNG_CHECK(options.count >= 100 + parts && options.count <= 100'000'000, "growing_pairs: count; got ",
               options.count, ", wanted ", 100 + parts, " to 100000000");
    const int               share = (options.count - 100) / parts, left = options.count - 100 - share * parts;
    std::vector<NumberPair> pairs;
    std::uint64_t           next = 0;
    for (int i = 0; i < 100; ++i) pairs.emplace_back(std::to_string(i / 10), std::to_string(i % 10));
    for (int d = 2, below = 100; d <= options.digits; ++d, below *= d <= options.digits ? 10 : 1)
        for (int count = d * share + (d == 2 ? left : 0); count > 0;) {
            Rng  rng  = detail::set_rng(options.seed, next++);
            auto pair = detail::pair_below(rng, below);
            if (int(std::max(pair.first.size(), pair.second.size())) < d) continue;
            pairs.push_back(std::move(pair)), --count;
        }
    return pairs;
}

/// All pairs of 0 to n - 1, some of them shown.
struct TableSplit {
    std::vector<NumberPair> shown, rest;
};

/// The matrix-completion split: of the n^2 sums of an addition table, a matrix of rank two, `shown` are for training
/// and the rest for the test. What is shown of a smaller count is shown of a larger one.
inline TableSplit split_table(int n, int shown, std::uint64_t seed = 1) {
    RUNG_CHECK(n >= 2 && n <= 10'000, "split_table: numbers; got ", n, ", wanted 2 to 10000");
    RUNG_CHECK(shown >= 1 && shown < n * n, "split_table: shown; got ", shown, " of ", n * n,
               " sums, wanted at least 1, and at least 1 left for the test");
    std::vector<NumberPair> all;
    for (int a = 0; a < n; ++a)
        for (int b = 0; b < n; ++b) all.emplace_back(std::to_string(a), std::to_string(b));
    Rng rng = detail::set_rng(seed, 0);
    choose(rng, all, std::size_t(shown));
    const auto middle = all.begin() + shown;
    return {{all.begin(), middle}, {middle, all.end()}};
}

}  // namespace rung
