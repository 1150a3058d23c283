#pragma once
// Labels made wrong on purpose, to see what a climb survives (Lee et al., ICML 2025, section 8).

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "rung/core/rng.hpp"
#include "rung/curriculum/filter.hpp"

namespace rung {

/// What becomes of a kept label in a round, from 1: its answer, or another one.
using Corrupt = std::function<std::string(Rng&, Candidate const&, int round)>;

enum class Corruption {
    uniform,           ///< every digit another one at random
    drop,              ///< 1 to 3 of the last three digits are left out
    perturb,           ///< 1 to 3 of the last three digits go up or down by one
    drop_and_perturb,  ///< first perturbed, then dropped
};

struct LabelNoise {
    Corruption       kind   = Corruption::uniform;
    double           share  = 0.1;  ///< of the labels
    std::vector<int> rounds = {};   ///< in which; empty: in all

    std::string operator()(Rng& rng, Candidate const& candidate, int round) const {
        RUNG_CHECK(share >= 0 && share <= 1, "LabelNoise: share; got ", share, ", wanted 0 to 1");
        std::string answer = candidate.answer;
        const bool  now    = rounds.empty() || std::find(rounds.begin(), rounds.end(), round) != rounds.end();
        if (!now || !rng.chance(share)) return answer;
        if (kind == Corruption::uniform) {
            for (char& c : answer)
                if (is_digit(c)) c = char('0' + rng.below(10));
            return answer;
        }
        if (kind != Corruption::drop)
            for (const std::size_t at : some_of_the_last(rng, answer)) {
                const int way = rng.chance(0.5) ? 1 : 9;
                answer[at]    = char('0' + (answer[at] - '0' + way) % 10);
            }
        if (kind != Corruption::perturb)
            for (const std::size_t at : some_of_the_last(rng, answer)) answer.erase(at, 1);
        return answer;
    }

private:
    static bool is_digit(char c) { return c >= '0' && c <= '9'; }
    /// Places of 1 to 3 of the last three digits, the last first.
    static std::vector<std::size_t> some_of_the_last(Rng& rng, std::string const& text) {
        std::vector<std::size_t> places, chosen;
        for (std::size_t i = text.size(); i-- > 0 && places.size() < 3;)
            if (is_digit(text[i])) places.push_back(i);
        if (places.empty()) return places;
        std::size_t wanted = 1 + rng.below(std::uint32_t(places.size()));
        for (std::size_t i = 0; i < places.size(); ++i)
            if (rng.below(std::uint32_t(places.size() - i)) < wanted) chosen.push_back(places[i]), --wanted;
        return chosen;
    }
};

}  // namespace rung
