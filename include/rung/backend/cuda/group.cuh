#pragma once
// Groups of a GPU's lanes.

#include "rung/backend/cuda/fragment.hpp"
#include "rung/backend/cuda/group.hpp"

namespace rung::cuda {

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
        asm volatile(
            "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
            "{%0,%1,%2,%3};"
            : "+f"(c.v[0]), "+f"(c.v[1]), "+f"(c.v[2]), "+f"(c.v[3])
            : "r"(a.v[0]), "r"(a.v[1]), "r"(a.v[2]), "r"(a.v[3]), "r"(b.v[0]), "r"(b.v[1]));
#else
        __trap();  // bf16 products came with sm_80
#endif
    }
    template <bool transposed>
    __device__ void matrices(Pair (&four)[4], bf16 const* row) const {
        const unsigned at = address(row);
        if constexpr (transposed)
            asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                         : "=r"(four[0]), "=r"(four[1]), "=r"(four[2]), "=r"(four[3])
                         : "r"(at)
                         : "memory");
        else
            asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                         : "=r"(four[0]), "=r"(four[1]), "=r"(four[2]), "=r"(four[3])
                         : "r"(at)
                         : "memory");
    }

    __device__ static unsigned address(void const* shared) {
        return unsigned(__cvta_generic_to_shared(shared));
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
    template <class T>
    __device__ void copy(T* to, T const* from, bool there) const {
        static_assert(sizeof(T) == 4 || sizeof(T) == 16, "copy: a float or 16 bytes");
#if __CUDA_ARCH__ >= 800
        const unsigned at = Warp::address(to), bytes = there ? sizeof(T) : 0;  // the rest becomes zeros
        if constexpr (sizeof(T) == 16)
            asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(at), "l"(from), "r"(bytes)
                         : "memory");
        else
            asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(at), "l"(from), "r"(bytes)
                         : "memory");
#else
        __trap();
#endif
    }
    __device__ void copied() const {
#if __CUDA_ARCH__ >= 800
        asm volatile("cp.async.wait_all;" ::: "memory");
#endif
    }
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

}  // namespace rung::cuda
