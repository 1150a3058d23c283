#pragma once
// Groups of a GPU's lanes, and the launches that give every item a group of its own. No launch waits, allocates or goes
// unchecked, so all of them can be captured in a graph.

#include <cuda_runtime.h>
#include <thrust/execution_policy.h>
#include <thrust/for_each.h>
#include <thrust/iterator/counting_iterator.h>

#include "rung/backend/cuda/group.hpp"
#include "rung/core/check.hpp"

namespace rung::cuda {

/// Throws with what was asked for and what the runtime says.
inline void check(cudaError_t status, char const* what) {
    if (status != cudaSuccess) fail({"cuda: ", what, ": ", cudaGetErrorString(status)});
}

/// 32 lanes in step.
struct Warp {
    static constexpr int size = 32, warps = 1;

    __device__ static int rank() { return int(threadIdx.x % 32); }
    template <class T>
    __device__ T shuffle_xor(T v, int mask) const {
        return __shfl_xor_sync(0xffffffffu, v, mask);
    }
    __device__ unsigned ballot(bool v) const { return __ballot_sync(0xffffffffu, v); }
    template <class T, class Op>
    __device__ T reduce(T v, Op op) const {
        RUNG_UNROLL for (int mask = size / 2; mask > 0; mask /= 2) v = op(v, shuffle_xor(v, mask));
        return v;
    }
    __device__ void sync() const { __syncwarp(); }

    __device__ void mma(FragmentC& c, FragmentA const& a, FragmentB const& b) const {
#if __CUDA_ARCH__ >= 800
        const auto pair = [](bf16 const* p) { return std::uint32_t(p[0]) | std::uint32_t(p[1]) << 16; };
        asm volatile(
            "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
            "{%0,%1,%2,%3};"
            : "+f"(c.v[0]), "+f"(c.v[1]), "+f"(c.v[2]), "+f"(c.v[3])
            : "r"(pair(a.v)), "r"(pair(a.v + 2)), "r"(pair(a.v + 4)), "r"(pair(a.v + 6)), "r"(pair(b.v)),
              "r"(pair(b.v + 2)));
#else
        __trap();  // bf16 products came with sm_80
#endif
    }
};

/// n warps with memory of their own.
template <int n>
struct Block {
    static constexpr int size = 32 * n, warps = n;

    __device__ static int rank() { return int(threadIdx.x); }
    __device__ Warp       warp() const { return {}; }
    template <class T>
    __device__ T* shared() const {
        extern __shared__ __align__(16) unsigned char rung_shared[];
        return reinterpret_cast<T*>(rung_shared);
    }
    __device__ void sync() const { __syncthreads(); }
    __device__ bool last(int* counter, int count) const {
        __shared__ bool is;
        __threadfence();  // what this lane wrote, before it counts as arrived
        __syncthreads();
        if (threadIdx.x == 0) {
            is = atomicAdd(counter, 1) == count - 1;
            if (is) *counter = 0;
        }
        __syncthreads();
        if (is) __threadfence();  // what others wrote, before it is read
        return is;
    }
    template <class T, class Op>
    __device__ T reduce(T v, Op op) const {
        static_assert(n == 1, "reduce: a block of several warps goes through shared memory by itself");
        return warp().reduce(v, op);
    }
};

namespace detail {

inline constexpr int warps_of_a_block = 4;

template <class F>
__global__ void __launch_bounds__(32 * warps_of_a_block) per_warp(const __grid_constant__ F f, Index count) {
    const Index item = Index(blockIdx.x) * warps_of_a_block + threadIdx.x / 32;
    if (item < count) f(Warp{}, item);
}

template <int n, class F>
__global__ void __launch_bounds__(32 * n) per_block(const __grid_constant__ F f) {
    f(Block<n>{}, Index(blockIdx.x));
}

/// nvcc 13 rejects a kernel, or silently never launches it, where a value of class type stands among its template's
/// arguments, however deep (`LayerNorm<Shape{...}.width>` is fine, `LayerNorm<Shape{...}>` is not). Such values are
/// written with braces in a type's name; GCC writes {anonymous} too.
template <class F>
consteval bool only_plain_arguments() {
    for (char const* c = __PRETTY_FUNCTION__; *c; ++c)
        if (*c == '{' && c[1] != 'a') return false;
    return true;
}

}  // namespace detail

/// f(i) for 0 .. count - 1, a lane each.
template <class F>
void for_lanes(cudaStream_t stream, Index count, F f) {
    static_assert(detail::only_plain_arguments<F>(),
                  "a launched type's template arguments must be numbers and plain types");
    if (count == 0) return;
    const thrust::counting_iterator<Index> first(0);
    thrust::for_each(thrust::cuda::par_nosync.on(stream), first, first + count, f);
    check(cudaGetLastError(), __PRETTY_FUNCTION__);
}

/// f(warp, item) for items 0 .. count - 1. A kernel of our own: which lanes share a warp Thrust does not promise.
template <class F>
void for_warps(cudaStream_t stream, Index count, F f) {
    static_assert(detail::only_plain_arguments<F>(),
                  "a launched type's template arguments must be numbers and plain types");
    if (count == 0) return;
    constexpr Index many = detail::warps_of_a_block;
    detail::per_warp<<<unsigned((count + many - 1) / many), 32 * many, 0, stream>>>(f, count);
    check(cudaGetLastError(), __PRETTY_FUNCTION__);
}

/// f(block, item) for items 0 .. count - 1 by blocks of n warps. @param shared  bytes of each, 48 KB at most
template <int n, class F>
void for_blocks(cudaStream_t stream, Index count, int shared, F f) {
    static_assert(detail::only_plain_arguments<F>(),
                  "a launched type's template arguments must be numbers and plain types");
    if (count == 0) return;
    detail::per_block<n><<<unsigned(count), 32 * n, std::size_t(shared), stream>>>(f);
    check(cudaGetLastError(), __PRETTY_FUNCTION__);
}

}  // namespace rung::cuda
