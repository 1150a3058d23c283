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

namespace rung {

/// What an evaluation may vary without a new model.
struct Run {
    int     passes  = 0;   ///< times the layers run; 0: the depth's own number
    Dropout dropout = {};  ///< off unless training asks for it
};

/// What a forward pass leaves for the backward pass; lives in the lane's arena.
template <class Real>
struct Tape {
    Mat<Saved<Real>> blocks;                    ///< (passes, layers)
    Mat<Real>        x, stats, normed, logits;  ///< the last block's output, its norm, and (N, V)
};

/// @tparam S         the sizes
/// @tparam Position  NoPe, Learned, Rope<> or a type of your own
/// @tparam Depth     Stacked<L>, Looped<P, L, Inject> or a type of your own
/// @tparam Style     Gpt, Llama or a type of your own
template <Shape S, class Position = NoPe, class Depth = Stacked<2>, class Style = Gpt>
class Transformer {
    static_assert(explain_shape<S>::ok && explain_position<Position>::ok && explain_depth<Depth>::ok &&
                  explain_style<Style>::ok);
    static_assert(Position::site != Site::query_key || S.head_size() % 2 == 0,
                  "Rope: .width / .heads must be even, because channels are rotated in pairs");
    static constexpr int  C      = S.width;
    static constexpr bool places = Position::site == Site::embedding;
    using Block                  = rung::Block<S, Position, Style>;
    using Norm                   = typename Style::template Norm<C>;

    struct Embed {
        static constexpr WeightList<2> weights{
            {{.name = "tokens", .rows = S.vocab, .cols = C},
             {.name = "positions", .rows = places ? S.context : 0, .cols = C}}};
    };
    struct Unembed {
        static constexpr WeightList<1> weights{
            {{.name = "weight", .rows = Style::tied ? 0 : C, .cols = S.vocab}}};
    };
    static constexpr Index first_block = size_of(Embed::weights),
                           last_norm   = first_block + Depth::layers * Block::size,
                           unembed     = last_norm + size_of(Norm::weights);

public:
    static constexpr Shape shape  = S;
    static constexpr int   layers = Depth::layers;
    static constexpr int   passes = Depth::passes;

    /// Trainable numbers.
    static constexpr Index parameters = unembed + size_of(Unembed::weights);

    /// Floating-point operations of the forward pass over one sequence; training costs three times as many.
    static constexpr double flops(Index tokens, int passes = Depth::passes) {
        const double scores = 2.0 * C * double(tokens) * double(tokens + 1);  // q kT and p v, causal
        return double(passes) * Depth::layers * (Block::flops * double(tokens) + scores) +
               2.0 * C * S.vocab * double(tokens);
    }
    /// Bytes of keys and values for one sequence while decoding.
    static constexpr Index cache_bytes(Index tokens, int passes = Depth::passes,
                                       std::size_t real = sizeof(float)) {
        return 2 * Index{passes} * Depth::layers * C * tokens * Index(real);
    }

    explicit Transformer(std::uint64_t seed) : weights_(parameters) { initialize(weights_.data(), seed); }
    /// Initial weights from the context's seed.
    template <class Context>
        requires requires(Context const& ctx) { ctx.seed(); }
    explicit Transformer(Context const& ctx) : Transformer(ctx.seed()) {}

    /// All weights, one after another. Single precision, whatever the context computes in.
    Buffer<float>&       weights() { return weights_; }
    Buffer<float> const& weights() const { return weights_; }

    /// visit(name, spec, offset) for every weight that is there, in the order of the buffer.
    template <class Visit>
    static void for_each_weight(Visit&& visit) {
        Index      offset = 0;
        const auto all    = [&](std::string const& prefix, auto const& list) {
            for (auto const& spec : list) {
                const std::string layer = spec.layer.empty() ? "" : std::string(spec.layer) + ".";
                if (spec.size() > 0) visit(prefix + layer + std::string(spec.name), spec, offset);
                offset += spec.size();
            }
        };
        all("embed.", Embed::weights);
        for (int layer = 0; layer < Depth::layers; ++layer)
            all("blocks." + std::to_string(layer) + ".", Block::weights);
        all("norm.", Norm::weights);
        all("unembed.", Unembed::weights);
    }

    template <class Real>
    static void initialize(Real* w, std::uint64_t seed) {
        std::uint32_t id = 0;
        for_each_weight([&](std::string const&, WeightSpec const& spec, Index offset) {
            rung::initialize(w + offset, spec, Style::init(Depth::layers), seed, id++);
        });
    }

    /// Logits of every row in tape.logits (N, V).
    template <class Lane, class Real>
    static Tape<Real> forward(Lane& lane, Real const* w, Sequences const& rows, Run const& run = {}) {
        const int   passes = passes_of(run);
        const Index N      = rows.rows();
        Tape<Real>  tape;
        tape.blocks      = lane.arena.template take<Saved<Real>>(passes, Depth::layers);
        const auto input = begin(lane, w, rows, run);
        auto       x     = input;
        for (int pass = 0; pass < passes; ++pass) {
            if (Depth::Inject::adds_input && pass > 0) add(lane, x, input);
            for (int layer = 0; layer < Depth::layers; ++layer) {
                auto& saved = tape.blocks(pass, layer) = Block::take(lane.arena, N, x);
                x                                      = lane.arena.template take<Real>(N, C);
                Block::forward(lane, x, saved, rows, block(w, layer), run.dropout, site(pass, layer),
                               [&](Mat<Real> a, Mat<Real> lse, Mat<Real> u) {
                                   attention(lane, a, lse, u, rows, S.heads);
                               });
            }
        }
        tape.x      = x;
        tape.stats  = lane.arena.template take<Real>(N, Norm::stats);
        tape.normed = lane.arena.template take<Real>(N, C);
        tape.logits = lane.arena.template take<Real>(N, S.vocab);
        end(lane, tape.logits, tape.normed, tape.stats, x, w);
        return tape;
    }

