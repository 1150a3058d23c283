#pragma once
// Ids of a sequence are a random sample, in order, of many more than it has tokens: so longer sequences look like those
// of training (Ruoss et al., "Randomized positional encodings boost length generalization of transformers", ACL 2023).

#include <algorithm>

#include "rung/model/position/position.hpp"

namespace rung {

/// @tparam Inner    what reads the ids: Learned, Sinusoidal<> or Rope<>
/// @tparam Largest  ids there are, 0 .. Largest - 1; at least the context
template <class Inner, int Largest>
struct Randomised : Inner {
    static_assert(!DrawsRows<Inner>,
                  "Randomised: take Learned, Sinusoidal or Rope, which draw nothing themselves");

    static constexpr int rows(int) { return Largest; }
    /// Floyd's sample without replacement (Bentley and Floyd, "A sample of brilliance", CACM 1987).
    static void draw(std::span<int> rows, Phase, Rng& rng) {
        RUNG_CHECK(rows.size() <= std::size_t(Largest), "Randomised: ids; got ", rows.size(),
                   ", wanted at most ", Largest);
        int most = Largest - int(rows.size());  // which is not there yet
        for (auto end = rows.begin(); end != rows.end(); ++end, ++most) {
            const int  row = int(rng.below(std::uint32_t(most) + 1));
            const auto at  = std::lower_bound(rows.begin(), end, row);
            if (at != end && *at == row) *end = most;
            else std::move_backward(at, end, end + 1), *at = row;
        }
    }
};

}  // namespace rung
