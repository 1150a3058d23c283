#pragma once
// Rows looked up by id, the gradient of that, and rotary positions.

#include "operation.hpp"

namespace rung::bench {

struct Embed {
    Random           table, y;
    std::vector<int> ids;
    explicit Embed(State const& state) : table(64, state.range(1), 1), y(state.range(0), state.range(1), 2) {
        Rng rng(1, Purpose::user, 3);
        for (Index i = 0; i < y.view.rows; ++i) ids.push_back(int(rng.below(64)));
    }
    void rung(Lane& lane) { embed(lane, y.view, Packed<float>(table.view), ids.data()); }
    void eigen() {
        for (Index i = 0; i < y.view.rows; ++i) y.row(i) = table.row(ids[std::size_t(i)]);
    }
    Mat<float> result() { return y.view; }
    Cost       cost() const { return {double(y.data.size()), 8.0 * double(y.data.size())}; }
};

struct EmbedGradient : Embed {
    using Embed::Embed;
    void rung(Lane& lane) { add_embed_backward(lane, table.view, y.view, ids.data()); }
    void eigen() {
        for (Index i = 0; i < y.view.rows; ++i) table.row(ids[std::size_t(i)]) += y.row(i);
    }
    Mat<float> result() { return table.view; }
    Cost       cost() const { return {double(y.data.size()), 12.0 * double(y.data.size())}; }
};

/// Heads of 32 channels, positions 0 to 63 again and again.
struct Rope {
    static constexpr Index head = 32;
    Random                 x, turns;
    std::vector<int>       positions;
    explicit Rope(State const& state) : x(state.range(0), state.range(1), 1), turns(64, head, 2) {
        for (Index i = 0; i < x.view.rows; ++i) positions.push_back(int(i % 64));
        cpu::RotationTable<float> table;
        for (int p = 0; p < 64; ++p)
            std::copy_n(table.row(p, {.channels = int(head)}), head, turns.view.row(p));
    }
    void rung(Lane& lane) { rope(lane, x.view, positions.data(), int(x.view.cols / head), {}); }
    void eigen() {
        for (Index i = 0; i < x.view.rows; ++i) {
            const auto turn = turns.row(positions[std::size_t(i)]);
            const auto cos = turn.head(head / 2), sin = turn.tail(head / 2);
            for (Index h = 0; h < x.view.cols; h += head) {
                auto a = x.row(i).segment(h, head / 2), b = x.row(i).segment(h + head / 2, head / 2);
                const Eigen::Array<float, 1, head / 2> rotated = a * cos - b * sin;
                b                                              = a * sin + b * cos;
                a                                              = rotated;
            }
        }
    }
    Mat<float> result() { return x.view; }
    Cost       cost() const { return {3.0 * double(x.data.size()), 8.0 * double(x.data.size())}; }
};

}  // namespace rung::bench
