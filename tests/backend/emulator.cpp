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
        const int       row = g.rank() / 4, two = g.rank() % 4 * 2;
        for (int i = 0; i < 4; ++i) x.v[i] = cuda::load_pair(a + (row + i % 2 * 8) * 16 + two + i / 2 * 8);
        for (int i = 0; i < 2; ++i) y.v[i] = cuda::load_pair(b + row * 16 + two + i * 8);
        g.mma(z, x, y);
        for (int i = 0; i < 4; ++i) c[(row + 8 * (i / 2)) * 8 + two + i % 2] = z.v[i];
    }
};

/// The same from shared memory, where b stands by rows: both operands by four matrices.
struct ProductOfMatrices {
    bf16 const *a, *b;
    float*      c;
    template <class G>
    void operator()(G g, Index) const {
        bf16* const shared = g.template shared<bf16>();
        for (int i = g.rank(); i < 16 * 16; i += G::size) shared[i] = a[i];
        for (int i = g.rank(); i < 16 * 16; i += G::size) shared[256 + i] = b[i];
        g.sync();
        cuda::FragmentA x;
        cuda::Pair      y[4];
        cuda::FragmentC z[2];
        const int       lane = g.rank();
        g.warp().template matrices<false>(x.v, shared + lane % 16 * 16 + lane / 16 * 8);
        g.warp().template matrices<true>(y, shared + 256 + lane % 16 * 16 + lane / 16 * 8);
        for (int n = 0; n < 2; ++n) {
            g.warp().mma(z[n], x, {y[2 * n], y[2 * n + 1]});
            for (int i = 0; i < 4; ++i)
                c[(lane / 4 + 8 * (i / 2)) * 16 + n * 8 + lane % 4 * 2 + i % 2] = z[n].v[i];
        }
    }
};

/// Every lane brings one number and reads another's.
template <bool waits>
struct Copied {
    float const* from;
    float*       to;
    template <class G>
    void operator()(G g, Index) const {
        float* const shared = g.template shared<float>();
        g.copy(shared + g.rank(), from + g.rank(), g.rank() % 2 == 0);
        if (waits) g.copied();
        g.sync();
        to[g.rank()] = shared[g.rank() ^ 3];
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

TEST_CASE("an emulated warp reads matrices as they are and transposed") {
    const Stored<bf16> a(16, 16, 1), b(16, 16, 2);
    std::vector<float> c(16 * 16, NAN);
    run_emulated<FiberBlock<1>>(1, ProductOfMatrices{a.data.data(), b.data.data(), c.data()});
    const Matrix wanted = exact(a.wide().view()).matrix() * exact(b.wide().view()).matrix();
    for (Index i = 0; i < 16; ++i)
        for (Index j = 0; j < 16; ++j)
            CHECK(c[std::size_t(i * 16 + j)] == doctest::Approx(wanted(i, j)).epsilon(1e-5));
}

TEST_CASE("what an emulated block copies is there once that was waited for") {
    std::vector<float> from(64), to(64);
    for (std::size_t i = 0; i < from.size(); ++i) from[i] = float(i + 1);
    run_emulated<FiberBlock<2>>(1, Copied<true>{from.data(), to.data()});
    for (std::size_t i = 0; i < to.size(); ++i) CHECK(to[i] == (i % 2 == 0 ? 0 : from[i ^ 3]));
    run_emulated<FiberBlock<2>>(1, Copied<false>{from.data(), to.data()});
    for (const float x : to) CHECK(std::isnan(x));
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
