#pragma once
// What a CPU program owns: the seed, the threads, and each thread's scratch memory.
// A batch is cut into a fixed number of slices; a thread takes one slice through a whole step. See
// core/parallel.hpp.

#include <cstdint>
#include <vector>

#include "rung/backend/cpu/precision.hpp"
#include "rung/backend/cpu/rotation.hpp"
#include "rung/core/buffer.hpp"
#include "rung/core/constants.hpp"
#include "rung/core/parallel.hpp"

namespace rung::cpu::inline RUNG_ISA {

struct Options {
    std::uint64_t seed    = 1;
    int           threads = 0;  ///< 0: one per processor. Changes the speed, never a bit of the result
    /// Parts a batch is cut into, each with a gradient of its own. Fixes the order of sums, so it is part of the
    /// experiment.
    int slices = 8;
};

/// One thread's workplace. Operations take it first: `matmul(lane, y, a, b)`; look-up by argument finds them
/// in rung::cpu.
template <class P>
struct alignas(64) Lane {  // on cache lines of its own
    using real                         = typename Precision<P>::Real;
    static constexpr int   spare_slots = 0;  ///< that a cache needs beside those of sequences
    static constexpr int   most_steps  = 1;  ///< of decoding without a look at the tokens
    static constexpr Index prompt_rows =
        256;  ///< of decoding: with so many a step takes no more prompts in. They stay
              ///< in cache (1024 was slower, also where weights do not)

    Arena               arena;
    Arena               notes;  ///< of the host: what a pass writes down about itself
    RotationTable<real> rotations;

    /// A table of number(row, col) that never changes, made once.
    template <class Number>
    Mat<real const> constants(void const* name, Index rows, Index cols, Number number) {
        return constants_.get(name, rows, cols, number);
    }

    [[gnu::noinline]] void reset() { arena.reset(), notes.reset(); }
    /// Scratch memory for passes that keep `bytes` of activations, and for operations.
    void reserve(Index bytes) { arena.reserve(bytes + (Index{1} << 18)); }

    struct Mark {
        Arena::Mark arena, notes;
    };
    Mark mark() const { return {arena.mark(), notes.mark()}; }
    void release(Mark const& mark) { arena.release(mark.arena), notes.release(mark.notes); }

private:
    Constants<real> constants_;
};

/// @tparam P  float; bf16: products with weights, and their gradients, multiply bf16 numbers and add floats, everything
///            else is float; double: for checks
template <class P = float>
class Context {
    static_assert(std::is_same_v<P, float> || std::is_same_v<P, bf16> || std::is_same_v<P, double>,
                  "cpu::Context: the precision is float, bf16 or double");

public:
    using real         = typename Precision<P>::Real;
    using options_type = Options;

    explicit Context(Options options = {})
        : options_(options), workers_(options.threads), lanes_(std::size_t(workers_.count())) {
        RUNG_CHECK(options.slices > 0 && options.slices <= 4096, "cpu::Context: slices; got ", options.slices,
                   ", wanted 1 to 4096");
    }

    Options const& options() const { return options_; }
    std::uint64_t  seed() const { return options_.seed; }
    int            slices() const { return options_.slices; }
    int            threads() const { return workers_.count(); }
    /// How many of its threads work from now on: another context's use the other processors. Changes no bit. For those
    /// who run several contexts at the same time, as training of voters does, which takes back what was said before.
    void          at_most(int threads) { workers_.at_most(threads); }
    Memory const& memory() const { return host_memory; }
    Memory const& own_memory() const { return host_memory; }

    /// Steps that may be under way at once.
    static constexpr int ahead = 1;

    /// A step begins: zeros for operations to add to, valid until the next one.
    double* begin_step(int count) {
        if (results_.size() < count) results_ = Buffer<double>(count);
        std::fill_n(results_.begin(), count, 0.0);
        ++begun_;
        return results_.data();
    }
    void abandon_step() {}  ///< one that threw
    /// All of the step has been asked for, and done: its number.
    long end_step() { return begun_; }
    /// What operations have added up in that step, which must be the last.
    double const* wait_for(long step) const {
        RUNG_CHECK(step == begun_, "cpu::Context: step; got ", step, " of ", begun_,
                   ", wanted the last (two trainers that were started on one context?)");
        return results_.data();
    }

    /// Nothing is left for later.
    void wait() {}

    /// Rows whose activations a core's cache holds; where the gradient of the weights alone does not fit the caches,
    /// as many as make up for fetching it.
    static constexpr Index piece(Index width, Index parameters) {
        return parameters > cached_parameters ? 1024 : std::clamp<Index>(16'384 / width, 128, 1024);
    }
    /// Sequences that a thread decodes together.
    static constexpr int places(Index parameters) { return parameters > cached_parameters ? 128 : 32; }

    /// work(lane, slice) for every slice in 0 .. count - 1, each lane with its scratch memory empty.
    template <class Work>
    void for_slices(int count, Work&& work) {
        workers_.run(count, [&](int slice, int worker) {
            auto& lane = lanes_[std::size_t(worker)];
            lane.reset();
            work(lane, slice);
        });
    }

    /// Room for a model's packed weights, one model's at a time: whoever reads them packs them first.
    real* panels(Index size) {
        if (panels_.size() < size) panels_ = Buffer<real>(size);
        return panels_.data();
    }

    /// Blocks of scratch memory that the threads have asked of the system.
    int scratch_allocations() const {
        int count = 0;
        for (auto const& lane : lanes_) count += lane.arena.allocations();
        return count;
    }

    /// Most scratch bytes that any one thread has had in use.
    Index scratch_peak() const {
        Index peak = 0;
        for (auto const& lane : lanes_) peak = std::max(peak, lane.arena.peak());
        return peak;
    }

private:
    static constexpr Index cached_parameters = 2'000'000;  // whose gradient the caches still hold

    Options              options_;
    Workers              workers_;
    std::vector<Lane<P>> lanes_;
    Buffer<real>         panels_;
    Buffer<double>       results_;
    long                 begun_ = 0;
};

Context(Options)->Context<float>;

}  // namespace rung::cpu::inline RUNG_ISA
