#pragma once
// New tokens of sequences whose earlier tokens are in a cache, one of each block that runs.

#include <algorithm>
#include <span>
#include <utility>

#include "rung/core/cache.hpp"
#include "rung/model/depth/depth.hpp"
#include "rung/model/tape.hpp"

namespace rung {

/// Whether all sequences make the same number of passes.
enum class Ends { together, apart };

template <class Layout, class Lane>
class Extension {
    using Real             = typename Lane::real;
    using Weight           = Weights<Acc<Real>>;
    using Order            = typename Layout::Order;
    using Block            = typename Layout::Block;
    using Entry            = typename Layout::Entry;
    using Depth            = typename Layout::Depth;
    static constexpr int C = Layout::C;

public:
    /// @param ends  apart: pass by pass, and sequences may leave in between
    Extension(Lane& lane, Weight w, Caches<Lane> cache, Sequences const& rows, CachePlaces const& places,
              Run const& run, Ends ends)
        : lane_(lane),
          w_(w),
          cache_(cache),
          rows_(rows),
          places_(places),
          run_(run),
          ends_(ends),
          passes_(run, Depth::passes) {}

    /// The last state of each sequence's last token, (B, C), from the embedding (N, C), which is spent.
    Mat<Real> last_states(Mat<Real> input) {
        begin(input);
        for (int pass = 0; pass < passes_.most; ++pass) run_pass(pass);
        blocks(Order::first(passes_.most), Order::blocks(passes_.most), state_, state_);
        return asked_;
    }

    /// Layers before the loop, and its state.
    void begin(Mat<Real> input) {
        input_ = input, state_ = take(input.rows), asked_ = take(rows_.graded_count);
        look_ = Layout::Scores::forward(lane_, std::min<Index>(cache(0).capacity, Layout::shape.context),
                                        Layout::position(w_));
        if (ends_ == Ends::apart)
            for (auto& one : spare_) one = take(input.rows);
        saved_ = Block::take(lane_.arena, input.rows, state_);
        blocks(0, Order::before, input, input);
        start_ = start();
    }
    void run_pass(int pass) {
        const auto    mark = lane_.mark();
        Entered<Real> entered;
        const auto    x = Entry::forward(lane_, entered, pass == 0 ? start_ : state_, input_, pass,
                                         Layout::entry(w_), Layout::norm_between(w_));
        blocks(Order::first(pass), Order::first(pass + 1), x, state_);
        lane_.release(mark);
    }
    /// The states of last tokens, (B, C), should the loop end here; valid until the next call. What layers after the
    /// loop cache is written anew every time.
    Mat<Real> asked_states() {
        const auto asked = asked_.slice(0, rows_.graded_count);
        if (Order::after == 0) {
            gather(lane_, asked, Mat<Real const>(state_), rows_.graded);
        } else {
            const auto mark = lane_.mark();
            const auto x    = take(state_.rows);
            copy(lane_, x, Mat<Real const>(state_));
            blocks(Order::first(passes_.most), Order::blocks(passes_.most), x, x);
            lane_.release(mark);
        }
        return asked;
    }
    /// Only these rows go on: row ids[i] becomes row i.
    void go_on_with(Sequences const& rows, CachePlaces const& places, int const* ids) {
        rows_ = rows, places_ = places;
        Mat<Real>* all[] = {&input_, &state_};
        for (int i = 0; i < 2; ++i) {
            const auto to = spare_[i].slice(0, rows.rows());
            gather(lane_, to, Mat<Real const>(*all[i]), ids);
            spare_[i] = std::exchange(*all[i], to);
        }
        saved_ = saved_.first(rows.rows());
    }
    /// Keys and values of these rows in the caches of later passes: those of `pass`, their last one.
    void leave(int pass, Sequences const& rows, CachePlaces const& places) {
        for (int later = pass + 1; later < passes_.most; ++later)
            for (int i = 0; i < Order::looped; ++i)
                carry(lane_, cache(Order::first(later) + i), cache(Order::first(pass) + i), rows, places);
    }

private:
    /// y from x; y may be x. After the last block: asked_.
    [[gnu::noinline]] void blocks(int first, int end, Mat<Real> x, Mat<Real> y) {
        for (int at = first; at < end; ++at, x = y) {
            const auto w = Layout::block(w_, Order::layer(at, passes_.most));
            // What the very last block makes of earlier tokens nobody reads: theirs are the keys and values alone.
            const bool last =
                at + 1 == Order::blocks(passes_.most) && (ends_ == Ends::together || Order::after > 0);
            auto saved = saved_;
            saved.x    = x;
            Block::read(lane_, saved, rows_, w);
            cached_attention(lane_, saved.a, saved.u, cache(at), rows_, places_, Layout::shape.heads, last,
                             look_);
            if (last) {
                y = asked_.slice(0, rows_.graded_count);
                gather(lane_, y, Mat<Real const>(x), rows_.graded);
                saved   = saved.first(rows_.graded_count);
                saved.x = y;
            }
            Block::write(lane_, y, saved, w, Keep::nothing);
        }
    }
    /// Empty: zeros.
    Mat<Real> start() {
        if constexpr (LoopOf<Depth>::start == Start::zero) return {};
        if (LoopOf<Depth>::start == Start::input && !Entry::reads_input) return input_;
        if constexpr (LoopOf<Depth>::start == Start::random)
            fill_normal(lane_, state_, Layout::start_std(), run_.dropout, rows_.positions, 0);
        else copy(lane_, state_, Mat<Real const>(input_));
        return state_;
    }

    CacheLayer<Real> const& cache(int at) const { return cache_[std::size_t(at)]; }
    Mat<Real>               take(Index rows) { return lane_.arena.template take<Real>(rows, C); }

    Lane&           lane_;
    Weight          w_;
    Caches<Lane>    cache_;
    Sequences       rows_;
    CachePlaces     places_;
    Run const&      run_;
    Ends            ends_;
    Passes          passes_;
    Saved<Real>     saved_;
    Look<Acc<Real>> look_;
    Mat<Real>       input_, state_, start_, asked_, spare_[2];
};

}  // namespace rung
