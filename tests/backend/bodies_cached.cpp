// The GPU's attention over a cache on the host, against the CPU backend: some sequences bring several new tokens,
// others one, their slots are out of order, and places that hold nothing are NaN.

#include <doctest/doctest.h>

#include "rung/backend/cpu/cpu.hpp"
#include "rung/backend/cuda/body/cached.hpp"
#include "support/bodies.hpp"

using namespace rung_test;

TYPE_TO_STRING_AS("bf16", bf16);

namespace {

constexpr int heads = 4, capacity = 48, places_of_cache = 5;

/// New tokens of three sequences: by sequence, as the CPU wants them, and by row.
struct Asked {
    std::vector<int> starts, slots{4, 0, 2}, past{30, 0, 17}, row_slots, row_places, last;

    explicit Asked(std::vector<int> from) : starts(std::move(from)) {
        for (std::size_t b = 0; b < slots.size(); ++b) last.push_back(starts[b + 1] - 1);
        for (std::size_t b = 0; b < slots.size(); ++b)
            for (int i = starts[b]; i < starts[b + 1]; ++i)
                row_slots.push_back(slots[b]), row_places.push_back(past[b] + i - starts[b]);
    }
    Sequences   rows() const { return {nullptr, nullptr, starts.data(), int(slots.size())}; }
    CachePlaces places() const { return {slots.data(), past.data()}; }
};

/// Keys and values of the past, NaN elsewhere; and what the CPU makes of them.
template <class T>
struct Cache {
    int            kv, size;
    std::vector<T> data;
    Random<float>  wide;

    Cache(int kv, int size, Asked const& asked)
        : kv(kv),
          size(size),
          data(Stored<T>(places_of_cache * kv * capacity, 2 * size, 3).data),
          wide(places_of_cache * kv * capacity, 2 * size, 0) {
        for (std::size_t i = 0; i < data.size(); ++i) {
            const int row = int(i) / (2 * size), slot = row / (kv * capacity), place = row % capacity;
            bool      held = false;
            for (std::size_t b = 0; b < asked.slots.size(); ++b)
                held = held || (slot == asked.slots[b] && place < asked.past[b]);
            if (!held) data[i] = narrow<T>(NAN);
            wide.data.data()[i] = widen(data[i]);
        }
    }
    CacheLayer<float> layer() { return {wide.view(), capacity, kv}; }

    /// The same numbers, and nothing in the same places.
    bool same() const {
        for (std::size_t i = 0; i < data.size(); ++i) {
            const float got = widen(data[i]), wanted = wide.data.data()[i];
            if (got != wanted && (got == got || wanted == wanted)) return false;
        }
        return true;
    }
};

template <class T, class Runs>
void check_cached(Asked const& asked, int size, Runs runs, int kv, Look<float> const& look) {
    CAPTURE(size);
    CAPTURE(kv);
    const Index      N = asked.starts.back(), B = Index(asked.last.size()), C = heads * size;
    cpu::Lane<float> lane;
    const Stored<T>  qkv(N, C + 2 * kv * size, 1);
    auto             whole = zeros<float>(N, C), ends = zeros<float>(B, C);
    Cache<T>         cache(kv, size, asked);
    const auto       by_cpu = [&](Mat<float> out, bool last) {
        cached_attention(lane, out, qkv.wide(), cache.layer(), asked.rows(), asked.places(), heads, last,
                               look);
    };
    by_cpu(whole, false), by_cpu(ends, true);

    const cuda::Append<T> append{qkv.data.data(),
                                 cache.data.data(),
                                 asked.row_slots.data(),
                                 asked.row_places.data(),
                                 heads,
                                 size,
                                 capacity,
                                 kv};
    CHECK_FALSE(cache.same());
    for (Index i = 0; i < append.items(N); ++i) append(i);
    CHECK(cache.same());

    const auto check = [&]<bool at_once>() {
        using Body = cuda::CachedAttention<T, at_once>;
        std::vector<T> out(std::size_t(N * C), narrow<T>(NAN)), some(std::size_t(B * C), narrow<T>(NAN)),
            placed(out);
        Body body{qkv.data.data(),
                  cache.data.data(),
                  out.data(),
                  nullptr,
                  asked.row_slots.data(),
                  asked.row_places.data(),
                  heads,
                  size,
                  capacity,
                  {look.bias.data, int(look.reach), kv, look.mask, look.by}};
        runs(N * heads, body);
        CHECK(apart(out, whole) < tolerance<T>);
        body.out = some.data(), body.rows = asked.last.data();
        runs(B * heads, body);
        CHECK(apart(some, ends) < tolerance<T>);
        body.out = placed.data(), body.dense = false;
        runs(B * heads, body);
        for (std::size_t i = 0; i < placed.size(); ++i) {
            const int  row   = int(i) / int(C);
            const auto found = std::find(asked.last.begin(), asked.last.end(), row);
            if (found == asked.last.end()) CHECK(std::isnan(widen(placed[i])));
            else CHECK(widen(placed[i]) == widen(out[i]));
        }
        if (!at_once || N > B) return;
        Cache<T> fresh(kv, size, asked);
        std::fill(out.begin(), out.end(), narrow<T>(NAN));
        body.cache = fresh.data.data(), body.out = out.data(), body.rows = nullptr, body.appends = true;
        runs(N * heads, body);
        CHECK(apart(out, whole) < tolerance<T>);
        CHECK(std::equal(fresh.data.begin(), fresh.data.end(), cache.data.begin(), [](T a, T b) {
            return widen(a) == widen(b) || (std::isnan(widen(a)) && std::isnan(widen(b)));
        }));
    };
    check.template operator()<false>();
    if constexpr (Runs::warps)
        if (cuda::CachedAttention<T, true>::row_at_once(size)) check.template operator()<true>();
}
template <class T, class Runs>
void check_cached(int size, Runs runs, int kv = heads, Look<float> const& look = {}) {
    check_cached<T>(Asked({0, 1, 6, 8}), size, runs, kv, look);
    check_cached<T>(Asked({0, 1, 2, 3}), size, runs, kv, look);
}

struct OneLane {
    static constexpr bool warps = false;

    void operator()(Index n, auto const& f) const { run_serial(n, f); }
};
struct Warps {
    static constexpr bool warps = true;

    Order order;
    void  operator()(Index n, auto const& f) const {
         if constexpr (requires { f.shared(); }) run_emulated<FiberBlock<1>>(n, f, order);
        else run_emulated(n, f, order);
    }
};

/// check(runs) by one lane, and by emulated warps in both orders.
template <class Check>
void in_every_way(Check check) {
    check(OneLane{}), check(Warps{Order::ascending}), check(Warps{Order::descending});
}

}  // namespace

TEST_CASE_TEMPLATE("bodies: attention over a cache at any head size, of all new tokens and of the last", T,
                   float, bf16) {
    for (const int size : {1, 8, 24, 33, 64, 128})
        in_every_way([&](auto runs) { check_cached<T>(size, runs); });
}

TEST_CASE_TEMPLATE("bodies: attention over a cache with a bias and grouped heads", T, float, bf16) {
    for (const BiasBy by : {BiasBy::distance, BiasBy::pair}) {
        const Random<float> table(entries_of(by, Mask::causal, 40), heads, 6);
        const Look<float>   look{.by = by, .reach = 40, .bias = table};
        in_every_way(
            [&](auto runs) { check_cached<T>(8, runs, 2, look), check_cached<T>(5, runs, 1, look); });
    }
}
