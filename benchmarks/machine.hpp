#pragma once
// What this machine could do at most, measured by the program that is compared with it, under the same flags:
// multiply-adds on registers, bf16 dot products where there is such an instruction, and bytes streamed.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "clock.hpp"
#include "rung/core/buffer.hpp"
#include "rung/core/parallel.hpp"
#include "vectors.hpp"

#if defined(__AVX512BF16__)
#include <immintrin.h>
#endif

namespace rung::bench {

typedef float        Vector __attribute__((vector_size(vector_bytes)));
inline constexpr int lanes  = vector_bytes / int(sizeof(float));
inline constexpr int chains = 12;  // of sums: they hide an instruction's latency and fit in registers

/// Most `amount` per second in five trials: a limit is what the machine reaches when nothing disturbs it.
template <class Work>
double best_rate(double amount, Work&& work) {
    double best = 0;
    for (int trial = 0; trial < 5; ++trial) {
        const double start = seconds();
        work();
        best = std::max(best, amount / (seconds() - start));
    }
    return best;
}

/// Makes the compiler believe that the sums are wanted.
inline void keep(auto const& sums) {
    float total = 0;
    for (auto const& sum : sums) total += sum[0];
    benchmark::DoNotOptimize(total);
}

inline void multiply_add(long rounds) {
    Vector sum[chains], a{}, b{};
    a += 0.999f, b += 0.001f;
    for (auto& s : sum) s = b;
    for (long i = 0; i < rounds; ++i) {
#pragma GCC unroll 12
        for (auto& s : sum) s = s * a + b;
    }
    keep(sum);
}

#if defined(__AVX512BF16__)
inline void bf16_dot(long rounds) {
    const auto a = _mm512_cvtne2ps_pbh(_mm512_set1_ps(0.999f), _mm512_set1_ps(0.001f));
    __m512     sum[chains];
    for (auto& s : sum) s = _mm512_setzero_ps();
    for (long i = 0; i < rounds; ++i) {
#pragma GCC unroll 12
        for (auto& s : sum) s = _mm512_dpbf16_ps(s, a, a);
    }
    keep(sum);
}
#endif

/// Sum of n values, eight vectors at a time.
inline void read(float const* x, Index n) {
    Vector sum[8] = {};
    for (Index i = 0; i + 8 * lanes <= n; i += 8 * lanes)
#pragma GCC unroll 8
        for (int k = 0; k < 8; ++k) {
            Vector v;
            std::memcpy(&v, x + i + k * lanes, sizeof v);
            sum[k] += v;
        }
    keep(sum);
}

inline void triad(float* y, float const* a, float const* b, Index n) {
    for (Index i = 0; i < n; ++i) y[i] = a[i] + 3.0f * b[i];
}

/// y += 3 a: unlike the triad, no line of y is fetched only to be overwritten.
inline void update(float* y, float const* a, Index n) {
    for (Index i = 0; i < n; ++i) y[i] += 3.0f * a[i];
}

/// Bytes per second. A write counts once, as STREAM has it.
struct Bandwidth {
    double read = 0, triad = 0, update = 0;
    double most() const { return std::max({read, triad, update}); }
};

/// Of all workers together through `bytes` of memory, each in a part of its own, again and again.
inline Bandwidth bandwidth(Workers& workers, Index bytes) {
    const Index   n = std::max<Index>(bytes / Index(sizeof(float)) / 6 / workers.count() / 256, 1) * 256;
    const long    repeats = long(std::max<Index>((Index{64} << 20) / bytes, 1));
    Buffer<float> memory(6 * n * workers.count());
    std::fill(memory.begin(), memory.end(), 1.0f);
    const auto rate = [&](double floats, auto&& pass) {
        return best_rate(floats * sizeof(float) * double(repeats) * workers.count(), [&] {
            workers.run(workers.count(), [&](int part, int) {
                float* x = memory.data() + 6 * n * part;
                for (long i = 0; i < repeats; ++i) pass(x), benchmark::ClobberMemory();
            });
        });
    };
    return {rate(6.0 * double(n), [&](float* x) { read(x, 6 * n); }),
            rate(6.0 * double(n), [&](float* x) { triad(x, x + 2 * n, x + 4 * n, 2 * n); }),
            rate(9.0 * double(n), [&](float* x) { update(x, x + 3 * n, 3 * n); })};
}

/// Operations per second of some threads together, from registers alone.
inline double peak(Workers& workers, int operations, void (*work)(long)) {
    constexpr long rounds = 4'000'000;
    return best_rate(double(operations) * chains * rounds * workers.count(),
                     [&] { workers.run(workers.count(), [&](int, int) { work(rounds); }); });
}
inline double f32_peak(Workers& workers) { return peak(workers, 2 * lanes, multiply_add); }

/// The limits of some threads together.
struct Machine {
    double    f32 = 0, bf16 = 0;  ///< operations per second; bf16 0 where the instruction is absent
    Bandwidth memory;             ///< from far beyond the caches
};

/// Measured when first asked for.
inline Machine const& machine(int threads) {
    static std::map<int, Machine> known;
    if (const auto found = known.find(threads); found != known.end()) return found->second;
    Workers workers(threads);
    Machine m;
    m.f32 = f32_peak(workers);
#if defined(__AVX512BF16__)
    m.bf16 = peak(workers, 64, bf16_dot);
#endif
    Index cache = 0;
    for (auto const& level : benchmark::CPUInfo::Get().caches) cache = std::max<Index>(cache, level.size);
    m.memory = bandwidth(workers, std::clamp<Index>(8 * cache, Index{256} << 20, Index{1} << 30));
    return known[threads] = m;
}

/// Bytes per second that one core streams through as much memory as an operation touches: from whichever cache holds
/// that much. Sizes are rounded up to powers of two, so that few are measured.
inline double bandwidth_at(Index bytes) {
    static std::map<Index, double> known;
    bytes = std::max<Index>(Index(std::bit_ceil(std::size_t(bytes))), 1 << 14);
    if (const auto found = known.find(bytes); found != known.end()) return found->second;
    Workers one(1);
    return known[bytes] = bandwidth(one, bytes).most();
}

/// One thread, two, and all there are.
inline std::vector<int> thread_counts() {
    const int all = int(std::thread::hardware_concurrency());
    return all > 2 ? std::vector{1, 2, all} : std::vector{1, 2};
}

/// A rate of floating-point operations, and how much of the f32 peak that is.
inline void report_flops(benchmark::State& state, double rate, int threads) {
    state.counters["GFLOP/s"]       = rate * 1e-9;
    state.counters["share_of_peak"] = rate / machine(threads).f32;
}

/// The limits as lines above the results, and as members of the JSON's "context".
inline void describe_machine() {
    benchmark::AddCustomContext("vectors", std::string(vectors));
    if (vectors.starts_with("none"))
        std::fprintf(stderr, "benchmark: vector instructions: %s\n", std::string(vectors).c_str());
    if (const double gain = machine(2).f32 / machine(1).f32; gain < 1.6)
        std::fprintf(stderr, "benchmark: two threads do %.1f times the work of one; is the machine busy?\n",
                     gain);
    for (const int threads : {1, thread_counts().back()}) {
        const auto add = [&](char const* what, double rate) {
            char value[32];
            std::snprintf(value, sizeof value, "%.1f", rate * 1e-9);
            benchmark::AddCustomContext(what + std::string("_") + std::to_string(threads) + "_threads",
                                        value);
        };
        auto const& m = machine(threads);
        add("f32_GFLOP/s", m.f32);
        if (m.bf16 > 0) add("bf16_GFLOP/s", m.bf16);
        add("read_GB/s", m.memory.read);
        add("triad_GB/s", m.memory.triad);
    }
}

/// The rest of a benchmark's main(). Exit code 2 for a flag that is not known.
inline int run_benchmarks(int argc, char** argv, benchmark::BenchmarkReporter* reporter = nullptr) {
    const bool listing = std::any_of(argv, argv + argc, [](std::string_view word) {
        return word.starts_with("--benchmark_list_tests") && !word.ends_with("false");
    });
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    if (!listing) describe_machine();
    benchmark::RunSpecifiedBenchmarks(reporter);
    benchmark::Shutdown();
    return 0;
}

}  // namespace rung::bench
