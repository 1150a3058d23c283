#pragma once
// Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
// SC 2011). A stream is named, not advanced: the n-th number of (seed, purpose, a, b) is the same on any
// machine, in any order.

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

#include "rung/core/check.hpp"
#include "rung/core/scalar.hpp"

namespace rung {

/// What a stream is for. Different purposes never share a counter, so their numbers are disjoint by
/// construction.
enum class Purpose : std::uint32_t {
    weights,
    dropout,
    training,
    evaluation,
    self_improvement,
    decoding,
    mixture,
    user,
    states,
    passes,
    positions
};

using RandomBits = std::array<std::uint32_t, 4>;  ///< one Philox block

/// Ten Philox rounds: 128 random bits from a 128-bit counter and a 64-bit key.
constexpr RandomBits philox(RandomBits counter, std::array<std::uint32_t, 2> key) {
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t p = std::uint64_t{0xD2511F53} * counter[0];
        const std::uint64_t q = std::uint64_t{0xCD9E8D57} * counter[2];
        counter               = {std::uint32_t(q >> 32) ^ counter[1] ^ key[0], std::uint32_t(q),
                                 std::uint32_t(p >> 32) ^ counter[3] ^ key[1], std::uint32_t(p)};
        key                   = {key[0] + 0x9E3779B9, key[1] + 0xBB67AE85};
    }
    return counter;
}

/// What names a stream: the key, and the counter of its n-th block.
constexpr std::array<std::uint32_t, 2> key_of(std::uint64_t seed) {
    return {std::uint32_t(seed), std::uint32_t(seed >> 32)};
}
constexpr RandomBits counter_of(Purpose purpose, std::uint32_t major, std::uint32_t minor, std::uint32_t site,
                                std::uint32_t block) {
    return {block, minor, major, std::uint32_t(purpose) | site << 8};
}

/// Uniform in [0, 1) from the top 24 bits, exactly representable in float.
constexpr float unit(std::uint32_t bits) { return float(bits >> 8) * 0x1p-24f; }

/// The numbers of one stream, in order. Cheap to make: it holds a name and a position, no table.
/// Distributions are our own because those of the standard library differ from one library to the next.
class Rng {
public:
    /// Streams with different (seed, purpose, major, minor, site) never overlap; each holds 2^34 words.
    /// @param site  below 2^24, for purposes that need a third number
    constexpr Rng(std::uint64_t seed, Purpose purpose, std::uint32_t major = 0, std::uint32_t minor = 0,
                  std::uint32_t site = 0)
        : key_(key_of(seed)), counter_(counter_of(purpose, major, minor, site, 0)) {
        RUNG_CHECK(site < 1u << 24, "Rng: site; got ", site, ", wanted less than 2^24");
    }

    /// What the stream is for.
    constexpr Purpose purpose() const { return Purpose(counter_[3] & 0xff); }

    /// 32 random bits.
    constexpr std::uint32_t bits() {
        if (used_ == 4) refill();
        return block_[std::size_t(used_++)];
    }

    /// Uniform in 0 .. n - 1, without bias (Lemire, "Fast random integer generation in an interval", 2019).
    [[gnu::noinline]] constexpr std::uint32_t below(std::uint32_t n) {
        RUNG_CHECK(n > 0, "Rng::below: the range is empty; got n = 0, wanted at least 1");
        std::uint64_t product = std::uint64_t{bits()} * n;
        if (std::uint32_t(product) < n)
            for (const std::uint32_t reject = (0u - n) % n; std::uint32_t(product) < reject;)
                product = std::uint64_t{bits()} * n;
        return std::uint32_t(product >> 32);
    }

    /// Uniform in first .. last, both included.
    constexpr int between(int first, int last) {
        RUNG_CHECK(first <= last, "Rng::between: the range is empty; got ", first, " .. ", last,
                   ", wanted first <= last");
        const auto span = std::uint32_t(last) - std::uint32_t(first) + 1;
        return int(std::uint32_t(first) + (span == 0 ? bits() : below(span)));
    }

    /// Uniform in [0, 1).
    constexpr float uniform() { return unit(bits()); }

    /// True with probability p.
    constexpr bool chance(double p) { return bits() < p * 0x1p32; }

    /// Mean 0, standard deviation 1: inverse of the normal distribution function by Acklam's rational
    /// approximation (relative error below 1.2e-9). One draw costs one word, so a tensor's n-th value does
    /// not depend on its neighbours.
    double normal();

private:
    [[gnu::noinline]] constexpr void refill() {
        block_ = philox(counter_, key_);
        ++counter_[0];
        used_ = 0;
    }

    std::array<std::uint32_t, 2> key_;
    RandomBits                   counter_;
    RandomBits                   block_{};
    int                          used_ = 4;
};

namespace detail {

/// Quantile of the standard normal distribution for 0 < p < 1.
RUNG_HD inline double normal_quantile(double p) {
    constexpr double a[]  = {-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                             1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
    constexpr double b[]  = {-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02,
                             6.680131188771972e+01, -1.328068155288572e+01};
    constexpr double c[]  = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                             -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
    constexpr double d[]  = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                             3.754408661907416e+00};
    const auto       tail = [&](double q) {
        return (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
               ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
    };
    constexpr double low = 0.02425;
    if (p < low) return tail(std::sqrt(-2 * std::log(p)));
    if (p > 1 - low) return -tail(std::sqrt(-2 * std::log1p(-p)));
    const double q = p - 0.5, r = q * q;
    return (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
           (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
}

}  // namespace detail

/// What a word is drawn to, with mean 0 and standard deviation 1.
RUNG_HD inline double normal_of(std::uint32_t bits) {
    return detail::normal_quantile((double(bits) + 0.5) * 0x1p-32);
}

inline double Rng::normal() { return normal_of(bits()); }

}  // namespace rung
