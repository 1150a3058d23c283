#pragma once
// Which self-made labels to trust. A filter sees what a model wrote, never the truth.

#include <algorithm>
#include <concepts>
#include <functional>
#include <string>
#include <vector>

#include "rung/core/check.hpp"
#include "rung/curriculum/policy.hpp"
#include "rung/task/difficulty.hpp"

namespace rung {

/// A problem with the answer that models gave it.
struct Candidate {
    std::string prompt, answer;
    bool        ended  = false;  ///< they wrote the end token
    int         tokens = 0;      ///< they wrote, the end among them
    double confidence  = 1;  ///< probability that the model gave to the answer; of several models that gave
                             ///< it, the mean
    double     agreement   = 1;  ///< share of the models that gave this very answer
    double     consistency = 1;  ///< share of a model's samples that are this answer
    Difficulty difficulty  = {};

    void archive(auto& all) {
        all(prompt, answer, ended, tokens, confidence, agreement, consistency, difficulty);
    }
};

template <class F>
concept KeepsCandidates = requires(F const filter, std::vector<Candidate> const& candidates) {
    { filter(candidates) } -> std::convertible_to<std::vector<bool>>;
};

template <class F>
struct explain_filter {
    static constexpr bool ok = KeepsCandidates<F>;
    static_assert(ok,
                  "Filter: add `std::vector<bool> operator()(std::vector<rung::Candidate> const&) const`, "
                  "true for what to keep (is yours missing the final const?)");
};

/// Which candidates to keep.
using LabelFilter = Policy<std::vector<bool>(std::vector<Candidate> const&), explain_filter>;

namespace detail {
inline void check_filter(std::vector<bool> const& keep, std::vector<Candidate> const& candidates) {
    RUNG_CHECK(keep.size() == candidates.size(), "Filter: answers; got ", keep.size(), ", wanted ",
               candidates.size(), ", one per candidate");
}

inline void check_share(char const* filter, double least) {
    RUNG_CHECK(least >= 0 && least <= 1, filter, ": least; got ", least, ", wanted a share between 0 and 1");
}
inline std::vector<bool> at_least(std::vector<Candidate> const& candidates, double Candidate::*what,
                                  double least) {
    std::vector<bool> keep;
    // Shares are quotients: four of five voters must reach 0.8 though it is no binary fraction.
    for (auto const& candidate : candidates) keep.push_back(candidate.*what >= least - 1e-9);
    return keep;
}
}  // namespace detail

/// Trusts everything.
struct NoFilter {
    std::vector<bool> operator()(std::vector<Candidate> const& candidates) const {
        return std::vector<bool>(candidates.size(), true);
    }
};

/// Keeps answers that came to their end and are longer than the longest such answer of their batch less
/// `margin`: past their training range models err by stopping early (Lee et al., ICML 2025, section 5.1). A
/// margin of 1 keeps only the longest, right where all answers of a difficulty have one length; 2 also keeps
/// one token less (sums of n digits may have n or n + 1).
struct LengthFilter {
    int margin = 1;
    int batch  = 1024;  ///< candidates whose longest answer sets the bar

    void check() const {
        check_number(margin >= 1, "LengthFilter: margin", margin, "at least 1");
        check_number(batch >= 1, "LengthFilter: batch", batch, "at least 1");
    }
    std::vector<bool> operator()(std::vector<Candidate> const& candidates) const {
        check();
        std::vector<bool> keep(candidates.size());
        for (std::size_t first = 0; first < candidates.size(); first += std::size_t(batch)) {
            const auto last    = std::min(first + std::size_t(batch), candidates.size());
            int        longest = 0;
            for (auto i = first; i < last; ++i)
                if (candidates[i].ended) longest = std::max(longest, candidates[i].tokens);
            for (auto i = first; i < last; ++i)
                keep[i] = candidates[i].ended && candidates[i].tokens > longest - margin;
        }
        return keep;
    }
};

/// Keeps answers that the model itself gives at least this probability, the product over all tokens; answers that did
/// not end, too, unless a LengthFilter stands beside it.
struct ConfidenceFilter {
    double least = 0.9;

