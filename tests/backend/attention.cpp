// Attention in single precision against the formula by Eigen in double precision, over ragged sequences in any order,
// and attention over a cache against attention over whole sequences. Bounds are in units of float rounding: units().

#include <doctest/doctest.h>

#include "rung/backend/cpu/cpu.hpp"
#include "support/reference.hpp"

using namespace rung_test;

namespace {

/// work.operator()<D>() for head sizes below, at and beside those of tiles and vectors.
template <class Work>
void for_head_sizes(Work&& work) {
    const auto each = [&]<int... D>(std::integer_sequence<int, D...>) {
        (work.template operator()<D>(), ...);
    };
    each(std::integer_sequence<int, 1, 3, 8, 12, 16, 32, 64, 72>{});
}

const std::vector<std::vector<int>> every_lengths{
    {1}, {5}, {6}, {7}, {16}, {17}, {63}, {64}, {65}, {130}, {7, 1, 65, 5, 130, 16, 64}};

Index heads_of(Index D) { return D > 16 ? 2 : 3; }

/// Attention and its gradient, head by head and sequence by sequence.
struct Wanted {
    Array out, lse, dqkv, dbias;

    Wanted(Array const& qkv, Array const& dout, Sequences const& rows, Index heads, Look<double> look = {})
        : out(dout.rows(), dout.cols()),
          lse(dout.rows(), heads),
          dqkv(Array::Zero(qkv.rows(), qkv.cols())),
          dbias(Array::Zero(look.bias.rows, look.bias.cols)) {
        const Index  C = dout.cols(), D = C / heads, kv = (qkv.cols() - C) / (2 * D);
        const double scale = 1 / std::sqrt(double(D));
        for (int b = 0; b < rows.count; ++b)
            for (Index h = 0; h < heads; ++h) {
                const Index first = rows.starts[b], T = rows.starts[b + 1] - first;
                const Index at_k = C + h * kv / heads * D, at_v = at_k + kv * D;
                const auto part = [&](Array const& m, Index at) { return m.block(first, at, T, D).matrix(); };
                const auto entry = [&](Index i, Index j) {
                    return look.by == BiasBy::pair ? i * look.reach + j : look.reach - 1 - i + j;
                };
                const Matrix q = part(qkv, h * D), k = part(qkv, at_k), v = part(qkv, at_v),
                             d = part(dout, h * D);
                Matrix p       = q * k.transpose() * scale;
                for (Index i = 0; i < T; ++i) {
                    const Index seen = look.mask == Mask::causal ? i + 1 : T;
                    for (Index j = 0; j < seen && !look.bias.empty(); ++j)
                        p(i, j) += look.bias(entry(i, j), h);
                    const double top = p.row(i).head(seen).maxCoeff();
                    p.row(i)         = (p.row(i).array() - top).exp();
                    p.row(i).tail(T - seen).setZero();
                    lse(first + i, h) = top + std::log(p.row(i).sum());
                    p.row(i) /= p.row(i).sum();
                }
                const Matrix y = p * v, dp = d * v.transpose();
                const Array  along = (d.array() * y.array()).rowwise().sum();
                const Matrix ds    = p.array() * (dp.array() - along.replicate(1, T));
                for (Index i = 0; i < T; ++i)
                    for (Index j = 0; j < T && !look.bias.empty(); ++j)
                        if (p(i, j) > 0) dbias(entry(i, j), h) += ds(i, j);
                out.block(first, h * D, T, D)  = y.array();
                dqkv.block(first, h * D, T, D) = (ds * k * scale).array();
                dqkv.block(first, at_k, T, D) += (ds.transpose() * q * scale).array();
                dqkv.block(first, at_v, T, D) += (p.transpose() * d).array();
            }
    }
};

/// A table of biases in both precisions, for `reach` tokens, and what attention is told with it.
struct Biased {
    Framed<>       table;
    Random<double> wide;
    Look<float>    look;
    Look<double>   exact;

    Biased(Mask mask, BiasBy by, Index reach, Index heads)
        : table(entries_of(by, mask, reach), heads, 6),
          wide(entries_of(by, mask, reach), heads, 6),
          look{mask, by, reach, table},
          exact{mask, by, reach, wide} {
        for (Index i = 0; i < wide.data.size(); ++i)
            wide.data[i] = double(table.view()(i / heads, i % heads));
    }
};

/// The keys and values of some sequences, NaN where nothing has been written.
struct Cache {
    Index             heads, D, capacity;
    Buffer<float>     data;
    CacheLayer<float> layer;

