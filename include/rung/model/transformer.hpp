#pragma once
// A decoder-only transformer: embedding, a loop nest of blocks, a last norm, logits. Forward and backward are static
// functions of (weights, rows), so the same code serves training, decoding, gradient checks and averaged weights.

#include "rung/model/depth/stacked.hpp"
#include "rung/model/extension.hpp"
#include "rung/model/layout.hpp"
#include "rung/model/likeness.hpp"
#include "rung/model/nest.hpp"
#include "rung/model/position/nope.hpp"
#include "rung/model/style/gpt.hpp"
#include "rung/model/subset.hpp"

namespace rung {

/// @tparam S         the sizes
/// @tparam Position  NoPe, Learned, Sinusoidal<>, Rope<>, one of these with ids that are drawn (ids.hpp), Alibi,
///                   Window<>, T5<>, Kerple, Fire<> or a type of your own
/// @tparam Depth     Stacked<L>, Looped<P, L, Inject>, PreludeCoreCoda<...> or a type of your own
/// @tparam Style     Gpt, Llama or a type of your own; one with `mask = Mask::none` reads and does not write
template <Shape S, class Position = NoPe, class Depth = Stacked<2>, class Style = Gpt>
class Transformer {
    static_assert(explain_shape<S>::ok && explain_position<Position>::ok && explain_depth<Depth>::ok &&
                  explain_style<Style>::ok && explain_channels<Position, S.width, S.heads>::ok &&
                  explain_rows<Position, S.context>::ok);
    using Layout                = rung::Layout<S, Position, Depth, Style>;
    using Block                 = typename Layout::Block;
    using Norm                  = typename Layout::Norm;
    using Entry                 = typename Layout::Entry;
    static constexpr int    C   = S.width;
    static constexpr double cap = cap_of<Style>();

public:
    using position_type           = Position;
    using Order                   = typename Layout::Order;  ///< in which blocks run, see Schedule
    static constexpr Shape shape  = S;
    static constexpr int   layers = Depth::layers;
    static constexpr int   passes = Depth::passes;

    /// Trainable numbers.
    static constexpr Index parameters = Layout::all.flat;
    /// Numbers that the matrices take once more, packed for products; see pack().
    static constexpr Index panels = Layout::all.panels;

    /// Floating-point operations of the forward pass over one sequence; training costs three times as many.
    static constexpr double flops(Index tokens, int runs = Depth::passes) {
        const double seen   = Layout::Scores::mask == Mask::causal ? double(tokens + 1) / 2 : double(tokens);
        const double scores = 4.0 * C * double(tokens) * seen;  // q kT and p v
        return Order::blocks(runs) * (Block::flops * double(tokens) + scores) +
               runs * Entry::flops * double(tokens) + 2.0 * C * S.vocab * double(tokens);
    }
    /// Bytes of keys and values for one sequence while decoding.
    static constexpr Index cache_bytes(Index tokens, int runs = Depth::passes,
                                       std::size_t real = sizeof(float)) {
        return 2 * Index{Order::blocks(runs)} * S.kv() * S.head_size() * tokens * Index(real);
    }

    /// Bytes that training keeps of `rows` tokens, `graded` of them graded, between its forward and its backward pass,
    /// and needs for the latter. A thread's peak is this for its piece of a batch, and the backend's working memory: on
    /// the CPU at most a quarter of a megabyte, five packings of a head of the longest sequence, and what that needs of
    /// a table of biases, twice.
    static constexpr Index activation_bytes(Index rows, Index graded, Run const& run = {},
                                            std::size_t real = sizeof(float)) {
        const Passes all = passes_of(run);
        const Index  sum = Index(std::max(real, sizeof(float)));
        // Of passes that are not kept, two states, and those between that are.
        const Index kept = all.states > 0 ? 1 : all.learnt(), blocks = Order::blocks(int(kept));
        const Index states = (all.states > 0 ? std::min(all.states, all.learnt()) : 0) +
                             (all.states > 0 || all.skipped > 0 ? 2 : 0) +
                             (LoopOf<Depth>::start != Start::zero && Entry::reads_input ? 1 : 0);
        const Index of_row = blocks * (Block::kept + C) + kept * Entry::kept + states * C +
                             (Entry::reads_input ? 7 : 6) * C + Block::more_scratch +
                             (run.dropout.rate > 0 ? 2 * C : 0);
        const Index logits    = graded * all.graded;
        const bool  apart     = graded < rows || all.graded > 1;
        const Index of_logits = C + (cap > 0 ? 2 : 1) * S.vocab + (apart ? 2 * C : 0);
        return (rows * of_row + logits * of_logits) * Index(real) +
               (rows * (blocks * Block::kept_sums + kept * Entry::kept_sums) + logits * Norm::stats) * sum +
               Layout::Scores::numbers(std::min<Index>(rows, S.context)) * sum;
    }
    static constexpr Index activation_bytes(Index rows) { return activation_bytes(rows, rows); }