    void              check() const { detail::check_share("ConfidenceFilter", least); }
    std::vector<bool> operator()(std::vector<Candidate> const& candidates) const {
        check();
        return detail::at_least(candidates, &Candidate::confidence, least);
    }
};

/// Keeps answers of exactly so many tokens, the end among them: of formats whose length the problem tells.
/// FixedLength{[](rung::Candidate const& c) { return int(c.prompt.size()); }}
struct FixedLength {
    std::function<int(Candidate const&)> tokens;

    void check() const {
        RUNG_CHECK(tokens, "FixedLength: tokens; got none, wanted a function of a Candidate");
    }
    std::vector<bool> operator()(std::vector<Candidate> const& candidates) const {
        check();
        std::vector<bool> keep;
        for (auto const& c : candidates) keep.push_back(c.ended && c.tokens == tokens(c));
        return keep;
    }
};

/// Keeps answers that at least this share of the models gave, models of different seeds (Lee et al., ICML 2025, section
/// 5.2: majority voting); answers that did not end, too. A single model always agrees with itself: it is refused.
struct Agreement {
    double least = 0.8;

    Needs             needs() const { return {.voters = true}; }
    void              check() const { detail::check_share("Agreement", least); }
    std::vector<bool> operator()(std::vector<Candidate> const& candidates) const {
        check();
        return detail::at_least(candidates, &Candidate::agreement, least);
    }
};

/// Keeps answers that at least this share of one model's samples are, see commonest_of() and reworded() (Wang et al.,
/// "Self-consistency improves chain of thought reasoning in language models", ICLR 2023). Of a single sample, all;
/// answers that did not end, too.
struct SelfConsistency {
    double least = 0.8;

    void              check() const { detail::check_share("SelfConsistency", least); }
    std::vector<bool> operator()(std::vector<Candidate> const& candidates) const {
        check();
        return detail::at_least(candidates, &Candidate::consistency, least);
    }
};

/// Keeps answers that pass a check of the problem and the answer alone, such as that a way through a maze goes from its
/// start to its end along its edges. Answers that did not end do not.
/// Verifier{[&](std::string const& prompt, std::string const& answer) { ... }}
struct Verifier {
    std::function<bool(std::string const& prompt, std::string const& answer)> passes;

    void check() const {
        RUNG_CHECK(passes, "Verifier: passes; got none, wanted a function of a prompt and an answer");
    }
    std::vector<bool> operator()(std::vector<Candidate> const& candidates) const {
        check();
        std::vector<bool> keep;
        for (auto const& c : candidates) keep.push_back(c.ended && passes(c.prompt, c.answer));
        return keep;
    }
};

/// `first | second`: the second filter sees what the first one kept, and what passes both is kept.
template <class First, class Second>
struct Both {
    First  first;
    Second second;

    void check() const {
        if constexpr (ChecksItself<First>) first.check();
        if constexpr (ChecksItself<Second>) second.check();
    }
    Needs needs() const {
        const Needs one = detail::needs_of(first), other = detail::needs_of(second);
        return {one.voters || other.voters, one.snapshots || other.snapshots};
    }
    std::vector<bool> operator()(std::vector<Candidate> const& candidates) const {
        std::vector<bool>      keep = first(candidates);
        std::vector<Candidate> passed;
        detail::check_filter(keep, candidates);
        for (std::size_t i = 0; i < keep.size(); ++i)
            if (keep[i]) passed.push_back(candidates[i]);
        const std::vector<bool> again = second(passed);
        detail::check_filter(again, passed);
        for (std::size_t i = 0, j = 0; i < keep.size(); ++i)
            if (keep[i]) keep[i] = again[j++];
        return keep;
    }
};
template <class First, class Second>
Both(First, Second) -> Both<First, Second>;

template <KeepsCandidates First, class Second>
Both<First, Second> operator|(First first, Second second) {
    static_assert(explain_filter<Second>::ok);
    return {first, second};
}

}  // namespace rung
