#pragma once
// What happened in a run as lines of its record: objects of JSON, each with its "event".

#include <string>

#include "rung/curriculum/round.hpp"
#include "rung/experiment/json.hpp"
#include "rung/experiment/text.hpp"
#include "rung/experiment/train.hpp"

namespace rung {

/// {"1":0.99,"2":...}: exact match by difficulty.
[[gnu::cold, gnu::noinline]] inline Json exact_matches(Report const& report) {
    Json out;
    for (auto const& score : report.scores) out.set(score.difficulty.text(), score.exact_match());
    return out;
}

/// What stands before the words for a round, where a climb has a name.
inline std::string of_climb(std::string const& name) { return name.empty() ? "" : name + ", "; }

/// @param at  steps of the whole run
[[gnu::cold, gnu::noinline]] inline Json step_event(std::string const& phase, std::size_t at,
                                                    StepEvent const& e) {
    Json line;
    line.set("event", "step")
        .set("phase", phase)
        .set("round", e.round)
        .set("step", at)
        .set("loss", e.loss)
        .set("gradient_norm", e.gradient)
        .set("rate", e.rate)
        .set("tokens", e.tokens);
    return line;
}
/// Of a step that ended with a test.
[[gnu::cold, gnu::noinline]] inline Json test_event(std::size_t at, StepEvent const& e) {
    Json line;
    line.set("event", "test").set("step", at).set("exact_match", exact_matches(*e.test));
    if (!e.state.empty()) line.set("curriculum", e.state);
    return line;
}
[[gnu::cold, gnu::noinline]] inline Json label_event(std::string const& climb, LabelEvent const& e) {
    Json line;
    line.set("event", "labels");
    if (!climb.empty()) line.set("climb", climb);
    line.set("round", e.round).set("labelled", e.done).set("of", e.of);
    return line;
}
[[gnu::cold, gnu::noinline]] inline Json round_event(std::string const& climb, Round const& r) {
    const LabelCount sum = r.total();
    Json             labels, line;
    for (auto const& count : r.labels)
        labels.set(count.difficulty.text(), Json{}
                                                .set("labelled", count.labelled)
                                                .set("labelled_right", count.labelled_right)
                                                .set("kept", count.kept)
                                                .set("kept_right", count.kept_right)
                                                .set("spoilt", count.spoilt)
                                                .set("agreement", count.agreement)
                                                .set("confidence", count.confidence)
                                                .set("trust", count.trust));
    line.set("event", "round");
    if (!climb.empty()) line.set("climb", climb);
    line.set("round", r.round)
        .set("difficulty", r.difficulty.text())
        .set("hardest", r.hardest.text())
        .set("labels", labels)
        .set("precision", sum.precision())
        .set("recall", sum.recall())
        .set("agreement", sum.agreement)
        .set("confidence", sum.confidence)
        .set("trust", sum.trust)
        .set("loss", r.loss)
        .set("tokens", r.tokens)
        .set("decoded", r.decoded)
        .set("probed", r.probed)
        .set("flops", r.flops)
        .set("exact_match_before", exact_matches(r.before))
        .set("exact_match", exact_matches(r.after));
    if (!r.sign.empty()) line.set("sign", r.sign);
    if (r.ruling != Ruling::go_on) line.set("ruling", ruling_name(r.ruling));
    if (r.ends) line.set("ends", true);
    return line;
}
/// The same for a reader at the terminal, in short.
[[gnu::cold, gnu::noinline]] inline std::string round_line(std::string const& climb, Round const& r) {
    const LabelCount sum     = r.total();
    Difficulty       easiest = r.difficulty;
    for (auto const& count : r.labels) easiest = std::min(easiest, count.difficulty);
    return text::join({of_climb(climb), "round ", std::to_string(r.round), " labels ",
                       easiest == r.difficulty ? "" : easiest.text() + " to ", r.difficulty.text(), ": kept ",
                       std::to_string(sum.kept), " of ", std::to_string(sum.labelled), ", of which ",
                       std::to_string(sum.kept_right), " are right", r.sign.empty() ? "" : "; ", r.sign,
                       r.ruling == Ruling::go_on ? "" : std::string(": ") + ruling_name(r.ruling),
                       r.ends && r.ruling != Ruling::stop ? ", and stop" : ""});
}

}  // namespace rung
