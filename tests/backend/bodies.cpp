// The GPU's bodies on the host, by one lane and by emulated warps in both orders, against the CPU backend.

#include <doctest/doctest.h>

#include "rung/backend/cpu/cpu.hpp"
#include "rung/backend/cuda/body/activation.hpp"
#include "rung/backend/cuda/body/columns.hpp"
#include "rung/backend/cuda/body/embedding.hpp"
#include "rung/backend/cuda/body/loss.hpp"
#include "rung/backend/cuda/body/norm.hpp"
#include "rung/backend/cuda/body/pointwise.hpp"
#include "support/bodies.hpp"

using namespace rung_test;

TYPE_TO_STRING_AS("bf16", bf16);

namespace {

/// What a body writes: NaN beforehand, with more behind it that is NaN still where no row wrote past its end.
template <class T>
struct Results : std::vector<T> {
    Index count;

    explicit Results(Index count, Index more = 512)
        : std::vector<T>(std::size_t(count + more), narrow<T>(NAN)), count(count) {}
    Results(std::vector<T> const& before) : Results(Index(before.size())) {
        std::copy(before.begin(), before.end(), this->begin());
    }
    bool intact() const {
        return std::all_of(this->begin() + count, this->end(), [](T x) { return std::isnan(widen(x)); });
    }
};

template <int D, class T>
void check_norms(By by) {
    CAPTURE(D);
    constexpr int    N = (D + 127) / 128, rows = 5;
    cpu::Lane<float> lane;
    const Stored<T>  x(rows, D, 1, 2), dy(rows, D, 2), dx(rows, D, 3);
    const auto       wide_x = x.wide(), wide_dy = dy.wide();
    Random<float>    flat(1, 1 + 2 * D, 4, 1, 1);  // weights: no row of them is aligned
    const auto       gain = flat.view().columns(1, D), bias = flat.view().columns(1 + D, D);
    Random<float>    y(rows, D, 6), stats(rows, 2, 7), rms(rows, 1, 8);
    const auto       check = [&](auto const& got, Mat<float const> wanted, double far) {
        CHECK(apart(got, wanted) < far);
        CHECK(got.intact());
    };
    const auto forward = [&](Mat<float const> wanted_stats, auto norm) {
        Results<T>     out(rows * D);
        Results<float> of(wanted_stats.size());
        norm.y = out.data(), norm.stats = of.data();
        run(by, rows, norm);
        check(out, y.view(), tolerance<T>), check(of, wanted_stats, 2e-6);
    };
    const auto backward = [&](Mat<float const> wanted, auto norm) {
        Results<T> got(dx.data);
        norm.dx = got.data();
        run(by, rows, norm);
        check(got, wanted, 3 * tolerance<T>);
    };
    auto to = dx.wide(), dgain = zeros<float>(1, D), dbias = zeros<float>(1, D);

    layer_norm<D>(lane, y.view(), stats.view(), wide_x, gain, {});
    forward(stats, cuda::LayerNorm<N, T>{x.data.data(), nullptr, nullptr, gain.data, nullptr, D});
    layer_norm<D>(lane, y.view(), stats.view(), wide_x, gain, bias);
    forward(stats, cuda::LayerNorm<N, T>{x.data.data(), nullptr, nullptr, gain.data, bias.data, D});
    add_layer_norm_backward<D>(lane, to.view(), dgain.view(), dbias.view(), wide_dy, wide_x, stats, gain);
    backward(to, cuda::LayerNormBackward<N, T>{dy.data.data(), x.data.data(), nullptr, stats.data.data(),
                                               gain.data, D});

    to = dx.wide();
    rms_norm<D>(lane, y.view(), rms.view(), wide_x, gain);
    forward(rms, cuda::RmsNorm<N, T>{x.data.data(), nullptr, nullptr, gain.data, D});
    add_rms_norm_backward<D>(lane, to.view(), dgain.view(), wide_dy, wide_x, rms, gain);
    backward(to, cuda::RmsNormBackward<N, T>{dy.data.data(), x.data.data(), nullptr, rms.data.data(),
                                             gain.data, D});
}

template <int D, class T>
void check_head_norm(By by) {
    CAPTURE(D);
    constexpr Index    N = 5, heads = 3, C = heads * D, stride = C + 7;
    cpu::Lane<float>   lane;
    const Stored<T>    x(N, stride, 1, 2), dy(N, stride, 2);
    Random<float>      gain(1, D, 3, 1, 1), hat(N, C, 4), stats(N, heads, 5);
    auto               wide = x.wide(), d = dy.wide(), dgain = zeros<float>(1, D);
    std::vector<T>     got(x.data), back(dy.data), got_hat(std::size_t(N * C));
    std::vector<float> got_stats(std::size_t(N * heads)), got_gain(D);

    head_norm<D>(lane, wide.view().columns(0, C), hat.view(), stats.view(), gain);
    run(by, N * heads,
        cuda::HeadNorm<T>{got.data(), got_hat.data(), got_stats.data(), gain.data.data(), heads, D, stride, C,
                          heads});
    CHECK(apart(got, wide.view()) < 2 * tolerance<T>);
    CHECK(apart(got_hat, hat.view()) < tolerance<T>);
    CHECK(apart(got_stats, stats.view()) < 2e-6);

    for (Index i = 0; i < hat.data.size(); ++i)
        hat.data[i] = widen(got_hat[std::size_t(i)]);  // the same numbers
    add_head_norm_backward<D>(lane, d.view().columns(0, C), dgain.view(), hat, stats, gain);
    run(by, N * heads,
        cuda::HeadNormBackward<T>{back.data(), got_hat.data(), stats.data.data(), gain.data.data(), heads, D,
                                  stride, C, heads});
    CHECK(apart(back, d.view()) < 3 * tolerance<T>);
    const cuda::HeadGainTerm<T> term{dy.data.data(), got_hat.data(), heads, D, stride, C};
    for (Index row = 0; row < N * heads; ++row)
        for (int c = 0; c < D; ++c) {
            const auto head = term.from(row);
            got_gain[std::size_t(c)] += head.template take<1>(0, c, head.template read<1>(0, c)).v[0][0];
        }
    CHECK(apart(got_gain, dgain.view()) < 1e-5);
}

/// y (room) = 2 x (width), the row in a group's registers.
template <class T>
struct Doubled {
    static constexpr int warps = 1;
    T const*             x;
    T*                   y;
    int                  width, room;

