#pragma once
// Element by element: copies, sums and dropout.

#include "rung/backend/cpu/random.hpp"
#include "rung/backend/cpu/rows.hpp"
#include "rung/core/sequences.hpp"

namespace rung::cpu::inline RUNG_ISA {

template <class P, class Real>
void fill(Lane<P>&, Mat<Real> y, std::type_identity_t<Real> value) {
    for (Index i = 0; i < y.rows; ++i) std::fill_n(y.row(i), y.cols, value);
}

/// y = x
template <class P, class Real>
void copy(Lane<P>&, Mat<Real> y, CMat<Real> x) {
    for (Index i = 0; i < y.rows; ++i) std::copy_n(x.row(i), y.cols, y.row(i));
}

/// y += x
template <class P, class Real>
void add(Lane<P>&, Mat<Real> y, CMat<Real> x) {
    for (Index i = 0; i < y.rows; ++i) add_to(y.row(i), x.row(i), y.cols);
}

/// y = dropout(y) in place. The same call on the gradient is the backward pass.
/// @param site  which dropout of the network this is; each makes its own choices
template <class P, class Real>
void dropout(Lane<P>&, Mat<Real> y, Dropout const& drop, std::uint32_t site, Index first_row) {
    if (drop.rate <= 0) return;
    using Blocks    = PhiloxBlocks<>;
    const Real keep = Real(1) / (Real(1) - Real(drop.rate));
    const int  rate = int(std::ceil(double(drop.rate) * 0x1p24));  // of a word's top 24 bits
    for (Index i = 0; i < y.rows; ++i) {
        const auto first = counter_of(Purpose::dropout, drop.step, std::uint32_t(first_row + i), site, 0);
        for (Index j = 0; j < y.cols; j += Blocks::words) {
            std::uint32_t words[Blocks::words];
            Real          factors[Blocks::words];
            Blocks::draw(words, first, key_of(drop.seed), std::uint32_t(j / 4));
            for (int k = 0; k < Blocks::words; ++k) factors[k] = int(words[k] >> 8) < rate ? Real(0) : keep;
            Real* const at_j = y.row(i) + j;
            for_vectors<Real>(std::min<Index>(Blocks::words, y.cols - j), [&](auto at, Index k) {
                at.store(at_j + k, at.load(at_j + k) * at.load(factors + k));
            });
        }
    }
}

}  // namespace rung::cpu::inline RUNG_ISA
