#pragma once
// How a model is told where a token stands. A scheme is a small type that says where it acts; see those beside this
// file.

#include <concepts>

#include "rung/backend/rotation.hpp"

namespace rung {

/// Where a positional scheme acts.
enum class Site {
    nowhere,    ///< order is known through the causal mask alone
    embedding,  ///< a learned row per place is added to the token's embedding
    sinusoids,  ///< waves of the place, without weights, are added to the token's embedding
    query_key,  ///< queries and keys are rotated by an angle that grows with the place
};

template <class P>
concept HasSite = requires {
    { P::site } -> std::convertible_to<Site>;
};

template <class P>
consteval bool knows_theta() {
    if constexpr (HasSite<P>) {
        if constexpr (P::site == Site::query_key || P::site == Site::sinusoids) return requires {
                { P::theta } -> std::convertible_to<double>;
            };
    }
    return true;
}

/// How a scheme turns heads of D channels. Beside theta it may have `percent` of the channels that turn, `stretch` and
/// `ntk`, see Rotation.
template <class P>
constexpr Rotation rotation_of(int D) {
    Rotation rotation{.channels = D};
    if constexpr (P::site == Site::query_key) {
        rotation.theta = P::theta;
        if constexpr (requires { P::percent; }) rotation.channels = D * P::percent / 100;
        if constexpr (requires { P::stretch; }) rotation.stretch = P::stretch;
        if constexpr (requires { P::ntk; }) rotation.ntk = P::ntk;
    }
    return rotation;
}

/// Names what a positional scheme lacks.
template <class P>
struct explain_position {
    static_assert(HasSite<P>,
                  "Position: add `static constexpr rung::Site site`, where the scheme acts "
                  "(or use NoPe, Learned, Sinusoidal<> or Rope<>)");
    static_assert(knows_theta<P>(),
                  "Position: a scheme that acts on query_key needs `static constexpr double theta`, as one "
                  "of sinusoids does, "
                  "the base of its wavelengths");
    static constexpr bool ok = true;
};

/// Names what keeps a scheme from acting on rows of `width` channels in `heads` heads.
template <class P, int width, int heads>
struct explain_channels {
    static constexpr int turning = rotation_of<P>(width / heads).channels;
    static_assert(
        P::site != Site::query_key || (turning > 0 && turning % 2 == 0),
        "Rope: .width / .heads must be even, because channels are rotated in pairs (and so must be the "
        "percentage of them that turns)");
    static_assert(P::site != Site::sinusoids || width % 2 == 0,
                  "Sinusoidal: .width must be even, because every wavelength has a sine and a cosine");
    static constexpr bool ok = true;
};

}  // namespace rung
