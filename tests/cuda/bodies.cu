// Every body on the GPU against itself on the host by one lane, which tests/backend/bodies.cpp holds against the CPU
// backend. Exits with 77 where there is no GPU.

#include "memory.cuh"
#include "program.cuh"
#include "rung/backend/cuda/body/attention.hpp"
#include "rung/backend/cuda/body/columns.hpp"
#include "rung/backend/cuda/body/embedding.hpp"
#include "rung/backend/cuda/body/flash.hpp"
#include "rung/backend/cuda/body/loss.hpp"
#include "rung/backend/cuda/body/norm.hpp"
#include "rung/backend/cuda/body/pointwise.hpp"
#include "rung/backend/cuda/body/update.hpp"

namespace rung {
namespace {

struct Value {
    int number;
};
template <Value>
struct Tagged {};
template <class T>
struct Nested {};
static_assert(cuda::detail::only_plain_arguments<cuda::Gelu<float>>());
static_assert(!cuda::detail::only_plain_arguments<Nested<Tagged<Value{1}>>>(),
              "the guard must see it, however deep");

/// prepare(memory) makes the body over fresh numbers; `host` and `device` run it.
template <class Prepare, class Host, class Device>
void same(char const* name, double tolerance, Prepare prepare, Host host, Device device) {
    Memory& memory = numbers(0);
    host(prepare(memory));
    const auto wanted = memory.results();
    numbers(0);
    device(prepare(memory));
    cuda::check(cudaDeviceSynchronize(), name);
    const auto got = memory.results();
    Apart      apart;
    if (wanted.empty()) apart.most = INFINITY;
    for (std::size_t i = 0; i < wanted.size(); ++i) apart.add(double(got[i]), double(wanted[i]));
    report(name, apart, tolerance);
}

template <class Body>
void by_lanes(Index count, Body const& body) {
    cuda::for_lanes(0, count, body);
}
template <class Body>
void by_warps(Index count, Body const& body) {
    cuda::for_warps(0, count, body);
}

/// One item after the other by one lane.
template <class Body>
void serially(Index count, Body const& body) {
    std::vector<float> shared(1 << 14);
    for (Index i = 0; i < count; ++i) body(cuda::Serial{shared.data()}, i);
}

template <class Prepare>
void rows(char const* name, Index count, double tolerance, Prepare prepare) {
    same(
        name, tolerance, prepare, [&](auto const& body) { serially(count, body); },
        [&](auto const& body) { by_warps(count, body); });
}
template <class Prepare>
void lanes(char const* name, Index count, double tolerance, Prepare prepare) {
    same(
        name, tolerance, prepare,
        [&](auto const& body) {
            for (Index i = 0; i < count; ++i) body(i);
        },
        [&](auto const& body) { by_lanes(count, body); });
}

template <int D, class T>
void norms(double tolerance) {
    constexpr Index N = 37;
    rows("layer norm", N, tolerance, [&](Memory& m) {
        return cuda::LayerNorm<D, T>{m.normal<T>(N * D, 2), m.result(m.normal<T>(N * D), N * D),
                                     m.result(m.normal<float>(2 * N), 2 * N), m.normal<float>(D),
                                     m.normal<float>(D)};
    });
    rows("layer norm, backward", N, tolerance, [&](Memory& m) {
        return cuda::LayerNormBackward<D, T>{m.normal<T>(N * D), m.normal<T>(N * D),
                                             m.result(m.normal<T>(N * D), N * D), m.normal<float>(2 * N),
                                             m.normal<float>(D)};
    });
    rows("RMS norm", N, tolerance, [&](Memory& m) {
        return cuda::RmsNorm<D, T>{m.normal<T>(N * D, 2), m.result(m.normal<T>(N * D), N * D),
                                   m.result(m.normal<float>(N), N), m.normal<float>(D)};
    });
    rows("RMS norm, backward", N, tolerance, [&](Memory& m) {
        return cuda::RmsNormBackward<D, T>{m.normal<T>(N * D), m.normal<T>(N * D),
                                           m.result(m.normal<T>(N * D), N * D), m.normal<float>(N),
                                           m.normal<float>(D)};
    });
}

template <class T>
void others(double tolerance) {
    constexpr Index N = 37;
    constexpr int   V = 61, H = 40;
    rows("cross-entropy", N, tolerance, [&](Memory& m) {
        return cuda::CrossEntropy<T>{m.result(m.normal<T>(N * V, 3), N * V), m.targets(V, N),
                                     m.result(m.normal<float>(N), N), V, 0.125f};
    });
    rows("greedy", N, 1e-5, [&](Memory& m) {
        return cuda::Greedy<T>{m.normal<T>(N * V, 3), m.result(m.below(V, N), N),
                               m.result(m.normal<float>(N), N), V, 2};
    });
    lanes("GELU", N * H, tolerance, [&](Memory& m) {
        return cuda::Gelu<T>{m.result(m.normal<T>(N * H), N * H), m.result(m.normal<T>(N * H, 2), N * H)};
    });
    lanes("SwiGLU", N * H, tolerance, [&](Memory& m) {
        return cuda::Swiglu<T>{m.result(m.normal<T>(N * H), N * H),
                               m.result(m.normal<T>(2 * N * H, 2), 2 * N * H), H};
    });
    lanes("SwiGLU, backward", N * H, tolerance, [&](Memory& m) {
        return cuda::SwigluBackward<T>{m.result(m.normal<T>(2 * N * H), 2 * N * H), m.normal<T>(N * H),
                                       m.normal<T>(2 * N * H), H};
    });
    lanes("GELU, backward", N * H, tolerance, [&](Memory& m) {
        return cuda::GeluBackward<T>{m.result(m.normal<T>(N * H), N * H), m.normal<T>(N * H),
                                     m.normal<T>(N * H)};
    });
    lanes("fill", N * H, 0, [&](Memory& m) {
        return cuda::Fill<T>{m.result(m.normal<T>(N * H), N * H), 0.5f};
    });
    lanes("add", N * H, tolerance, [&](Memory& m) {
        return cuda::Add<T>{m.result(m.normal<T>(N * H), N * H), m.normal<T>(N * H)};
    });
    lanes("copy by id", N * H, 0, [&](Memory& m) {
        return cuda::Embed<T, false>{m.normal<T>(5 * H), m.below(5, N), m.result(m.normal<T>(N * H), N * H),
                                     H};
    });
    rows("squared norm", 4, 1e-5, [&](Memory& m) {
        return cuda::SquaredNorm{m.normal<float>(1000), m.result(m.doubles(4), 4), 1000, 256};
    });
    lanes("partial sums", H, 1e-5, [&](Memory& m) {
        return cuda::AddPartials{m.normal<float>(3 * H), m.result(m.normal<float>(H), H), 3, H};
    });
    lanes("AdamW", 1000, 1e-5, [&](Memory& m) {
        cuda::AdamW<T> body(AdamWStep{1e-2, 0.9, 0.98, 1e-8, 0.1, 0.5, 0.25, 0.7});
        body.weights = m.result(m.normal<float>(1000), 1000),
        body.mean    = m.result(m.normal<float>(1000), 1000);
        body.square = m.result(m.squares(1000), 1000), body.gradient = m.normal<float>(1000);
        body.copy = m.result(m.normal<T>(1000), 1000), body.runs = 2;
        body.ends = m.copy(std::vector<Index>{300, 1000}), body.decayed = m.flags({true, false});
        return body;
    });
    lanes("rotation", N * 3 * 5, tolerance, [&](Memory& m) {
        return cuda::Rotate<T>{
            m.result(m.normal<T>(N * H), N * H), m.below(5, N), m.normal<float>(50), H, 3, 10, 1};
    });
    lanes("look-up", N * H, tolerance, [&](Memory& m) {
        return cuda::Embed<T, true>{m.normal<T>(5 * H), m.below(5, N), m.result(m.normal<T>(N * H), N * H),
                                    H};
    });
    rows("look-up, backward", 5 * 2, 1e-5, [&](Memory& m) {
        return cuda::EmbedBackward<T>{m.normal<T>(N * H), m.below(5, N),
                                      m.result(m.normal<float>(5 * H), 5 * H), N, H};
    });
    same(
        "sums down columns", 1e-5,
        [&](Memory& m) {
            return cuda::ColumnSums<cuda::BiasTerm<T>>{
                {m.normal<T>(N * H), H}, m.result(m.normal<float>(3 * H), 3 * H), N, 16, H};
        },
        [](auto const& body) { serially(body.items(), body); },
        [](auto const& body) { cuda::for_blocks<4>(0, body.items(), 4 * 32 * 4, body); });
}

template <int D>
void attention() {
    constexpr int          heads = 2;
    constexpr Index        N = 170, C = heads * D, cut = 117;
    const std::vector<int> bounds = [] {
        std::vector<int> of;
        for (int i = 0; i < N; ++i)
            of.push_back(i < cut ? 0 : int(cut)), of.push_back(i < cut ? int(cut) : int(N));
        return of;
    }();
    const auto blocks = [](int floats) {
        return [floats](auto const& body) { cuda::for_blocks<1>(0, N * heads, 4 * floats, body); };
    };
    const auto serial = [](auto const& body) { serially(N * heads, body); };
    same(
        "attention", 1e-5,
        [&](Memory& m) {
            return cuda::Attention<D>{m.normal<float>(N * 3 * C), m.result(m.normal<float>(N * C), N * C),
                                      m.result(m.normal<float>(N * heads), N * heads), m.copy(bounds), heads};
        },
        serial, blocks(128));
    same(
        "attention, to queries", 1e-4,
        [&](Memory& m) {
            return cuda::AttentionQueryBackward<D>{m.normal<float>(N * 3 * C),
                                                   m.normal<float>(N * C),
                                                   m.normal<float>(N * heads),
                                                   m.normal<float>(N * heads),
                                                   m.result(m.normal<float>(N * 3 * C), N * 3 * C),
                                                   m.copy(bounds),
                                                   heads};
        },
        serial, blocks(128));
    same(
        "attention, to keys", 1e-4,
        [&](Memory& m) {
            return cuda::AttentionKeyBackward<D>{m.normal<float>(N * 3 * C),
                                                 m.normal<float>(N * C),
                                                 m.normal<float>(N * heads),
                                                 m.normal<float>(N * heads),
                                                 m.result(m.normal<float>(N * 3 * C), N * 3 * C),
                                                 m.copy(bounds),
                                                 heads};
        },
        serial, blocks(256));

    // Tensor cores against single precision on the same bf16 numbers.
    const std::vector<cuda::FlashTile> tiles{
        {0, 0, int(cut)}, {64, 0, int(cut)}, {int(cut), int(cut), int(N)}};  // of 4 warps
    const auto wide = [](std::vector<bf16> const& x) {
        std::vector<float> out;
        for (const bf16 v : x) out.push_back(widen(v));
        return out;
    };
    Memory&     of  = numbers(1);
    bf16 *const qkv = of.normal<bf16>(N * 3 * C), *const dout = of.normal<bf16>(N * C);
    float *const qkv_wide = of.copy(wide({qkv, qkv + N * 3 * C})), *const dout_wide =
                                                                       of.copy(wide({dout, dout + N * C}));
    float *const out_wide = of.normal<float>(N * C), *const lse = of.normal<float>(N * heads),
                 *const dots = of.normal<float>(N * heads), *const dqkv_wide = of.normal<float>(N * 3 * C),
                 *const flash_lse  = of.normal<float>(N * heads),
                 *const flash_dots = of.normal<float>(N * heads);
    bf16 *const out = of.normal<bf16>(N * C), *const dqkv = of.normal<bf16>(N * 3 * C);
    int const* const             where = of.copy(bounds);
    cuda::FlashTile const* const tile  = of.copy(tiles);
    serial(cuda::Attention<D>{qkv_wide, out_wide, lse, where, heads});
    serial(cuda::HeadDots<D, float>{dout_wide, out_wide, dots});
    serial(cuda::AttentionQueryBackward<D>{qkv_wide, dout_wide, lse, dots, dqkv_wide, where, heads});
    serial(cuda::AttentionKeyBackward<D>{qkv_wide, dout_wide, lse, dots, dqkv_wide, where, heads});
    const auto flash = [&](auto const& body) {
        cuda::for_blocks<4>(0, Index(tiles.size()) * heads, std::decay_t<decltype(body)>::shared_bytes, body);
    };
    flash(cuda::FlashForward<D>{qkv, out, flash_lse, tile, heads});
    by_warps(N * heads, cuda::HeadDots<D, bf16>{dout, out, flash_dots});
    flash(cuda::FlashQueryBackward<D>{qkv, dout, dqkv, flash_lse, flash_dots, tile, heads});
    flash(cuda::FlashKeyBackward<D>{qkv, dout, dqkv, flash_lse, flash_dots, tile, heads});
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
    norms<1, float>(1e-5), norms<33, float>(1e-5), norms<384, float>(1e-5), norms<128, bf16>(1e-2);
    others<float>(1e-5), others<bf16>(1e-2);
    attention<16>(), attention<32>(), attention<64>(), attention<128>();
}

}  // namespace
}  // namespace rung

int main() { return rung::on_gpu(rung::every_body); }
