#pragma once
// A GPU that is done at once, having done nothing: what is left of a program is the host's share. It counts the calls
// that it would have had to make.

#include "rung/backend/cuda/cuda.hpp"

namespace rung::cuda {

inline Found find_device() { return {true, "none"}; }

class Driver {
public:
    long calls = 0;
};
class Graph {
public:
    long calls;
};

/// Of all drivers so far.
inline long& calls_made() {
    static long count = 0;
    return count;
}

template <class T>
void Drop<T>::operator()(T* one) const {
    delete one;
}
inline Owned<Driver> make_driver(Choice) { return Owned<Driver>(new Driver); }
inline void          start(Driver&, Recording const& calls) { calls_made() += long(calls.size()); }
inline void          start(Driver&, Graph& graph) { calls_made() += graph.calls; }
inline Owned<Graph>  capture(Driver&, Recording const& calls) {
     return Owned<Graph>(new Graph{long(calls.size())});
}
inline void synchronize(Driver&) {}
inline long mark(Driver&) { return 1; }
inline void wait_for(Driver&, long) {}

inline Memory const& device_memory() { return host_memory; }
inline Memory const& shared_memory() { return host_memory; }
inline Memory const& pinned_memory() { return host_memory; }

template <class Call>
void make(Driver&, void const*) {}

}  // namespace rung::cuda
