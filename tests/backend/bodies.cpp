// The GPU's bodies on the host: by one lane, and by emulated warps and blocks in both orders, against the CPU backend.

#include <doctest/doctest.h>

#include "rung/backend/cpu/cpu.hpp"
#include "rung/backend/cuda/body/columns.hpp"
#include "rung/backend/cuda/body/embedding.hpp"
#include "rung/backend/cuda/body/loss.hpp"
#include "rung/backend/cuda/body/norm.hpp"
#include "rung/backend/cuda/body/pointwise.hpp"
#include "rung/backend/cuda/body/update.hpp"
#include "support/bodies.hpp"

using namespace rung_test;

TYPE_TO_STRING_AS("bf16", bf16);

namespace {

template <int D, class T>
void check_norms(By by) {
    CAPTURE(D);
    const Index      N = 5;
    cpu::Lane<float> lane;
    const Stored<T>  x(N, D, 1, 2), dy(N, D, 2), dx(N, D, 3);
    auto             wide_x = x.wide(), wide_dy = dy.wide();
    Random<float>    gain(1, D, 4, 1, 1), bias(1, D, 5), y(N, D, 6), stats(N, 2, 7), rms_stats(N, 1, 8);

    std::vector<T>     out(x.data.size());
    std::vector<float> got_stats(2 * N);
    layer_norm<D>(lane, y.view(), stats.view(), wide_x, gain, bias);
    run(by, N,
        cuda::LayerNorm<D, T>{x.data.data(), out.data(), got_stats.data(), gain.data.data(),
                              bias.data.data()});
    CHECK(apart(out, y.view()) < tolerance<T>);
    CHECK(apart(got_stats, stats.view()) < 2e-6);
    layer_norm<D>(lane, y.view(), stats.view(), wide_x, gain, {});
    run(by, N, cuda::LayerNorm<D, T>{x.data.data(), out.data(), got_stats.data(), gain.data.data(), nullptr});
    CHECK(apart(out, y.view()) < tolerance<T>);

    auto wanted = dx.wide();
    auto dgain = zeros<float>(1, D), dbias = zeros<float>(1, D);
    add_layer_norm_backward<D>(lane, wanted.view(), dgain.view(), dbias.view(), wide_dy, wide_x, stats, gain);
    auto got = dx.data;
    run(by, N,
        cuda::LayerNormBackward<D, T>{dy.data.data(), x.data.data(), got.data(), got_stats.data(),
                                      gain.data.data()});
    CHECK(apart(got, wanted.view()) < 3 * tolerance<T>);

    rms_norm<D>(lane, y.view(), rms_stats.view(), wide_x, gain);
    run(by, N, cuda::RmsNorm<D, T>{x.data.data(), out.data(), got_stats.data(), gain.data.data()});
    CHECK(apart(out, y.view()) < tolerance<T>);
    wanted = dx.wide(), got = dx.data;
    add_rms_norm_backward<D>(lane, wanted.view(), dgain.view(), wide_dy, wide_x, rms_stats, gain);
    run(by, N,
        cuda::RmsNormBackward<D, T>{dy.data.data(), x.data.data(), got.data(), got_stats.data(),
                                    gain.data.data()});
    CHECK(apart(got, wanted.view()) < 3 * tolerance<T>);
}

}  // namespace

TEST_CASE_TEMPLATE("bodies: norms and their gradients", T, float, bf16) {
    for (const By by : every_way) {
        CAPTURE(int(by));
        check_norms<1, T>(by), check_norms<16, T>(by), check_norms<33, T>(by), check_norms<128, T>(by);
    }
}

TEST_CASE_TEMPLATE("bodies: cross-entropy and the likeliest token", T, float, bf16) {
    const Index      N = 9;
    const int        V = 61;
    cpu::Lane<float> lane;
    const Stored<T>  logits(N, V, 1, 3);
    const RandomRows rows({N}, V);
    for (const By by : every_way) {
        CAPTURE(int(by));
        auto               wanted = logits.wide();
        auto               got    = logits.data;
        const double       loss   = cross_entropy(lane, wanted.view(), rows.targets.data(), 0.125f);
        std::vector<float> losses(N, NAN);
        run(by, N, cuda::CrossEntropy<T>{got.data(), rows.targets.data(), losses.data(), V, 0.125f});
        CHECK(std::accumulate(losses.begin(), losses.end(), 0.0) == doctest::Approx(loss).epsilon(1e-6));
        CHECK(apart(got, wanted.view()) < tolerance<T>);

        std::vector<int>    wanted_tokens(N), tokens(N);
        std::vector<double> wanted_share(N);
        std::vector<float>  share(N);
        greedy(lane, wanted_tokens.data(), wanted_share.data(), logits.wide(), 2);
        run(by, N, cuda::Greedy<T>{logits.data.data(), tokens.data(), share.data(), V, 2});
        CHECK(tokens == wanted_tokens);
        for (std::size_t i = 0; i < share.size(); ++i)
            CHECK(share[i] == doctest::Approx(wanted_share[i]).epsilon(1e-5));
    }
    // The lowest of equals, whichever lane finds it.
    std::vector<float> equal(70, 1.f), share(1);
    std::vector<int>   token(1);
    for (const By by : every_way) {
        run(by, 1, cuda::Greedy<float>{equal.data(), token.data(), share.data(), 70, 3});
        CHECK(token[0] == 3);
    }
}