    explicit Transformer(std::uint64_t seed, Memory const& memory = host_memory)
        : weights_(parameters, memory) {
        initialize(weights_.data(), seed);
    }
    /// Initial weights from the context's seed, where its operations read them.
    template <MakesModels Context>
        requires(sizeof(Context) > 0)  // more constrained than the next
    explicit Transformer(Context const& ctx) : Transformer(ctx.seed(), ctx.memory()) {}
    /// What is left of a type of one's own that has not its base's constructors.
    template <MakesModels Context>
    Transformer(Context const&) {
        static_assert(sizeof(Context) == 0,
                      "Transformer: give your model its constructors, `struct Mine : "
                      "Transformer<...> { using Transformer::Transformer; };`");
    }

    /// All weights, one after another. Single precision, whatever the context computes in.
    Buffer<float>&       weights() { return weights_; }
    Buffer<float> const& weights() const { return weights_; }
    /// These, for saved() and load(). Another model's are refused.
    void archive(Archive& all) { detail::archive_likeness<Transformer>(all), all(weights_); }

    /// Every weight that is there, in the order of the buffer; visit(name, spec, offset) for each.
    static auto named_weights() { return Layout::weights(); }
    template <class Visit>
    static void for_each_weight(Visit&& visit) {
        for (auto const& [name, spec, offset] : Layout::weights()) visit(name, spec, offset);
    }
    /// Where the matrices stand that a backend's pack() lays out anew: panels in an array of `panels` numbers.
    static Buffer<PackedPlace> packed_places() { return rung::packed_places(Layout::weights()); }
    static Buffer<Chunk>       chunks() { return chunks_of(Layout::weights()); }  ///< for the optimizer

    template <class Real>
    static void initialize(Real* w, std::uint64_t seed) {
        rung::initialize(w, Layout::weights(), Style::init(Depth::layers), seed);
    }

    /// Logits of the graded rows, or of every row, in tape.logits (N, V); of each graded pass in turn, if there are
    /// several. `watch(pass, state)` sees the state (N, C) that each pass leaves, while it is there.
    template <class Lane, class Watch = NoWatch, class Real = typename Lane::real>
    static Tape<Real> forward(Lane& lane, Weights<Acc<typename Lane::real>> w, Sequences const& rows,
                              Run const& run = {}, Watch&& watch = {}) {
        const Index each = rows.graded ? rows.graded_count : rows.rows(), all = run.graded * each;
        const auto  take = [&]<class T>(T, Index cols) { return lane.arena.template take<T>(all, cols); };
        Tape<Real>  tape;
        if (apart(rows, run)) tape.x = take(Real{}, C);
        const auto pick = [&](int number, Mat<Real> state) {
            const auto to = tape.x.slice(number * each, each);
            if (rows.graded) gather(lane, to, Mat<Real const>(state), rows.graded);
            else copy(lane, to, Mat<Real const>(state));
        };
        tape.look = Layout::Scores::forward(lane, detail::reach_of(rows, S.context), Layout::position(w));
        Nest<Layout, Lane> nest(lane, w, rows, run, tape);
        const int          before = passes_of(run).most - run.graded;  // the graded passes
        const auto         last   = nest.forward(begin(lane, w, rows, run), [&](int pass, Mat<Real> state) {
            if (pass >= before && pass + 1 < before + run.graded) {
                const auto mark = lane.mark();
                pick(pass - before, nest.after(state));
                lane.release(mark);
            }
            watch(pass, state);
        });
        if (apart(rows, run)) pick(run.graded - 1, last);
        else tape.x = last;
        tape.stats = take(Acc<Real>{}, Norm::stats), tape.normed = take(Real{}, C);
        tape.logits = take(Real{}, S.vocab), tape.slopes = take(Real{}, cap > 0 ? S.vocab : 0);
        end(lane, tape.logits, tape.slopes, tape.normed, tape.stats, tape.x, w, Keep::slopes);
        return tape;
    }

