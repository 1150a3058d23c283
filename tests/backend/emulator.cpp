// The emulated warp and block themselves: fragments, and the mistakes they are there to notice.

#include <doctest/doctest.h>

#include "support/bodies.hpp"

using namespace rung_test;

namespace {

/// c = a b of one warp, 16 x 16 and 16 x 8, from matrices in memory.
struct OneProduct {
    bf16 const *a, *b;  // b by columns
    float*      c;
    template <class G>
    void operator()(G g, Index) const {
        cuda::FragmentA x;
        cuda::FragmentB y;
        cuda::FragmentC z;
        const int       row = g.rank() / 4, pair = g.rank() % 4 * 2;
        for (int i = 0; i < 8; ++i) x.v[i] = a[(row + 8 * (i / 2 % 2)) * 16 + pair + i % 2 + 8 * (i / 4)];
        for (int i = 0; i < 4; ++i) y.v[i] = b[row * 16 + pair + i % 2 + 8 * (i / 2)];
        g.mma(z, x, y);
        for (int i = 0; i < 4; ++i) c[(row + 8 * (i / 2)) * 8 + pair + i % 2] = z.v[i];
    }
};

/// Every lane reads what another one wrote, with or without waiting for it.
template <bool waits>
struct Neighbours {
    float* out;
    template <class G>
    void operator()(G g, Index) const {
        float* const shared = g.template shared<float>();
        shared[g.rank()]    = float(g.rank());
        if (waits) g.sync();
        out[g.rank()] = shared[G::size - 1 - g.rank()];
    }
};

struct Divergent {
    template <class G>
    void operator()(G g, Index) const {
        if (g.rank() < G::size / 2) g.sync();
    }
};

}  // namespace

TEST_CASE("an emulated warp multiplies fragments") {
    const Stored<bf16> a(16, 16, 1), b(8, 16, 2);
    std::vector<float> c(16 * 8, NAN);
    run_emulated(1, OneProduct{a.data.data(), b.data.data(), c.data()});
    const Matrix wanted = exact(a.wide().view()).matrix() * exact(b.wide().view()).matrix().transpose();
    for (Index i = 0; i < 16; ++i)
        for (Index j = 0; j < 8; ++j)
            CHECK(c[std::size_t(i * 8 + j)] == doctest::Approx(wanted(i, j)).epsilon(1e-5));
}

TEST_CASE("the emulator notices a missing barrier and a divergent one") {
    std::vector<float> out(64);
    const auto         right = [&] {
        for (std::size_t i = 0; i < out.size(); ++i)
            if (out[i] != float(63 - i)) return false;
        return true;
    };
    for (const Order order : {Order::ascending, Order::descending}) {
        run_emulated<FiberBlock<2>>(1, Neighbours<true>{out.data()}, order);
        CHECK(right());
        run_emulated<FiberBlock<2>>(1, Neighbours<false>{out.data()}, order);
        CHECK_FALSE(right());
        CHECK_THROWS_WITH(run_emulated<FiberBlock<2>>(1, Divergent{}, order),
                          "simt: 32 of 64 lanes wait at a barrier that the others do not reach");
    }
}
