#pragma once
// The loop nest of a model, forward and backward: layers before the loop, its passes, layers after it. Passes that are
// computed again in the backward pass start from states that are kept between them (Griewank and Walther, "Revolve",
// 2000: with c states of which r reruns reach C(c + r, c) passes).

#include "rung/model/depth/depth.hpp"
#include "rung/model/tape.hpp"

namespace rung {

namespace detail {

/// How far from the last kept state the next one is kept, of `passes` to go back over, with room for `room` more.
constexpr int next_kept(int passes, int room) {
    if (room == 0 || passes <= 1) return passes;  // none
    Index before = 1, reach = 1;
    for (int rerun = 1; reach < passes; ++rerun) before = reach, reach = reach * (room + 1 + rerun) / rerun;
    return int(std::min<Index>(before, passes - 1));
}

}  // namespace detail

/// Sees nothing of a loop's states.
struct NoWatch {
    void operator()(int, auto const&) const {}
};

template <class Layout, class Lane>
class Nest {
    using Real             = typename Lane::real;
    using Weight           = Weights<Acc<Real>>;
    using Order            = typename Layout::Order;
    using Block            = typename Layout::Block;
    using Entry            = typename Layout::Entry;
    using Depth            = typename Layout::Depth;
    static constexpr int C = Layout::C;

public:
    Nest(Lane& lane, Weight w, Sequences const& rows, Run const& run, Tape<Real>& tape)
        : lane_(lane), w_(w), rows_(rows), run_(run), tape_(tape), passes_(run, Depth::passes, rows) {}

    /// The last state of every row from its embedding, (N, C). `watch(pass, state)` is called after every pass, before
    /// the next one overwrites the state.
    template <class Watch>
    Mat<Real> forward(Mat<Real> x, Watch&& watch) {
        tape_.blocks  = lane_.notes.template take<Saved<Real>>(1, Order::blocks(passes_.most));
        tape_.entries = lane_.notes.template take<Entered<Real>>(1, passes_.most);
        for (int at = 0; at < Order::before; ++at) x = block(at, rows_, x, take(rows_));
        return after(loop(x, watch));
    }

    /// What the layers after the loop make of a state, which stays as it is: of the last one, or, where nothing is
    /// learnt, of one that `watch` sees.
    Mat<Real> after(Mat<Real> state) {
        for (int at = Order::first(passes_.most); at < Order::blocks(passes_.most); ++at)
            state = block(at, rows_, state, take(rows_));
        return state;
    }

    /// d: the gradient of the last state becomes that of the embedding. `graded(number, d)` adds to d what comes from
    /// the logits of states that are graded before the last one.
    template <class Graded>
    void backward(Mat<Real> d, Acc<Real>* dw, Graded&& graded) {
        RUNG_CHECK(Order::after == 0 || passes_.graded == 1, "Run: graded passes to learn from; got ",
                   passes_.graded, ", wanted 1, because there are layers between the loop and the logits");
        for (int at = Order::blocks(passes_.most) - 1; at >= Order::first(passes_.most); --at)
            block_backward(at, rows_, d, dw);
        loop_backward(d, dw, graded);
        for (int at = Order::before - 1; at >= 0; --at) block_backward(at, rows_, d, dw);
    }

private:
    template <class Watch>
    Mat<Real> loop(Mat<Real> input, Watch&& watch) {
        tape_.input      = input;
        const int learnt = passes_.learnt();
        if (passes_.states > 0 || passes_.skipped > 0)
            for (auto& stream : tape_.streams) stream = take(rows_);
        if (passes_.states > 0) {
            tape_.states = lane_.notes.template take<Kept<Real>>(1, std::min(passes_.states, learnt));
            for (Index i = 0; i < tape_.states.cols; ++i) tape_.states(0, i).state = take(rows_);
            tape_.again = lane_.notes.template take<Saved<Real>>(1, Order::looped);
            for (int i = 0; i < Order::looped; ++i)
                tape_.again(0, i) = Block::take(lane_.arena, rows_.rows(), input);
        }
        const Mat<Real> ended = rows_.passes ? take(rows_) : Mat<Real>();
        Mat<Real>       state = start();
        int             next  = passes_.states > 0 ? passes_.skipped : passes_.most;
        for (int pass = 0; pass < passes_.most; ++pass) {
            const auto now = running(pass);
            state          = of(state, now);
            if (pass == next) next = keep(pass, passes_.most, state);
            if (pass < passes_.skipped || (passes_.states > 0 && pass + 1 < passes_.most))
                state = forgotten(pass, now, state);
            else state = run_pass(pass, now, state, take(now));
            if (rows_.passes) {
                const Index first = running(pass + 1).rows(), count = now.rows() - first;
                copy(lane_, ended.slice(first, count), Mat<Real const>(state.slice(first, count)));
            }
            watch(pass, state);
        }
        return rows_.passes ? ended : state;
    }