    Cache(Index places, Index heads, Index D, Index capacity)
        : heads(heads),
          D(D),
          capacity(capacity),
          data(places * heads * capacity * 2 * D),
          layer{{data.data(), places * heads * capacity, 2 * D}, capacity, int(heads)} {
        std::fill(data.begin(), data.end(), std::numeric_limits<float>::quiet_NaN());
    }
    Index written() const {
        return std::count_if(data.begin(), data.end(), [](float x) { return x == x; });
    }
};

/// Feeds the sequences of `rows` to cached attention, `chunk` tokens of each at a time; sequence b lives in
/// slots[b].
void feed(Mat<float> out, Mat<float const> qkv, Cache& cache, Sequences const& rows,
          std::vector<int> const& slots, int chunk, Look<float> const& look = {}) {
    cpu::Lane<float> lane;
    spoil(lane);
    const Index C = out.cols;
    for (int t = 0; true; t += chunk) {
        std::vector<int> places, past, starts{0}, from;
        for (int b = 0; b < rows.count; ++b) {
            const int length = rows.starts[b + 1] - rows.starts[b];
            if (t >= length) continue;
            places.push_back(slots[std::size_t(b)]), past.push_back(t), from.push_back(rows.starts[b] + t);
            starts.push_back(starts.back() + std::min(chunk, length - t));
        }
        if (places.empty()) return;
        const int     count = int(places.size()), fresh = starts.back();
        Random<float> some(fresh, qkv.cols, 0), y(fresh, C, 0);
        const auto    each = [&](auto&& copy_rows) {
            for (std::size_t b = 0; b < places.size(); ++b)
                copy_rows(starts[b], from[b], starts[b + 1] - starts[b]);
        };
        each([&](Index to, Index first, Index n) {
            copy(lane, some.view().slice(to, n), qkv.slice(first, n));
        });
        cached_attention(lane, y.view(), some, cache.layer, {nullptr, nullptr, starts.data(), count},
                         {places.data(), past.data()}, int(C / cache.D), false, look);
        each([&](Index to, Index first, Index n) { copy(lane, out.slice(first, n), y.view().slice(to, n)); });
    }
}

}  // namespace

TEST_CASE("attention forward and backward at every head size and length, ragged and out of order too") {
    cpu::Lane<float> lane;
    for_head_sizes([&]<int D>() {
        for (auto const& lengths : every_lengths) {
            CAPTURE(D);
            CAPTURE(lengths.front());
            spoil(lane);
            const RandomRows rows(lengths, 5);
            const Index      n = rows.view().rows(), heads = heads_of(D), C = heads * D;
            const Framed<>   qkv(n, 3 * C, 1), dout(n, C, 2);
            Framed<>         out(n, C, 3), lse(n, heads, 4), dqkv(n, 3 * C, 5);
            const Wanted     wanted(exact(qkv), exact(dout), rows.view(), heads);
            attention<D>(lane, out.view(), lse.view(), qkv, rows.view());
            attention_backward<D>(lane, dqkv.view(), dout, out, lse, qkv, rows.view());
            CHECK(units(out, wanted.out) < 20);
            CHECK(units(lse, wanted.lse) < 16);
            CHECK(units(dqkv, wanted.dqkv) < 64);
            CHECK((out.intact() && lse.intact() && dqkv.intact()));
        }
    });
}

TEST_CASE("attention of any mask, bias and grouping of heads, forward and backward") {
    cpu::Lane<float> lane;
    constexpr Index  heads = 6, reach = 150;
    const auto check = [&]<int D>(std::vector<int> const& lengths, Index kv, Biased const* bias, Mask mask) {
        CAPTURE(D);
        CAPTURE(kv);
        CAPTURE(lengths.front());
        spoil(lane);
        const RandomRows   rows(lengths, 5);
        const Index        n = rows.view().rows(), C = heads * D, all = C + 2 * kv * D;
        const Look<float>  look       = bias ? bias->look : Look<float>{.mask = mask};
        const Look<double> exact_look = bias ? bias->exact : Look<double>{.mask = mask};
        const Framed<>     qkv(n, all, 1), dout(n, C, 2);
        Framed<>     out(n, C, 3), lse(n, heads, 4), dqkv(n, all, 5), dbias(look.bias.rows, heads, 7, 0);
        const Wanted wanted(exact(qkv), exact(dout), rows.view(), heads, exact_look);
        attention<D>(lane, out.view(), lse.view(), qkv, rows.view(), look);
        attention_backward<D>(lane, dqkv.view(), dout, out, lse, qkv, rows.view(), look, dbias.view());
        CHECK(units(out, wanted.out) < 20);
        CHECK(units(lse, wanted.lse) < 16);
        CHECK(units(dqkv, wanted.dqkv) < 100);
        CHECK(units(dbias, wanted.dbias) < 100);
        CHECK((out.intact() && lse.intact() && dqkv.intact() && dbias.intact()));
    };
    for (const Mask mask : {Mask::causal, Mask::none})
        for (const Index kv : {1, 2, 3, 6}) {
            const Biased far(mask, BiasBy::distance, reach, heads), each(mask, BiasBy::pair, reach, heads);
            for (Biased const* const bias : {static_cast<Biased const*>(nullptr), &far, &each})
                for (auto const& lengths : {std::vector<int>{1}, {17}, {7, 1, 65, 130, 16}}) {
                    check.template operator()<3>(lengths, kv, bias, mask);
                    check.template operator()<16>(lengths, kv, bias, mask);
                }
        }
}

