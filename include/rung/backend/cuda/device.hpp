#pragma once
// What a GPU is to the host: memory, and a driver that makes calls. Declared for any compiler, so that programs with
// models in them never meet nvcc; device.cuh defines it all, for one .cu of the program.

#include <memory>
#include <string>

#include "rung/backend/cuda/product.hpp"
#include "rung/backend/cuda/recording.hpp"
#include "rung/core/buffer.hpp"

namespace rung::cuda {

/// The thread's current GPU (the first, unless cudaSetDevice named another), or a sentence why there is none that this
/// program can use.
struct Found {
    bool        usable;
    std::string what;
};
Found find_device();

Memory const& device_memory();  ///< only calls read and write it
/// Read and written by the host too, while no call does, as right after it was taken. It moves by pages.
Memory const& shared_memory();
Memory const& pinned_memory();  ///< the host's, which calls reach through the bus

template <class T>
struct Drop {
    void operator()(T*) const;  ///< after what was started; does not throw
};
template <class T>
using Owned = std::unique_ptr<T, Drop<T>>;

/// A list of calls as the GPU keeps it, to be started at once.
class Graph;

/// The GPU's side of a queue: calls are done in the order in which they were started, but for branches; nothing but
/// synchronize() and wait_for() waits.
Owned<Driver> make_driver(Choice);
void          start(Driver&, Recording const&);
void          start(Driver&, Graph&);
Owned<Graph>  capture(Driver&, Recording const&);  ///< of calls that were made before
void          synchronize(Driver&);
/// What was started up to now, as a number; and to wait for that, whatever was started since.
long mark(Driver&);
void wait_for(Driver&, long mark);
/// How a list is started: start(), or a program's own, which may look at every call.
using Start = void (*)(Driver&, Recording const&);

/// The calls. Each is made from its arguments.
struct Copy {  ///< between any two kinds of memory
    void*       to;
    void const* from;
    std::size_t bytes;
};
struct Product {  ///< result = [addend +] left right, through the epilogue
    ProductShape    shape;
    ProductPointers at;
};
/// Calls from Fork to Back are a branch: they are done after what was started before, and what is started after them
/// does not wait, until Join.
struct Fork {
    std::int64_t branch;  ///< its number since the last Join
};
struct Back {
    std::int64_t branch;
};
struct Join {
    std::int64_t branches;
};
/// body(item), or body(group, item), for items 0 .. items - 1; see group.hpp.
template <class Body>
struct Launch {
    Body  body;
    Index items;
};
template <class Call>
void make(Driver&,
          void const* call);  ///< for all of them, with launches of the bodies that device.cuh lists

}  // namespace rung::cuda
