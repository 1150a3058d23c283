#pragma once
// Problems are answered by every model, and the answers become candidates for labels.

#include <string>
#include <utility>
#include <vector>

#include "rung/curriculum/filter.hpp"
#include "rung/data/pick.hpp"
#include "rung/eval/evaluate.hpp"
#include "rung/experiment/climb_options.hpp"

namespace rung {

/// The labels that a model kept of a round.
struct LabelledSet {
    int                    round = 0, width = 1;  ///< width: difficulties
    std::vector<Candidate> labels;

    void archive(auto& all) { all(round, width, labels); }
};

/// Which candidates to keep, see filter.hpp.
using LabelFilter = std::function<std::vector<bool>(std::vector<Candidate> const&)>;

namespace detail {

/// A model's answer to a problem, and the share of its samples that it is.
struct Said {
    Answer answer;
    double consistency = 1;
};

/// The commonest of the models' answers to a problem; of equally common ones that of the first model from the owner on.
[[gnu::cold, gnu::noinline]] inline Candidate vote(std::string const& prompt, Difficulty difficulty,
                                                   std::vector<Said const*> const& said, std::size_t owner) {
    const auto votes_for = [&](Answer const& answer) {
        return std::count_if(said.begin(), said.end(),
                             [&](Said const* other) { return same_answer(other->answer, answer); });
    };
    Answer const*  label = nullptr;
    std::ptrdiff_t most  = 0;
    for (std::size_t k = 0; k < said.size(); ++k) {
        Answer const& answer = said[(owner + k) % said.size()]->answer;
        if (const auto votes = votes_for(answer); votes > most) label = &answer, most = votes;
    }
    Candidate candidate{.prompt      = prompt,
                        .answer      = label->text,
                        .ended       = label->ended,
                        .tokens      = label->tokens,
                        .confidence  = 0,
                        .agreement   = double(most) / double(said.size()),
                        .consistency = 0,
                        .difficulty  = difficulty};
    for (Said const* one : said)
        if (same_answer(one->answer, *label))
            candidate.confidence += one->answer.confidence / double(most),
                candidate.consistency += one->consistency / double(most);
    return candidate;
}

/// One of a problem's samples, as the labeller chooses.
[[gnu::cold, gnu::noinline]] inline Said choose_label(Labeller const&      labeller,
                                                      std::vector<Answer>& samples) {
    const std::size_t chosen = labeller.choose ? labeller.choose(samples) : std::size_t{0};
    RUNG_CHECK(chosen < samples.size(), "Labeller: chosen answer; got ", chosen, ", wanted less than ",
               samples.size());
    const double share = double(count_of(samples, samples[chosen])) / double(samples.size());
    return {std::move(samples[chosen]), share};
}

/// What labelling has cost; `calls` names the random numbers of the next one.
struct LabellingCost {
    std::uint32_t calls  = 1u << 16;  // past the streams that a program of its own would use
    std::int64_t  tokens = 0;         // written
    double        flops  = 0;