    template <class G>
    void operator()(G g, Index) const {
        cuda::Row<1, G> row;
        row.load(g, x, width);
        row.each(g, width, [](float& a) { a *= 2; });
        row.store(g, y, room);
    }
};

/// Bodies of a lane per item.
template <class F>
void each(Index count, F const& f) {
    static_assert(F::warps == 0);
    for (Index i = 0; i < count; ++i) f(i);
}
/// As many as the body has.
template <class F>
void each_of(F const& f, auto... rows) {
    each(f.items(rows...), f);
}

template <Activation A, class T>
void check_activation() {
    const Index      N    = 7;
    const double     near = tolerance<T> * (A == Activation::relu_squared ? 3 : 2);
    cpu::Lane<float> lane;
    for (const Index H : {Index{20}, Index{23}}) {  // whole fours, and not
        CAPTURE(H);
        const Stored<T> x(N, 2 * H, 1, 2), dy(N, H, 2), d(N, 2 * H, 3);
        auto            wide = x.wide(), y = zeros<float>(N, 2 * H), half = zeros<float>(N, H);
        auto            got = x.data;
        Results<T>      out(N * 2 * H), small(N * H);
        activate<A>(lane, y.view(), wide.view());
        each_of(cuda::Activate<A, T>{out.data(), got.data(), int(N * 2 * H)});
        CHECK(apart(out, y.view()) < near);
        cpu::activate_backward<A>(lane, y.view(), d.wide(), wide);
        each_of(cuda::ActivateBackward<A, T>{out.data(), d.data.data(), got.data(), int(N * 2 * H)});
        CHECK(apart(out, y.view()) < 2 * near);
        each_of(cuda::ActivateBackward<A, T>{got.data(), d.data.data(), got.data(), int(N * 2 * H)});
        CHECK(std::equal(got.begin(), got.end(), out.begin()));

        wide = x.wide(), got = x.data;
        activate_gate<A>(lane, half.view(), wide.view());
        each_of(cuda::ActivateGate<A, T>{small.data(), got.data(), int(H)}, N);
        CHECK(apart(small, half.view()) < near);
        cpu::activate_gate_backward<A>(lane, y.view(), dy.wide(), wide);
        each_of(cuda::ActivateGateBackward<A, T>{out.data(), dy.data.data(), got.data(), int(H)}, N);
        CHECK(apart(out, y.view()) < 2 * near);
        each_of(cuda::ActivateGateBackward<A, T>{got.data(), dy.data.data(), got.data(), int(H)}, N);
        CHECK(std::equal(got.begin(), got.end(), out.begin()));
        CHECK((out.intact() && small.intact()));
    }
}

}  // namespace

