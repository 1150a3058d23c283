#pragma once
// A permutation of 0 .. n - 1 that is a function of a key and takes no table: any place of it is known at once.

#include <algorithm>
#include <bit>
#include <utility>

#include "rung/core/rng.hpp"

namespace rung {

/// A balanced Feistel network (Luby and Rackoff, "How to construct pseudorandom permutations from pseudorandom
/// functions", 1988) whose rounds are Philox, over the smallest even number of bits that holds n; what falls outside is
/// sent through again until it is inside (Black and Rogaway, "Ciphers with arbitrary finite domains", 2002), within
/// four times in the mean. Below 16 places the bits are six, more than needed, and it takes longer: such networks are
/// even permutations of all their places, which would make some orders of a few likelier than others.
class Permutation {
public:
    static constexpr std::uint64_t most = std::uint64_t{1} << 62;

    /// @param n  1 to 2^62
    Permutation(std::uint64_t n, std::uint64_t key) : n_(n), key_(key_of(key)) {
        RUNG_CHECK(n >= 1 && n <= most, "Permutation: size; got ", n, ", wanted 1 to 2^62");
        half_ = std::max(3, (int(std::bit_width(n - 1)) + 1) / 2);
        mask_ = std::uint32_t((std::uint64_t{1} << half_) - 1);
    }
    std::uint64_t size() const { return n_; }

    /// Where i goes.
    std::uint64_t operator()(std::uint64_t i) const {
        check(i);
        do {
            auto left = std::uint32_t(i >> half_), right = std::uint32_t(i) & mask_;
            for (std::uint32_t round = 0; round < rounds; ++round)
                left = std::exchange(right, left ^ function(right, round));
            i = std::uint64_t(left) << half_ | right;
        } while (i >= n_);
        return i;
    }
    /// What goes to i.
    std::uint64_t inverse(std::uint64_t i) const {
        check(i);
        do {
            auto left = std::uint32_t(i >> half_), right = std::uint32_t(i) & mask_;
            for (std::uint32_t round = rounds; round-- > 0;)
                right = std::exchange(left, right ^ function(left, round));
            i = std::uint64_t(left) << half_ | right;
        } while (i >= n_);
        return i;
    }

private:
    static constexpr std::uint32_t rounds = 8;

    void check(std::uint64_t i) const {
        RUNG_CHECK(i < n_, "Permutation: place; got ", i, ", wanted less than ", n_);
    }
    std::uint32_t function(std::uint32_t half, std::uint32_t round) const {
        return philox({half, round, std::uint32_t(n_), std::uint32_t(n_ >> 32)}, key_)[0] & mask_;
    }

    std::uint64_t                n_;
    std::array<std::uint32_t, 2> key_;
    int                          half_ = 0;
    std::uint32_t                mask_ = 0;
};

}  // namespace rung
