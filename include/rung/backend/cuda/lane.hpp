#pragma once
// The workplace of a GPU: memory on both sides, a queue of work, and what is on its way to it.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "rung/backend/cuda/queue.hpp"
#include "rung/backend/cuda/uploads.hpp"
#include "rung/backend/rotation.hpp"
#include "rung/core/constants.hpp"

namespace rung::cuda {

struct Options {
    std::uint64_t seed   = 1;
    Choice        choice = Choice::first;
    bool          graphs = true;  ///< steps that repeat are started at once; false: every call by itself
    bool  branches       = true;  ///< sums over a batch are made beside the rest; false: one after the other
    bool  fused_gelu     = true;  ///< bf16's products apply it, and its slope; false: calls of their own
    Start start          = cuda::start;  ///< how lists of calls are started that are no graphs
};

/// The workplace of the GPU: operations take it first and queue their work. Ids that operations read were uploaded, and
/// the largest of them is remembered, because whether a table has such a row only the host can say. Numbers that differ
/// from step to step are uploaded too: they would make every step's calls different.
template <class T>
class Lane {
public:
    using real = T;

    static constexpr int   spare_slots = 1;  ///< of a cache, for rows that fill a step up
    static constexpr Index prompt_rows =
        16'384;  ///< of decoding: with so many a step takes no more prompts in
    /// Tokens that every sequence writes before the host looks at them, at most; and how many of a step of so many
    /// rows. The least cost, by an estimate that no GPU has seen yet: a look costs as much as 4e9 products with a
    /// weight, a sequence that ends meanwhile has written half of them in vain, and answers have some twenty tokens.
    static constexpr int most_steps = 8;
    static int           steps(Index parameters, Index rows) {
                  return std::clamp(int(std::sqrt(1.6e11 / (double(parameters) * double(rows)))), 1, most_steps);
    }

    explicit Lane(Options const& options)
        : arena(device_memory()),
          queue(options.choice, options.graphs, options.branches, options.start),
          fused_gelu(options.fused_gelu),
          downloads_(pinned_memory()),
          counters_(shared_memory()),
          constants_(shared_memory()) {}
    Lane(Lane const&)            = delete;
    Lane& operator=(Lane const&) = delete;

    Arena   arena;  ///< on the GPU
    Arena   notes;  ///< of the host: what a pass writes down about itself
    Queue   queue;
    Uploads settings;  ///< of a step, where batches of any size leave them

    const bool fused_gelu;  ///< whether products may have it in an epilogue

    void reset() {
        queue.join();
        // Blocks are given back, and what is written down may use them.
        if (arena.blocks() > 1 || counters_.blocks() > 1) wait();
        arena.reset(), notes.reset(), counters_.reset(), known_.clear();
        if (queue.idle()) uploads_.reset(), downloads_.reset();
    }
    /// Scratch memory for passes that keep `bytes` of activations before batches are filled up, for operations, and for
    /// what the backward pass writes where the CPU's writes in place.
    void reserve(Index bytes) { arena.reserve(bytes + bytes / 4 + (Index{1} << 20)); }

    /// A step begins, while others may be under way: what it uploads goes through this bank.
    void begin_step(int bank) { uploads_.begin(bank), settings.begin(bank); }

    /// Starts what was queued.
    void submit() {
        uploads_.send(queue), settings.send(queue);
        queue.submit();
    }
    /// Returns when all that was queued is done.
    void wait() {
        submit();
        queue.wait();
    }

    struct Mark {
        Arena::Mark   arena, notes, downloads;
        Uploads::Mark uploads;
    };
    Mark mark() const { return {arena.mark(), notes.mark(), downloads_.mark(), uploads_.mark()}; }
    /// Forgets what was taken since. After wait(), uploads and downloads too.
    void release(Mark const& mark) {
        arena.release(mark.arena), notes.release(mark.notes);
        if (queue.idle()) downloads_.release(mark.downloads), uploads_.release(mark.uploads);
    }