TEST_CASE_TEMPLATE("bodies: what lies past a row's end reads as zero and is not written", T, float, bf16) {
    for (const By by : every_way)
        for (const int width : {1, 4, 6, 33, 120})
            for (const int room : {121, 124, 128}) {
                CAPTURE(width);
                const Stored<T>  whole(1, width, 1);
                const Results<T> x(whole.data);
                Results<T>       y(room);
                run(by, 1, Doubled<T>{x.data(), y.data(), width, room});
                for (int j = 0; j < room; ++j)
                    CHECK(widen(y[std::size_t(j)]) == (j < width ? 2 * widen(x[std::size_t(j)]) : 0));
                CHECK(y.intact());
            }
}

TEST_CASE_TEMPLATE("bodies: norms and their gradients", T, float, bf16) {
    for (const By by : every_way) {
        CAPTURE(int(by));
        check_norms<1, T>(by), check_norms<3, T>(by), check_norms<33, T>(by);
        check_norms<128, T>(by), check_norms<130, T>(by), check_norms<384, T>(by);
    }
}

TEST_CASE_TEMPLATE("bodies: norms of heads and their gradients", T, float, bf16) {
    for (const By by : every_way) {
        CAPTURE(int(by));
        check_head_norm<1, T>(by), check_head_norm<8, T>(by), check_head_norm<33, T>(by),
            check_head_norm<64, T>(by);
    }
}

