#pragma once
// A decoder-only transformer: embedding, a loop nest of blocks, a last norm, logits. Forward and backward are
// static functions of (weights, rows), so the same code serves training, decoding, gradient checks and
// averaged weights.

#include <string>
#include <vector>

#include "rung/backend/backend.hpp"
#include "rung/core/buffer.hpp"
#include "rung/model/depth/stacked.hpp"
#include "rung/model/layer/block.hpp"
#include "rung/model/position/nope.hpp"
#include "rung/model/style/gpt.hpp"
#include "rung/model/tape.hpp"

namespace rung {

/// @tparam S         the sizes
/// @tparam Position  NoPe, Learned, Sinusoidal<>, Rope<> or a type of your own
/// @tparam Depth     Stacked<L>, Looped<P, L, Inject>, PreludeCoreCoda<...> or a type of your own
/// @tparam Style     Gpt, Llama or a type of your own
template <Shape S, class Position = NoPe, class Depth = Stacked<2>, class Style = Gpt>
class Transformer {
    static_assert(explain_shape<S>::ok && explain_position<Position>::ok && explain_depth<Depth>::ok &&
                  explain_style<Style>::ok && explain_channels<Position, S.width, S.heads>::ok);
    static constexpr int  C      = S.width;
    static constexpr bool places = Position::site == Site::embedding;
    using Block                  = rung::Block<S, Position, Style>;
    using Order                  = Schedule<Depth>;
    using Inject                 = typename Depth::Inject;
    using Norm                   = typename Style::template Norm<C>;

    struct Embed {
        static constexpr WeightList<2> weights{
            {{.name = "tokens", .rows = S.vocab, .cols = C, .lookup = !Style::tied},
             {.name = "positions", .rows = places ? S.context : 0, .cols = C, .lookup = true}}};
    };
    struct Unembed {
        static constexpr WeightList<1> weights{
            {{.name = "weight", .rows = Style::tied ? 0 : C, .cols = S.vocab}}};
    };
    static constexpr Extent first_block = size_of(Embed::weights),
                            last_norm   = first_block + Depth::layers * Block::size,
                            unembed     = last_norm + size_of(Norm::weights),
                            all         = unembed + size_of(Unembed::weights);
    static constexpr double cap         = cap_of<Style>();

public:
    static constexpr Shape shape  = S;
    static constexpr int   layers = Depth::layers;
    static constexpr int   passes = Depth::passes;

    /// Trainable numbers.
    static constexpr Index parameters = all.flat;
    /// Numbers that the matrices take once more, packed for products; see pack().
    static constexpr Index panels = all.panels;

    /// Floating-point operations of the forward pass over one sequence; training costs three times as many.
    static constexpr double flops(Index tokens, int passes = Depth::passes) {
        const double scores = 2.0 * C * double(tokens) * double(tokens + 1);  // q kT and p v, causal
        return Order::blocks(passes) * (Block::flops * double(tokens) + scores) +
               2.0 * C * S.vocab * double(tokens);
    }
    /// Bytes of keys and values for one sequence while decoding.
    static constexpr Index cache_bytes(Index tokens, int passes = Depth::passes,
                                       std::size_t real = sizeof(float)) {
        return 2 * Index{Order::blocks(passes)} * C * tokens * Index(real);
    }

    /// Bytes that training keeps of `rows` tokens, `graded` of them graded, between its forward and its backward pass,
    /// and needs for the latter. A thread's peak is this for its piece of a batch, and the backend's working memory: on
    /// the CPU at most a quarter of a megabyte and five packings of a head of the longest sequence.
    static constexpr Index activation_bytes(Index rows, Index graded, Run const& run = {},
                                            std::size_t real = sizeof(float)) {
        // Of passes that are not learnt from, one block's activations and two streams.
        const int   learnt = learnt_of(run), skipped = passes_of(run) - learnt;
        const Index blocks = Order::blocks(learnt), sum = Index(std::max(real, sizeof(float)));
        const Index of_row = blocks * (Block::kept + C) + (skipped > 0 ? 2 * C : 0) + 7 * C +
                             Block::more_scratch + (run.dropout.rate > 0 ? 2 * C : 0);
        const Index of_logit = C + (cap > 0 ? 2 : 1) * S.vocab + (graded < rows ? 2 * C : 0);
        return (rows * of_row + graded * of_logit) * Index(real) +
               (rows * blocks * Block::kept_sums + graded * Norm::stats) * sum;
    }
    static constexpr Index activation_bytes(Index rows) { return activation_bytes(rows, rows); }