    /// Adds to dw (P) the gradient of whatever left its gradient in tape.logits. The tape is spent.
    template <class Lane, class Real>
    static void backward(Lane& lane, Weights<Acc<Real>> w, Acc<Real>* dw, Tape<Real> tape,
                         Sequences const& rows, Run const& run = {}) {
        const Index each = rows.graded ? rows.graded_count : rows.rows();
        const auto  d    = lane.arena.template take<Real>(rows.rows(), C);
        const auto  dx   = apart(rows, run) ? lane.arena.template take<Real>(tape.x.rows, C) : d;
        end_backward(lane, dx, tape, w, dw);
        const auto graded = [&](int number, Mat<Real> to) {
            const Mat<Real const> from = dx.slice(number * each, each);
            if (rows.graded) add_scatter(lane, to, from, rows.graded);
            else add(lane, to, from);
        };
        if (apart(rows, run)) fill(lane, d, 0), graded(run.graded - 1, d);
        tape.d_bias = Layout::Scores::gradient(lane, tape.look);
        Nest<Layout, Lane>(lane, w, rows, run, tape).backward(d, dw, graded);
        Layout::Scores::add_backward(lane, Layout::position(dw), tape.d_bias, tape.look, Layout::position(w));
        dropout(lane, d, run.dropout, 0, rows.first_row);
        join(lane);  // the logits' share of a tied table
        beside(lane, [&] { add_embed_backward(lane, Layout::tokens(dw), d, rows.tokens); });
        if constexpr (Layout::places) add_embed_backward(lane, Layout::positions(dw), d, rows.positions);
    }

    /// Logits of each sequence's last token, (B, V), when `rows` are new tokens of sequences whose earlier
    /// tokens are in the cache, one of each block that runs. Those last tokens are the rows that are graded.
    template <class Lane, class Real = typename Lane::real>
    static Mat<Real> extend(Lane& lane, Weights<Acc<Real>> w, Caches<Lane> cache, Sequences const& rows,
                            CachePlaces places, Run const& run = {}) {
        RUNG_CHECK(rows.graded,
                   "Transformer::extend: graded rows; got none, wanted the last of each sequence");
        static_assert(
            writes,
            "Transformer::extend: give the style a causal mask, or read whole sequences by "
            "forward() (without a mask earlier tokens see later ones: no cache of them stays true)");
        const Run               plain = undropped(run);
        Extension<Layout, Lane> extension(lane, w, cache, rows, places, plain, Ends::together);
        return answer(lane, w, extension.last_states(begin(lane, w, rows, plain)));
    }

    /// The same where sequences leave the loop one by one. After each pass `goes_on(pass, number, logits, state)` is
    /// asked of each that is left, with the logits (1, V) and the state (1, C) of its last token, both the host's.
    /// `rows` and `places` are the host's, too. Keys and values of passes that a token does not make are those of its
    /// last one: later tokens find some in every pass (Geiping et al., 2025).
    template <class Lane, class GoesOn, class Real = typename Lane::real>
    static void extend_until(Lane& lane, Weights<Acc<Real>> w, Caches<Lane> cache, Sequences const& rows,
                             CachePlaces const& places, Run const& run, GoesOn&& goes_on) {
        static_assert(writes, "Transformer::extend_until: give the style a causal mask (see extend)");
        const Run               plain = undropped(run);
        const int               most  = passes_of(run).most;
        const auto              there = placed(lane, rows, places);
        Extension<Layout, Lane> extension(lane, w, cache, there, places, plain, Ends::apart);
        extension.begin(begin(lane, w, there, plain));
        Subset     left(lane.notes, rows, places);
        const auto stays = lane.notes.template take<int>(1, rows.count),
                   gone  = lane.notes.template take<int>(1, rows.count);
        for (int pass = 0; pass < most; ++pass) {
            extension.run_pass(pass);
            const auto mark           = lane.mark();
            const auto states         = extension.asked_states();
            const auto logits         = fetched(lane, Mat<Real const>(answer(lane, w, states)));
            const auto fetched_states = fetched(lane, Mat<Real const>(states));
            int        staying = 0, leaving = 0;
            for (int i = 0; i < left.rows().count; ++i)
                (goes_on(pass, left.number(i), logits.slice(i, 1), fetched_states.slice(i, 1))
                     ? stays.data[staying++]
                     : gone.data[leaving++]) = i;
            lane.release(mark);
            if (leaving == 0 || pass + 1 == most) continue;
            const Subset without(lane.notes, left, gone.data, leaving);
            extension.leave(pass, placed(lane, without.rows(), without.places()), without.places());
            if (staying == 0) return;
            left             = Subset(lane.notes, left, stays.data, staying);
            const auto fewer = placed(lane, left.rows(), left.places());
            extension.go_on_with(fewer, left.places(),
                                 placed(lane, left.ids(lane.notes, fewer.rows()), fewer.rows()));
        }
    }

