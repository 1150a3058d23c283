#pragma once
// How a model is told where a token stands. A scheme is a small type that says where it acts; see the three
// beside this file.

#include <concepts>

namespace rung {

/// Where a positional scheme acts.
enum class Site {
    nowhere,    ///< order is known through the causal mask alone
    embedding,  ///< a learned row per place is added to the token's embedding
    query_key,  ///< queries and keys are rotated by an angle that grows with the place
};

template <class P>
concept HasSite = requires {
    { P::site } -> std::convertible_to<Site>;
};

template <class P>
consteval bool knows_theta() {
    if constexpr (HasSite<P>) {
        if constexpr (P::site == Site::query_key) return requires {
                { P::theta } -> std::convertible_to<double>;
            };
    }
    return true;
}

/// Names what a positional scheme lacks.
template <class P>
struct explain_position {
    static_assert(HasSite<P>,
                  "Position: add `static constexpr rung::Site site`, where the scheme acts "
                  "(or use NoPe, Learned or Rope<>)");
    static_assert(knows_theta<P>(),
                  "Position: a scheme that acts on query_key needs `static constexpr double theta`, "
                  "the base of its wavelengths");
    static constexpr bool ok = true;
};

}  // namespace rung
