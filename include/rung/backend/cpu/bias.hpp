#pragma once
// A table of biases as tiles of scores read it: what the longest sequence needs of it, head by head, so that a query's
// biases stand side by side; and its gradient, gathered the same way.

#include "rung/backend/cpu/rows.hpp"
#include "rung/core/look.hpp"

namespace rung::cpu::inline RUNG_ISA::detail {

/// The part of a table (entries, H) of `reach` tokens that sequences of at most `longest` use is itself a table, of
/// `longest` tokens; here its transpose.
template <class Real>
class HeadBias {
public:
    HeadBias() = default;
    /// Room for the part, zeros.
    HeadBias(Arena& arena, Look<Real> const& look, Index heads, Index longest)
        : look_(look), longest_(longest) {
        all_ = arena.take<Real>(heads, entries_of(look.by, look.mask, longest));
        std::fill_n(all_.data, all_.size(), Real(0));
    }
    bool empty() const { return all_.empty(); }

    /// factor times the table
    void read(Mat<Real const> table, Real factor) {
        each(table.data, [&](Index at, Index h, Real const& x) { all_(h, at) = factor * x; });
    }
    /// table += factor times what was gathered
    void add_to_table(Mat<Real> table, Real factor) const {
        each(table.data, [&](Index at, Index h, Real& x) { x += factor * all_(h, at); });
    }
    /// Of the query at place `place` and the keys at places 0, 1, ...
    Real* row(Index h, Index place) const { return all_.row(h) + entry_base(look_.by, longest_, place); }

private:
    /// f(entry here, head, number there)
    template <class T, class F>
    void each(T* table, F f) const {
        const bool  pairs = look_.by == BiasBy::pair;
        const Index H = look_.bias.cols, stride = look_.bias.stride, runs = pairs ? longest_ : 1;
        for (Index r = 0; r < runs; ++r) {
            const Index from = pairs ? r * look_.reach : look_.reach - longest_;
            const Index n    = all_.cols / runs;
            for (Index i = 0; i < n; ++i)
                for (Index h = 0; h < H; ++h) f(r * n + i, h, table[(from + i) * stride + h]);
        }
    }

    Look<Real> look_;
    Index      longest_ = 0;
    Mat<Real>  all_;
};

}  // namespace rung::cpu::inline RUNG_ISA::detail