    /// Host memory that the GPU copies to, valid until the reset() after wait().
    template <class Number>
    Number* download(Number const* from, Index count) {
        Number* const to = downloads_.template take<Number>(1, count).data;
        queue.copy(to, from, std::size_t(count) * sizeof(Number));
        return to;
    }
    /// A copy on the GPU, valid until the reset() after wait().
    template <class Number>
    Number const* upload(Number const* from, Index count) {
        return static_cast<Number const*>(uploads_.add(from, std::size_t(count) * sizeof(Number)));
    }
    template <class Number>
    Number const* upload(Number const& one) {
        return upload(&one, 1);
    }
    /// The same among the settings.
    template <class Number>
    Number const* set(Number const* from, Index count) {
        return static_cast<Number const*>(settings.add(from, std::size_t(count) * sizeof(Number)));
    }
    template <class Number>
    Number const* set(Number const& one) {
        return set(&one, 1);
    }
    /// The same of an array yet to be written.
    template <class Number>
    struct Room {
        Number*       here;
        Number const* there;
    };
    template <class Number>
    Room<Number> upload_room(Index count) {
        const auto [here, there] = uploads_.room(std::size_t(count) * sizeof(Number));
        return {static_cast<Number*>(here), static_cast<Number const*>(there)};
    }
    int const* upload_ids(int const* ids, Index count) { return upload_ids(ids, count, count, 0, 0); }
    /// Filled up to `all` ids: with `rest`, and others `each` apart.
    /// @param most  the largest that they may become there
    int const* upload_ids(int const* ids, Index count, Index all, int rest, int each, int most = -1) {
        const auto [here, there] = upload_room<int>(all);
        std::copy_n(ids, count, here);
        for (Index i = count; i < all; ++i) here[i] = rest + int(i - count) * each;
        int least = 0;
        for (Index i = 0; i < all; ++i) most = std::max(most, here[i]), least = std::min(least, here[i]);
        if (known_.size() == remembered) known_.erase(known_.begin());
        known_.push_back({there, all, least, most});
        return there;
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

    /// Row `position`: R / 2 cosines of a rotation's angles, then R / 2 sines, with R the channels that turn. At least
    /// `count` rows.
    float const* rotations(Rotation const& rotation, Index count) {
        const Index R = rotation.channels;
        if (!(rotation == rotation_) || count > turns_.size() / R) {
            wait();
            if (!(rotation == rotation_)) rotation_ = rotation, turns_ = Buffer<float>();
            count  = std::max({count, 2 * turns_.size() / R, Index{64}});  // so that it seldom grows
            turns_ = Buffer<float>(count * R, shared_memory());
            for (Index i = 0; i < count; ++i)
                for (Index c = 0; c < R / 2; ++c) {
                    const double angle        = rotation.angle(i, c);
                    turns_[i * R + c]         = float(std::cos(angle));
                    turns_[i * R + R / 2 + c] = float(std::sin(angle));
                }
        }
        return turns_.data();
    }

    /// Zeros for blocks of one launch to count themselves by, which leaves them so. Each launch has its own, until
    /// reset(): others may be at work at the same time.
    int* counters(Index count) { return counters_.template take<int>(1, count).data; }

    /// A table of number(row, col) that never changes, made once.
    template <class Number>
    Mat<float const> constants(void const* name, Index rows, Index cols, Number number) {
        if (!constants_.has(name)) wait();  // the host writes no memory that it shares with a GPU at work
        return constants_.get(name, rows, cols, number);
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

    Uploads            uploads_;
    Arena              downloads_;
    std::vector<Known> known_;
    float const*       weights_ = nullptr;
    Buffer<T>          narrowed_;
    Arena              counters_;  // each leaves the zeros that it took
    Constants<float>   constants_;
    Buffer<float>      turns_;
    Rotation           rotation_;
};

}  // namespace rung::cuda
