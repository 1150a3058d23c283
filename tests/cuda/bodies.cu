// Every body on the GPU against itself on the host by one lane, which tests/backend/bodies*.cpp hold against the CPU
// backend. Exits with 77 where there is no GPU.

#include "rung/backend/cuda/body/activation.hpp"
#include "rung/backend/cuda/body/bias.hpp"
#include "rung/backend/cuda/body/cached.hpp"
#include "rung/backend/cuda/body/columns.hpp"
#include "rung/backend/cuda/body/embedding.hpp"
#include "rung/backend/cuda/body/flash.hpp"
#include "rung/backend/cuda/body/loss.hpp"
#include "rung/backend/cuda/body/norm.hpp"
#include "rung/backend/cuda/body/pointwise.hpp"
#include "rung/backend/cuda/body/score_bias.hpp"
#include "rung/backend/cuda/body/update.hpp"
#include "same.cuh"

namespace rung {
namespace {

struct Value {
    int number;
};
template <Value>
struct Tagged {};
template <class T>
struct Nested {};
static_assert(cuda::detail::only_plain_arguments<cuda::Activate<Activation::gelu, float>>());
static_assert(!cuda::detail::only_plain_arguments<Nested<Tagged<Value{1}>>>(),
              "the guard must see it, however deep");

template <int N, class T>
void norms(int width, double tolerance) {
    constexpr Index count = 37;
    const Index     all   = count * width;
    // Not aligned, as in a model.
    const auto weights = [&](Numbers& m) { return m.normal<float>(width + 1) + 1; };
    rows("layer norm", count, tolerance, [&](Numbers& m) {
        return cuda::LayerNorm<N, T>{m.normal<T>(all, 2),
                                     m.result(m.normal<T>(all), all),
                                     m.result(m.normal<float>(2 * count), 2 * count),
                                     weights(m),
                                     weights(m),
                                     width};
    });
    rows("layer norm, backward", count, tolerance, [&](Numbers& m) {
        return cuda::LayerNormBackward<N, T>{
            m.normal<T>(all),           m.normal<T>(all), m.result(m.normal<T>(all), all),
            m.normal<float>(2 * count), weights(m),       width};
    });
    rows("RMS norm", count, tolerance, [&](Numbers& m) {
        return cuda::RmsNorm<N, T>{m.normal<T>(all, 2), m.result(m.normal<T>(all), all),
                                   m.result(m.normal<float>(count), count), weights(m), width};
    });
    rows("RMS norm, backward", count, tolerance, [&](Numbers& m) {
        return cuda::RmsNormBackward<N, T>{
            m.normal<T>(all),       m.normal<T>(all), m.result(m.normal<T>(all), all),
            m.normal<float>(count), weights(m),       width};
    });
}

template <Activation A, class T>
void activations(double tolerance) {
    constexpr int N = 37, H = 40;
    lanes("activation", (N * H + 3) / 4, tolerance, [&](Numbers& m) {
        return cuda::Activate<A, T>{m.result(m.normal<T>(N * H), N * H), m.normal<T>(N * H, 2), N * H};
    });
    lanes("activation, backward", (N * H + 3) / 4, tolerance, [&](Numbers& m) {
        return cuda::ActivateBackward<A, T>{m.result(m.normal<T>(N * H), N * H), m.normal<T>(N * H),
                                            m.normal<T>(N * H, 2), N * H};
    });
    lanes("gate", N * ((H + 3) / 4), tolerance, [&](Numbers& m) {
        return cuda::ActivateGate<A, T>{m.result(m.normal<T>(N * H), N * H), m.normal<T>(2 * N * H, 2), H};
    });
    lanes("gate, backward", N * ((H + 3) / 4), tolerance, [&](Numbers& m) {
        return cuda::ActivateGateBackward<A, T>{m.result(m.normal<T>(2 * N * H), 2 * N * H),
                                                m.normal<T>(N * H), m.normal<T>(2 * N * H, 2), H};
    });
}

template <class T>
void others(double tolerance) {
    constexpr Index N = 37;
    constexpr int   V = 61, H = 40;
    rows("cross-entropy", N, tolerance, [&](Numbers& m) {
        return cuda::CrossEntropy<T>{m.result(m.normal<T>(N * V, 3), N * V),
                                     m.targets(V, N),
                                     m.result(m.normal<float>(N), N),
                                     V,
                                     m.copy(std::vector<float>{0.125f}),
                                     0.1f,
                                     1e-3f};
    });
    rows("greedy", N, 1e-5, [&](Numbers& m) {
        return cuda::Greedy<T>{m.normal<T>(N * V, 3), m.result(m.below(V, N), N),
                               m.result(m.normal<float>(N), N), V, 2};
    });
    activations<Activation::gelu, T>(tolerance), activations<Activation::silu, T>(tolerance);
    activations<Activation::relu, T>(tolerance), activations<Activation::relu_squared, T>(tolerance);
    lanes("soft cap", (N * H + 3) / 4, tolerance, [&](Numbers& m) {
        return cuda::SoftCap<T>{m.result(m.normal<T>(N * H), N * H), m.normal<T>(N * H, 20), N * H, 30};
    });
    lanes("soft cap, backward", (N * H + 3) / 4, tolerance, [&](Numbers& m) {
        return cuda::SoftCapBackward<T>{m.result(m.normal<T>(N * H), N * H), m.normal<T>(N * H),
                                        m.normal<T>(N * H, 20), N * H, 30};
    });
    rows("norm of heads", N * 5, tolerance, [&](Numbers& m) {
        return cuda::HeadNorm<T>{m.result(m.normal<T>(N * 3 * H, 2), N * 3 * H),
                                 m.result(m.normal<T>(N * H), N * H),
                                 m.result(m.normal<float>(N * 5), N * 5),
                                 m.normal<float>(8),
                                 5,
                                 8,
                                 3 * H,
                                 H,
                                 5};
    });
    rows("norm of heads, backward", N * 5, tolerance, [&](Numbers& m) {
        return cuda::HeadNormBackward<T>{m.result(m.normal<T>(N * 3 * H), N * 3 * H),
                                         m.normal<T>(N * H),
                                         m.normal<float>(N * 5),
                                         m.normal<float>(8),
                                         5,
                                         8,
                                         3 * H,
                                         H,
                                         5};
    });
    lanes("fill", N * H, 0, [&](Numbers& m) {
        return cuda::Fill<T>{m.result(m.normal<T>(N * H), N * H), 0.5f};
    });
    lanes("add", (N * H + 3) / 4, tolerance, [&](Numbers& m) {
        return cuda::Add<T>{m.result(m.normal<T>(N * H), N * H), m.normal<T>(N * H), N * H};
    });
    lanes("copy by id", N * ((H + 3) / 4), 0, [&](Numbers& m) {
        return cuda::Embed<T, false>{m.normal<T>(5 * H), m.below(5, N), m.result(m.normal<T>(N * H), N * H),
                                     H};
    });
    lanes("rotation", N * 3 * 3, tolerance, [&](Numbers& m) {
        return cuda::Rotate<T>{
            m.result(m.normal<T>(N * H), N * H), m.below(5, N), m.normal<float>(30), H, 3, 10, 3, 1};
    });
    lanes("waves of places", N * H, tolerance, [&](Numbers& m) {
        return cuda::AddSinusoids<T>{m.result(m.normal<T>(N * H), N * H), m.below(5, N),
                                     m.normal<float>(5 * H), H, 0.5f};
    });
    lanes("look-up", N * ((H + 3) / 4), tolerance, [&](Numbers& m) {
        return cuda::Embed<T, true>{m.normal<T>(5 * H), m.below(5, N), m.result(m.normal<T>(N * H), N * H),
                                    H};
    });
    lanes("rows added by id", 4 * H, tolerance, [&](Numbers& m) {
        return cuda::Scatter<T>{m.normal<T>(4 * H), m.copy(std::vector<int>{7, 0, 8, 3}),
                                m.result(m.normal<T>(9 * H), 9 * H), H};
    });
    lanes("dropout", N * (H / 4), 0, [&](Numbers& m) {
        return cuda::Dropped<T>{m.result(m.normal<T>(N * H), N * H), H, 0.3f,
                                m.copy(std::vector<cuda::DropoutName>{{0x0123456789abcdef, 1000, 5, 3}})};
    });
    lanes("dropout of odd rows", N * 10, 0, [&](Numbers& m) {
        return cuda::Dropped<T>{m.result(m.normal<T>(N * 37), N * 37), 37, 0.3f,
                                m.copy(std::vector<cuda::DropoutName>{{7, 1000, 5, 3}})};
    });
    blocks("look-up, backward", 5 * 2, 0, [&](Numbers& m) {
        return cuda::EmbedBackward<T>{m.normal<T>(700 * H), m.below(5, 700),
                                      m.result(m.normal<float>(5 * H), 5 * H), 700, H};
    });
    const auto column_sums = [&](char const* name, double near, auto&& term_of, Index rows, int columns) {
        using Term = decltype(term_of(std::declval<Numbers&>()));
        const cuda::ColumnSums<Term> sizes{.rows = rows, .run = 16, .columns = columns};
        blocks(name, sizes.items(), near, [&](Numbers& m) {
            cuda::ColumnSums<Term> body = sizes;
            body.term                   = term_of(m);
            body.partial                = m.normal<float>(body.runs() * Term::sums * columns);
            body.arrived = m.result(m.copy(std::vector<int>(std::size_t(body.groups()))), body.groups());
            for (auto& to : body.to) to = m.result(m.normal<float>(columns), columns);
            return body;
        });
    };
    column_sums(
        "sums down columns", 1e-5,
        [&](Numbers& m) {
            return cuda::BiasTerm<T>{m.normal<T>(N * H), H};
        },
        N, H);
    column_sums(
        "sums down odd columns", 1e-5,
        [&](Numbers& m) {
            return cuda::BiasTerm<T>{m.normal<T>(300 * 37), 37};
        },
        300, 37);
    // What is stored rounds, one way or the other where both are as near: the sum is of what was stored.
    column_sums(
        "sums down columns of an activation's gradient", tolerance,
        [&](Numbers& m) {
            return cuda::SlopeTerm<Activation::gelu, T>{m.result(m.normal<T>(N * H), N * H),
                                                        m.normal<T>(N * H), m.normal<T>(N * H), H};
        },
        N, H);
    column_sums(
        "sums of a gain's gradient", 1e-5,
        [&](Numbers& m) {
            return cuda::GainTerm<T, 2>{m.normal<T>(N * H), m.normal<T>(N * H), m.normal<float>(2 * N), H};
        },
        N, H);
    column_sums(
        "sums of the gradient of a gain of heads", 1e-5,
        [&](Numbers& m) {
            return cuda::HeadGainTerm<T>{m.normal<T>(N * 3 * H), m.normal<T>(N * H), 5, 8, 3 * H, H};
        },
        N * 5, 8);
    lanes("a bias", N * H, sizeof(T) == 4 ? 1e-6 : 1e-2, [&](Numbers& m) {
        return cuda::AddRow<T>{m.result(m.normal<T>(N * H), N * H), m.normal<T>(H), H};
    });
}

void updates() {
    constexpr Index N = 1000;
    for (const float scale : {1.f, INFINITY})
        blocks("squared norm", 4, 1e-5, [&](Numbers& m) {
            return cuda::SquaredNorm{m.normal<float>(N, scale),
                                     m.doubles(4),
                                     m.result(m.doubles(1), 1),
                                     m.result(m.copy(std::vector<float>{0}), 1),
                                     m.result(m.copy(std::vector<int>{0}), 1),
                                     N,
                                     256};
        });
    blocks("losses", 1, 1e-6, [&](Numbers& m) {
        return cuda::AddLosses{m.normal<float>(N), m.result(m.copy(std::vector<double>{0.5}), 1), N};
    });
    lanes("rounded to bf16", N, 0, [&](Numbers& m) {
        return cuda::Convert{m.normal<float>(N), m.result(m.normal<bf16>(N), N)};
    });
    lanes("average", N, 1e-6, [&](Numbers& m) {
        return cuda::MoveTowards{m.result(m.normal<float>(N), N), m.normal<float>(N),
                                 m.copy(std::vector<float>{0}), m.copy(std::vector<float>{0.1f})};
    });
    // Of a norm within its bound, beyond it, and after a step that failed.
    for (const auto& [square, failed] : {std::pair{0.25, 0.f}, {4.0, 0.f}, {0.25, 1.f}})
        lanes("AdamW", (N + 3) / 4, 1e-5, [&, square = square, failed = failed](Numbers& m) {
            const AdamWStep step{1e-2, 0.9, 0.98, 1e-8, 0.1, 0.5, 0.25};
            cuda::AdamW     body{};
            body.rates   = m.copy(std::vector<cuda::AdamWRates>{cuda::AdamWRates::of(step)});
            body.weights = m.result(m.normal<float>(N), N), body.mean = m.result(m.normal<float>(N), N);
            body.square = m.result(m.squares(N), N), body.gradient = m.normal<float>(N);
            body.squared_norm = m.copy(std::vector<double>{square}), body.bound = 1, body.runs = 2;
            body.failed = m.copy(std::vector<float>{failed});
            body.ends = m.copy(std::vector<Index>{302, N}), body.decayed = m.flags({true, false});
            body.count = N;
            return body;
        });
}

void tables_of_biases() {
    constexpr int E = 90, F = 7, H = 5, W = 9, reach = 40;
    lanes("features combined", E * H, 1e-5, [&](Numbers& m) {
        return cuda::Combine{m.normal<float>(E * F), m.normal<float>(F * H),
                             m.result(m.normal<float>(E * H), E * H), F, H};
    });
    rows("features combined, backward", F * H, 1e-5, [&](Numbers& m) {
        return cuda::CombineBackward{
            m.normal<float>(E * F), m.normal<float>(E * H), m.result(m.normal<float>(F * H), F * H), E, F, H};
    });
    lanes("KERPLE", E * H, 1e-5, [&](Numbers& m) {
        return cuda::Kerple{m.normal<float>(2 * H), m.result(m.normal<float>(E * H), E * H), H, E / 2};
    });
    rows("KERPLE, backward", H, 1e-4, [&](Numbers& m) {
        return cuda::KerpleBackward{m.normal<float>(2 * H),
                                    m.normal<float>(E * H),
                                    m.result(m.normal<float>(2 * H), 2 * H),
                                    E,
                                    H,
                                    E / 2};
    });
    const auto net = [](Numbers& m) {
        return cuda::FireAt<float const>{
            m.normal<float>(2), m.normal<float>(W), m.normal<float>(W), m.normal<float>(W * H), W, H};
    };
    for (const Mask mask : {Mask::causal, Mask::none}) {
        constexpr Index pairs = reach * reach, sums = W * H * 4;
        lanes("FIRE", pairs * H, 1e-5, [&](Numbers& m) {
            return cuda::Fire{
                net(m), m.result(m.normal<float>(pairs * H), pairs * H), {.threshold = 8}, reach, mask};
        });
        blocks("FIRE, sums", W * H, 1e-3, [&](Numbers& m) {
            return cuda::FireSums{net(m),
                                  m.normal<float>(pairs * H),
                                  m.result(m.normal<float>(sums), sums),
                                  {.threshold = 8},
                                  reach,
                                  mask};
        });
        lanes("FIRE, backward", W + 1, 1e-4, [&](Numbers& m) {
            const cuda::FireAt<float> d{m.result(m.normal<float>(2), 2),
                                        m.result(m.normal<float>(W), W),
                                        m.result(m.normal<float>(W), W),
                                        m.result(m.normal<float>(W * H), W * H),
                                        W,
                                        H};
            return cuda::FireBackward{net(m), d, m.normal<float>(sums)};
        });
    }
}

constexpr int heads = 4, tokens = 170, cut = 117;  // two sequences

std::vector<int> bounds() {
    std::vector<int> of;
    for (int i = 0; i < tokens; ++i) of.push_back(i < cut ? 0 : cut), of.push_back(i < cut ? cut : tokens);
    return of;
}

/// What attention is told, over a table of biases; two query heads read the same keys.
cuda::Sight sight(Numbers& m, Mask mask, BiasBy by) {
    constexpr int reach = 130;
    return {m.normal<float>(entries_of(by, mask, reach) * heads), reach, heads / 2, mask, by};
}

template <class T, class Tell>
void attention(int size, double tolerance, Tell tell) {
    constexpr Index N    = tokens;
    const Index     C    = Index(heads) * size;
    const auto      fill = [&](Numbers& m, auto body) {
        body.qkv = m.normal<T>(N * 3 * C), body.bounds = m.copy(bounds());
        body.heads = heads, body.size = size, body.longest = cut, body.sight = tell(m);
        return body;
    };
    const auto backward_fill = [&](Numbers& m, auto of) {
        auto body = fill(m, of);
        body.dout = m.normal<T>(N * C);
        body.lse  = m.copy(std::vector<float>(N * heads, 5));  // about what a hundred keys have
        body.dots = m.normal<float>(N * heads);
        return body;
    };
    blocks("attention", N * heads, tolerance, [&](Numbers& m) {
        auto body = fill(m, cuda::Attention<T>{});
        body.out  = m.result(m.normal<T>(N * C), N * C);
        body.lse  = m.result(m.normal<float>(N * heads), N * heads);
        return body;
    });
    const int  kv       = tell(numbers(0)).kv_heads(heads);
    const auto backward = [&](char const* name, Index items, auto of) {
        blocks(name, items, tolerance, [&](Numbers& m) {
            auto body = backward_fill(m, of);
            body.dqkv = m.result(m.normal<T>(N * 3 * C), N * 3 * C);
            return body;
        });
    };
    backward("attention, to queries", N * heads, cuda::AttentionQueryBackward<T>{});
    backward("attention, to keys", N * kv, cuda::AttentionKeyBackward<T>{});
    if (!tell(numbers(0)).bias) return;
    const auto of_bias = [&](Numbers& m) {
        auto        body  = backward_fill(m, cuda::BiasBackward<T>{});
        const Index count = entries_of(body.sight.by, body.sight.mask, body.sight.reach) * heads;
        body.dbias        = m.result(m.normal<float>(count), count);
        body.tiles = m.copy(std::vector<cuda::FlashTile>{{0, 0, cut}, {64, 0, cut}, {cut, cut, tokens}});
        body.rows = N, body.tile_count = 3;
        return body;
    };
    blocks("attention, to biases", of_bias(numbers(0)).items(), 10 * tolerance, of_bias);
}

template <class T>
void cached_attention(int size, double tolerance) {
    constexpr int          capacity = 160;
    const std::vector<int> slots{4, 0, 0, 0, 2}, places{150, 30, 31, 32, 0}, last{0, 3, 4};
    const Index            N = Index(slots.size()), C = Index(heads) * size, held = 5 * capacity * 2 * C;
    const auto             fill = [&](Numbers& m, auto body) {
        body.qkv = m.normal<T>(N * 3 * C), body.cache = m.result(m.normal<T>(held), held);
        body.slots = m.copy(slots), body.places = m.copy(places);
        body.heads = heads, body.size = size, body.capacity = capacity;
        return body;
    };
    const auto append = [&](Numbers& m) {
        auto body = fill(m, cuda::Append<T>{});
        body.kv   = heads / 2;
        return body;
    };
    lanes("keys and values appended", append(numbers(0)).items(N), 0, append);
    blocks("attention over a cache", Index(last.size()) * heads, tolerance, [&](Numbers& m) {
        auto body = fill(m, cuda::CachedAttention<T, false>{});
        body.out = m.result(m.normal<T>(3 * C), 3 * C), body.rows = m.copy(last);
        if (size == 8) body.sight = {m.normal<float>(capacity * heads), capacity, heads / 2};
        return body;
    });
    if (!cuda::CachedAttention<T, true>::row_at_once(size)) return;
    const auto at_once = [&](Numbers& m) {
        auto body = fill(m, cuda::CachedAttention<T, true>{});
        body.out = m.result(m.normal<T>(N * C), N * C), body.slots = m.copy(std::vector<int>{4, 0, 1, 3, 2});
        body.appends = true;
        if (size == 8) body.sight = {m.normal<float>(capacity * heads), capacity, heads / 2};
        return body;
    };
    const auto in_two_steps = [&](cuda::CachedAttention<T, true> const& f) {
        const cuda::Append<T> append{f.qkv, f.cache, f.slots,  f.places,
                                     heads, size,    capacity, f.sight.kv_heads(heads)};
        for (Index i = 0; i < append.items(N); ++i) append(i);
        serially(N * heads, cuda::CachedAttention<T, false>{f.qkv, f.cache, f.out, f.rows, f.slots, f.places,
                                                            heads, size, capacity, f.sight});
    };
    same("attention over a cache, at once", tolerance, at_once, in_two_steps,
         [&](auto const& body) { by_warps(N * heads, body); });
}

/// Tensor cores against single precision on the same bf16 numbers.
template <int D, bool biased, class Tell>
void flash_attention(Tell tell) {
    constexpr Index N = tokens, C = heads * D;
    const auto      wide = [](std::vector<bf16> const& x) {
        std::vector<float> out;
        for (const bf16 v : x) out.push_back(widen(v));
        return out;
    };
    Numbers&    of  = numbers(1);
    bf16 *const qkv = of.normal<bf16>(N * 3 * C), *const dout = of.normal<bf16>(N * C);
    float *const qkv_wide = of.copy(wide({qkv, qkv + N * 3 * C})), *const dout_wide =
                                                                       of.copy(wide({dout, dout + N * C}));
    float *const out_wide = of.normal<float>(N * C), *const lse = of.normal<float>(N * heads),
                 *const dots = of.normal<float>(N * heads), *const dqkv_wide = of.normal<float>(N * 3 * C),
                 *const flash_lse  = of.normal<float>(N * heads),
                 *const flash_dots = of.normal<float>(N * heads);
    bf16 *const out = of.normal<bf16>(N * C), *const dqkv = of.normal<bf16>(N * 3 * C);
    int const* const                   where = of.copy(bounds());
    const cuda::Sight                  sight = tell(of);
    const Index                        kv    = sight.kv_heads(heads);
    const std::vector<cuda::FlashTile> tiles{{0, 0, cut}, {64, 0, cut}, {cut, cut, tokens}};  // of 4 warps
    auto const* const                  tile = of.copy(tiles);
    serially(N * heads, cuda::Attention<float>{qkv_wide, out_wide, lse, where, heads, D, cut, sight});
    serially(N * heads, cuda::HeadDots<float>{dout_wide, out_wide, dots, D});
    serially(N * heads, cuda::AttentionQueryBackward<float>{qkv_wide, dout_wide, dqkv_wide, lse, dots, where,
                                                            heads, D, cut, sight});
    serially(N * kv, cuda::AttentionKeyBackward<float>{qkv_wide, dout_wide, dqkv_wide, lse, dots, where,
                                                       heads, D, cut, sight});
    const Index items = Index(tiles.size()) * heads;
    by_blocks(items, cuda::FlashForward<D, biased>{qkv, out, flash_lse, tile, heads, sight});
    by_blocks(items, cuda::FlashQueryBackward<D, biased>{qkv, dout, out, dqkv, flash_lse, flash_dots, tile,
                                                         heads, sight});
    by_blocks(Index(tiles.size()) * kv,
              cuda::FlashKeyBackward<D, biased>{qkv, dout, dqkv, flash_lse, flash_dots, tile, heads, sight});
    cuda::check(cudaDeviceSynchronize(), "flash attention");
    const auto compare = [](char const* name, auto const* got, float const* wanted, Index count,
                            double tolerance) {
        Apart apart;
        for (Index i = 0; i < count; ++i) apart.add(double(widen(got[i])), double(wanted[i]));
        report(name, apart, tolerance);
    };
    compare("flash attention", out, out_wide, N * C, 1e-2);
    compare("flash attention, log-sum-exp", flash_lse, lse, N * heads, 1e-4);
    compare("flash attention, gradient", dqkv, dqkv_wide, N * 3 * C, 3e-2);
}

void every_body() {
    for (const int width : {1, 33, 128}) norms<1, float>(width, 1e-5), norms<1, bf16>(width, 1e-2);
    norms<2, bf16>(130, 1e-2), norms<3, bf16>(384, 1e-2), norms<4, float>(384, 1e-5),
        norms<16, float>(2048, 1e-5);
    others<float>(1e-5), others<bf16>(1e-2);
    updates(), tables_of_biases();
    const auto plain  = [](Numbers&) { return cuda::Sight{}; };
    const auto biased = [](Mask mask, BiasBy by) { return [=](Numbers& m) { return sight(m, mask, by); }; };
    for (const Mask mask : {Mask::causal, Mask::none})
        for (const BiasBy by : {BiasBy::distance, BiasBy::pair}) {
            attention<float>(24, 1e-5, biased(mask, by)), attention<bf16>(33, 1e-2, biased(mask, by));
            flash_attention<32, true>(biased(mask, by));
        }
    for (const int size : {1, 8, 24, 33, 64}) {
        attention<float>(size, 1e-5, plain), attention<bf16>(size, 1e-2, plain);
        cached_attention<float>(size, 1e-5), cached_attention<bf16>(size, 1e-2);
    }
    flash_attention<16, false>(plain), flash_attention<32, false>(plain), flash_attention<64, false>(plain),
        flash_attention<128, false>(plain);
}

}  // namespace
}  // namespace rung

int main() { return rung::on_gpu(rung::every_body); }
