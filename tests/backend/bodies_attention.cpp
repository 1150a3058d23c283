// The GPU's attention on the host, of any head size and by emulated tensor cores, against the CPU backend.

#include <doctest/doctest.h>

#include "rung/backend/cpu/cpu.hpp"
#include "rung/backend/cuda/body/attention.hpp"
#include "rung/backend/cuda/body/bias.hpp"
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

/// What attention is told: as the CPU reads it, and as bodies do.
struct Told {
    static constexpr int heads = 4;

    int           kv;
    Random<float> table;
    Look<float>   look;
    cuda::Sight   sight;

    Told(int kv = heads, Mask mask = Mask::causal)
        : kv(kv), table(0, heads, 6), look{.mask = mask}, sight{.kv = kv, .mask = mask} {}
    Told(int kv, Mask mask, BiasBy by, int reach)
        : kv(kv),
          table(entries_of(by, mask, reach), heads, 6),
          look{mask, by, reach, table},
          sight{table.data.data(), reach, kv, mask, by} {}

    static std::vector<Told> all(int reach) {
        std::vector<Told> list;
        for (const Mask mask : {Mask::causal, Mask::none}) {
            list.emplace_back(2, mask);
            list.emplace_back(4, mask, BiasBy::distance, reach);
            list.emplace_back(1, mask, BiasBy::pair, reach);
        }
        return list;
    }
};

/// Attention and its gradient by the CPU backend, in single precision.
template <int D>
struct Expected {
    Random<float> out, lse, dqkv, dbias;

    Expected(Random<float> qkv, Random<float> const& dout, Sequences const& rows, Told const& told)
        : out(rows.rows(), Told::heads * D, 0),
          lse(rows.rows(), Told::heads, 0),
          dqkv(rows.rows(), qkv.cols, 0),
          dbias(told.table.rows, Told::heads, 0, 0) {
        cpu::Lane<float> lane;
        attention<D>(lane, out.view(), lse.view(), qkv, rows, told.look);
        attention_backward<D>(lane, dqkv.view(), dout, out, lse, qkv, rows, told.look, dbias.view());
    }
};

/// runs(items, body) of the gradient of a table, which is added to what is there.
template <class T, class Runs>
void check_bias(Ragged const& ragged, Told const& told, int size, int longest, Stored<T> const& qkv,
                Stored<T> const& dout, std::vector<float> const& lse, std::vector<float> const& dots,
                Mat<float const> wanted, Runs runs) {
    std::vector<float>          got(std::size_t(told.table.data.size()), 1.f);
    const cuda::BiasBackward<T> body{qkv.data.data(),
                                     dout.data.data(),
                                     got.data(),
                                     lse.data(),
                                     dots.data(),
                                     ragged.bounds.data(),
                                     ragged.tiles.data(),
                                     int(qkv.rows),
                                     int(ragged.tiles.size()),
                                     Told::heads,
                                     size,
                                     longest,
                                     told.sight};
    runs(body.items(), body);
    for (float& x : got) x -= 1;
    CHECK(apart(got, wanted) < 5 * tolerance<T>);
}

template <int D, class T>
void check_plain_attention(std::vector<int> const& lengths, Told const& told = {}) {
    CAPTURE(D);
    CAPTURE(told.kv);
    constexpr int     heads   = Told::heads;
    const int         longest = *std::max_element(lengths.begin(), lengths.end());
    const Ragged      ragged(lengths, 16);
    const Index       N = ragged.rows.view().rows(), C = heads * D, all = C + 2 * told.kv * D;
    const Stored<T>   qkv(N, all, 1), dout(N, C, 2);
    const Expected<D> wanted(qkv.wide(), dout.wide(), ragged.rows.view(), told);
    const auto        check = [&](auto runs) {
        std::vector<T> out(std::size_t(N * C), narrow<T>(NAN)), dqkv(std::size_t(N * all), narrow<T>(NAN));
        std::vector<float> lse(std::size_t(N * heads), NAN), dots(lse);
        runs(N * heads, cuda::Attention<T>{qkv.data.data(), out.data(), lse.data(), ragged.bounds.data(),
                                           heads, D, longest, told.sight});
        CHECK(apart(out, wanted.out) < tolerance<T>);
        CHECK(apart(lse, wanted.lse) < 2e-6);
        runs(N * heads, cuda::HeadDots<T>{dout.data.data(), out.data(), dots.data(), D});
        runs(N * heads, cuda::AttentionQueryBackward<T>{qkv.data.data(), dout.data.data(), dqkv.data(),
                                                        lse.data(), dots.data(), ragged.bounds.data(), heads,
                                                        D, longest, told.sight});
        runs(N * told.kv,
                    cuda::AttentionKeyBackward<T>{qkv.data.data(), dout.data.data(), dqkv.data(), lse.data(),
                                           dots.data(), ragged.bounds.data(), heads, D, longest, told.sight});
        CHECK(apart(dqkv, wanted.dqkv) < 3 * tolerance<T>);
        if (!told.look.bias.empty())
            check_bias(ragged, told, D, longest, qkv, dout, lse, dots, wanted.dbias, runs);
    };
    check([](Index n, auto const& f) { run_serial(n, f); });
    for (const Order order : {Order::ascending, Order::descending})
        check(
            [&]<class Body>(Index n, Body const& f) { run_emulated<FiberBlock<Body::warps>>(n, f, order); });
}

