#pragma once
// New tokens of sequences whose earlier tokens are in a cache, one of each block that runs.

#include <vector>

#include "rung/core/cache.hpp"
#include "rung/model/tape.hpp"

namespace rung {

template <class Layout, class Lane>
class Extension {
    using Real             = typename Lane::real;
    using Weight           = Weights<Sum<Real>>;
    using Order            = typename Layout::Order;
    using Block            = typename Layout::Block;
    using Entry            = typename Layout::Entry;
    using Depth            = typename Layout::Depth;
    static constexpr int C = Layout::C;

public:
    Extension(Lane& lane, Weight w, std::vector<CacheLayer<Real>> const& cache, Sequences const& rows,
              CachePlaces const& places, Run const& run)
        : lane_(lane),
          w_(w),
          cache_(cache),
          rows_(rows),
          places_(places),
          run_(run),
          passes_(run, Depth::passes) {}

    /// The last state of each sequence's last token, (B, C), from the embedding (N, C), which is spent.
    Mat<Real> states(Mat<Real> input) {
        const auto state = lane_.arena.template take<Real>(input.rows, C);
        saved_           = Block::take(lane_.arena, input.rows, state);
        blocks(0, Order::before, input, input);
        const auto start = this->start(state, input);
        for (int pass = 0; pass < passes_.most; ++pass) {
            const auto    mark = lane_.mark();
            Entered<Real> entered;
            const auto    x = Entry::forward(lane_, entered, pass == 0 ? start : state, input, pass,
                                             Layout::entry(w_), Layout::norm_between(w_));
            blocks(Order::first(pass), Order::first(pass + 1), x, state);
            lane_.release(mark);
        }
        blocks(Order::first(passes_.most), Order::blocks(passes_.most), state, state);
        return saved_.x;
    }

private:
    /// y from x; y may be x.
    void blocks(int first, int end, Mat<Real> x, Mat<Real> y) {
        for (int at = first; at < end; ++at, x = y) {
            const auto w = Layout::block(w_, Order::layer(at, passes_.most));
            // What the very last block makes of earlier tokens nobody reads: theirs are the keys and values alone.
            const bool last = at + 1 == Order::blocks(passes_.most);
            saved_.x        = x;
            Block::read(lane_, saved_, rows_, w);
            cached_attention(lane_, saved_.a, saved_.u, cache_[std::size_t(at)], rows_, places_,
                             Layout::shape.heads, last);
            if (last) {
                y = lane_.arena.template take<Real>(rows_.graded_count, C);
                gather(lane_, y, Mat<Real const>(x), rows_.graded);
                saved_   = saved_.first(rows_.graded_count);
                saved_.x = y;
            }
            Block::write(lane_, y, saved_, w, Keep::nothing);
        }
    }
    Mat<Real> start(Mat<Real> state, Mat<Real> input) {
        if constexpr (LoopOf<Depth>::start == Start::zero) return {};
        if (LoopOf<Depth>::start == Start::input && !Entry::reads_input) return input;
        if constexpr (LoopOf<Depth>::start == Start::random)
            fill_normal(lane_, state, Layout::start_std(), run_.dropout, rows_.positions);
        else copy(lane_, state, Mat<Real const>(input));
        return state;
    }

    Lane&                                lane_;
    Weight                               w_;
    std::vector<CacheLayer<Real>> const& cache_;
    Sequences const&                     rows_;
    CachePlaces const&                   places_;
    Run const&                           run_;
    Passes                               passes_;
    Saved<Real>                          saved_;
};

}  // namespace rung