    explicit Transformer(std::uint64_t seed, Memory const& memory = host_memory)
        : weights_(parameters, memory) {
        initialize(weights_.data(), seed);
    }
    /// Initial weights from the context's seed, where its operations read them.
    template <class Context>
        requires requires(Context const& ctx) { ctx.seed(), ctx.memory(); }
    explicit Transformer(Context const& ctx) : Transformer(ctx.seed(), ctx.memory()) {}

    /// All weights, one after another. Single precision, whatever the context computes in.
    Buffer<float>&       weights() { return weights_; }
    Buffer<float> const& weights() const { return weights_; }

    /// visit(name, spec, offset) for every weight that is there, in the order of the buffer.
    template <class Visit>
    static void for_each_weight(Visit&& visit) {
        Index      offset = 0;
        const auto each   = [&](std::string const& prefix, auto const& list) {
            for (auto const& spec : list) {
                const std::string layer = spec.layer.empty() ? "" : std::string(spec.layer) + ".";
                if (spec.size() > 0) visit(prefix + layer + std::string(spec.name), spec, offset);
                offset += spec.size();
            }
        };
        each("embed.", Embed::weights);
        for (int layer = 0; layer < Depth::layers; ++layer)
            each("blocks." + std::to_string(layer) + ".", Block::weights);
        each("norm.", Norm::weights);
        each("unembed.", Unembed::weights);
    }

    /// Where the matrices stand that a backend's pack() lays out anew: panels in an array of `panels` numbers.
    static std::vector<PackedPlace> packed_places() {
        std::vector<PackedPlace> places;
        Index                    panels = 0;
        for_each_weight([&](std::string const&, WeightSpec const& spec, Index offset) {
            if (spec.multiplied()) places.push_back({spec.rows, spec.cols, offset, panels});
            panels += spec.panels();
        });
        return places;
    }

    template <class Real>
    static void initialize(Real* w, std::uint64_t seed) {
        std::uint32_t id = 0;
        for_each_weight([&](std::string const&, WeightSpec const& spec, Index offset) {
            rung::initialize(w + offset, spec, Style::init(Depth::layers), seed, id++);
        });
    }

    /// Logits of the graded rows, or of every row, in tape.logits (N, V).
    template <class Lane, class Real = typename Lane::real>
    static Tape<Real> forward(Lane& lane, Weights<Sum<typename Lane::real>> w, Sequences const& rows,
                              Run const& run = {}) {
        const int passes = passes_of(run), skipped = passes - learnt_of(run), blocks = Order::blocks(passes);
        const Index N    = rows.rows();
        const auto  take = [&] { return lane.arena.template take<Real>(N, C); };
        Tape<Real>  tape;
        tape.blocks = lane.notes.template take<Saved<Real>>(1, blocks);
        auto      x = begin(lane, w, rows, run), input = x;
        Mat<Real> streams[2];  // of passes that nobody learns from, by turns
        for (int i = 0; skipped > 0 && i < 2; ++i) streams[i] = take();
        for (int at = 0; at < blocks; ++at) {
            const int pass = Order::pass(at, passes), layer = Order::layer(at, passes);
            if (at == Order::first(0)) input = x;
            if (Inject::adds_input && pass > 0 && at == Order::first(pass) && pass < passes)
                add(lane, x, input);
            auto&      saved = tape.blocks(0, at);
            const bool kept  = pass < 0 || pass >= skipped;
            const auto y     = kept ? take() : streams[at % 2];
            const auto mark  = lane.arena.mark();
            saved            = Block::take(lane.arena, N, x);
            Block::forward(lane, y, saved, rows, block(w, layer), run.dropout, site(at));
            if (!kept) lane.arena.release(mark);
            x = y;
        }
        const Index graded = rows.graded ? rows.graded_count : N;
        if (rows.graded) {
            tape.x = lane.arena.template take<Real>(graded, C);
            gather(lane, tape.x, x, rows.graded);
            x = tape.x;
        }
        tape.x      = x;
        tape.stats  = lane.arena.template take<Sum<Real>>(graded, Norm::stats);
        tape.normed = lane.arena.template take<Real>(graded, C);
        tape.logits = lane.arena.template take<Real>(graded, S.vocab);
        tape.slopes = lane.arena.template take<Real>(graded, cap > 0 ? S.vocab : 0);
        end(lane, tape.logits, tape.slopes, tape.normed, tape.stats, x, w, Keep::slopes);
        return tape;
    }

