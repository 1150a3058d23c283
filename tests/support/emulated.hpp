#pragma once
// What tests may see and set of a GPU that is emulated on the host (tests/emulated).

#include <cstddef>
#include <limits>

namespace emulated {

struct Gpu {
    // Seen.
    long works        = 0;  ///< kernels, copies and products that were started, by themselves or in graphs
    long joins        = 0;  ///< waits of streams for events
    int  waits        = 0;  ///< of the host for a stream that had work to do
    int  most_at_once = 0;  ///< main streams that had work at the same time
    int  algorithm    = 0;  ///< of the last product
    int  captured     = 0;  ///< works of the largest list that was captured
    int  chain        = 0;  ///< of these, the most that have to wait for each other
    int  pieces       = 0;  ///< of memory of any kind that are taken and not given back
    // Set.
    bool        branches_first = false;  ///< rather than last, after all that need not wait for them
    bool        at_once = false;  ///< all is done when it is asked for; as is where EMULATED_AT_ONCE is set
    char const* refuses = "";     ///< the call of CUDA's runtime that fails next, for want of memory
    int         devices = 1, major = 9, minor = 0;
    bool        driver = true, built = true;  ///< there is a driver; the program has code for this GPU
    std::size_t memory = std::numeric_limits<std::size_t>::max();  ///< bytes; managed memory may be more
};

/// Nothing where the GPU is a real one.
Gpu* gpu();

}  // namespace emulated
