#pragma once
// Problems are answered by every model, and the answers become candidates for labels.

#include <string>
#include <utility>
#include <vector>

#include "rung/experiment/problem_sets.hpp"

namespace rung {

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

/// What labelling has cost.
struct LabellingCost {
    std::int64_t tokens = 0;  // written
    double       flops  = 0;

    void archive(auto& all) { all(tokens, flops); }
};

/// Prompts that are answered, and what names the random numbers of their answers: none of it depends on how the prompts
/// were cut into calls.
struct Asked {
    std::vector<std::string> prompts;
    Difficulty               difficulty;
    int                      limit;       // tokens of an answer
    int                      first  = 0;  // number of the first prompt
    int                      round  = 0;
    int                      owner  = 0;  // the model that will train on the answers
    int                      target = 0;  // which of the round's difficulties
    bool                     probe  = false;
};

/// A model's answers to prompts.
template <class Trainer, class Task>
std::vector<Said> said_by(Trainer& voter, Task const& task, Asked const& asked, ClimbOptions const& options,
                          LabellingCost& cost) {
    using Model                             = typename Trainer::model_type;
    constexpr std::uint32_t          mine   = 1u << 30;  // streams that a program of its own would not use
    const int                        passes = options.run.passes > 0 ? options.run.passes : Model::passes;
    std::vector<std::vector<Answer>> samples(asked.prompts.size());
    for (int s = 0; s < options.labeller.samples; ++s) {
        std::vector<std::string> prompts = asked.prompts;
        if (s > 0 && options.labeller.ask)
            for (auto& prompt : prompts) {
                const int most = std::max(tokens_in<Task>(prompt), Model::shape.context - asked.limit);
                prompt         = options.labeller.ask(prompt, s);
                RUNG_CHECK(tokens_in<Task>(prompt) <= most, "Labeller::ask: wording ", s, ", '", prompt,
                           "'; got ", tokens_in<Task>(prompt), " tokens, wanted at most ", most,
                           ", which leave room for an answer");
            }
        auto answers = decode(voter.context(), voter.model(), vocab_of<Task>(), prompts,
                              {.limit       = asked.limit,
                               .temperature = options.labeller.temperature,
                               .top_k       = options.labeller.top_k,
                               .stream      = mine | std::uint32_t(asked.probe) << 29 |
                                         std::uint32_t(asked.target) << 17 | std::uint32_t(asked.round),
                               .site  = std::uint32_t(s) << 10 | std::uint32_t(asked.owner),
                               .first = asked.first,
                               .run   = options.run,
                               .place = place_of(task)});
        for (std::size_t i = 0; i < answers.size(); ++i) {
            cost.tokens += answers[i].tokens;
            cost.flops += Model::flops(tokens_in<Task>(prompts[i]) + answers[i].tokens, passes);
            if (s > 0 && options.labeller.read)
                answers[i].text = options.labeller.read(asked.prompts[i], answers[i].text, s);
            samples[i].push_back(std::move(answers[i]));
        }
    }
    std::vector<Said> said;
    for (auto& of_prompt : samples) said.push_back(choose_label(options.labeller, of_prompt));
    return said;
}

/// What the models together say.
template <class Trainer, class Task>
std::vector<Candidate> candidates(std::vector<Trainer*> const& voters, Task const& task, Asked const& asked,
                                  ClimbOptions const& options, LabellingCost& cost) {
    std::vector<std::vector<Said>> all;
    for (Trainer* voter : voters) all.push_back(said_by(*voter, task, asked, options, cost));
    std::vector<Candidate> out;
    for (std::size_t i = 0; i < asked.prompts.size(); ++i) {
        std::vector<Said const*> said;
        for (auto const& own : all) said.push_back(&own[i]);
        out.push_back(vote(asked.prompts[i], asked.difficulty, said, std::size_t(asked.owner)));
    }
    return out;
}

/// What they make of problems of a difficulty that a round asks nowhere else. A difficulty that they cannot read is
/// beyond them.
template <class Trainer, class Task>
Probe probe(std::vector<Trainer*> const& voters, Task const& task, Difficulty difficulty, int round,
            ClimbOptions const& options, LabellingCost& cost) {
    constexpr std::uint32_t apart = 1u << 16;  // of the sites that targets have
    const int               each  = options.test.each;
    RUNG_CHECK(each >= 1, "test.each; got ", each, ", wanted at least 1: so many a schedule asks");
    check_at_least_one("schedule: Turn::probe", difficulty);
    Probe mean;
    if (longest(task, difficulty) + 1 > Trainer::model_type::shape.context) return mean;
    const ProblemSet asked(task, difficulty, each,
                           {voters.front()->context().seed(), Purpose::self_improvement, std::uint32_t(round),
                            apart + (difficulty.key() * 2654435761u >> 16)});
    const auto       labels = candidates(voters, task,
                                         {.prompts    = asked.prompts,
                                          .difficulty = difficulty,
                                          .limit      = asked.limit,
                                          .round      = round,
                                          .probe      = true},
                                         options, cost);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        mean.accuracy += double(labels[i].ended && correct(task, asked.truth[i], labels[i].answer)) / each;
        mean.agreement += labels[i].agreement / each;
        mean.confidence += labels[i].confidence / each;
    }
    return mean;
}

