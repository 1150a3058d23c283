#pragma once
// What attention is told (core/look.hpp), as bodies read it.

#include "rung/backend/cuda/group.hpp"
#include "rung/core/mask.hpp"

namespace rung::cuda {

namespace body {

/// Biases of one query's keys, or of one key's queries; none where there is no table.
struct BiasLine {
    float const* at;
    Index        step;

    RUNG_HD float added(float score, int i) const { return at ? score + at[i * step] : score; }
};

}  // namespace body

struct Sight {
    float const* bias  = nullptr;  ///< (entries, H); null: none
    int          reach = 0;
    int          kv    = 0;  ///< heads of keys and values; 0: each query head has its own
    Mask         mask  = Mask::causal;
    BiasBy       by    = BiasBy::distance;

    RUNG_HD bool causal() const { return mask == Mask::causal; }
    RUNG_HD int  kv_heads(int heads) const { return kv > 0 ? kv : heads; }

    /// Of head h of `heads`, from two places on along the keys or along the queries.
    RUNG_HD body::BiasLine along_keys(int heads, int h, Index query) const {
        if (!bias) return {nullptr, 0};
        return {bias + entry_base(by, reach, query) * heads + h, heads};
    }
    RUNG_HD body::BiasLine along_queries(int heads, int h, Index query, Index key) const {
        if (!bias) return {nullptr, 0};
        return {bias + (entry_base(by, reach, query) + key) * heads + h,
                Index{by == BiasBy::pair ? reach : -1} * heads};
    }
};

/// Distances in a row of qkv (N, (H + 2 KV) D), whose first C = H D columns are queries.
struct HeadRow {
    int   size, group;       ///< D; query heads that read the same keys
    Index width, C, values;  ///< of the row; of its queries; from a head's keys to its values

    RUNG_HD HeadRow(int heads, int D, Sight const& sight)
        : size(D),
          group(heads / sight.kv_heads(heads)),
          width(Index(heads + 2 * sight.kv_heads(heads)) * D),
          C(Index(heads) * D),
          values(Index(sight.kv_heads(heads)) * D) {}
    /// The keys that query head h reads, and those of head kv.
    RUNG_HD Index keys_of(int h) const { return keys(h / group); }
    RUNG_HD Index keys(int kv) const { return C + Index(kv) * size; }
};

}  // namespace rung::cuda
