#pragma once
// What a GPU program owns: the seed, a queue of work, memory on both sides. A batch is one slice, and the GPU its only
// worker. The same program with cpu::Context does the same on the CPU.

#include <algorithm>

#include "rung/backend/cuda/lane.hpp"
#include "rung/backend/update.hpp"
#include "rung/core/packed.hpp"

namespace rung::cuda {

/// One thread of a program works with GPUs.
/// @tparam T  what activations are stored in. float: products in single precision, as on the CPU; bf16: on tensor
///            cores, with sums, weights and their gradients in single precision
template <class T = float>
class Context {
    static_assert(std::is_same_v<T, float> || std::is_same_v<T, bf16>,
                  "cuda::Context: activations are float or bf16");

public:
    using real         = T;
    using options_type = Options;

    explicit Context(Options options = {}) : options_(options), device_(find_device()), lane_(options) {}

    Options const& options() const { return options_; }
    std::uint64_t  seed() const { return options_.seed; }
    int            slices() const { return 1; }
    int            threads() const { return 1; }
    Memory const&  memory() const { return shared_memory(); }
    Memory const&  own_memory() const { return device_memory(); }

    /// Steps that may be under way at once, so that the GPU never waits for the host.
    static constexpr int ahead = Uploads::banks;

    /// A step begins: zeros for operations to add to, on the GPU.
    double* begin_step(int count) {
        abandon_step();
        if (!std::exchange(again_, false)) ++begun_;
        open_ = true, parts_ = 0;
        lane_.queue.wait_for(marks_[bank()]);
        lane_.begin_step(bank());
        auto& host = results_[bank()];
        if (host.size() < count) host = Buffer<double>(count, pinned_memory());
        std::fill(host.begin(), host.end(), 0.0);
        return there_ = const_cast<double*>(lane_.set(host.data(), host.size()));
    }
    /// One that threw: what was started of it is done, the rest forgotten.
    void abandon_step() {
        if (!std::exchange(open_, false)) return;
        again_ = true;
        lane_.queue.forget(), lane_.wait();
    }
    /// All of the step has been asked for: its number.
    long end_step() {
        auto& host = results_[bank()];
        lane_.queue.download(host.data(), there_, std::size_t(host.size()) * sizeof(double));
        lane_.submit();
        marks_[bank()] = lane_.queue.mark();
        open_          = false;
        return begun_;
    }
    /// Returns when that step is done: what operations have added up, until `ahead` more have begun.
    double const* wait_for(long step) {
        RUNG_CHECK(step > begun_ - ahead && step <= begun_, "cuda::Context: step; got ", step, " of ", begun_,
                   ", wanted one of the last ", ahead, " (two trainers that were started on one context?)");
        lane_.queue.wait_for(marks_[step % ahead]);
        return results_[step % ahead].data();
    }

    /// Rows at a time, for want of memory.
    static constexpr Index piece(Index width, Index) {
        return std::max<Index>((Index{1} << 25) / width, 1024);
    }
    static constexpr int places(Index) { return 1024; }

    template <class Work>
    void for_slices(int count, Work&& work) {
        // A step of one batch is one list; of several each has its own, or there would be as many lists as there are
        // ways to combine their sizes.
        if (open_ && parts_++ > 0) lane_.submit();
        try {
            for (int slice = 0; slice < count; ++slice) lane_.reset(), work(lane_, slice);
        } catch (...) {
            lane_.queue.forget();
            throw;
        }
        if (!open_) lane_.submit();
    }
    Lane<T>& lane() { return lane_; }
    void     wait() { lane_.wait(); }

    long  replays() const { return lane_.queue.replays(); }  ///< lists of calls that were started as graphs
    int   scratch_allocations() const { return lane_.arena.allocations(); }
    Index scratch_peak() const { return lane_.arena.peak(); }

private:
    struct Device {
        explicit Device(Found const& found) { RUNG_CHECK(found.usable, "cuda::Context: ", found.what); }
    };

    int bank() const { return int(begun_ % ahead); }

    Options        options_;
    Device         device_;  // before anything that needs it
    Lane<T>        lane_;
    Buffer<double> results_[ahead];
    long           marks_[ahead] = {};
    double*        there_        = nullptr;
    long           begun_        = 0;
    bool           open_         = false;  // a step has begun that has not been asked for
    bool           again_        = false;  // one that was abandoned: the next takes its place
    int            parts_        = 0;      // of it
};

Context(Options)->Context<float>;

}  // namespace rung::cuda
