#pragma once
// A GPU on the host, for programs that use cuda::Context: what device.hpp declares, with bodies run by one lane each, flash
// attention by emulated warps, and products by loops. Work is queued and done when the host waits, as late as a real
// device could: what relies on earlier comes out wrong. Memory that need not be zero is NaN.

#include <algorithm>
#include <deque>
#include <vector>

#include "rung/backend/cuda/cuda.hpp"
#include "support/simt.hpp"

struct CUstream_st {
    std::deque<std::function<void()>> work;
};

namespace rung::cuda {

inline Found find_device() { return {true, "the host"}; }

inline std::vector<Stream>& streams() {
    static std::vector<Stream> all;
    return all;
}
inline Stream make_stream() { return streams().emplace_back(new CUstream_st); }
inline void   wait(Stream stream) {
      for (; !stream->work.empty(); stream->work.pop_front()) stream->work.front()();
}
inline void drop(Stream stream) {
    wait(stream);
    std::erase(streams(), stream);
    delete stream;
}
/// Whatever is queued may still use it.
inline void give_after_work(void* data) {
    for (const Stream stream : streams()) wait(stream);
    host_memory.give(data);
}

inline Memory const& device_memory() {
    static const Memory memory{
        [](std::size_t bytes) { return std::memset(host_memory.take(bytes), 0xff, bytes); }, give_after_work};
    return memory;
}
inline Memory const& shared_memory() {
    static const Memory memory{host_memory.take, give_after_work};
    return memory;
}
inline Memory const& pinned_memory() {
    static const Memory memory{host_memory.take, give_after_work};
    return memory;
}

inline void copy_bytes(Stream stream, void* to, void const* from, std::size_t bytes) {
    stream->work.push_back([=] { std::memcpy(to, from, bytes); });
}

template <class Body>
concept NeedsWarps = requires {
    typename Body::Head;
};

template <class Body>
void launch(Stream stream, Index items, Body const& body) {
    stream->work.push_back([=] {
        if constexpr (Body::warps == 0)
            for (Index i = 0; i < items; ++i) body(i);
        else if constexpr (NeedsWarps<Body>)
            rung_test::run_emulated<rung_test::FiberBlock<Body::warps>>(items, body);
        else rung_test::run_serial(items, body);
    });
}

class Products {};
inline void DropProducts::operator()(Products* products) const { delete products; }
inline OwnedProducts      make_products(Choice) { return OwnedProducts(new Products); }

/// In double precision, rounded once.
inline void multiply(Products&, Stream stream, ProductShape const& shape, ProductPointers const& at) {
    stream->work.push_back([=] {
        const auto read = [](void const* from, Number number, Index i) {
            return double(number == Number::f32 ? static_cast<float const*>(from)[i]
                                                : widen(static_cast<bf16 const*>(from)[i]));
        };
        for (Index i = 0; i < shape.rows; ++i)
            for (Index j = 0; j < shape.cols; ++j) {
                const Index to  = i * shape.result_stride + j;
                double      sum = shape.adds ? read(at.addend, shape.result, to) : 0;
                if (shape.epilogue == Epilogue::bias) sum += read(at.bias, shape.result, j);
                for (Index k = 0; k < shape.depth; ++k)
                    sum +=
                        read(at.left, shape.factors,
                             shape.left_transposed ? k * shape.left_stride + i : i * shape.left_stride + k) *
                        read(
                            at.right, shape.factors,
                            shape.right_transposed ? j * shape.right_stride + k : k * shape.right_stride + j);
                if (shape.result == Number::f32) static_cast<float*>(at.result)[to] = float(sum);
                else static_cast<bf16*>(at.result)[to] = narrow<bf16>(float(sum));
            }
    });
}

}  // namespace rung::cuda