    /// Adds to dw (P) the gradient of whatever left its gradient in tape.logits. The tape is spent.
    template <class Lane, class Real>
    static void backward(Lane& lane, Real const* w, Real* dw, Tape<Real> const& tape, Sequences const& rows,
                         Run const& run = {}) {
        const Index N = rows.rows();
        const auto  d = lane.arena.template take<Real>(N, C), d_input = lane.arena.template take<Real>(N, C);
        if constexpr (Style::tied) {
            matmul(lane, d_input, tape.logits, tokens(w));              // logits = n ET  ->  dn  = dlogits E
            add_matmul_tn(lane, tokens(dw), tape.logits, tape.normed);  //                    dE += dlogitsT n
        } else {
            add_matmul_tn(lane, head(dw), tape.normed, tape.logits);
            matmul_nt(lane, d_input, tape.logits, head(w));
        }
        fill(lane, d, 0);
        Norm::add_backward(lane, d, d_input, tape.x, tape.stats, w + last_norm, dw + last_norm);
        fill(lane, d_input, 0);
        for (int pass = int(tape.blocks.rows) - 1; pass >= 0; --pass) {
            for (int layer = Depth::layers - 1; layer >= 0; --layer)
                Block::backward(lane, d, tape.blocks(pass, layer), rows, block(w, layer), block(dw, layer),
                                run.dropout, site(pass, layer));
            if (Depth::Inject::adds_input && pass > 0) add(lane, d_input, d);  // x += input  ->  dinput += dx
        }
        add(lane, d, d_input);
        dropout(lane, d, run.dropout, 0, rows.first_row);
        add_embed_backward(lane, tokens(dw), d, rows.tokens);
        if constexpr (places) add_embed_backward(lane, positions(dw), d, rows.positions);
    }

    /// Logits of each sequence's last token, (B, V), when `rows` are new tokens of sequences whose earlier
    /// tokens are in the cache: cache[pass * layers + layer].
    template <class Lane, class Real>
    static Mat<Real> extend(Lane& lane, Real const* w, std::vector<CacheLayer<Real>> const& cache,
                            Sequences const& rows, CachePlaces places, Run const& run = {}) {
        const Index N     = rows.rows();
        const auto  input = begin(lane, w, rows, {});
        auto        saved = Block::take(lane.arena, N, lane.arena.template take<Real>(N, C));
        const auto  y     = lane.arena.template take<Real>(N, C);
        copy(lane, saved.x, input);
        for (int pass = 0; pass < passes_of(run); ++pass) {
            if (Depth::Inject::adds_input && pass > 0) add(lane, saved.x, input);
            for (int layer = 0; layer < Depth::layers; ++layer) {
                auto const& kept = cache[std::size_t(pass * Depth::layers + layer)];
                Block::forward(lane, y, saved, rows, block(w, layer), {}, 0,
                               [&](Mat<Real> a, Mat<Real>, Mat<Real> u) {
                                   cached_attention(lane, a, u, kept, rows, places, S.heads);
                               });
                copy(lane, saved.x, y);
            }
        }
        const auto last   = lane.arena.template take<Real>(rows.count, C);
        const auto normed = lane.arena.template take<Real>(rows.count, C);
        const auto stats  = lane.arena.template take<Real>(rows.count, Norm::stats);
        const auto logits = lane.arena.template take<Real>(rows.count, S.vocab);
        for (int b = 0; b < rows.count; ++b)
            copy(lane, last.slice(b, 1), saved.x.slice(rows.starts[b + 1] - 1, 1));
        end(lane, logits, normed, stats, last, w);
        return logits;
    }

    static int passes_of(Run const& run) {
        RUNG_CHECK(run.passes >= 0 && run.passes <= 65'536, "Transformer: passes; got ", run.passes,
                   ", wanted 1 to 65536, or 0 for ", Depth::passes);
        return run.passes > 0 ? run.passes : Depth::passes;
    }

private:
    template <class T>
    static T* block(T* w, int layer) {
        return w + first_block + layer * Block::size;
    }
    template <class T>
    static Mat<T> tokens(T* w) {
        return weight<Embed>(w, 0);
    }
    template <class T>
    static Mat<T> positions(T* w) {
        return weight<Embed>(w, 1);
    }
    template <class T>
    static Mat<T> head(T* w) {
        return weight<Unembed>(w + unembed, 0);
    }
    static std::uint32_t site(int pass, int layer) {
        return 1 + 2 * std::uint32_t(pass * Depth::layers + layer);
    }

    template <class Lane, class Real>
    static Mat<Real> begin(Lane& lane, Real const* w, Sequences const& rows, Run const& run) {
        const auto x = lane.arena.template take<Real>(rows.rows(), C);
        embed(lane, x, tokens(w), rows.tokens);
        if constexpr (places) add_embed(lane, x, positions(w), rows.positions);
        dropout(lane, x, run.dropout, 0, rows.first_row);
        return x;
    }
    template <class Lane, class Real>
    static void end(Lane& lane, Mat<Real> logits, Mat<Real> normed, Mat<Real> stats, Mat<Real> x,
                    Real const* w) {
        Norm::forward(lane, normed, stats, x, w + last_norm);
        if constexpr (Style::tied) matmul_nt(lane, logits, normed, tokens(w));
        else matmul(lane, logits, normed, head(w));
    }

    Buffer<float> weights_;
};

}  // namespace rung
