#pragma once
// Self-improvement (Lee et al., "Self-improving transformers overcome easy-to-hard and length generalization
// challenges", ICML 2025): a model labels slightly harder problems itself, a filter keeps some labels, and the model
// trains on them beside what it knows already. No true label past the first range is ever trained on.

#include "rung/curriculum/filter.hpp"
#include "rung/experiment/train.hpp"

namespace rung {

/// What one round did. `right` counts compare with the truth, which is looked at for this report alone.
struct Round {
    int    round = 0, difficulty = 0;
    int    labelled = 0, labelled_right = 0, kept = 0, kept_right = 0;
    double loss = 0;
    Report after;  ///< accuracy over the difficulties of ClimbOptions::test
};

struct ClimbOptions {
    int    rounds       = 10;    ///< one difficulty each, from the one after the first set's hardest
    int    prompts      = 2000;  ///< labelled per round
    int    steps        = 200;   ///< updates per round
    int    batch        = 128;
    double peak         = 1e-3;  ///< learning rate at the start of a round
    int    decay        = 0;     ///< steps of the cosine that ends a round; 0: half of them
    int    first_weight = 0;     ///< of the first set beside 1 of each older round; 0: its hardest difficulty
    Grade  grade        = Grade::answer;
    EvaluateOptions                       test        = {};
    std::function<void(StepEvent const&)> watch       = {};
    std::function<void(Round const&)>     watch_round = {};
};

namespace detail {

/// A self-labelled set: the tokens of kept prompts with the model's own answers.
using LabelledSet = std::vector<Item>;

[[gnu::noinline]] inline std::vector<Candidate> candidates(std::vector<std::string> const& prompts,
                                                           std::vector<Answer> const&      answers) {
    std::vector<Candidate> all;
    for (std::size_t i = 0; i < answers.size(); ++i)
        all.push_back(
            {prompts[i], answers[i].text, answers[i].ended, answers[i].tokens, answers[i].confidence});
    return all;
}

/// Half of every batch from the newest set; the other half from the first, labelled set with weight `first` and every
/// older self-labelled set with weight 1. Sets are drawn from with replacement, so small ones repeat.
template <class Task, class Curriculum>
Item draw_mixture(Task const& task, Curriculum const& curriculum, Vocab const& vocab,
                  std::vector<LabelledSet> const& sets, int first, std::uint64_t seed, std::uint32_t round,
                  std::uint32_t index, int step = 0) {
    Rng        rng(seed, Purpose::mixture, round, index);
    const auto pick = [&](LabelledSet const& set) { return set[rng.below(std::uint32_t(set.size()))]; };
    if (!sets.back().empty() && rng.chance(0.5)) return pick(sets.back());
    const auto choice = int(rng.below(std::uint32_t(first + int(sets.size()) - 1)));
    if (choice >= first && !sets[std::size_t(choice - first)].empty())
        return pick(sets[std::size_t(choice - first)]);
    const Difficulty difficulty = draw_difficulty(curriculum, rng, step);
    return encode(vocab, sample(task, rng, difficulty), Ended::yes, place_of(task));
}

}  // namespace detail

/// Climbs `options.rounds` difficulties past `curriculum.hardest()`, the hardest the model was given answers for.
/// A round whose filter keeps nothing trains on older sets alone.
template <class Trainer, class Task, class Curriculum, class Filter>
std::vector<Round> self_improve(Trainer& trainer, Task const& task, Curriculum const& curriculum,
                                Filter const& filter, ClimbOptions const& options) {
    using Model = typename Trainer::model_type;
    detail::explain_fit<Model, Task>();
    static_assert(explain_curriculum<Curriculum>::ok && explain_filter<Filter>::ok);
    RUNG_CHECK(options.rounds > 0 && options.rounds <= 100'000 && options.prompts > 0 && options.steps > 0 &&
                   options.batch > 0,
               "self_improve: rounds, prompts, steps and batch; got ", options.rounds, ", ", options.prompts,
               ", ", options.steps, " and ", options.batch,
               ", wanted at least 1 each (and at most 100000 rounds)");
    const int from    = curriculum.hardest();
    const int trained = int(trainer.steps());  // a curriculum that looks at it stays where training left it
    detail::check_length<Model>("self_improve", task, from + options.rounds);
    detail::check_evaluation<Model>(task, options.test);
    RUNG_CHECK(options.decay >= 0 && options.decay <= options.steps && options.first_weight >= 0,
               "self_improve: decay and first_weight; got ", options.decay, " and ", options.first_weight,
               ", wanted 0 to steps and at least 0");
    const int                        first_weight = options.first_weight > 0 ? options.first_weight : from;
    const Vocab                      vocab        = vocab_of<Task>();
    auto&                            ctx          = trainer.context();
    const std::uint64_t              seed         = ctx.seed();
    const WarmupStableDecay          rate{options.peak, 0, options.steps,
                                 options.decay > 0 ? options.decay : options.steps / 2};
    std::vector<detail::LabelledSet> sets;
    std::vector<Round>               rounds;

    for (int r = 1; r <= options.rounds; ++r) {
        Round round;
        round.round        = r;
        round.difficulty   = from + r;
        const auto truth   = detail::problems(task, round.difficulty, options.prompts,
                                              {seed, Purpose::self_improvement, std::uint32_t(r)});
        const auto prompts = detail::prompts_of(truth);
        const auto answers =
            decode(ctx, trainer.model(), vocab, prompts,
                   {.limit = detail::answer_limit(task, round.difficulty, prompts), .place = place_of(task)});
        const auto              candidates = detail::candidates(prompts, answers);
        const std::vector<bool> keep       = filter(candidates);
        detail::check_filter(keep, candidates);

        auto& newest = sets.emplace_back();
        for (std::size_t i = 0; i < candidates.size(); ++i) {
            auto const& [prompt, answer, ended, tokens, confidence] = candidates[i];
            const bool right = ended && correct(task, truth[i], answer);
            ++round.labelled, round.labelled_right += right;
            if (!keep[i]) continue;
            ++round.kept, round.kept_right += right;
            newest.push_back(encode(vocab, {prompt, answer}, ended ? Ended::yes : Ended::no, place_of(task)));
        }

        const auto make = [&, index = std::uint32_t{0}]() mutable {
            std::vector<Item> items;
            for (int i = 0; i < options.batch; ++i)
                items.push_back(detail::draw_mixture(task, curriculum, vocab, sets, first_weight, seed,
                                                     std::uint32_t(r), index++, trained));
            return std::vector{pack(items, options.grade, Model::shape.context)};
        };
        detail::Ahead next{make};
        for (int step = 0; step < options.steps; ++step) {
            const auto batch = next.take();
            if (step + 1 < options.steps) next.start();
            const auto result = trainer.step(batch, rate(step));
            next.wait();
            round.loss += result.loss / options.steps;
            if (options.watch)
                options.watch(
                    {step + 1, options.steps, result.loss, result.gradient, rate(step), result.rows});
        }
        round.after = evaluate(ctx, trainer.model(), task, options.test);
        if (options.watch_round) options.watch_round(round);
        rounds.push_back(std::move(round));
    }
    return rounds;
}

/// The same with a trainer of its own, which starts without moments.
template <class Context, class Model, class Task, class Curriculum, class Filter>
std::vector<Round> self_improve(Context& ctx, Model& model, Task const& task, Curriculum const& curriculum,
                                Filter const& filter, ClimbOptions const& options) {
    Trainer trainer{ctx, model};
    return self_improve(trainer, task, curriculum, filter, options);
}

}  // namespace rung