TEST_CASE_TEMPLATE("bodies: activations, rotations and look-ups", T, float, bf16) {
    const Index      N = 7, H = 20, D = 10;
    cpu::Lane<float> lane;
    const auto       each = [](Index count, auto const& f) {
        for (Index i = 0; i < count; ++i) f(i);
    };
    const Stored<T> x(N, 2 * H, 1, 2), dy(N, H, 2), table(5, H, 3);
    auto            wide = x.wide(), y = zeros<float>(N, 2 * H), half = zeros<float>(N, H);

    auto           got = x.data;
    std::vector<T> out(got.size()), small(dy.data.size());
    gelu(lane, y.view(), wide.view());
    each(N * 2 * H, cuda::Gelu<T>{out.data(), got.data()});
    CHECK(apart(out, y.view()) < tolerance<T>);
    CHECK(apart(got, wide.view()) < tolerance<T>);

    gelu_backward(lane, half.view(), dy.wide(), wide.view().columns(0, H));
    std::vector<T> slopes;  // the first H of every row
    for (Index i = 0; i < N; ++i)
        slopes.insert(slopes.end(), got.begin() + i * 2 * H, got.begin() + i * 2 * H + H);
    each(N * H, cuda::GeluBackward<T>{small.data(), dy.data.data(), slopes.data()});
    CHECK(apart(small, half.view()) < 3 * tolerance<T>);

    wide = x.wide(), got = x.data;
    swiglu(lane, half.view(), wide.view());
    each(N * H, cuda::Swiglu<T>{small.data(), got.data(), int(H)});
    CHECK(apart(small, half.view()) < 2 * tolerance<T>);
    CHECK(apart(got, wide.view()) < 2 * tolerance<T>);
    swiglu_backward(lane, y.view(), dy.wide(), wide);
    each(N * H, cuda::SwigluBackward<T>{out.data(), dy.data.data(), got.data(), int(H)});
    CHECK(apart(out, y.view()) < 3 * tolerance<T>);

    const std::vector<int>    places{3, 0, 4, 4, 1, 2, 3};
    cpu::RotationTable<float> rotations;
    std::vector<float>        trig;
    for (int p = 0; p < 5; ++p)
        trig.insert(trig.end(), rotations.row(p, D, 1e4), rotations.row(p, D, 1e4) + D);
    wide = x.wide(), got = x.data;
    rope(lane, wide.view().columns(0, 3 * D), places.data(), 3, 1e4);
    each(N * 3 * D / 2, cuda::Rotate<T>{got.data(), places.data(), trig.data(), int(2 * H), 3, int(D), 1});
    CHECK(apart(got, wide.view()) < tolerance<T>);
    each(N * 3 * D / 2, cuda::Rotate<T>{got.data(), places.data(), trig.data(), int(2 * H), 3, int(D), -1});
    CHECK(apart(got, x.wide().view()) < 2 * tolerance<T>);

    each(N * H, cuda::Fill<T>{small.data(), 0.5f});
    CHECK(std::all_of(small.begin(), small.end(), [](T v) { return widen(v) == 0.5f; }));
    each(N * H, cuda::Add<T>{small.data(), dy.data.data()});
    half = dy.wide();
    for (float& v : half.data) v += 0.5f;
    CHECK(apart(small, half.view()) < tolerance<T>);
    embed(lane, half.view(), table.wide(), places.data());
    each(N * H, cuda::Embed<T, false>{table.data.data(), places.data(), small.data(), int(H)});
    CHECK(apart(small, half.view()) == 0);

    auto more = dy.data;
    half      = dy.wide();
    add_embed(lane, half.view(), table.wide(), places.data());
    each(N * H, cuda::Embed<T, true>{table.data.data(), places.data(), more.data(), int(H)});
    CHECK(apart(more, half.view()) < tolerance<T>);
    for (const By by : every_way) {
        Random<float> dtable(5, H, 9);
        auto          sums = std::vector<float>(dtable.data.begin(), dtable.data.end());
        add_embed_backward(lane, dtable.view(), dy.wide(), places.data());
        const cuda::EmbedBackward<T> back{dy.data.data(), places.data(), sums.data(), N, int(H)};
        run(by, 5 * back.groups(), back);
        CHECK(apart(sums, dtable.view()) < 2e-6);
    }
}

