// The GPU's sums and updates on the host, by one lane and by emulated warps and blocks in both orders, against the CPU
// backend.

#include <doctest/doctest.h>

#include "rung/backend/cpu/cpu.hpp"
#include "rung/backend/cuda/body/columns.hpp"
#include "rung/backend/cuda/body/embedding.hpp"
#include "rung/backend/cuda/body/loss.hpp"
#include "rung/backend/cuda/body/update.hpp"
#include "support/bodies.hpp"

using namespace rung_test;

TYPE_TO_STRING_AS("bf16", bf16);

namespace {

/// A block has the warps that the body asks for, or n.
template <class F, int n = F::warps>
void run_block(By by, Index count, F const& f) {
    if (by == By::one_lane) run_serial(count, f);
    else run_emulated<FiberBlock<n>>(count, f, by == By::warp ? Order::ascending : Order::descending);
}

std::vector<float> floats(Random<float> const& of) { return {of.data.begin(), of.data.end()}; }

/// Of terms over (N, C), whose first number stands `off` numbers past an aligned one, in runs of so many rows.
/// @return  all sums by blocks
template <class T>
std::vector<float> check_column_sums(Index N, Index C, int run_of, Index off) {
    CAPTURE(N);
    CAPTURE(C);
    CAPTURE(run_of);
    CAPTURE(off);
    const Random<float> stats(N, 2, 3, 0.5, 1), before(2, C, 4);
    std::vector<T>      dy = Stored<T>(N, C, 1).data, x = Stored<T>(N, C, 2, 2).data;
    dy.insert(dy.begin(), std::size_t(off), T{}), x.insert(x.begin(), std::size_t(off), T{});
    T const *const d = dy.data() + off, *const in = x.data() + off;
    std::vector<float> seen;

    const auto everywhere = [&]<class Term>(Term const& term, auto of, Index rows, Index columns) {
        std::vector<double> exact(before.data.begin(), before.data.end());
        for (Index i = 0; i < rows; ++i)
            for (Index c = 0; c < columns; ++c) {
                const auto [first, second] = of(i, c);
                exact[std::size_t(c)] += double(first), exact[std::size_t(C + c)] += double(second);
            }
        const std::vector<float> wanted(exact.begin(), exact.end());
        for (const By by : every_way)
            for (const bool one_warp : {false, true}) {
                CAPTURE(int(by));
                std::vector<float>     sums = floats(before);
                cuda::ColumnSums<Term> body{};
                body.term = term, body.rows = rows, body.run = run_of, body.columns = int(columns);
                std::vector<float> partial(std::size_t(body.runs() * Term::sums * columns), NAN);
                std::vector<int>   arrived(std::size_t(body.groups()));
                body.partial = partial.data(), body.arrived = arrived.data();
                for (int s = 0; s < Term::sums; ++s) body.to[s] = sums.data() + s * C;
                const auto run_it = [&] {
                    if (one_warp) run_block<cuda::ColumnSums<Term>, 1>(by, body.items(), body);
                    else run_block(by, body.items(), body);
                    CHECK(arrived == std::vector<int>(arrived.size()));
                };
                run_it();
                CHECK(apart(sums, Mat<float const>{wanted.data(), 2, C}) < 3e-5);
                if (by != By::one_lane && !one_warp) seen.insert(seen.end(), sums.begin(), sums.end());
                std::copy(before.data.begin(), before.data.end(), sums.begin()),
                    body.to[Term::sums - 1] = nullptr;
                run_it();  // what nobody asks for
                CHECK(std::equal(sums.begin() + (Term::sums - 1) * C, sums.end(),
                                 before.data.begin() + (Term::sums - 1) * C));
            }
    };
    const auto whole = [&](auto const& term, auto of) {
        everywhere(
            term, [&](Index i, Index c) { return of(i, widen(d[i * C + c]), widen(in[i * C + c])); }, N, C);
    };
    whole(cuda::BiasTerm<T>{d, int(C)}, [](Index, float dy, float) { return std::pair(dy, 0.f); });
    whole(cuda::GainTerm<T, 1>{d, in, stats.data.data(), int(C)},
          [&](Index i, float dy, float x) { return std::pair(dy * x * stats.data[i], 0.f); });
    whole(cuda::GainTerm<T, 2>{d, in, stats.data.data(), int(C)}, [&](Index i, float dy, float x) {
        return std::pair(dy * (x - stats.data[2 * i]) * stats.data[2 * i + 1], dy);
    });
    // Two heads to a row; what is left of an odd one belongs to neither.
    const Index half = C / 2;
    if (half > 0)
        everywhere(
            cuda::HeadGainTerm<T>{d, in, 2, int(half), int(C), int(C)},
            [&](Index i, Index c) {
                const Index at = i / 2 * C + i % 2 * half + c;
                return std::pair(widen(d[at]) * widen(in[at]), 0.f);
            },
            2 * N, half);

    const auto slope = [](float dy, float x) {
        return narrow<T>(dy * cuda::body::activated<Activation::silu>(x).slope);
    };
    std::vector<T> dx(std::size_t(N * C)), wanted(dx);
    for (Index i = 0; i < N * C; ++i) wanted[std::size_t(i)] = slope(widen(d[i]), widen(in[i]));
    whole(cuda::SlopeTerm<Activation::silu, T>{dx.data(), d, in, int(C)},
          [&](Index, float dy, float x) { return std::pair(widen(slope(dy, x)), 0.f); });
    CHECK(dx == wanted);
    for (const bool over_x : {false, true}) {  // in the place of what it reads
        using Term                  = cuda::SlopeTerm<Activation::silu, T>;
        auto                   of   = over_x ? x : dy;
        T* const               to   = of.data() + off;
        std::vector<float>     sums = floats(before);
        cuda::ColumnSums<Term> body{};
        body.term = Term{to, over_x ? d : to, over_x ? to : in, int(C)}, body.to[0] = sums.data();
        body.rows = N, body.run = run_of, body.columns = int(C);
        std::vector<float> partial(std::size_t(body.runs() * C), NAN);
        std::vector<int>   arrived(std::size_t(body.groups()));
        body.partial = partial.data(), body.arrived = arrived.data();
        run_block(By::warp, body.items(), body);
        CHECK(std::equal(wanted.begin(), wanted.end(), to));
    }
    return seen;
}

}  // namespace

