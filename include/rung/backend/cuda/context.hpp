#pragma once
// What a GPU program owns: the seed, a queue of work, memory on both sides. A batch is one slice, and the GPU its only
// worker. The same program with cpu::Context does the same on the CPU.

#include <cmath>
#include <cstring>
#include <vector>

#include "rung/backend/cuda/device.hpp"
#include "rung/backend/update.hpp"
#include "rung/core/packed.hpp"

namespace rung::cuda {

struct Options {
    std::uint64_t seed   = 1;
    Choice        choice = Choice::first;
};

/// The workplace of the GPU: operations take it first and queue their work. Ids that operations read were uploaded, and
/// the largest of them is remembered, because whether a table has such a row only the host can say.
template <class T>
class Lane {
public:
    using real = T;

    explicit Lane(Choice choice)
        : arena(device_memory()),
          stream(make_stream()),
          products(make_products(choice)),
          staging_(pinned_memory()) {}
    ~Lane() { drop(stream); }
    Lane(Lane const&)            = delete;
    Lane& operator=(Lane const&) = delete;

    Arena         arena;  ///< on the GPU
    Arena         notes;  ///< of the host: what a pass writes down about itself
    Stream        stream;
    OwnedProducts products;

    void reset() { arena.reset(), notes.reset(), known_.clear(); }

    /// Returns when all that was queued is done, and what was uploaded has left the host.
    void wait() {
        cuda::wait(stream);
        staging_.reset();
    }

    /// Host memory that the GPU copies from or to, valid until wait().
    template <class Number>
    Number* pinned(Index count) {
        return staging_.template take<Number>(1, count).data;
    }
    /// A copy on the GPU.
    template <class Number>
    Number const* upload(Number const* from, Index count) {
        Number *const by = pinned<Number>(count), *const to = arena.template take<Number>(1, count).data;
        std::memcpy(by, from, std::size_t(count) * sizeof(Number));
        copy_bytes(stream, to, by, std::size_t(count) * sizeof(Number));
        return to;
    }
    int const* upload_ids(int const* ids, Index count) {
        int const* const to = upload(ids, count);
        if (known_.size() == remembered) known_.erase(known_.begin());
        known_.push_back({to, count, 0, -1});
        for (Index i = 0; i < count; ++i)
            known_.back().most  = std::max(known_.back().most, ids[i]),
            known_.back().least = std::min(known_.back().least, ids[i]);
        return to;
    }
    /// Throws where one of the uploaded ids is not in least .. limit - 1.
    void check_ids(int const* ids, Index count, Index limit, char const* what, int least = 0) const {
        auto const& one = known(ids, what);
        RUNG_CHECK(one.count >= count, what, ": ids; got ", one.count, ", wanted ", count);
        RUNG_CHECK(count == 0 || (one.least >= least && one.most < limit), what, ": ids; got ", one.least,
                   " to ", one.most, ", wanted ", least, " to ", limit - 1,
                   " (a sequence longer than the model's context?)");
    }
    int largest_id(int const* ids) const { return known(ids, "cuda").most; }

    /// Weights as products read them: themselves, or their copy in bf16.
    T const* factor(float const* weight) const {
        if constexpr (std::is_same_v<T, float>) {
            return weight;
        } else {
            const Index at = weight - weights_;
            RUNG_CHECK(at >= 0 && at < narrowed_.size(),
                       "cuda: a factor in bf16; got one that pack() did not see");
            return narrowed_.data() + at;
        }
    }
    /// Room for that copy.
    T* narrow_copy_of(float const* weights, Index count) {
        if (narrowed_.size() < count) wait(), narrowed_ = Buffer<T>(count, device_memory());
        weights_ = weights;
        return narrowed_.data();
    }

    /// Row `position`: D / 2 cosines of position * theta^(-2 c / D), then D / 2 sines. At least `count` rows.
    float const* rotations(Index D, double theta, Index count) {
        if (D != head_ || theta != theta_ || count > turns_.size() / D) {
            wait();
            head_ = D, theta_ = theta;
            for (Index most = turns_.size() / D; most < count;)
                most = std::max<Index>(2 * most, 64), count = most;
            turns_ = Buffer<float>(count * D, shared_memory());
            for (Index i = 0; i < count; ++i)
                for (Index c = 0; c < D / 2; ++c) {
                    const double angle        = double(i) * std::pow(theta, -2.0 * double(c) / double(D));
                    turns_[i * D + c]         = float(std::cos(angle));
                    turns_[i * D + D / 2 + c] = float(std::sin(angle));
                }
        }
        return turns_.data();
    }

private:
    static constexpr std::size_t remembered = 8;  // of one pass; it reads four
    struct Known {
        int const* at;
        Index      count;
        int        least, most;
    };

    Known const& known(int const* ids, char const* what) const {
        for (auto one = known_.rbegin(); one != known_.rend(); ++one)  // an address may have been used before
            if (one->at == ids) return *one;
        fail({what, ": ids; got an address that placed() did not make"});
    }

    Arena              staging_;
    std::vector<Known> known_;
    float const*       weights_ = nullptr;
    Buffer<T>          narrowed_;
    Buffer<float>      turns_;
    Index              head_  = 0;
    double             theta_ = 0;
};

/// @tparam T  what activations are stored in. float: products in single precision, as on the CPU; bf16: on tensor
///            cores, with sums, weights and their gradients in single precision
template <class T = float>
class Context {
    static_assert(std::is_same_v<T, float> || std::is_same_v<T, bf16>,
                  "cuda::Context: activations are float or bf16");

public:
    using real = T;

    explicit Context(Options options = {})
        : options_(options), device_(find_device()), lane_(options.choice) {}

    std::uint64_t seed() const { return options_.seed; }
    int           slices() const { return 1; }
    int           threads() const { return 1; }
    Memory const& memory() const { return shared_memory(); }
    Memory const& own_memory() const { return device_memory(); }

    double* results(int count) {
        lane_.wait();
        if (results_.size() < count) results_ = Buffer<double>(count, pinned_memory());
        std::fill(results_.begin(), results_.end(), 0.0);
        return results_.data();
    }

    /// Rows at a time, for want of memory.
    static constexpr Index piece(Index width, Index) {
        return std::max<Index>((Index{1} << 25) / width, 1024);
    }
    static constexpr int places(Index) { return 1024; }

    template <class Work>
    void for_slices(int count, Work&& work) {
        for (int slice = 0; slice < count; ++slice) lane_.reset(), work(lane_, slice);
    }
    Lane<T>& lane() { return lane_; }

    int   scratch_allocations() const { return lane_.arena.allocations(); }
    Index scratch_peak() const { return lane_.arena.peak(); }

private:
    struct Device {
        explicit Device(Found const& found) { RUNG_CHECK(found.usable, "cuda::Context: ", found.what); }
    };

    Options        options_;
    Device         device_;  // before anything that needs it
    Lane<T>        lane_;
    Buffer<double> results_;
};

Context(Options)->Context<float>;

}  // namespace rung::cuda