/// What cannot be labelled is refused before any work, unless the schedule asks the models first.
/// @param check  throws on a difficulty of which there are no problems
[[gnu::cold, gnu::noinline]] inline void check_schedule(ClimbOptions const& options, Difficulty hardest,
                                                        int                                    voters,
                                                        std::function<void(Difficulty)> const& check) {
    struct Asking {};
    std::vector<std::vector<Target>> history;
    LabelSchedule                    schedule = options.schedule;  // one with a state in it keeps it
    const auto                       ask      = [](Difficulty) -> Probe { throw Asking{}; };
    for (int level = 0; level < options.rounds; ++level) try {
            history.push_back(schedule({level, hardest, history, ask, voters}));
            if (history.back().empty()) return;
            for (auto const& target : history.back()) check(target.difficulty);
            const auto shares = shares_of(history.back(), options.prompts);
            for (std::size_t i = 0; i < shares.size(); ++i)
                RUNG_CHECK(shares[i] > 0 || history.back()[i].weight == 0, "prompts; got ", options.prompts,
                           " for ", history.back().size(),
                           " difficulties of a round, wanted some for each that has a weight");
        } catch (Asking const&) {
            return;
        } catch (...) {
            rethrow_from(in_round(options.first_round + level));
        }
}

/// Adds to the count of the same difficulty, if there is one.
[[gnu::cold, gnu::noinline]] inline void add_count(std::vector<LabelCount>& counts, LabelCount const& more) {
    for (auto& count : counts)
        if (count.difficulty == more.difficulty) return count.add(more);
    counts.push_back(more);
}

/// What a model learns of a label.
template <class Task>
Item item_of(Task const& task, Vocab const& vocab, Candidate const& label) {
    return encode_of(task, vocab, {label.prompt, label.answer}, Answering::by_token, 0,
                     label.ended ? Ended::yes : Ended::no);
}

/// Throws where a label that somebody else had a hand in is not of the task's alphabet, or more than the model reads:
/// it would be learnt.
template <class Model, class Task>
void check_label(Task const& task, Candidate const& label, ClimbOptions const& options) try {
    constexpr int most = Model::shape.context;
    const Item    item = item_of(task, vocab_of<Task>(), label);
    const int     read = int(item.tokens.size()) - 1;
    RUNG_CHECK(read <= most, "'", label.answer, "' to '", label.prompt, "'; got ", read,
               " tokens together, wanted at most ", most, ", the model's context");
    for (const int place : item.positions)
        RUNG_CHECK(place >= 0 && place < most, "'", label.answer, "' to '", label.prompt, "'; got place ",
                   place, ", wanted 0 to ", most - 1, ", below the model's context");
} catch (Error const& error) {
    throw Error(concat("difficulty ", label.difficulty.text(), ": a label of ",
                       options.corrupt ? "`corrupt`: " : "Labeller::read: ", error.what()));
}

/// What a filter keeps of the candidates for one difficulty.
[[gnu::cold, gnu::noinline]] inline std::vector<bool> kept_by(LabelFilter const&            filter,
                                                              std::vector<Candidate> const& candidates) try {
    std::vector<bool> keeps = filter(candidates);
    check_filter(keeps, candidates);
    return keeps;
} catch (...) {
    rethrow_from(
        concat("difficulty ", candidates.front().difficulty.text(), ": filter ", type_of(filter), ": "));
}

/// Filters what the models said of one difficulty, keeps the rest for one of them, and counts.
/// @param voted  there are several models
template <class Model, class Task>
void keep_labels(Task const& task, std::vector<Example> const& truth, std::vector<Candidate>& candidates,
                 LabelFilter const& filter, ClimbOptions const& options, Rng noise, bool voted, Round& round,
                 LabelledSet& set) {
    LabelCount count{.difficulty = candidates.front().difficulty};
    if (options.control == Control::true_labels)
        for (std::size_t i = 0; i < candidates.size(); ++i)
            candidates[i] = {.prompt     = candidates[i].prompt,
                             .answer     = truth[i].answer,
                             .ended      = true,
                             .tokens     = tokens_in<Task>(truth[i].answer) + 1,
                             .difficulty = count.difficulty};
    std::vector<bool> keeps = kept_by(filter, candidates);
    if (options.control == Control::true_labels) keeps.assign(keeps.size(), true);
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        auto&      label = candidates[i];
        const bool right = label.ended && correct(task, truth[i], label.answer);
        ++count.labelled, count.labelled_right += right;
        count.agreement += label.agreement, count.confidence += label.confidence;
        if (!keeps[i] || (options.control == Control::keep_right && !right)) continue;
        ++count.kept, count.kept_right += right;
        count.trust += voted ? label.agreement : label.confidence;
        if (options.corrupt) {
            std::string other = options.corrupt(noise, label, round.round);
            count.spoilt += other != label.answer;
            label.answer = std::move(other);
        }
        if (options.corrupt || options.labeller.read) check_label<Model>(task, label, options);
        set.labels.push_back(std::move(label));
    }
    count.agreement /= count.labelled, count.confidence /= count.labelled;
    if (count.kept > 0) count.trust /= count.kept;
    add_count(round.labels, count);
}

}  // namespace detail

}  // namespace rung