    /// What the last norm and the head make of states: their logits (rows, V), from x (rows, C).
    template <class Lane, class Real>
    static Mat<Real> answer(Lane& lane, Weights<Acc<Real>> w, Mat<Real> x) {
        const auto normed = lane.arena.template take<Real>(x.rows, C);
        const auto stats  = lane.arena.template take<Acc<Real>>(x.rows, Norm::stats);
        const auto logits = lane.arena.template take<Real>(x.rows, S.vocab);
        end(lane, logits, logits, normed, stats, x, w, Keep::nothing);
        return logits;
    }

    /// Whether no token sees later ones: whether it can be decoded.
    static constexpr bool writes = Layout::Scores::mask == Mask::causal;

    /// Blocks that run, each with a cache of its own while decoding.
    static constexpr int    blocks_of(Run const& run) { return Order::blocks(passes_of(run).most); }
    static constexpr Passes passes_of(Run const& run) { return {run, Depth::passes, Order::loops}; }

private:
    /// Only training drops anything; but a random start is named by the same numbers.
    static Run undropped(Run run) {
        run.dropout.rate = 0;
        return run;
    }

    /// Whether the rows whose logits are wanted are not simply all rows of the last state.
    static bool apart(Sequences const& rows, Run const& run) { return rows.graded || run.graded > 1; }

    template <class Lane, class Real = typename Lane::real>
    static Mat<Real> begin(Lane& lane, Weights<Acc<Real>> w, Sequences const& rows, Run const& run) {
        const auto x = lane.arena.template take<Real>(rows.rows(), C);
        embed(lane, x, Layout::tokens(w), rows.tokens);
        if constexpr (Layout::places) add_embed(lane, x, Layout::positions(w), rows.positions);
        if constexpr (Position::site == Site::sinusoids)
            add_sinusoids(lane, x, rows.positions, Position::theta, Style::init(Depth::layers).std);
        dropout(lane, x, run.dropout, 0, rows.first_row);
        return x;
    }
    template <class Lane, class Real>
    static void end(Lane& lane, Mat<Real> logits, Mat<Real> slopes, Mat<Real> normed, Mat<Acc<Real>> stats,
                    Mat<Real> x, Weights<Acc<Real>> w, Keep keep) {
        const auto raw = cap > 0 ? slopes : logits;
        Norm::forward(lane, normed, stats, x, Layout::norm(w));
        if constexpr (Style::tied) matmul_nt(lane, raw, normed, Layout::tokens(w));
        else matmul(lane, raw, normed, Layout::head(w));
        if constexpr (cap > 0) soft_cap(lane, logits, raw, cap, keep);
    }
    /// dx from the gradient in tape.logits.
    template <class Lane, class Real>
    static void end_backward(Lane& lane, Mat<Real> dx, Tape<Real> const& tape, Weights<Acc<Real>> w,
                             Acc<Real>* dw) {
        const auto mark = lane.arena.mark();
        const auto dn   = lane.arena.template take<Real>(dx.rows, C);
        if constexpr (cap > 0) soft_cap_backward(lane, tape.logits, tape.logits, tape.slopes, cap);
        if constexpr (Style::tied) {  // logits = n ET  ->  dE += dlogitsT n,  dn = dlogits E
            beside(lane, [&] { add_matmul_tn(lane, Layout::tokens(dw), tape.logits, tape.normed); });
            matmul(lane, dn, tape.logits, Layout::tokens(w));
        } else {
            beside(lane, [&] { add_matmul_tn(lane, Layout::head(dw), tape.normed, tape.logits); });
            matmul_nt(lane, dn, tape.logits, Layout::head(w));
        }
        fill(lane, dx, 0);
        Norm::add_backward(lane, dx, dn, tape.x, tape.stats, Layout::norm(w), Layout::norm(dw));
        lane.arena.release(mark);
    }

    Buffer<float> weights_;
};

}  // namespace rung
