#pragma once
// Launches on the emulated GPU: stands before the library's own header. Items are done by one lane each, and where a
// body multiplies fragments or wants many lanes, by emulated warps.

#include <utility>

#include "gpu.hpp"
#include "rung/backend/cuda/body/columns.hpp"
#include "rung/backend/cuda/body/embedding.hpp"
#include "rung/backend/cuda/body/loss.hpp"
#include "rung/backend/cuda/body/pointwise.hpp"
#include "rung/backend/cuda/body/update.hpp"
#include "rung/backend/cuda/check.cuh"
#include "support/simt.hpp"

namespace rung::cuda {

template <class F>
cudaError_t built_for_this_gpu() {
    return emulated::status(emulated::gpu()->built ? cudaSuccess : cudaErrorNoKernelImageForDevice);
}

namespace detail {

template <class Body>
concept MultipliesFragments = requires {
    typename Body::Head;
};

template <class Body>
concept WantsLanes = requires {
    Body::lanes;
};

using emulated::Range;

inline Range range(auto* at, Index count) { return {at, at ? std::size_t(count) * sizeof *at : 0}; }

/// What is changed by bodies that are made beside others.
template <class F>
std::vector<Range> changes(F const&, Index) {
    return {};
}
template <class Term>
std::vector<Range> changes(ColumnSums<Term> const& f, Index) {
    std::vector<Range> all{range(f.partial, f.runs() * f.sums * f.columns), range(f.arrived, f.groups())};
    for (float* const to : f.to) all.push_back(range(to, f.columns));
    return all;
}
template <class T>
std::vector<Range> changes(EmbedBackward<T> const& f, Index items) {
    return {range(f.dtable, items / f.groups() * f.width)};
}
inline std::vector<Range> changes(AddLosses const& f, Index) { return {range(f.sum, 1)}; }
inline std::vector<Range> changes(SquaredNorm const& f, Index) {
    return {range(f.partial, f.items()), range(f.square, 1), range(f.arrived, 1)};
}

template <class T>
std::vector<Range> changes(Fill<T> const& f, Index items) {
    return {range(f.y, items)};
}
template <class T>
std::vector<Range> changes(Add<T> const& f, Index) {
    return {range(f.y, f.size)};
}

/// One launch, whose numbers are the device's limits. What stands beside others has to say what it changes.
template <class F, class Work>
void launch(cudaStream_t stream, Index count, Index blocks, int shared, F const& f, Work work) {
    if (count == 0) return;
    auto          all  = changes(f, count);
    constexpr int own  = 16;  // bytes that a block's last() has of its own
    const bool    fits = blocks <= Index{0x7fffffff} && shared + own <= 48 << 10;
    if (!fits) emulated::status(cudaErrorInvalidValue);
    else if (all.empty() && !emulated::is_main(stream)) emulated::status(cudaErrorUnknown);
    else emulated::enqueue(stream, std::move(work), std::move(all));
    check(cudaGetLastError(), __PRETTY_FUNCTION__);
}

}  // namespace detail

template <class F>
void for_lanes(cudaStream_t stream, Index count, F f) {
    detail::launch(stream, count, 1, 0, f, [f, count] {
        for (Index i = 0; i < count; ++i) f(i);
    });
}
template <class F>
void for_warps(cudaStream_t stream, Index count, F f) {
    detail::launch(stream, count, (count + 3) / 4, 0, f, [f, count] {
        if constexpr (detail::WantsLanes<F>) rung_test::run_emulated(count, f);
        else rung_test::run_serial(count, f, rung_test::Order::ascending, 0);
    });
}
template <int n, class F>
void for_blocks(cudaStream_t stream, Index count, int shared, F f) {
    detail::launch(stream, count, count, shared, f, [f, count, shared] {
        if constexpr (detail::MultipliesFragments<F>)
            rung_test::run_emulated<rung_test::FiberBlock<n>>(count, f);
        else rung_test::run_serial(count, f, rung_test::Order::ascending, shared);
    });
}

}  // namespace rung::cuda