TEST_CASE("what attention is told must fit: heads, entries and the longest sequence") {
    cpu::Lane<float> lane;
    const RandomRows rows({3, 9}, 5);
    const Framed<>   qkv(12, 40, 1), odd(12, 41, 1), table(8, 2, 2);
    Framed<>         out(12, 24, 3), lse(12, 3, 4), narrow_out(12, 16, 3), narrow_lse(12, 2, 3);
    const auto       tell = [&](Look<float> const& look) {
        attention<8>(lane, narrow_out.view(), narrow_lse.view(), qkv.view().columns(0, 32), rows.view(),
                     look);
    };
    CHECK_THROWS_WITH_AS(attention<8>(lane, out.view(), lse.view(), odd, rows.view()),
                         "attention: columns of qkv; got 41, wanted 24 for queries and as many for keys and "
                         "for values, or a whole fraction of it",
                         Error);
    CHECK_THROWS_WITH_AS(tell({.reach = 8, .bias = table}),
                         "attention: tokens of a sequence; got 9, wanted at most 8, the reach of the bias",
                         Error);
    CHECK_THROWS_WITH_AS(tell({.reach = 9, .bias = table}), "attention: entries of the bias; got 8, wanted 9",
                         Error);
    CHECK_THROWS_WITH_AS(tell({.mask = Mask::none, .reach = 9, .bias = table}),
                         "attention: entries of the bias; got 8, wanted 17", Error);
    CHECK_THROWS_WITH_AS(tell({.reach = 8, .bias = table.view().columns(0, 1)}),
                         "attention: heads of the bias; got 1, wanted 2", Error);
}

TEST_CASE("scores of a thousand neither overflow nor lose the largest key") {
    cpu::Lane<float> lane;
    spoil(lane);
    const RandomRows rows({9, 70}, 5);
    const Index      n = 79, C = 16;
    const Framed<>   qkv(n, 3 * C, 1, 30), dout(n, C, 2);
    Framed<>         out(n, C, 3), lse(n, 2, 4), dqkv(n, 3 * C, 5);
    const Wanted     wanted(exact(qkv), exact(dout), rows.view(), 2);
    attention<8>(lane, out.view(), lse.view(), qkv, rows.view());
    attention_backward<8>(lane, dqkv.view(), dout, out, lse, qkv, rows.view());
    const double largest = wanted.lse.maxCoeff();  // probabilities are as far off as the scores' last places
    CHECK(largest > 1000);
    CHECK(units(out, wanted.out) < largest);
    CHECK(units(lse, wanted.lse) < 16);
    CHECK(units(dqkv, wanted.dqkv) < 20 * largest);
}

TEST_CASE("a sequence's bits do not depend on those beside it") {
    cpu::Lane<float> lane;
    spoil(lane);
    const RandomRows all({130, 7, 65}, 5), one({65}, 5);
    const Index      C = 24, first = 137;
    const Framed<>   qkv(202, 3 * C, 1), dout(202, C, 2);
    Framed<>         out(202, C, 3), lse(202, 2, 4), dqkv(202, 3 * C, 5), alone(65, C, 6), sum(65, 2, 7),
        gradient(65, 3 * C, 8);
    const auto some = qkv.view().slice(first, 65);
    attention<12>(lane, out.view(), lse.view(), qkv, all.view());
    attention_backward<12>(lane, dqkv.view(), dout, out, lse, qkv, all.view());
    attention<12>(lane, alone.view(), sum.view(), some, one.view());
    attention_backward<12>(lane, gradient.view(), dout.view().slice(first, 65), alone, sum, some, one.view());
    CHECK((exact(alone) == exact(out.view().slice(first, 65))).all());
    CHECK((exact(sum) == exact(lse.view().slice(first, 65))).all());
    CHECK((exact(gradient) == exact(dqkv.view().slice(first, 65))).all());
}

