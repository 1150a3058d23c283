#pragma once
// Orders of things by a number each. All are of this type and sorted here: a program compiles one function, where
// std::sort is ninety.

#include <utility>

#include "rung/core/buffer.hpp"

namespace rung {

struct Rank {
    std::size_t rank, number;

    friend bool operator<(Rank const& a, Rank const& b) {
        return a.rank != b.rank ? a.rank < b.rank : a.number < b.number;
    }
};

/// A rank and a number each: sorted, equal ranks keep the order of their numbers.
class Ranks : public Buffer<Rank> {
public:
    explicit Ranks(std::size_t count) : Buffer<Rank>(Index(count)) {}

    [[gnu::noinline]] void sort() {  // by a heap: no memory, and as fast whatever the order was
        for (Index i = size() / 2; i-- > 0;) sift(i, size());
        for (Index i = size(); i-- > 1;) std::swap(data()[0], data()[i]), sift(0, i);
    }

private:
    /// Moves the one at `at` down to its place among the first `count`, a heap but for it.
    void sift(Index at, Index count) {
        Rank* const all   = data();
        const Rank  moved = all[at];
        for (Index child; (child = 2 * at + 1) < count; at = child) {
            child += child + 1 < count && all[child] < all[child + 1];
            if (!(moved < all[child])) break;
            all[at] = all[child];
        }
        all[at] = moved;
    }
};

}  // namespace rung
