#pragma once
// What every program of this folder does: 77 where there is no GPU, 1 where something failed.

#include <cmath>
#include <cstdio>
#include <exception>

#include "rung/backend/cuda/check.cuh"

namespace rung {

/// The largest distance from what was wanted, relative to max(1, |wanted|) or to a size that is larger; NaN is
/// infinitely far.
struct Apart {
    double most = 0;

    void add(double got, double wanted, double size = 1) {
        if (got == wanted) return;  // infinite, too
        const double d = std::abs(got - wanted) / std::fmax(std::fmax(1.0, size), std::abs(wanted));
        if (!(d <= most)) most = d == d ? d : INFINITY;
    }
};

inline int failures = 0;

inline void report(char const* name, Apart apart, double tolerance) {
    const bool fine = apart.most <= tolerance;
    std::printf("%-40s %.1e%s\n", name, apart.most, fine ? "" : "   FAILED");
    failures += !fine;
}

/// Goes on after a failure, unless the GPU does not.
template <class Test>
void attempt(Test&& test) {
    try {
        test();
    } catch (std::exception const& error) {
        std::printf("%s   FAILED\n", error.what());
        ++failures;
        cudaGetLastError();
        cuda::check(cudaDeviceSynchronize(), "the GPU, after this failure");
    }
}

inline int on_gpu(void (*tests)()) {
    int               devices = 0;
    const cudaError_t found   = cudaGetDeviceCount(&devices);
    if (found != cudaSuccess || devices == 0) {
        std::printf("no GPU: %s\n", cudaGetErrorString(found));
        return 77;
    }
    try {
        tests();
    } catch (std::exception const& error) {
        std::printf("%s\n", error.what());
        return 1;
    }
    std::printf("%d failed\n", failures);
    return failures > 0;
}

}  // namespace rung
