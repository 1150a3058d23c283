#pragma once
// The machine's multiply-add peak, measured where it is compared with: same binary, same flags, same run.

#include <algorithm>
#include <chrono>
#include <vector>

#include <benchmark/benchmark.h>

#include "rung/backend/cpu/simd.hpp"
#include "rung/core/parallel.hpp"

namespace rung {

inline double seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Multiply-adds on registers alone, as many chains as hide their latency.
inline void multiply_add(long rounds) {
    using S                   = cpu::Simd<float>;
    constexpr int      chains = 12;
    typename S::Vector sum[chains], a{}, b{};
    a += 0.999f, b += 0.001f;
    for (auto& s : sum) s = b;
    for (long i = 0; i < rounds; ++i) {
#pragma GCC unroll 12
        for (auto& s : sum) s = s * a + b;
    }
    float total = 0;
    for (auto const& s : sum) total += s[0];
    benchmark::DoNotOptimize(total);
}

/// Median of nine, in floating-point operations per second, with every worker busy.
inline double peak_flops(Workers& workers) {
    std::vector<double> rates;
    for (int trial = 0; trial < 9; ++trial) {
        constexpr long rounds = 4'000'000;
        const double   start  = seconds();
        workers.run(workers.count(), [&](int, int) { multiply_add(rounds); });
        const double done = 2.0 * 12 * cpu::Simd<float>::width * double(rounds) * workers.count();
        rates.push_back(done / (seconds() - start));
    }
    std::nth_element(rates.begin(), rates.begin() + 4, rates.end());
    return rates[4];
}

}  // namespace rung
