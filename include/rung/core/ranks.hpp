#pragma once
// Orders of things by a number each. Sorted by the C library: its function is there once, where std::sort is ninety new
// ones in every program.

#include <cstdlib>

#include "rung/core/buffer.hpp"

namespace rung {

struct Rank {
    std::size_t rank, number;
};

/// A rank and a number each, the numbers all different: sorted, equal ranks keep the order of their numbers.
class Ranks : public Buffer<Rank> {
public:
    explicit Ranks(std::size_t count) : Buffer<Rank>(Index(count)) {}

    [[gnu::noinline]] void sort() {
        std::qsort(data(), std::size_t(size()), sizeof(Rank), [](void const* a, void const* b) {
            auto const &x = *static_cast<Rank const*>(a), &y = *static_cast<Rank const*>(b);
            return x.rank != y.rank ? (x.rank < y.rank ? -1 : 1) : x.number < y.number ? -1 : 1;
        });
    }
};

}  // namespace rung
