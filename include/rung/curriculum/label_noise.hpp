#pragma once
// Labels made wrong on purpose, to see what a climb survives (Lee et al., ICML 2025, section 8).

#include <algorithm>
#include <string>
#include <type_traits>
#include <vector>

#include "rung/core/rng.hpp"
#include "rung/curriculum/filter.hpp"
#include "rung/curriculum/policy.hpp"

namespace rung {

template <class F>
struct explain_corrupt {
    static constexpr bool ok = std::is_invocable_r_v<std::string, F&, Rng&, Candidate const&, int>;
    static_assert(
        ok,
        "Corrupt: wanted `std::string operator()(rung::Rng&, rung::Candidate const&, int round) const`, the "
        "label that takes another's place, like LabelNoise");
};

/// What becomes of a kept label in a round, from 1: its answer, or another one.
using Corrupt = Policy<std::string(Rng&, Candidate const&, int round), explain_corrupt>;

enum class Corruption {
    uniform,           ///< every digit becomes another one at random
    drop,              ///< 1 to 3 of the last three digits are left out
    perturb,           ///< 1 to 3 of the last three digits go up or down by one
    drop_and_perturb,  ///< first perturbed, then dropped
};

struct LabelNoise {
    Corruption       kind   = Corruption::uniform;
    double           share  = 0.1;           ///< of the labels
    std::vector<int> rounds = {};            ///< in which; empty: in all
    std::string      digits = "0123456789";  ///< of the task; of a maze, which has no 0, "123456789"

    void check() const {
        check_number(share >= 0 && share <= 1, "LabelNoise: share", share, "0 to 1");
        RUNG_CHECK(digits.size() >= 2, "LabelNoise: digits; got '", digits, "', wanted at least two");
    }
    std::string operator()(Rng& rng, Candidate const& candidate, int round) const {
        check();
        const auto  n      = std::uint32_t(digits.size());
        const auto  turn   = [&](char& c, std::uint32_t by) { c = digits[(digits.find(c) + by) % n]; };
        std::string answer = candidate.answer;
        const bool  now    = rounds.empty() || std::find(rounds.begin(), rounds.end(), round) != rounds.end();
        if (!now || !rng.chance(share)) return answer;
        if (kind == Corruption::uniform) {
            for (char& c : answer)
                if (is_digit(c)) turn(c, 1 + rng.below(n - 1));
            return answer;
        }
        if (kind != Corruption::drop)
            for (const std::size_t at : some_of_the_last(rng, answer)) {
                turn(answer[at], rng.chance(0.5) ? 1 : n - 1);
            }
        if (kind != Corruption::perturb)
            for (const std::size_t at : some_of_the_last(rng, answer)) answer.erase(at, 1);
        return answer;
    }

private:
    bool is_digit(char c) const { return digits.find(c) != std::string::npos; }
    /// Places of 1 to 3 of the last three digits, the last first.
    std::vector<std::size_t> some_of_the_last(Rng& rng, std::string const& text) const {
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
