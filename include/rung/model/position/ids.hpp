#pragma once
// Positions that are not simply places. A token has an id, its place unless its task names another; a scheme that reads
// ids may choose for every sequence which row each of them looks up:
//
//     static void draw(std::span<int> rows, Phase phase, Rng& rng);    rows[id], the id itself to begin with
//     static constexpr int rows(int context);                          how many there are
//
// In training they are drawn anew for every sequence of every step, else once for a prompt, for as many ids as it and
// its answer may have: a token is read alike whenever it is read.

#include <algorithm>
#include <numeric>
#include <vector>

#include "rung/model/position/position.hpp"

namespace rung {

/// Rows of ids 0 .. count - 1, a function of (seed, major, minor): step and number of a sequence in training, else
/// stream and number of a prompt. Throws where a scheme draws one below 0.
template <class P>
std::vector<int> drawn_rows(int count, Phase phase, std::uint64_t seed, std::uint32_t major,
                            std::uint32_t minor) {
    std::vector<int> rows(static_cast<std::size_t>(count));
    std::iota(rows.begin(), rows.end(), 0);
    Rng rng(seed, Purpose::positions, major, minor, phase == Phase::evaluation);
    if constexpr (DrawsRows<P>) P::draw(rows, phase, rng);
    for (const int row : rows)  // a table of angles grows as needed, and ends at 0
        RUNG_CHECK(row >= 0, "Position: draw; got row ", row, ", wanted at least 0");
    return rows;
}

/// The ids of a sequence become the rows that they look up.
template <class P>
void look_up(std::span<int> ids, Phase phase, std::uint64_t seed, std::uint32_t major, std::uint32_t minor) {
    if constexpr (DrawsRows<P>) {
        const int  count = ids.empty() ? 0 : *std::max_element(ids.begin(), ids.end()) + 1;
        const auto rows  = drawn_rows<P>(count, phase, seed, major, minor);
        for (int& id : ids) id = rows[std::size_t(id)];
    }
}

}  // namespace rung
