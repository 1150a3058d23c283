#pragma once
// What a GPU is to the host: memory, a queue of work, launches of bodies and products. Declared for any compiler, so
// that programs with models in them never meet nvcc; device.cuh defines it all, for one .cu of the program.

#include <memory>

#include "rung/backend/cuda/product.hpp"
#include "rung/core/buffer.hpp"
#include "rung/core/view.hpp"

struct CUstream_st;  // of the CUDA runtime

namespace rung::cuda {

/// Work is done in the order in which it was queued. Nothing below waits unless it says so.
using Stream = CUstream_st*;

/// The first GPU, or a sentence why there is none that this program can use.
struct Found {
    bool        usable;
    std::string what;
};
Found find_device();

Stream make_stream();
void   drop(Stream);  ///< after what was queued; does not throw
/// Returns when all that was queued is done.
void wait(Stream);

Memory const& device_memory();  ///< only operations read and write it
Memory const& shared_memory();  ///< the host too, while nothing is queued that does; moves by pages
Memory const& pinned_memory();  ///< the host's, which operations reach through the bus

/// Between any two kinds of memory. What is not pinned must stay as it is until the copy is done.
void copy_bytes(Stream, void* to, void const* from, std::size_t bytes);

/// body(item), or body(group, item), for items 0 .. items - 1; see group.hpp. A program links the bodies that
/// device.cuh lists.
template <class Body>
void launch(Stream, Index items, Body const& body);

class Products;
struct DropProducts {
    void operator()(Products*) const;
};
using OwnedProducts = std::unique_ptr<Products, DropProducts>;
OwnedProducts make_products(Choice);
/// result = [addend +] left right, through the epilogue.
void multiply(Products&, Stream, ProductShape const&, ProductPointers const&);

}  // namespace rung::cuda