    void archive(auto& all) { all(calls, tokens, flops); }
};

/// A model's answers to prompts.
template <class Trainer, class Task>
std::vector<Said> said_by(Trainer& voter, Task const& task, std::vector<std::string> const& prompts,
                          Difficulty difficulty, ClimbOptions const& options, LabellingCost& cost) {
    std::vector<std::vector<Answer>> samples(prompts.size());
    for (int s = 0; s < options.labeller.samples; ++s) {
        auto answers = decode(voter.context(), voter.model(), vocab_of<Task>(), prompts,
                              {.limit       = answer_limit(task, difficulty, prompts),
                               .temperature = options.labeller.temperature,
                               .top_k       = options.labeller.top_k,
                               .stream      = cost.calls++,
                               .run         = options.run,
                               .place       = place_of(task)});
        for (std::size_t i = 0; i < prompts.size(); ++i) {
            cost.tokens += answers[i].tokens;
            cost.flops += Trainer::model_type::flops(tokens_in<Task>(prompts[i]) + answers[i].tokens);
            samples[i].push_back(std::move(answers[i]));
        }
    }
    std::vector<Said> said;
    for (auto& of_prompt : samples) said.push_back(choose_label(options.labeller, of_prompt));
    return said;
}

/// What the models together say.
/// @param owner  the model that will train on it
template <class Trainer, class Task>
std::vector<Candidate> candidates(std::vector<Trainer*> const& voters, Task const& task,
                                  std::vector<std::string> const& prompts, Difficulty difficulty,
                                  std::size_t owner, ClimbOptions const& options, LabellingCost& cost) {
    std::vector<std::vector<Said>> all;
    for (Trainer* voter : voters) all.push_back(said_by(*voter, task, prompts, difficulty, options, cost));
    std::vector<Candidate> out;
    for (std::size_t i = 0; i < prompts.size(); ++i) {
        std::vector<Said const*> said;
        for (auto const& own : all) said.push_back(&own[i]);
        out.push_back(vote(prompts[i], difficulty, said, owner));
    }
    return out;
}

/// What they make of fresh problems.
template <class Trainer, class Task>
Probe probe(std::vector<Trainer*> const& voters, Task const& task, Difficulty difficulty,
            ClimbOptions const& options, LabellingCost& cost) {
    constexpr std::uint32_t stream = 2;  // 0 and 1 are tests that are reported, and that steer training
    const int               each   = options.test.each;
    const auto truth  = test_problems(task, voters.front()->context().seed(), difficulty, each, stream);
    const auto labels = candidates(voters, task, prompts_of(truth), difficulty, 0, options, cost);
    Probe      mean;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        mean.accuracy += double(labels[i].ended && correct(task, truth[i], labels[i].answer)) / each;
        mean.agreement += labels[i].agreement / each;
        mean.confidence += labels[i].confidence / each;
    }
    return mean;
}

/// Counts of two reports of the same difficulties, added up.
[[gnu::cold, gnu::noinline]] inline void add_report(Report& sum, Report const& report) {
    if (sum.scores.empty()) {
        sum = report;
        return;
    }
    for (std::size_t i = 0; i < sum.scores.size(); ++i)
        sum.scores[i].correct += report.scores[i].correct, sum.scores[i].count += report.scores[i].count;
}

/// Prompts of each target: their weights' shares of all.
[[gnu::cold, gnu::noinline]] inline std::vector<int> shares_of(std::vector<Target> const& targets,
                                                               int                        prompts) {
    std::vector<double> weights;
    for (auto const& target : targets) weights.push_back(target.weight);
    const auto       sums = sums_of("self_improve: schedule", weights);
    std::vector<int> counts;
    int              before = 0;
    for (const double sum : sums) {
        const int until = int(double(prompts) * (sum / sums.back()) + 0.5);
        counts.push_back(until - before), before = until;
    }
    return counts;
}

/// Adds to the count of the same difficulty, if there is one.
[[gnu::cold, gnu::noinline]] inline void add_count(std::vector<LabelCount>& counts, LabelCount const& more) {
    for (auto& count : counts)
        if (count.difficulty == more.difficulty) {
            count.labelled += more.labelled, count.labelled_right += more.labelled_right;
            count.kept += more.kept, count.kept_right += more.kept_right;
            return;
        }
    counts.push_back(more);
}

/// Filters what the models said of one difficulty, keeps the rest for one of them, and counts.
/// @param trust  of each label that is kept is added to it
template <class Task>
void keep_labels(Task const& task, std::vector<Example> const& truth, std::vector<Candidate>& candidates,
                 LabelFilter const& filter, ClimbOptions const& options, Rng noise, bool voted, Round& round,
                 LabelledSet& set) {
    const std::vector<bool> keeps = filter(candidates);
    check_filter(keeps, candidates);
    LabelCount count{.difficulty = candidates.front().difficulty};
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        auto&      label = candidates[i];
        bool       kept  = keeps[i];
        const auto right = [&] { return label.ended && correct(task, truth[i], label.answer); };
        ++count.labelled, count.labelled_right += right();
        if (options.control == Control::keep_right) kept = kept && right();
        if (options.control == Control::true_labels)
            label.answer = truth[i].answer, label.ended = kept = true;
        if (!kept) continue;
        round.trust +=
            voted ? label.agreement : label.confidence;  // their sum, until the round has all its labels
        if (options.corrupt) label.answer = options.corrupt(noise, label, round.round);
        ++count.kept, count.kept_right += right();
        set.labels.push_back(std::move(label));
    }
    add_count(round.labels, count);
}

}  // namespace detail

}  // namespace rung
