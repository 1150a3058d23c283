#pragma once
// When a loop has thought enough: rules that see how a sequence's answer changes from pass to pass. A rule is a small
// type with `Verdict operator()(Reading const&, Judged&) const`; write your own beside these. One with members that are
// not whole numbers has a `name()` too, by which files know it again; one whose members may make no sense has a
// `check()`, which is called before any work.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

#include "rung/core/check.hpp"
#include "rung/core/hash.hpp"
#include "rung/core/view.hpp"

namespace rung {

/// What a rule sees of one sequence after one pass: means over the tokens that are asked for.
struct Reading {
    int    pass = 0;  ///< that has run, from 1
    double surprisal =
        0;  ///< -log of the likeliest token's probability: the cross-entropy against one's own answer
    double entropy    = 0;                                        ///< of the token, in nats
    double divergence = std::numeric_limits<double>::infinity();  ///< KL(now | the pass before), in nats
    double change     = std::numeric_limits<double>::infinity();  ///< of the state, relative to its length
    bool   same       = false;  ///< the likeliest tokens are those of the pass before
    std::string_view prompt = {};
};

/// What a rule remembers of a sequence from pass to pass, from zeros.
struct Judged {
    double best   = 0;
    int    better = 0;  ///< pass that is best so far; 0: none yet
    int    stable = 0;
};

enum class Verdict {
    go_on,
    better,  ///< this pass's answer is the best so far; go on
    stop,    ///< this pass's answer is the last word
};

/// A number of passes that is known before.
struct AfterPasses {
    int     passes = 1;
    Verdict operator()(Reading const& now, Judged&) const {
        return now.pass >= passes ? Verdict::stop : Verdict::go_on;
    }
    void check() const {
        RUNG_CHECK(passes >= 1, "AfterPasses: passes; got ", passes, ", wanted at least 1");
    }
};

/// A number of passes that follows from the problem: `Oracle{[](std::string_view prompt) { return int(prompt.size());
/// }}`.
template <class Rule>
struct Oracle {
    Rule    passes;
    Verdict operator()(Reading const& now, Judged&) const {
        return now.pass >= passes(now.prompt) ? Verdict::stop : Verdict::go_on;
    }
    std::string name() const { return detail::value_name(passes); }
};
template <class Rule>
Oracle(Rule) -> Oracle<Rule>;

/// Of all passes that are allowed, the one that is surest of its answer (Fan et al., "Looped transformers for length
/// generalization", ICLR 2025).
struct MostConfident {
    Verdict operator()(Reading const& now, Judged& so_far) const {
        if (so_far.better > 0 && now.surprisal >= so_far.best) return Verdict::go_on;
        so_far.best = now.surprisal, so_far.better = now.pass;
        return Verdict::better;
    }
};

/// The first pass that hardly changes the distribution of the answer (Geiping et al., 2025).
struct DivergenceBelow {
    double  limit = 1e-3;
    Verdict operator()(Reading const& now, Judged&) const {
        return now.divergence < limit ? Verdict::stop : Verdict::go_on;
    }
    void check() const {
        RUNG_CHECK(limit >= 0, "DivergenceBelow: limit; got ", limit, ", wanted at least 0");
    }
    std::string name() const { return detail::exact_text(limit); }
};

/// The first pass that hardly changes the state.
struct ChangeBelow {
    double  limit = 0.03;
    Verdict operator()(Reading const& now, Judged&) const {
        return now.change < limit ? Verdict::stop : Verdict::go_on;
    }
    void check() const { RUNG_CHECK(limit >= 0, "ChangeBelow: limit; got ", limit, ", wanted at least 0"); }
    std::string name() const { return detail::exact_text(limit); }
};

/// The first pass that leaves little doubt.
struct EntropyBelow {
    double  limit = 1e-2;
    Verdict operator()(Reading const& now, Judged&) const {
        return now.entropy < limit ? Verdict::stop : Verdict::go_on;
    }
    void check() const { RUNG_CHECK(limit >= 0, "EntropyBelow: limit; got ", limit, ", wanted at least 0"); }
    std::string name() const { return detail::exact_text(limit); }
};

/// The first pass whose likeliest tokens have been the same for `passes` passes.
struct StableFor {
    int     passes = 5;
    Verdict operator()(Reading const& now, Judged& so_far) const {
        so_far.stable = now.same ? so_far.stable + 1 : 1;
        return so_far.stable >= passes ? Verdict::stop : Verdict::go_on;
    }
    void check() const { RUNG_CHECK(passes >= 1, "StableFor: passes; got ", passes, ", wanted at least 1"); }
};

template <class R>
concept ExitRule = requires(R const rule, Reading const& now, Judged& so_far) {
    { rule(now, so_far) } -> std::same_as<Verdict>;
};

/// Names what a rule lacks.
template <class R>
struct explain_exit {
    static_assert(ExitRule<R>,
                  "Exit rule: add `rung::Verdict operator()(rung::Reading const&, rung::Judged&) const` (is "
                  "yours missing the final const?)");
    static constexpr bool ok = true;
};

namespace detail {
template <class Rule>
void check_rule(Rule const& rule) {
    if constexpr (requires { rule.check(); }) rule.check();
}
}  // namespace detail

/// No rule: every token takes as many passes as the run says.
struct NoExit {
    explicit operator bool() const { return false; }
};

/// Any rule or none, so that what answers is compiled once for all of them. It holds a copy of the rule, and no name: a
/// file (evaluate_into) needs the rule itself.
class AnyExit {
public:
    AnyExit(NoExit = {}) {}
    template <class Rule>
        requires(!std::is_same_v<Rule, AnyExit>)
    AnyExit(Rule const& rule)
        : rule_([rule](Reading const& now, Judged& so_far) -> Verdict { return rule(now, so_far); }) {
        static_assert(explain_exit<Rule>::ok);
        detail::check_rule(rule);
    }

