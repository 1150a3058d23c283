#pragma once
// How a model is told where a token stands. A scheme is a small type that says where it acts; see those beside this
// file. What schemes that act on scores have to say stands in score.hpp.

#include <concepts>
#include <span>

#include "rung/backend/rotation.hpp"
#include "rung/core/mask.hpp"
#include "rung/core/rng.hpp"
#include "rung/model/members.hpp"
#include "rung/model/shape.hpp"

namespace rung {

/// Where a positional scheme acts.
enum class Site {
    nowhere,    ///< order is known through the causal mask alone
    embedding,  ///< a learned row per place is added to the token's embedding
    sinusoids,  ///< waves of the place, without weights, are added to the token's embedding
    query_key,  ///< queries and keys are rotated by an angle that grows with the place
    score,      ///< a bias that depends on the places of query and key is added to their score
};

template <class P>
concept HasSite = requires {
    { P::site } -> std::convertible_to<Site>;
};

template <class P>
consteval bool acts_on(Site site) {
    if constexpr (HasSite<P>) return P::site == site;
    return false;
}
template <class P>
consteval bool knows_theta() {
    if constexpr (acts_on<P>(Site::query_key) || acts_on<P>(Site::sinusoids)) return requires {
            { P::theta } -> std::convertible_to<double>;
        };
    return true;
}

/// A scheme that acts on scores by numbers of its own, one per head and distance.
template <class P>
concept HasBias = requires {
    { P::bias(0, 1, 0) } -> std::convertible_to<double>;
};
/// By learned combinations of features of the distance.
template <class P>
concept CountsFeatures = requires {
    { P::features } -> std::convertible_to<int>;
};
template <class P>
concept HasFeatures = CountsFeatures<P> && requires {
    { P::feature(0, 0, Mask::causal) } -> std::convertible_to<double>;
};
/// By a table that it makes itself.
inline constexpr Shape any_shape{.vocab = 2, .context = 8, .width = 8};
template <class P>
concept HasTable = requires {
    typename P::template Table<any_shape, Mask::causal>;
};
template <class Table>
concept IsTable = requires {
    { Table::by } -> std::convertible_to<BiasBy>;
    Table::weights.size();
};

template <class P>
consteval bool knows_scores() {
    return !acts_on<P>(Site::score) || HasBias<P> || CountsFeatures<P> || HasTable<P>;
}
template <class P>
consteval bool knows_features() {
    return !acts_on<P>(Site::score) || !CountsFeatures<P> || HasFeatures<P>;
}
template <class P>
consteval bool knows_table() {
    if constexpr (acts_on<P>(Site::score) && HasTable<P>)
        return IsTable<typename P::template Table<any_shape, Mask::causal>>;
    return true;
}

template <class P>
consteval bool learns_by_table() {
    if constexpr (acts_on<P>(Site::score) && HasTable<P>) {
        using Table = typename P::template Table<any_shape, Mask::causal>;
        if constexpr (IsTable<Table>)
            return Table::weights.size() == 0 ||
                   (detail::NamesForward<Table> && detail::NamesAddBackward<Table>);
    }
    return true;
}

/// Numbers of a scheme of one's own that make sense, as those of Rope and Sinusoidal do.
template <class P>
consteval bool counts_features_rightly() {
    if constexpr (CountsFeatures<P>) return P::features >= 1;
    return true;
}
template <class P>
consteval bool turns_rightly() {
    bool right = true;
    if constexpr (acts_on<P>(Site::query_key) || acts_on<P>(Site::sinusoids)) {
        if constexpr (requires { P::theta; }) right = P::theta > 1;
        if constexpr (requires { P::percent; }) right = right && P::percent > 0 && P::percent <= 100;
        if constexpr (requires { P::stretch; }) right = right && P::stretch > 0;
        if constexpr (requires { P::ntk; }) right = right && P::ntk > 0;
    }
    return right;
}

/// What sequences are read for.
enum class Phase { training, evaluation };

/// A scheme that chooses for every sequence what its ids look up, see ids.hpp.
template <class P>
concept DrawsRows = requires(std::span<int> rows, Phase phase, Rng& rng) {
    P::draw(rows, phase, rng);
};
template <class P>
concept HasDraw = requires {
    &P::draw;
};
template <class P>
concept CountsRows = requires {
    { P::rows(1) } -> std::convertible_to<int>;
};
template <class P>
consteval bool reads_ids() {
    return acts_on<P>(Site::embedding) || acts_on<P>(Site::sinusoids) || acts_on<P>(Site::query_key);
}
/// Rows that ids look up, in a model's table or among its angles: as many as the context has tokens, unless the scheme
/// says otherwise.
template <class P>
consteval int rows_of(int context) {
    if constexpr (CountsRows<P>) return P::rows(context);
    return context;
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
                  "(or use NoPe, Learned, Sinusoidal<>, Rope<>, Alibi, Window<2>, T5<>, Kerple or Fire<>)");
    static_assert(knows_theta<P>(),
                  "Position: a scheme that acts on query_key needs `static constexpr double theta`, as one "
                  "of sinusoids does, "
                  "the base of its wavelengths");
    static_assert(
        knows_scores<P>(),
        "Position: a scheme that acts on score needs `static double bias(int head, int heads, int "
        "distance)`, or features of a distance to learn from, or a `Table` (see position/score.hpp)");
    static_assert(knows_features<P>(),
                  "Position: a scheme with `features` needs `static double feature(int f, int distance, "
                  "rung::Mask)` beside their number");
    static_assert(counts_features_rightly<P>(), "Position: `features` must be at least 1");
    static_assert(HasBias<P> + CountsFeatures<P> + HasTable<P> <= acts_on<P>(Site::score),
                  "Position: a scheme has one of `bias`, `features` and `Table`, and acts on score");
    static_assert(turns_rightly<P>(),
                  "Position: `theta` must be above 1, `percent` 1 to 100, `stretch` and `ntk` above 0");
    static_assert(knows_table<P>(),
                  "Position: a scheme's `template <rung::Shape S, rung::Mask M> struct Table` needs `static "
                  "constexpr rung::BiasBy by` and `static constexpr rung::WeightList<n> weights`");
    static_assert(learns_by_table<P>(),
                  "Position: a scheme's Table that has weights needs `forward` and "
                  "`add_backward` (see position/score.hpp)");
    static_assert(!HasDraw<P> || DrawsRows<P>,
                  "Position: make it `static void draw(std::span<int> rows, rung::Phase, rung::Rng&)`, which "
                  "changes the row that each id looks up");
    static_assert(
        !DrawsRows<P> || CountsRows<P>,
        "Position: a scheme with `draw` needs `static constexpr int rows(int context)`, how many rows "
        "there are to draw from");
    static_assert(
        !DrawsRows<P> || reads_ids<P>(),
        "Position: draw ids for Learned, Sinusoidal or Rope, because schemes that act on score measure "
        "places by themselves and NoPe knows none");
    static constexpr bool ok = true;
};

/// Names what keeps a scheme from reading as many tokens.
template <class P, int context>
struct explain_rows {
    static_assert(rows_of<P>(context) >= context,
                  "Position: `rows` must be at least .context, because so many tokens may look up one each "
                  "(Randomised<Inner, Largest>: raise Largest)");
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