TEST_CASE("attention over a cache, token by token and in chunks, is attention over the whole sequence") {
    cpu::Lane<float> lane;
    for_head_sizes([&]<int D>() {
        for (auto const& lengths : {std::vector<int>{1}, {17}, {65}, {7, 1, 66, 5, 8, 16}}) {
            CAPTURE(D);
            CAPTURE(lengths.front());
            spoil(lane);
            const RandomRows rows(lengths, 5);
            const Index      n = rows.view().rows(), heads = heads_of(D), C = heads * D;
            const Framed<>   qkv(n, 3 * C, 1), dout(n, C, 2);
            Framed<>         whole(n, C, 3), lse(n, heads, 4), first(n, C, 5);
            const Wanted     wanted(exact(qkv), exact(dout), rows.view(), heads);
            attention<D>(lane, whole.view(), lse.view(), qkv, rows.view());
            std::vector<int> slots;  // neither in order nor all of them
            for (std::size_t b = 0; b < lengths.size(); ++b)
                slots.push_back(int(2 * (lengths.size() - b) - 1));
            for (const int chunk : {1, 5, 8, 100}) {
                CAPTURE(chunk);
                Framed<> out(n, C, 6);
                Cache    cache(2 * Index(lengths.size()), heads, D, 66);
                feed(out, qkv, cache, rows.view(), slots, chunk);
                CHECK(units(out, wanted.out) < 20);
                CHECK(units(out, exact(whole)) < 30);
                CHECK(cache.written() == 2 * n * C);
                CHECK(out.intact());
                if (chunk == 1) copy(lane, first.view(), out.view());
                else CHECK((exact(out) == exact(first)).all());
            }
        }
    });
}

TEST_CASE("attention over a cache with a bias and grouped heads is attention over the whole sequence") {
    constexpr int    D = 8, heads = 6;
    cpu::Lane<float> lane;
    const RandomRows rows({17, 1, 40}, 5);
    const Index      n = rows.view().rows(), C = heads * D;
    for (const Index kv : {2, 6})
        for (const BiasBy by : {BiasBy::distance, BiasBy::pair}) {
            const Biased   bias(Mask::causal, by, 50, heads);
            const Framed<> qkv(n, C + 2 * kv * D, 1);
            Framed<>       whole(n, C, 3), lse(n, heads, 4);
            attention<D>(lane, whole.view(), lse.view(), qkv, rows.view(), bias.look);
            for (const int chunk : {1, 5, 100}) {
                Framed<> out(n, C, 6);
                Cache    cache(3, kv, D, 48);
                feed(out, qkv, cache, rows.view(), {1, 2, 0}, chunk, bias.look);
                CHECK(units(out, exact(whole)) < 30);
                CHECK(cache.written() == 2 * n * kv * D);
                CHECK(out.intact());
            }
        }
    const Biased   brief(Mask::causal, BiasBy::pair, 39, heads);
    const Framed<> qkv(n, 3 * C, 1);
    Framed<>       out(n, C, 6);
    Cache          cache(3, heads, D, 48);
    CHECK_THROWS_WITH_AS(
        feed(out, qkv, cache, rows.view(), {1, 2, 0}, 1, brief.look),
        "cached_attention: tokens of a sequence; got 40, wanted at most 39, the reach of the bias", Error);
}

TEST_CASE("a cache keeps each token's key and value side by side in its own place") {
    const RandomRows rows({3, 2}, 5);
    const Framed<>   qkv(5, 3 * 12, 1);
    Framed<>         out(5, 12, 2);
    Cache            cache(4, 3, 4, 7);
    feed(out, qkv, cache, rows.view(), {2, 0}, 2);
    for (Index row = 0; row < 5; ++row)
        for (Index h = 0; h < 3; ++h)
            for (Index c = 0; c < 4; ++c) {
                const auto held = cache.layer.of(row < 3 ? 2 : 0, h);
                CHECK(held(row < 3 ? row : row - 3, c) == qkv.view()(row, 12 + h * 4 + c));
                CHECK(held(row < 3 ? row : row - 3, 4 + c) == qkv.view()(row, 24 + h * 4 + c));
            }
    CHECK(cache.written() == 2 * 5 * 12);
}

TEST_CASE("tokens past the cache's capacity are refused and not written") {
    const RandomRows rows({8}, 5);
    const Framed<>   qkv(8, 3 * 12, 1);
    Framed<>         out(8, 12, 2);
    Cache            cache(2, 3, 4, 7);
    CHECK_THROWS_WITH_AS(feed(out, qkv, cache, rows.view(), {1}, 1),
                         "cached_attention: sequence 0: tokens; got 8, wanted at most 7", Error);
    CHECK(cache.written() == 2 * 7 * 12);
}
