#pragma once
// A GPU's block on the host: every lane is a fiber that runs until it must wait for others. Barriers and exchanges
// behave as on the device, shared memory starts out poisoned, and lanes that wait for each other for ever are an
// error. Lanes run one after another, in either order, so that what a missing barrier breaks comes out wrong in one of
// the two. Fragments are multiplied in the order of PTX's mma.m16n8k16.

#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "rung/backend/cuda/fragment.hpp"
#include "rung/backend/cuda/group.hpp"
#include "support/fibers.hpp"

namespace rung_test {

using namespace rung;

enum class Order { ascending, descending };

class Simt {
public:
    static constexpr int warp = 32;

    explicit Simt(int lanes, Order order = Order::ascending)
        : lanes_(lanes),
          order_(order),
          fibers_(lanes, [this] { work(); }),
          done_(std::size_t(lanes)),
          turns_(std::size_t(lanes)),
          slots_(2 * std::size_t(lanes)),
          warps_(std::size_t(lanes / warp)),
          shared_(shared_bytes),
          copies_(std::size_t(lanes)) {}

    /// body() once in every lane. Throws where lanes wait for each other in vain, or leave others waiting.
    void run(std::function<void()> body) {
        Simt* const before = std::exchange(current(), this);
        body_ = std::move(body), left_ = lanes_, block_ = {};
        std::fill(shared_.begin(), shared_.end(), std::uint8_t(0xff));  // NaN as floats
        std::fill(done_.begin(), done_.end(), 0), std::fill(turns_.begin(), turns_.end(), 0u);
        std::fill(warps_.begin(), warps_.end(), Barrier{});
        for (auto& copies : copies_) copies.clear();
        bool moved = true;
        while (left_ > 0 && moved) {
            moved_ = false;
            for (int i = 0; i < lanes_; ++i) {
                lane_ = order_ == Order::ascending ? i : lanes_ - 1 - i;
                if (!done_[std::size_t(lane_)]) fibers_.resume(lane_);
            }
            moved = moved_;
        }
        current() = before;
        if (left_ > 0)
            throw std::runtime_error("simt: " + std::to_string(left_) + " of " + std::to_string(lanes_) +
                                     " lanes wait at a barrier that the others do not reach");
    }

    bool is_last = false;  // of blocks that ask FiberBlock::last

    static Simt& here() { return *current(); }
    int          lane() const { return lane_; }
    void*        shared() { return shared_.data(); }

    void sync_block() { wait(block_, lanes_); }
    void sync_warp() { wait(warps_[std::size_t(lane_ / warp)], warp); }

    /// Hands v to the lanes of this warp; peek(lane) reads theirs until the next exchange.
    template <class T>
    void publish(T const& v) {
        static_assert(sizeof(T) <= sizeof(Slot));
        ++turns_[std::size_t(lane_)];
        std::memcpy(&slot(lane_), &v, sizeof v);
        sync_warp();
    }
    template <class T>
    T peek(int lane) const {
        T v;
        std::memcpy(&v, &const_cast<Simt*>(this)->slot(lane_ / warp * warp + lane), sizeof v);
        return v;
    }

    /// Copies, or zeros where `from` is null: in one order of lanes as late as may be, in the other at once.
    void copy_later(void* to, void const* from, std::size_t bytes) {
        copies_[std::size_t(lane_)].push_back({to, from, bytes});
        if (order_ == Order::descending) copy_now();
    }
    void copy_now() {
        for (auto const& one : std::exchange(copies_[std::size_t(lane_)], {}))
            if (one.from) std::memcpy(one.to, one.from, one.bytes);
            else std::memset(one.to, 0, one.bytes);
    }

private:
    static constexpr std::size_t shared_bytes = 100 << 10;
    struct Barrier {
        int      arrived = 0;
        unsigned phase   = 0;
    };
    struct Copy {
        void*       to;
        void const* from;
        std::size_t bytes;
    };
    struct alignas(16) Slot {
        std::uint8_t bytes[64];
    };

    static Simt*& current() {
        static thread_local Simt* one = nullptr;
        return one;
    }
    /// A lane's, of one run after another.
    [[noreturn]] void work() {
        for (;;) {
            body_();
            done_[std::size_t(lane_)] = 1, --left_, moved_ = true;
            fibers_.pause();
        }
    }
    void wait(Barrier& barrier, int count) {
        const unsigned phase = barrier.phase;
        if (++barrier.arrived == count) barrier.arrived = 0, ++barrier.phase, moved_ = true;
        while (barrier.phase == phase) fibers_.pause();
    }
    // Two sets of slots in turn: a fast lane may publish again while a slow one still reads.
    Slot& slot(int lane) {
        return slots_[std::size_t(turns_[std::size_t(lane_)] & 1u) * std::size_t(lanes_) + std::size_t(lane)];
    }