template <int D, bool biased>
void check_flash_bodies(std::vector<int> const& lengths, Told const& told) {
    CAPTURE(D);
    CAPTURE(told.kv);
    constexpr int heads = Told::heads;
    using Group         = FiberBlock<cuda::FlashForward<D>::warps>;
    const Ragged       ragged(lengths, 16 * Group::warps);
    const Index        N = ragged.rows.view().rows(), C = heads * D, all = C + 2 * told.kv * D;
    const Stored<bf16> qkv(N, all, 1), dout(N, C, 2);
    const Expected<D>  wanted(qkv.wide(), dout.wide(), ragged.rows.view(), told);
    const bf16         poison = narrow<bf16>(NAN);
    for (const Order order : {Order::ascending, Order::descending}) {
        std::vector<bf16>  out(std::size_t(N * C), poison), dqkv(std::size_t(N * all), poison);
        std::vector<float> lse(std::size_t(N * heads), NAN), dots(lse);
        const Index        tiles = Index(ragged.tiles.size());
        run_emulated<Group>(tiles * heads,
                            cuda::FlashForward<D, biased>{qkv.data.data(), out.data(), lse.data(),
                                                          ragged.tiles.data(), heads, told.sight},
                            order);
        CHECK(apart(out, wanted.out) < 1e-2);
        CHECK(apart(lse, wanted.lse) < 1e-5);
        run_emulated<Group>(tiles * heads,
                            cuda::FlashQueryBackward<D, biased>{qkv.data.data(), dout.data.data(), out.data(),
                                                                dqkv.data(), lse.data(), dots.data(),
                                                                ragged.tiles.data(), heads, told.sight},
                            order);
        run_emulated<Group>(
            tiles * told.kv,
            cuda::FlashKeyBackward<D, biased>{qkv.data.data(), dout.data.data(), dqkv.data(), lse.data(),
                                              dots.data(), ragged.tiles.data(), heads, told.sight},
            order);
        CHECK(apart(dqkv, wanted.dqkv) < 3e-2);
        if (!told.look.bias.empty())
            check_bias(ragged, told, D, int(told.look.reach), qkv, dout, lse, dots, wanted.dbias,
                       [](Index n, auto const& f) { run_serial(n, f); });
    }
}

template <int D>
void check_flash(std::vector<int> const& lengths, Told const& told = {}) {
    if (told.look.bias.empty()) check_flash_bodies<D, false>(lengths, told);
    else check_flash_bodies<D, true>(lengths, told);
}

}  // namespace

TEST_CASE_TEMPLATE("bodies: attention of any head size and its gradient, ragged", T, float, bf16) {
    check_plain_attention<1, T>({5, 1, 19}), check_plain_attention<8, T>({5, 1, 19});
    check_plain_attention<24, T>({5, 1, 19}), check_plain_attention<64, T>({5, 1, 19});
}

TEST_CASE_TEMPLATE("bodies: attention of any mask, bias and grouping of heads, and all gradients", T, float,
                   bf16) {
    for (auto const& told : Told::all(9))
        check_plain_attention<3, T>({5, 1, 7}, told), check_plain_attention<8, T>({5, 1, 7}, told);
}

TEST_CASE("bodies: flash attention and its gradient, ragged") {
    check_flash<16>({70, 1, 33, 16});
    check_flash<32>({50});
    check_flash<64>({35, 20});
    check_flash<128>({17});
}

TEST_CASE("bodies: flash attention of any mask, bias and grouping of heads, and all gradients") {
    for (auto const& told : Told::all(75)) check_flash<16>({70, 1, 33}, told);
    check_flash<64>({35, 5}, {2, Mask::causal, BiasBy::distance, 40});
}
