#pragma once
// A GPU that is done at once, having done nothing: what is left of a program is the host's share. It counts the calls
// that it would have had to make.

#include "rung/backend/cuda/cuda.hpp"

namespace rung::cuda {

inline Found find_device() { return {true, "none"}; }

class Driver {};
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
inline void          start(Driver& driver, Recording const& calls) { calls.run(driver); }
inline void          start(Driver&, Graph& graph) { calls_made() += graph.calls; }
inline Owned<Graph>  capture(Driver& driver, Recording const& calls) {
     const long before = calls_made();
     calls.run(driver);
     return Owned<Graph>(new Graph{std::exchange(calls_made(), before) - before});
}
inline void synchronize(Driver&) {}
inline long mark(Driver&) { return 1; }
inline void wait_for(Driver&, long) {}

inline Memory const& device_memory() { return host_memory; }
inline Memory const& shared_memory() { return host_memory; }
inline Memory const& pinned_memory() { return host_memory; }

template <class Call>
void make(Driver&, void const*) {  // branches are no calls: a graph has edges for them
    calls_made() += !(std::is_same_v<Call, Fork> || std::is_same_v<Call, Back> || std::is_same_v<Call, Join>);
}

}  // namespace rung::cuda
