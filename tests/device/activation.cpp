// Products and the activations in their epilogues on a GPU, emulated or real, against the CPU, where an epilogue may
// read and write and where it may not.

// GCC 12 inlines products of bf16 numbers with so much known that it warns of loops that never run.
#ifndef __clang__
#pragma GCC diagnostic ignored "-Waggressive-loop-optimizations"
#endif

#include "rung/backend/cuda/cuda.hpp"

#include <doctest/doctest.h>

#include "rung/backend/cpu/cpu.hpp"
#include "support/bodies.hpp"
#include "support/emulated.hpp"
#include "support/random.hpp"

using namespace rung_test;

TYPE_TO_STRING_AS("bf16", bf16);

namespace {

/// A matrix that the host and the GPU share, `off` numbers past an aligned address.
template <class T>
struct Shared {
    Buffer<T> data;
    Index     rows, cols, off;

    Shared(Random<float> const& of, Index off = 0)
        : data(of.rows * of.cols + off, cuda::shared_memory()), rows(of.rows), cols(of.cols), off(off) {
        for (Index i = 0; i < of.data.size(); ++i) data[off + i] = narrow<T>(of.data[i]);
    }
    Mat<T>         view() { return {data.data() + off, rows, cols}; }
    std::vector<T> values() const { return {data.data() + off, data.data() + data.size()}; }
};
template <class T>
Shared<T> poisoned(Index rows, Index cols, Index off) {
    return {Random<float>(rows, cols, 0, 0, NAN), off};
}

/// The same numbers in single precision.
template <class T>
Random<float> rounded(Random<float> x) {
    for (auto& number : x.data) number = widen(narrow<T>(number));
    return x;
}

/// Of h (N, H) = x w + bias, activated, and back from dy through its product with `down`.
template <Activation A, class T>
void check(Index H, Index off, bool biased, Keep keep, bool fused = true) {
    CAPTURE(int(A));
    CAPTURE(H);
    CAPTURE(off);
    CAPTURE(biased);
    CAPTURE(int(keep));
    CAPTURE(fused);
    constexpr Index     N = 5, C = 8;
    constexpr double    near = 4 * tolerance<T>;
    cpu::Lane<float>    cpu;
    cuda::Context<T>    gpu{{.fused_gelu = fused}};
    const Random<float> x = rounded<T>({N, C, 1}), dy = rounded<T>({N, C, 2}),
                        weights = rounded<T>({1, 2 * C * H + H + off, 3, 0.3});
    const auto of = [&](float const* w) {  // up, bias and down, as weights of a model follow each other
        struct Parts {
            Mat<float const> up, bias, down;
        };
        return Parts{{w, C, H}, {w + C * H + off, biased ? 1 : 0, H}, {w + C * H + off + H, H, C}};
    };
    const auto    here = of(weights.data.data());
    Random<float> h(N, H, 4), y(N, H, 5), dh(N, H, 6);
    auto          sums = zeros<float>(1, H), want = zeros<float>(1, H);
    cpu::matmul_activate<A>(cpu, y.view(), h.view(), x, Packed<float>(here.up), here.bias, Keep::slopes);
    cpu::matmul_nt_activate_backward<A>(cpu, dh.view(), dy, Packed<float>(here.down), h, want.view());

    Shared<float> there(weights), got_sums(sums);
    Shared<T>     gx(x), gdy(dy), gh = poisoned<T>(N, H, off), gy = poisoned<T>(N, H, off),
                              gdh = poisoned<T>(N, H, off);
    packed(gpu, there.view().data, there.view().cols, Index{}, std::span<PackedPlace const>{});
    const auto placed = of(there.view().data);
    auto&      lane   = gpu.lane();
    cuda::matmul_activate<A>(lane, gy.view(), gh.view(), gx.view(), Packed<float>(placed.up), placed.bias,
                             keep);
    gpu.wait();
    CHECK(apart(gy.values(), y.view()) < near);
    if (keep == Keep::nothing) return;
    cuda::matmul_nt_activate_backward<A>(lane, gdh.view(), gdy.view(), Packed<float>(placed.down), gh.view(),
                                         got_sums.view());
    gpu.wait();
    CHECK(apart(gdh.values(), dh.view()) < near);
    CHECK(apart(got_sums.values(), want.view()) < N * near);
}

}  // namespace

TEST_CASE_TEMPLATE("products and their activations on a GPU are the CPU's", T, float, bf16) {
    for (const Index H : {Index{16}, Index{23}})
        for (const Index off : {Index{0}, Index{1}})
            for (const bool biased : {false, true})
                for (const Keep keep : {Keep::slopes, Keep::nothing}) {
                    check<Activation::gelu, T>(H, off, biased, keep);
                    check<Activation::gelu, T>(H, off, biased, keep, false);
                    check<Activation::relu_squared, T>(H, off, biased, keep);
                }
}

TEST_CASE("GELU in bf16 is part of its products where an epilogue reads and writes, unless it must not") {
    if (!emulated::gpu()) return;
    for (const bool fused : {true, false}) {
        constexpr Index     N = 5, C = 8, H = 16;
        cuda::Context<bf16> gpu{{.fused_gelu = fused}};
        auto&               lane = gpu.lane();
        Shared<float>       w(Random<float>(2 * C, H, 1));
        Shared<bf16> x(Random<float>(N, C, 3)), h = poisoned<bf16>(N, H, 1), y = poisoned<bf16>(N, H, 0);
        packed(gpu, w.view().data, 2 * C * H, Index{}, std::span<PackedPlace const>{}), gpu.wait();
        const Packed<float> up{Mat<float const>(w.view().data, C, H)},
            down{Mat<float const>(w.view().data + C * H, H, C)};
        const auto forward = [&](Mat<bf16> kept) {
            const long before = emulated::gpu()->works;
            cuda::matmul_activate<Activation::gelu>(lane, y.view(), kept, x.view(), up, {});
            gpu.wait();
            return emulated::gpu()->works - before;
        };
        const auto backward = [&](Mat<bf16> kept) {
            const long before = emulated::gpu()->works;
            cuda::matmul_nt_activate_backward<Activation::gelu>(lane, y.view(), x.view(), down, kept, {});
            gpu.wait();
            return emulated::gpu()->works - before;
        };
        Shared<bf16> aligned = poisoned<bf16>(N, H, 0);
        CHECK(forward(aligned.view()) == (fused ? 1 : 2));
        CHECK(forward(h.view()) == 2);
        CHECK(backward(aligned.view()) == (fused ? 1 : 2));
        CHECK(backward(h.view()) == 2);
    }
}