TEST_CASE_TEMPLATE("bodies: cross-entropy and the likeliest token", T, float, bf16) {
    const Index      N = 9;
    const int        V = 61;
    cpu::Lane<float> lane;
    const Stored<T>  logits(N, V, 1, 3);
    const RandomRows rows({N}, V);
    for (const By by : every_way)
        for (const LossOptions options :
             {LossOptions{}, LossOptions{.label_smoothing = 0.1, .z_loss = 1e-2}}) {
            CAPTURE(int(by));
            auto         wanted = logits.wide();
            auto         got    = logits.data;
            const double loss   = cross_entropy(lane, wanted.view(), rows.targets.data(), 0.125f, options);
            std::vector<float> losses(N, NAN);
            const float        scale = 0.125f;
            run(by, N,
                cuda::CrossEntropy<T>{got.data(), rows.targets.data(), losses.data(), V, &scale,
                                      float(options.label_smoothing), float(options.z_loss)});
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

TEST_CASE_TEMPLATE("bodies: activations and gates", T, float, bf16) {
    check_activation<Activation::gelu, T>(), check_activation<Activation::silu, T>();
    check_activation<Activation::relu, T>(), check_activation<Activation::relu_squared, T>();
}

TEST_CASE_TEMPLATE("bodies: capped logits", T, float, bf16) {
    cpu::Lane<float> lane;
    for (const Index c : {20, 23}) {
        const Stored<T> x(7, c, 1, 20);
        auto            wide = x.wide(), y = zeros<float>(7, c);
        auto            got = x.data;
        Results<T>      out(7 * c);
        soft_cap(lane, y.view(), wide.view(), 30);
        each_of(cuda::SoftCap<T>{out.data(), got.data(), int(7 * c), 30});
        CHECK(apart(out, y.view()) < 2 * tolerance<T>);
        const Stored<T> d(7, c, 2);
        soft_cap_backward(lane, y.view(), d.wide(), wide, 30);
        each_of(cuda::SoftCapBackward<T>{out.data(), d.data.data(), got.data(), int(7 * c), 30});
        CHECK(apart(out, y.view()) < 2 * tolerance<T>);
        CHECK(out.intact());
    }
}

TEST_CASE_TEMPLATE("bodies: rotations and look-ups", T, float, bf16) {
    const Index N = 7, D = 10;
    for (const Index H : {Index{20}, Index{23}}) {  // whole fours, and not
        CAPTURE(H);
        cpu::Lane<float> lane;
        const Stored<T>  x(N, 2 * H, 1, 2), dy(N, H, 2), table(5, H, 3);
        auto             wide = x.wide(), half = zeros<float>(N, H);

        auto                   got = x.data;
        std::vector<T>         small(dy.data.size());
        const std::vector<int> places{3, 0, 4, 4, 1, 2, 3};
        for (const Rotation rotation :
             {Rotation{.channels = int(D)}, Rotation{.theta = 50, .channels = 4, .stretch = 2}}) {
            cpu::RotationTable<float> rotations;
            std::vector<float>        trig;
            const int                 half = rotation.channels / 2;
            for (int p = 0; p < 5; ++p)
                trig.insert(trig.end(), rotations.row(p, rotation), rotations.row(p, rotation) + 2 * half);
            wide = x.wide(), got = x.data;
            rope(lane, wide.view().columns(0, 3 * D), places.data(), 3, rotation);
            const auto turn = [&](float sign) {
                each(N * 3 * half, cuda::Rotate<T>{got.data(), places.data(), trig.data(), int(2 * H), 3,
                                                   int(D), half, sign});
            };
            turn(1);
            CHECK(apart(got, wide.view()) < tolerance<T>);
            turn(-1);
            CHECK(apart(got, x.wide().view()) < 2 * tolerance<T>);
        }
        std::vector<float> waves(std::size_t(5 * 2 * H));
        for (int p = 0; p < 5; ++p)
            std::copy_n(cpu::RotationTable<float>().row(p, {.channels = int(2 * H)}), 2 * H,
                        waves.begin() + p * 2 * H);
        wide = x.wide(), got = x.data;
        add_sinusoids(lane, wide.view(), places.data(), 1e4, 0.5f);
        each(N * 2 * H, cuda::AddSinusoids<T>{got.data(), places.data(), waves.data(), int(2 * H), 0.5f});
        CHECK(apart(got, wide.view()) < tolerance<T>);

        each(N * H, cuda::Fill<T>{small.data(), 0.5f});
        CHECK(std::all_of(small.begin(), small.end(), [](T v) { return widen(v) == 0.5f; }));
        each_of(cuda::Add<T>{small.data(), dy.data.data(), int(N * H)});
        half = dy.wide();
        for (float& v : half.data) v += 0.5f;
        CHECK(apart(small, half.view()) < tolerance<T>);
        embed(lane, half.view(), table.wide(), places.data());
        const cuda::Embed<T, false> found{table.data.data(), places.data(), small.data(), int(H)};
        each(found.items(N), found);
        CHECK(apart(small, half.view()) == 0);

        auto more = dy.data;
        half      = dy.wide();
        add_embed(lane, half.view(), table.wide(), places.data());
        const cuda::Embed<T, true> added{table.data.data(), places.data(), more.data(), int(H)};
        each(added.items(N), added);
        CHECK(apart(more, half.view()) < tolerance<T>);
    }
}

TEST_CASE_TEMPLATE("bodies: rows are added where no id comes twice", T, float, bf16) {
    const Index            N = 4, V = 9, C = 11;
    const std::vector<int> ids{7, 0, 8, 3};
    cpu::Lane<float>       lane;
    const Stored<T>        x(N, C, 1), y(V, C, 2);
    auto                   wanted = y.wide();
    auto                   got    = y.data;
    add_scatter(lane, wanted.view(), x.wide(), ids.data());
    each(N * C, cuda::Scatter<T>{x.data.data(), ids.data(), got.data(), int(C)});
    CHECK(apart(got, wanted.view()) < tolerance<T>);
    for (const Index untouched : {1, 2, 4, 5, 6})
        CHECK(std::equal(got.begin() + untouched * C, got.begin() + (untouched + 1) * C,
                         y.data.begin() + untouched * C));
}

TEST_CASE_TEMPLATE("bodies: dropout makes the CPU's choices", T, float, bf16) {
    const Index      N = 7, first_row = (Index{1} << 32) + 1000;
    cpu::Lane<float> lane;
    for (const int width : {1, 4, 30, 33, 128}) {
        CAPTURE(width);
        const Dropout   drop{.rate = 0.3f, .seed = 0x0123456789abcdef, .step = 5};
        const Stored<T> y(N, width, 1);
        auto            wanted = y.wide();
        Results<T>      got(y.data);
        dropout(lane, wanted.view(), drop, 3, first_row);
        const cuda::DropoutName name{drop.seed, first_row, drop.step, 3};
        const cuda::Dropped<T>  body{got.data(), width, drop.rate, &name};
        each(N * body.groups(), body);
        CHECK(std::equal(wanted.data.begin(), wanted.data.end(), got.begin(),
                         [](float a, T b) { return narrow<T>(a) == b; }));
        CHECK(got.intact());
    }
}

TEST_CASE("bodies: weights are rounded to what products read") {
    const Random<float> from(1, 100, 1);
    Results<bf16>       to(100);
    each(100, cuda::Convert{from.data.data(), to.data()});
    for (Index i = 0; i < 100; ++i) CHECK(to[std::size_t(i)] == narrow<bf16>(from.data[i]));
    CHECK(to.intact());
}