    explicit operator bool() const { return bool(rule_); }
    Verdict  operator()(Reading const& now, Judged& so_far) const { return rule_(now, so_far); }

private:
    std::function<Verdict(Reading const&, Judged&)> rule_;
};

namespace detail {

/// Names what is no model: most often the context, which has changed places with it.
template <class Model>
struct explain_model {
    static_assert(
        requires { Model::passes; },
        "the context comes first, then the model: evaluate(ctx, model, ...), decode(ctx, model, ...)");
    static constexpr bool ok = true;
};

/// The rules a model's decoder is compiled for: one without a loop of its own leaves out what it would need to stop.
template <class Model, class Rule>
using ExitOf =
    std::conditional_t<explain_model<Model>::ok && std::is_same_v<Rule, NoExit> && Model::passes == 1, NoExit,
                       AnyExit>;

/// Sums over rows of logits (rows, V) from column `first` on, and of states (rows, C); those of the pass before may be
/// empty.
template <class Real>
[[gnu::noinline]] Reading read_pass(int pass, Mat<Real const> logits, Mat<Real const> logits_before,
                                    Mat<Real const> state, Mat<Real const> state_before, int first) {
    Reading    now{.pass = pass};
    const auto top_of  = [&](Real const* row) { return std::max_element(row + first, row + logits.cols); };
    const auto log_sum = [&](Real const* row) {
        const double top = double(*top_of(row));
        double       sum = 0;
        for (Index j = first; j < logits.cols; ++j) sum += std::exp(double(row[j]) - top);
        return top + std::log(sum);
    };
    double divergence = 0, moved = 0, length = 0;
    now.same = !logits_before.empty();
    for (Index i = 0; i < logits.rows; ++i) {
        Real const*  row = logits.row(i);
        const double all = log_sum(row);
        now.surprisal += all - double(*top_of(row));
        double shared = 0;
        for (Index j = first; j < logits.cols; ++j) {
            const double log_p = double(row[j]) - all, p = std::exp(log_p);
            now.entropy -= p * log_p;
            if (!logits_before.empty()) shared += p * (log_p - double(logits_before(i, j)));
        }
        if (!logits_before.empty()) {
            Real const* before = logits_before.row(i);
            divergence += shared + log_sum(before);
            now.same = now.same && top_of(row) - row == top_of(before) - before;
        }
        if (!state_before.empty())
            for (Index c = 0; c < state.cols; ++c) {
                const double x = double(state(i, c)), d = x - double(state_before(i, c));
                moved += d * d, length += x * x;
            }
    }
    const double rows = double(std::max<Index>(1, logits.rows));
    now.surprisal /= rows, now.entropy /= rows;
    if (!logits_before.empty()) now.divergence = divergence / rows;
    if (!state_before.empty()) now.change = std::sqrt(moved / std::max(length, 1e-30));
    return now;
}

}  // namespace detail

}  // namespace rung