    /// Adds to dw (P) the gradient of whatever left its gradient in tape.logits. The tape is spent.
    template <class Lane, class Real>
    static void backward(Lane& lane, Weights<Sum<Real>> w, Sum<Real>* dw, Tape<Real> const& tape,
                         Sequences const& rows, Run const& run = {}) {
        const Index N = rows.rows();
        const auto  d = lane.arena.template take<Real>(N, C), d_input = lane.arena.template take<Real>(N, C);
        const auto  dn = d_input.slice(0, tape.normed.rows);  // read before d_input is written
        if constexpr (cap > 0) activate_backward(lane, tape.logits, tape.logits, tape.slopes);
        if constexpr (Style::tied) {
            matmul(lane, dn, tape.logits, tokens(w));                   // logits = n ET  ->  dn  = dlogits E
            add_matmul_tn(lane, tokens(dw), tape.logits, tape.normed);  //                    dE += dlogitsT n
        } else {
            add_matmul_tn(lane, head(dw), tape.normed, tape.logits);
            matmul_nt(lane, dn, tape.logits, head(w));
        }
        fill(lane, d, 0);
        if (rows.graded) {
            const auto dx = lane.arena.template take<Real>(dn.rows, C);
            fill(lane, dx, 0);
            Norm::add_backward(lane, dx, dn, tape.x, tape.stats, w + last_norm, dw + last_norm);
            add_scatter(lane, d, dx, rows.graded);
        } else {
            Norm::add_backward(lane, d, dn, tape.x, tape.stats, w + last_norm, dw + last_norm);
        }
        if constexpr (Inject::adds_input) fill(lane, d_input, 0);
        const int passes = passes_of(run), skipped = passes - learnt_of(run);
        for (int at = Order::blocks(passes) - 1; at >= 0; --at) {
            const int pass = Order::pass(at, passes), layer = Order::layer(at, passes);
            Block::backward(lane, d, tape.blocks(0, at), rows, block(w, layer), block(dw, layer), run.dropout,
                            site(at));
            if (pass < 0 || pass >= passes || at != Order::first(pass)) continue;
            if (Inject::adds_input && pass > 0) add(lane, d_input, d);  // x += input  ->  dinput += dx
            if (pass == skipped && skipped > 0)
                fill(lane, d, 0), at = Order::first(0);  // nothing from earlier passes
            if (Inject::adds_input && at == Order::first(0)) add(lane, d, d_input);
        }
        dropout(lane, d, run.dropout, 0, rows.first_row);
        add_embed_backward(lane, tokens(dw), d, rows.tokens);
        if constexpr (places) add_embed_backward(lane, positions(dw), d, rows.positions);
    }