TEST_CASE_TEMPLATE("bodies: sums down columns by blocks", T, float, bf16) {
    // Rows of one run and of many, whole batches and not; columns in fours and not, of several groups.
    check_column_sums<T>(1, 1, 64, 0), check_column_sums<T>(37, 45, 8, 0);
    check_column_sums<T>(65, 260, 65, 1), check_column_sums<T>(1050, 8, 16, 0);
    CHECK(check_column_sums<T>(130, 132, 64, 1) == check_column_sums<T>(130, 132, 64, 0));
}

TEST_CASE_TEMPLATE("bodies: rows of an id are added up in the same order by any group", T, float, bf16) {
    const Index      N = 700, V = 5, C = 45;
    cpu::Lane<float> lane;
    const Stored<T>  dy(N, C, 1);
    std::vector<int> ids;  // none is 4
    for (Index i = 0; i < N; ++i) ids.push_back(i < 600 ? int(i * i % 7 % 4) : 3);
    const Random<float> before(V, C, 2);
    Random<float>       wanted(V, C, 2);
    add_embed_backward(lane, wanted.view(), dy.wide(), ids.data());
    std::vector<float> first;
    for (const By by : every_way) {
        CAPTURE(int(by));
        auto                         sums = floats(before);
        const cuda::EmbedBackward<T> body{dy.data.data(), ids.data(), sums.data(), N, int(C)};
        run_block(by, V * body.groups(), body);
        CHECK(apart(sums, wanted.view()) < 1e-5);
        if (first.empty()) first = sums;
        CHECK(sums == first);
        CHECK(std::equal(sums.begin() + 4 * C, sums.end(), before.data.begin() + 4 * C));
    }
}

TEST_CASE("bodies: losses are added in double precision") {
    const std::vector<float> losses = floats(Random<float>(1, 1000, 1, 1e-4, 3));
    const double             all    = std::accumulate(losses.begin(), losses.end(), 0.0);
    for (const By by : every_way) {
        double sum = 0.5;
        run_block(by, 1, cuda::AddLosses{losses.data(), &sum, Index(losses.size())});
        CHECK(sum == doctest::Approx(0.5 + all).epsilon(1e-14));
    }
}

