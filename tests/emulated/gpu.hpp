#pragma once
// How work gets onto the emulated GPU. What is asked for waits until the host waits for it, as late as a real GPU may do
// it, and in an order that it may do it in.

#include <functional>
#include <vector>

#include "cuda_runtime.h"
#include "support/emulated.hpp"

namespace emulated {

/// Memory that work changes.
struct Range {
    void const* at;
    std::size_t bytes;
};

/// Has the stream do the work after what it was asked for before. Work that changes what other work changes, neither
/// after the other, is an error. @param cost  how long it takes, in milliseconds that nobody waits for
cudaError_t enqueue(cudaStream_t, std::function<void()> work, std::vector<Range> changes, float cost = 1);

/// What a call of the runtime returns, kept for cudaGetLastError().
cudaError_t status(cudaError_t);
/// Whether a test wants this call to fail, once.
bool refused(char const* call);

/// Whether the call may be made now: not while a list of calls is captured.
cudaError_t outside_capture();

bool busy();                 ///< some work is not done
bool is_main(cudaStream_t);  ///< of the highest priority

/// Whether all of it is memory that the GPU reaches. The host reaches the GPU's own while work is done, as that.
bool reaches(void const* at, std::size_t bytes);
void let_host_reach(bool);

}  // namespace emulated
