#pragma once
// What attention is told besides queries, keys and values: which keys a query may see, and numbers that are added to
// its scores.

#include "rung/core/check.hpp"
#include "rung/core/mask.hpp"

namespace rung {

/// The default is causal attention without a bias.
template <class Real>
struct Look {
    Mask            mask  = Mask::causal;
    BiasBy          by    = BiasBy::distance;
    Index           reach = 0;   ///< most tokens of a sequence
    Mat<Real const> bias  = {};  ///< (entries, H), added to q . k / sqrt(D); empty: nothing is

    /// Throws where the table does not fit the heads, or the longest sequence the table.
    void check(Index heads, Index longest, char const* what) const {
        if (bias.empty()) return;
        RUNG_CHECK(bias.cols == heads, what, ": heads of the bias; got ", bias.cols, ", wanted ", heads);
        RUNG_CHECK(bias.rows == entries_of(by, mask, reach), what, ": entries of the bias; got ", bias.rows,
                   ", wanted ", entries_of(by, mask, reach));
        RUNG_CHECK(longest <= reach, what, ": tokens of a sequence; got ", longest, ", wanted at most ",
                   reach, ", the reach of the bias");
    }
};

/// How the columns of qkv (N, (H + 2 KV) D) are shared out: H queries, KV keys, KV values. Query head h reads the keys
/// and values of head h / group (Ainslie et al., "GQA", 2023).
struct HeadGroups {
    Index heads, kv;  ///< H, KV

    /// From the columns alone: of qkv, and of what comes out.
    static HeadGroups of(Index columns, Index width, Index D, char const* what) {
        const HeadGroups g{width / D, (columns - width) / (2 * D)};
        RUNG_CHECK(g.kv > 0 && g.heads % g.kv == 0 && columns == (g.heads + 2 * g.kv) * D, what,
                   ": columns of qkv; got ", columns, ", wanted ", width,
                   " for queries and as many for keys and for values, or a whole fraction of it");
        return g;
    }
    constexpr Index group() const { return heads / kv; }
};

}  // namespace rung
