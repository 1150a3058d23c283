#pragma once
// The integers that fix the size of every weight, and what must hold between them.

#include <ostream>

namespace rung {

/// Public ints only, so that a Shape can be a template argument. Name the numbers you set: `Shape{.vocab =
/// 14, ...}`.
struct Shape {
    int vocab   = 0;  ///< V, distinct tokens
    int context = 0;  ///< longest sequence the model may be shown, in tokens
    int width   = 0;  ///< C, channels of the residual stream
    int heads   = 1;  ///< H, attention heads; each gets width / heads channels
    /// KV, heads of keys and values, each read by as many query heads; 0 means that every query head has its own
    int kv_heads = 0;
    int hidden   = 0;  ///< width of the MLP's hidden layer; 0 means 4 * width

    constexpr int head_size() const { return width / heads; }
    constexpr int mlp() const { return hidden > 0 ? hidden : 4 * width; }
    constexpr int kv() const { return kv_heads > 0 ? kv_heads : heads; }
    constexpr int qkv() const {
        return width + 2 * kv() * head_size();
    }  ///< columns of queries, keys and values
    bool operator==(Shape const&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, Shape const& s) {
    out << "vocab " << s.vocab << ", context " << s.context << ", width " << s.width << ", heads " << s.heads;
    if (s.kv() != s.heads) out << ", key-value heads " << s.kv();
    return out << ", hidden " << s.mlp();
}

/// Names what is wrong with a shape and how to mend it.
template <Shape S>
struct explain_shape {
    static_assert(S.vocab > 1, "Shape: .vocab must be at least 2 (was it left out?)");
    static_assert(S.context > 0, "Shape: .context must be positive (was it left out?)");
    static_assert(S.width > 0, "Shape: .width must be positive (was it left out?)");
    static_assert(
        S.heads > 0 && S.width % (S.heads > 0 ? S.heads : 1) == 0,
        "Shape: .width must be a multiple of .heads, because each head gets width / heads channels");
    static_assert(S.hidden >= 0, "Shape: .hidden must not be negative (0 means 4 * width)");
    static_assert(S.kv_heads >= 0 && S.heads % (S.kv_heads > 0 ? S.kv_heads : 1) == 0,
                  "Shape: .heads must be a multiple of .kv_heads, because as many query heads share each "
                  "(0 means that every query head has its own keys)");
    static constexpr bool ok = true;
};

}  // namespace rung
