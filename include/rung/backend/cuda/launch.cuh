#pragma once
// Launches, which give every item a group of its own. None waits, allocates or goes unchecked, so all of them can be
// captured in a graph.

#include <thrust/execution_policy.h>
#include <thrust/for_each.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/system_error.h>

#include "rung/backend/cuda/check.cuh"
#include "rung/backend/cuda/group.cuh"

namespace rung::cuda {

namespace detail {

inline constexpr int warps_of_a_block = 4;

/// Blocks that an SM's registers must have room for; 0: as the compiler likes.
template <class F>
inline constexpr int blocks_of = 0;
template <class F>
    requires requires { F::blocks; }
inline constexpr int blocks_of<F> = F::blocks;

template <class F>
__global__ void __launch_bounds__(32 * warps_of_a_block, blocks_of<F>)
    per_warp(const __grid_constant__ F f, Index count) {
    const Index item = Index(blockIdx.x) * warps_of_a_block + threadIdx.x / 32;
    if (item < count) f(Warp{}, item);
}

template <int n, class F>
__global__ void __launch_bounds__(32 * n, blocks_of<F>) per_block(const __grid_constant__ F f) {
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

/// Of a launch.
inline unsigned grid(Index blocks) {
    RUNG_CHECK(blocks <= 0x7fffffff, "cuda: blocks of a launch; got ", blocks, ", wanted at most ",
               0x7fffffff);
    return unsigned(blocks);
}

}  // namespace detail

/// Whether the program has code for the GPU that is here: of launches of F, as of all others.
template <class F>
cudaError_t built_for_this_gpu() {
    cudaFuncAttributes kernel{};
    return cudaFuncGetAttributes(&kernel, detail::per_warp<F>);
}

/// f(i) for 0 .. count - 1, a lane each.
template <class F>
void for_lanes(cudaStream_t stream, Index count, F f) {
    static_assert(detail::only_plain_arguments<F>(),
                  "a launched type's template arguments must be numbers and plain types");
    if (count == 0) return;
    const thrust::counting_iterator<Index> first(0);
    try {
        thrust::for_each(thrust::cuda::par_nosync.on(stream), first, first + count, f);
    } catch (thrust::system_error const& error) {
        fail({"cuda: ", __PRETTY_FUNCTION__, ": ", error.what()});
    }
}

/// f(warp, item) for items 0 .. count - 1. A kernel of our own: which lanes share a warp Thrust does not promise.
template <class F>
void for_warps(cudaStream_t stream, Index count, F f) {
    static_assert(detail::only_plain_arguments<F>(),
                  "a launched type's template arguments must be numbers and plain types");
    if (count == 0) return;
    constexpr Index many = detail::warps_of_a_block;
    detail::per_warp<<<detail::grid((count + many - 1) / many), 32 * many, 0, stream>>>(f, count);
    check(cudaGetLastError(), __PRETTY_FUNCTION__);
}

/// f(block, item) for items 0 .. count - 1 by blocks of n warps. @param shared  bytes of each, 48 KB at most
template <int n, class F>
void for_blocks(cudaStream_t stream, Index count, int shared, F f) {
    static_assert(detail::only_plain_arguments<F>(),
                  "a launched type's template arguments must be numbers and plain types");
    if (count == 0) return;
    detail::per_block<n><<<detail::grid(count), 32 * n, std::size_t(shared), stream>>>(f);
    check(cudaGetLastError(), __PRETTY_FUNCTION__);
}

}  // namespace rung::cuda