    int                            lanes_, lane_ = 0, left_ = 0;
    Order                          order_;
    bool                           moved_ = false;
    std::function<void()>          body_;
    Fibers                         fibers_;
    std::vector<char>              done_;
    std::vector<unsigned>          turns_;
    std::vector<Slot>              slots_;
    Barrier                        block_;
    std::vector<Barrier>           warps_;
    std::vector<std::uint8_t>      shared_;
    std::vector<std::vector<Copy>> copies_;
};

/// What a warp of a GPU is to a body.
struct FiberWarp {
    static constexpr int size = 32, warps = 1;

    static int rank() { return Simt::here().lane() % size; }
    template <class T>
    T shuffle_xor(T v, int mask) const {
        Simt& simt = Simt::here();
        simt.publish(v);
        return simt.peek<T>(rank() ^ mask);
    }
    unsigned ballot(bool v) const {
        Simt& simt = Simt::here();
        simt.publish(v);
        unsigned bits = 0;
        for (int lane = 0; lane < size; ++lane) bits |= unsigned(simt.peek<bool>(lane)) << lane;
        return bits;
    }
    template <class T, class Op>
    T reduce(T v, Op op) const {
        for (int mask = size / 2; mask > 0; mask /= 2) v = op(v, shuffle_xor(v, mask));
        return v;
    }
    void sync() const { Simt::here().sync_warp(); }

    /// c += a b, every lane gathering the row and the column of its four results.
    void mma(cuda::FragmentC& c, cuda::FragmentA const& a, cuda::FragmentB const& b) const {
        struct Both {
            cuda::FragmentA a;
            cuda::FragmentB b;
        };
        Simt& simt = Simt::here();
        simt.publish(Both{a, b});
        const auto one  = [](cuda::Pair both, int k) { return k % 2 ? cuda::high(both) : cuda::low(both); };
        const auto left = [&](int row, int k) {
            return one(simt.peek<Both>(row % 8 * 4 + k % 8 / 2).a.v[row / 8 + k / 8 * 2], k);
        };
        const auto right = [&](int k, int column) {
            return one(simt.peek<Both>(column * 4 + k % 8 / 2).b.v[k / 8], k);
        };
        for (int i = 0; i < 4; ++i) {
            const int row = rank() / 4 + 8 * (i / 2), column = rank() % 4 * 2 + i % 2;
            for (int k = 0; k < 16; ++k) c.v[i] += left(row, k) * right(k, column);
        }
    }
    /// PTX's ldmatrix, which gives nothing at addresses that are no multiples of 16 bytes.
    template <bool transposed>
    void matrices(cuda::Pair (&four)[4], bf16 const* row) const {
        Simt& simt = Simt::here();
        simt.publish(row);
        for (int m = 0; m < 4; ++m) {
            const auto at = [&](int r, int column) {
                auto const from = simt.peek<bf16 const*>(m * 8 + r);
                return reinterpret_cast<std::uintptr_t>(from) % 16 ? float(NAN) : widen(from[column]);
            };
            const int one = rank() / 4, two = rank() % 4 * 2;
            four[m] = transposed ? cuda::pair(at(two, one), at(two + 1, one))
                                 : cuda::pair(at(one, two), at(one, two + 1));
        }
    }
};

/// What a block of n warps is to a body.
template <int n>
struct FiberBlock {
    static constexpr int size = 32 * n, warps = n;

    static int rank() { return Simt::here().lane(); }
    FiberWarp  warp() const { return {}; }
    template <class T>
    T* shared() const {
        return static_cast<T*>(Simt::here().shared());
    }
    void sync() const { Simt::here().sync_block(); }
    template <class T>
    void copy(T* to, T const* from, bool there) const {
        Simt::here().copy_later(to, there ? from : nullptr, sizeof(T));
    }
    void copied() const { Simt::here().copy_now(); }
    bool last(int* counter, int count) const {
        Simt& simt = Simt::here();
        simt.sync_block();
        if (rank() == 0) simt.is_last = ++*counter == count;
        if (rank() == 0 && simt.is_last) *counter = 0;
        simt.sync_block();
        return simt.is_last;
    }
    template <class T, class Op>
    T reduce(T v, Op op) const {
        static_assert(n == 1, "reduce: a block of several warps goes through shared memory by itself");
        return warp().reduce(v, op);
    }
};

/// f(group, item) for items 0 .. count - 1, in either order, by a group of its own each: one lane, a warp or a block.
/// @param shared  bytes of memory that the lane has
template <class F>
void run_serial(Index count, F const& f, Order order = Order::ascending, std::size_t shared = 1 << 16) {
    std::vector<float> memory(shared / sizeof(float), std::numeric_limits<float>::quiet_NaN());
    for (Index i = 0; i < count; ++i)
        f(cuda::Serial{memory.data()}, order == Order::ascending ? i : count - 1 - i);
}
template <class Group = FiberWarp, class F>
void run_emulated(Index count, F const& f, Order order = Order::ascending) {
    Simt simt(Group::size, order);
    for (Index i = 0; i < count; ++i)
        simt.run([&] { f(Group{}, order == Order::ascending ? i : count - 1 - i); });
}

}  // namespace rung_test