TEST_CASE_TEMPLATE("bodies: sums down columns by blocks", T, float, bf16) {
    const Index      N = 37, C = 45, run_of = 16;
    cpu::Lane<float> lane;
    const Stored<T>  dy(N, C, 1), x(N, C, 2, 2);
    Random<float>    stats(N, 2, 3, 0.5, 1);
    const auto       check = [&](auto term, Random<float> const& before, Mat<float const> wanted, auto runs) {
        std::vector<float> partial(3 * C, NAN), sums(before.data.begin(), before.data.end());
        const cuda::ColumnSums<decltype(term)> body{term, partial.data(), N, run_of, int(C)};
        runs(body.items(), body);
        for (Index c = 0; c < C; ++c) cuda::AddPartials{partial.data(), sums.data(), 3, int(C)}(c);
        CHECK(apart(sums, wanted) < 1e-5);
    };
    const auto everywhere = [&](auto term, Random<float> const& before, Mat<float const> wanted) {
        check(term, before, wanted, [](Index count, auto const& f) { run_serial(count, f); });
        for (const Order order : {Order::ascending, Order::descending}) {
            check(term, before, wanted,
                  [&](Index n, auto const& f) { run_emulated<FiberBlock<1>>(n, f, order); });
            check(term, before, wanted,
                  [&](Index n, auto const& f) { run_emulated<FiberBlock<4>>(n, f, order); });
        }
    };
    const Random<float> before(1, C, 4);
    Random<float>       after(1, C, 4);
    add_column_sums(lane, after.view(), dy.wide());
    everywhere(cuda::BiasTerm<T>{dy.data.data(), int(C)}, before, after.view());
    std::copy(before.data.begin(), before.data.end(), after.data.begin());
    for (Index i = 0; i < N; ++i)
        for (Index c = 0; c < C; ++c) {
            const auto at = std::size_t(i * C + c);
            after.view()(0, c) +=
                widen(dy.data[at]) * (widen(x.data[at]) - stats.view()(i, 0)) * stats.view()(i, 1);
        }
    everywhere(cuda::GainTerm<T, 2>{dy.data.data(), x.data.data(), stats.data.data(), int(C)}, before,
               after.view());
}

TEST_CASE("bodies: the norm of a gradient and AdamW") {
    const Index         n = 1000;
    cpu::Context<float> ctx{{.threads = 1}};
    Random<float>       g(1, n, 1), w(1, n, 2), m(1, n, 3, 0.1), v(1, n, 4);
    for (float& x : v.data) x = x * x;
    const std::vector<Chunk> chunks{{0, 300, true}, {300, 450, false}, {750, 250, true}};
    const Index              ends[]    = {300, 750, 1000};
    const bool               decayed[] = {true, false, true};
    const AdamWStep          step{1e-2, 0.9, 0.98, 1e-8, 0.1, 0.5, 0.25, 0.7};

    std::vector<double> partial(4, NAN);
    for (const By by : every_way) {
        run(by, 4, cuda::SquaredNorm{g.data.data(), partial.data(), n, 256});
        CHECK(std::accumulate(partial.begin(), partial.end(), 0.0) ==
              doctest::Approx(sum_gradients(ctx, g.view(), chunks)).epsilon(1e-6));
    }
    std::vector<float> w2(w.data.begin(), w.data.end()), m2(m.data.begin(), m.data.end()),
        v2(v.data.begin(), v.data.end());
    std::vector<bf16> copy(n);
    cuda::AdamW<bf16> body(step);
    body.weights = w2.data(), body.mean = m2.data(), body.square = v2.data(), body.gradient = g.data.data();
    body.copy = copy.data(), body.ends = ends, body.decayed = decayed, body.runs = 3;
    adamw(ctx, w.data.data(), m.data.data(), v.data.data(), g.data.cdata(), chunks, step);
    for (Index i = 0; i < n; ++i) body(i);
    CHECK(apart(w2, w.view()) < 1e-6);
    CHECK(apart(m2, m.view()) < 1e-6);
    CHECK(apart(v2, v.view()) < 1e-6);
    for (Index i = 0; i < n; ++i) CHECK(copy[std::size_t(i)] == narrow<bf16>(w2[std::size_t(i)]));
}