TEST_CASE("bodies: AdamW brings the gradient's norm within its bound, or leaves all as it was") {
    const Index              n = 1001;
    cpu::Context<float>      ctx{{.threads = 1}};
    const std::vector<Chunk> chunks{{0, 300, true}, {300, 450, false}, {750, 251, true}};
    const Index              ends[]    = {300, 750, n};
    const bool               decayed[] = {true, false, true};
    const AdamWStep          step{1e-2, 0.9, 0.98, 1e-8, 0.1, 0.5, 0.25};
    const auto               check = [&](By by, double bound, float one) {
        CAPTURE(int(by));
        CAPTURE(bound);
        CAPTURE(one);
        Random<float> g(1, n, 1), w(1, n, 2), m(1, n, 3, 0.1), v(1, n, 4);
        for (float& x : v.data) x = x * x;
        g.data[777] = one;
        auto   w2 = floats(w), m2 = floats(m), v2 = floats(v), before = w2;
        double square_on_cpu = NAN;
        float  failed_on_cpu = 0, failed = 0;
        clip_and_update(ctx, w.data.data(), m.data.data(), v.data.data(), g.view(), chunks, step, bound,
                                      &square_on_cpu, &failed_on_cpu);
        const double norm = std::sqrt(square_on_cpu);

        std::vector<double>     partial(4, NAN);
        double                  square  = NAN;
        int                     arrived = 0;
        const cuda::SquaredNorm body_of_norm{
            g.data.data(), partial.data(), &square, &failed, &arrived, n, 256};
        run_block(by, body_of_norm.items(), body_of_norm);
        CHECK(arrived == 0);
        if (std::isfinite(norm)) CHECK(std::sqrt(square) == doctest::Approx(norm).epsilon(1e-6));
        else CHECK_FALSE(std::isfinite(square));
        CHECK(failed == (std::isfinite(norm) ? 0 : 1));
        CHECK(failed == failed_on_cpu);
        const auto  rates = cuda::AdamWRates::of(step);
        cuda::AdamW body{};
        body.rates   = &rates;
        body.weights = w2.data(), body.mean = m2.data(), body.square = v2.data();
        body.gradient = g.data.data(), body.squared_norm = &square, body.failed = &failed,
        body.bound = float(bound);
        body.ends = ends, body.decayed = decayed, body.runs = 3, body.count = n;
        for (Index i = 0; i < body.items(); ++i) body(i);
        const double far = std::isfinite(norm) ? 1e-6 : 1e-300;
        CHECK(apart(w2, w.view()) < far);
        CHECK(apart(m2, m.view()) < far);
        CHECK(apart(v2, v.view()) < far);
        CHECK((w2 == before) != std::isfinite(norm));
        failed = failed_on_cpu = 1, w2 = before;  // an earlier step
        for (Index i = 0; i < body.items(); ++i) body(i);
        CHECK(w2 == before);
        const auto kept = w.data.copy();
        g.data[777]     = 1;
        clip_and_update(ctx, w.data.data(), m.data.data(), v.data.data(), g.view(), chunks, step, bound,
                                      &square_on_cpu, &failed_on_cpu);
        CHECK(std::equal(kept.begin(), kept.end(), w.data.begin()));
    };
    for (const By by : every_way) {
        for (const double bound : {0.0, 1.0, 1e3}) check(by, bound, 0.5f);
        check(by, 0, INFINITY), check(by, 1, INFINITY), check(by, 1, NAN);
    }
}

TEST_CASE("bodies: an average moves towards the weights") {
    cpu::Context             ctx{{.threads = 1}};
    const std::vector<Chunk> chunks{{0, 70, true}, {70, 31, false}};
    const Random<float>      weights(1, 101, 1);
    Random<float>            wanted(1, 101, 2);
    std::vector<float>       got    = floats(wanted);
    const float              share  = 0.25f;
    float                    failed = 1;
    const cuda::MoveTowards  body{got.data(), weights.data.cdata(), &failed, &share};
    const auto               move = [&] {
        move_towards(ctx, wanted.data.data(), weights.data.cdata(), chunks, share, &failed);
        for (Index i = 0; i < 101; ++i) body(i);
    };
    move();
    CHECK(got == floats(Random<float>(1, 101, 2)));
    failed = 0, move();
    CHECK(apart(got, wanted.view()) < 1e-6);
    const Random<float> before(1, 101, 2);
    for (Index i = 0; i < 101; ++i)
        CHECK(wanted.data[i] ==
              doctest::Approx(0.75 * double(before.data[i]) + 0.25 * double(weights.data[i])));
}
