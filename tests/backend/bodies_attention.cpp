// The GPU's attention on the host, of any head size and by emulated tensor cores, against the CPU backend.

#include <doctest/doctest.h>

#include "rung/backend/cpu/cpu.hpp"
#include "rung/backend/cuda/body/attention.hpp"
#include "rung/backend/cuda/body/flash.hpp"
#include "support/bodies.hpp"

using namespace rung_test;

TYPE_TO_STRING_AS("bf16", bf16);

namespace {

/// Ragged sequences and what attention needs to know of them.
struct Ragged {
    RandomRows                   rows;
    std::vector<int>             bounds;
    std::vector<cuda::FlashTile> tiles;

    Ragged(std::vector<int> const& lengths, int tile) : rows(lengths, 9) {
        for (std::size_t b = 0; b < lengths.size(); ++b) {
            const int start = rows.starts[b], end = rows.starts[b + 1];
            for (int i = start; i < end; ++i) bounds.insert(bounds.end(), {start, end});
            for (int i = start; i < end; i += tile) tiles.push_back({i, start, end});
        }
    }
};

/// Attention and its gradient by the CPU backend, in single precision.
template <int D>
struct Expected {
    Random<float> out, lse, dqkv;

    Expected(Random<float> qkv, Random<float> const& dout, Sequences const& rows, int heads)
        : out(rows.rows(), heads * D, 0), lse(rows.rows(), heads, 0), dqkv(rows.rows(), 3 * heads * D, 0) {
        cpu::Lane<float> lane;
        attention<D>(lane, out.view(), lse.view(), qkv, rows);
        attention_backward<D>(lane, dqkv.view(), dout, out, lse, qkv, rows);
    }
};

template <int D, class T>
void check_plain_attention() {
    CAPTURE(D);
    constexpr int     heads = 2;
    const Ragged      ragged({5, 1, 19}, 16);
    const Index       N = ragged.rows.view().rows(), C = heads * D;
    const Stored<T>   qkv(N, 3 * C, 1), dout(N, C, 2);
    const Expected<D> wanted(qkv.wide(), dout.wide(), ragged.rows.view(), heads);
    const auto        check = [&](auto runs) {
        std::vector<T> out(std::size_t(N * C), narrow<T>(NAN)), dqkv(std::size_t(N * 3 * C), narrow<T>(NAN));
        std::vector<float> lse(std::size_t(N * heads), NAN), dots(lse);
        runs(N * heads,
                    cuda::Attention<T>{qkv.data.data(), out.data(), lse.data(), ragged.bounds.data(), heads, D, 19});
        CHECK(apart(out, wanted.out) < tolerance<T>);
        CHECK(apart(lse, wanted.lse) < 2e-6);
        runs(N * heads, cuda::HeadDots<T>{dout.data.data(), out.data(), dots.data(), D});
        runs(N * heads,
                    cuda::AttentionQueryBackward<T>{qkv.data.data(), dout.data.data(), dqkv.data(), lse.data(),
                                             dots.data(), ragged.bounds.data(), heads, D, 19});
        runs(N * heads,
                    cuda::AttentionKeyBackward<T>{qkv.data.data(), dout.data.data(), dqkv.data(), lse.data(),
                                           dots.data(), ragged.bounds.data(), heads, D, 19});
        CHECK(apart(dqkv, wanted.dqkv) < 3 * tolerance<T>);
    };
    check([](Index n, auto const& f) { run_serial(n, f); });
    for (const Order order : {Order::ascending, Order::descending})
        check([&](Index n, auto const& f) { run_emulated<FiberBlock<f.warps>>(n, f, order); });
}

template <int D>
void check_flash(std::vector<int> const& lengths) {
    CAPTURE(D);
    constexpr int heads = 2;
    using Group         = FiberBlock<cuda::FlashForward<D>::warps>;
    const Ragged       ragged(lengths, 16 * Group::warps);
    const Index        N = ragged.rows.view().rows(), C = heads * D;
    const Stored<bf16> qkv(N, 3 * C, 1), dout(N, C, 2);
    const Expected<D>  wanted(qkv.wide(), dout.wide(), ragged.rows.view(), heads);
    const bf16         poison = narrow<bf16>(NAN);
    for (const Order order : {Order::ascending, Order::descending}) {
        std::vector<bf16>  out(std::size_t(N * C), poison), dqkv(std::size_t(N * 3 * C), poison);
        std::vector<float> lse(std::size_t(N * heads), NAN), dots(lse);
        const Index        items = Index(ragged.tiles.size()) * heads;
        run_emulated<Group>(
            items, cuda::FlashForward<D>{qkv.data.data(), out.data(), lse.data(), ragged.tiles.data(), heads},
            order);
        CHECK(apart(out, wanted.out) < 1e-2);
        CHECK(apart(lse, wanted.lse) < 1e-5);
        run_emulated(N * heads, cuda::HeadDots<bf16>{dout.data.data(), out.data(), dots.data(), D}, order);
        run_emulated<Group>(items,
                            cuda::FlashQueryBackward<D>{qkv.data.data(), dout.data.data(), dqkv.data(),
                                                        lse.data(), dots.data(), ragged.tiles.data(), heads},
                            order);
        run_emulated<Group>(items,
                            cuda::FlashKeyBackward<D>{qkv.data.data(), dout.data.data(), dqkv.data(),
                                                      lse.data(), dots.data(), ragged.tiles.data(), heads},
                            order);
        CHECK(apart(dqkv, wanted.dqkv) < 3e-2);
    }
}

}  // namespace

TEST_CASE_TEMPLATE("bodies: attention of any head size and its gradient, ragged", T, float, bf16) {
    check_plain_attention<1, T>(), check_plain_attention<8, T>();
    check_plain_attention<24, T>(), check_plain_attention<64, T>();
}

TEST_CASE("bodies: flash attention and its gradient, ragged") {
    check_flash<16>({70, 1, 33, 16});
    check_flash<32>({50});
    check_flash<64>({35, 20});
    check_flash<128>({17});
}
