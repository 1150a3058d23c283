#pragma once
// CUDA's runtime, whose errors are thrown.

#include <cuda_runtime.h>

#include "rung/core/check.hpp"

namespace rung::cuda {

/// Throws with what was asked for and what the runtime says.
inline void check(cudaError_t status, char const* what) {
    if (status == cudaSuccess) return;
    cudaGetLastError();  // or the next launch would report it
    fail({"cuda: ", what, ": ", cudaGetErrorString(status)});
}

struct Event {
    explicit Event(unsigned flags = cudaEventDisableTiming) {
        check(cudaEventCreateWithFlags(&is, flags), "event");
    }
    ~Event() { cudaEventDestroy(is); }
    Event(Event const&)            = delete;
    Event& operator=(Event const&) = delete;

    cudaEvent_t is = nullptr;
};

}  // namespace rung::cuda