    /// Logits of each sequence's last token, (B, V), when `rows` are new tokens of sequences whose earlier
    /// tokens are in the cache, one of each block that runs. Those last tokens are the rows that are graded.
    template <class Lane, class Real>
    static Mat<Real> extend(Lane& lane, Weights<Sum<Real>> w, std::vector<CacheLayer<Real>> const& cache,
                            Sequences const& rows, CachePlaces places, Run const& run = {}) {
        RUNG_CHECK(rows.graded,
                   "Transformer::extend: graded rows; got none, wanted the last of each sequence");
        const int   passes = passes_of(run), blocks = Order::blocks(passes);
        const Index N = rows.rows(), asked = rows.graded_count;
        const auto  input = begin(lane, w, rows, {});
        auto        saved = Block::take(lane.arena, N, lane.arena.template take<Real>(N, C));
        copy(lane, saved.x, input);
        for (int at = 0; at < blocks; ++at) {
            const int pass = Order::pass(at, passes), layer = Order::layer(at, passes);
            if constexpr (Inject::adds_input) {
                if (Order::before > 0 && at == Order::first(0)) copy(lane, input, saved.x);
                if (pass > 0 && at == Order::first(pass) && pass < passes) add(lane, saved.x, input);
            }
            // What the very last block makes of earlier tokens nobody reads: theirs are the keys and values alone.
            const bool last = at + 1 == blocks;
            Block::read(lane, saved, rows, block(w, layer));
            cached_attention(lane, saved.a, saved.u, cache[std::size_t(at)], rows, places, S.heads, last);
            if (last) {
                const auto asking = lane.arena.template take<Real>(asked, C);
                gather(lane, asking, saved.x, rows.graded);
                saved   = saved.first(asked);
                saved.x = asking;
            }
            Block::write(lane, saved.x, saved, block(w, layer), Keep::nothing);
        }
        const auto normed = lane.arena.template take<Real>(asked, C);
        const auto stats  = lane.arena.template take<Sum<Real>>(asked, Norm::stats);
        const auto logits = lane.arena.template take<Real>(asked, S.vocab);
        end(lane, logits, logits, normed, stats, saved.x, w, Keep::nothing);
        return logits;
    }

    /// Blocks that run, each with a cache of its own while decoding.
    static constexpr int blocks_of(Run const& run) { return Order::blocks(passes_of(run)); }
    static constexpr int learnt_of(Run const& run) {
        RUNG_CHECK(run.learnt >= 0, "Transformer: learnt passes; got ", run.learnt,
                   ", wanted at least 1, or 0 for all");
        return run.learnt > 0 ? std::min(run.learnt, passes_of(run)) : passes_of(run);
    }
    static constexpr int passes_of(Run const& run) {
        RUNG_CHECK(run.passes >= 0 && run.passes <= 65'536, "Transformer: passes; got ", run.passes,
                   ", wanted 1 to 65536, or 0 for ", Depth::passes);
        return run.passes > 0 ? run.passes : Depth::passes;
    }

private:
    // Of weights, or of their gradients.
    static auto          block(auto w, int layer) { return w + (first_block + layer * Block::size); }
    static auto          tokens(auto w) { return weight<Embed>(w, 0); }
    static auto          positions(auto w) { return weight<Embed>(w, 1); }
    static auto          head(auto w) { return weight<Unembed>(w + unembed, 0); }
    static std::uint32_t site(int at) { return 1 + 2 * std::uint32_t(at); }

    template <class Lane, class Real = typename Lane::real>
    static Mat<Real> begin(Lane& lane, Weights<Sum<Real>> w, Sequences const& rows, Run const& run) {
        const auto x = lane.arena.template take<Real>(rows.rows(), C);
        embed(lane, x, tokens(w), rows.tokens);
        if constexpr (places) add_embed(lane, x, positions(w), rows.positions);
        if constexpr (Position::site == Site::sinusoids)
            add_sinusoids(lane, x, rows.positions, Position::theta, Style::init(Depth::layers).std);
        dropout(lane, x, run.dropout, 0, rows.first_row);
        return x;
    }
    template <class Lane, class Real>
    static void end(Lane& lane, Mat<Real> logits, Mat<Real> slopes, Mat<Real> normed, Mat<Sum<Real>> stats,
                    Mat<Real> x, Weights<Sum<Real>> w, Keep keep) {
        const auto raw = cap > 0 ? slopes : logits;
        Norm::forward(lane, normed, stats, x, w + last_norm);
        if constexpr (Style::tied) matmul_nt(lane, raw, normed, tokens(w));
        else matmul(lane, raw, normed, head(w));
        if constexpr (cap > 0) soft_cap(lane, logits, raw, cap, keep);
    }

    Buffer<float> weights_;
};

}  // namespace rung