    template <class Graded>
    void loop_backward(Mat<Real> d, Acc<Real>* dw, Graded&& graded) {
        Mat<Real> d_input;
        if (Entry::reads_input) d_input = take(rows_), fill(lane_, d_input, 0);
        for (int pass = passes_.most - 1; pass >= passes_.skipped; --pass) {
            const auto mark = lane_.mark();
            const auto now  = running(pass);
            const auto back = of(d, now);
            if (rows_.passes &&
                run_.learnt > 0) {  // those that learn from later passes alone: the first ones
                const auto earlier = of(d, running(pass + run_.learnt));
                if (earlier.rows > 0) fill(lane_, earlier, 0);
            }
            if (passes_.states > 0 && pass + 1 < passes_.most) again(pass);
            for (int at = Order::first(pass + 1) - 1; at >= Order::first(pass); --at)
                block_backward(at, now, back, dw);
            Entry::backward(lane_, back, of(d_input, now), tape_.entries(0, pass), of(tape_.input, now), pass,
                            Layout::entry(w_), Layout::entry(dw), Layout::norm_between(w_),
                            Layout::norm_between(dw));
            const int number = pass - 1 - (passes_.most - passes_.graded);
            if (number >= 0) graded(number, d);
            lane_.release(mark);
        }
        // The loop's input learns through its first state, if that was the input and is learnt from, and as injected.
        if (passes_.skipped > 0 || LoopOf<Depth>::start != Start::input) fill(lane_, d, 0);
        if (Entry::reads_input) add(lane_, d, d_input);
    }

    // One copy each of what several loops call: models would take longer to compile than to run it.

    /// The activations of a pass, from the last state that is kept before it.
    [[gnu::noinline]] void again(int pass) {
        while (tape_.states(0, tape_.kept - 1).pass > pass) --tape_.kept;
        auto const& last = tape_.states(0, tape_.kept - 1);
        int         at = last.pass, next = at + detail::next_kept(pass + 1 - at, room());
        Mat<Real>   state = last.zero ? Mat<Real>() : of(tape_.streams[0], running(at));
        if (!last.zero) copy(lane_, state, Mat<Real const>(of(last.state, running(at))));
        for (; at < pass; ++at) {
            const auto now = running(at);
            state          = of(state, now);
            if (at == next) next = keep(at, pass + 1, state);
            state = forgotten(at, now, state);
        }
        const auto now = running(pass);
        run_pass(pass, now, of(state, now), other(state, now));
    }

    int room() const { return int(tape_.states.cols) - tape_.kept; }
    /// Keeps the state that `pass` begins with; the next pass of those before `end` whose state is to be kept.
    int keep(int pass, int end, Mat<Real> state) {
        auto& kept = tape_.states(0, tape_.kept++);
        kept.pass = pass, kept.zero = state.empty();
        if (!kept.zero) copy(lane_, kept.state.slice(0, state.rows), Mat<Real const>(state));
        return pass + detail::next_kept(end - pass, room());
    }

    Mat<Real> start() {
        if constexpr (LoopOf<Depth>::start == Start::zero) return {};
        if (LoopOf<Depth>::start == Start::input && !Entry::reads_input) return tape_.input;
        const auto state = take(rows_);  // injections may write into it
        if constexpr (LoopOf<Depth>::start == Start::random)
            fill_normal(lane_, state, Layout::start_std(), run_.dropout,
                        run_.phase == Phase::training ? nullptr : rows_.positions, rows_.first_row);
        else copy(lane_, state, Mat<Real const>(tape_.input));
        return state;
    }

    /// A pass whose activations nobody will ask for.
    Mat<Real> forgotten(int pass, Sequences const& now, Mat<Real> state) {
        const auto mark = lane_.mark();
        const auto y    = run_pass(pass, now, state, other(state, now));
        lane_.release(mark);
        return y;
    }
    [[gnu::noinline]] Mat<Real> run_pass(int pass, Sequences const& now, Mat<Real> state, Mat<Real> y) {
        Mat<Real> x = Entry::forward(lane_, tape_.entries(0, pass), state, of(tape_.input, now), pass,
                                     Layout::entry(w_), Layout::norm_between(w_));
        for (int at = Order::first(pass); at < Order::first(pass + 1); ++at)
            x = block(at, now, x, at + 1 == Order::first(pass + 1) ? y : take(now));
        return x;
    }
    [[gnu::noinline]] Mat<Real> block(int at, Sequences const& now, Mat<Real> x, Mat<Real> y) {
        auto&     saved = tape_.blocks(0, at);
        const int pass  = Order::pass(at, passes_.most);
        if (passes_.states > 0 && pass >= passes_.skipped && pass < passes_.most)
            saved = tape_.again(0, at - Order::first(pass)).first(now.rows()), saved.x = x;
        else saved = Block::take(lane_.arena, now.rows(), x);
        Block::forward(lane_, y, saved, now, tape_.look, Layout::block(w_, layer(at)), run_.dropout,
                       site(at));
        return y;
    }
    [[gnu::noinline]] void block_backward(int at, Sequences const& now, Mat<Real> d, Acc<Real>* dw) {
        Block::backward(lane_, d, tape_.blocks(0, at), now, tape_.look, tape_.d_bias,
                        Layout::block(w_, layer(at)), Layout::block(dw, layer(at)), run_.dropout, site(at));
    }

    int                  layer(int at) const { return Order::layer(at, passes_.most); }
    static std::uint32_t site(int at) { return 1 + 2 * std::uint32_t(at); }  // of dropout

    /// The sequences that run a pass: the first of them, for they are sorted by their number of passes.
    Sequences running(int pass) const {
        if (!rows_.passes) return rows_;
        int count = 0;
        while (count < rows_.count && rows_.passes[count] > pass) ++count;
        return rows_.first(count);
    }
    static Mat<Real> of(Mat<Real> all, Sequences const& now) {
        return all.empty() ? all : all.slice(0, now.rows());
    }
    Mat<Real> other(Mat<Real> state, Sequences const& now) const {
        return of(tape_.streams[state.data == tape_.streams[0].data], now);
    }
    Mat<Real> take(Sequences const& now) { return lane_.arena.template take<Real>(now.rows(), C); }

    Lane&            lane_;
    Weight           w_;
    Sequences const& rows_;
    Run const&       run_;
    Tape<Real>&      tape_;
    Passes           passes_;
};

}  // namespace rung
