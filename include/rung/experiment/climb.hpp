#pragma once
// The engine of self-improvement, one small piece of work at a time: some labels, a training step, a test. Between two
// pieces its state is a value, so a climb that was killed goes on as if nothing had been.

#include <memory>

#include "rung/core/archive.hpp"
#include "rung/experiment/labelling.hpp"

namespace rung {

/// One climb of one model or of several that vote.
template <class Trainer, class Task>
class Climb {
    using Model = typename Trainer::model_type;

public:
    /// @param first    draws examples with true labels
    /// @param hardest  difficulty of those
    Climb(std::vector<Trainer*> voters, Task const& task, std::function<Item(Rng&)> first, Difficulty hardest,
          LabelFilter filter, ClimbOptions const& options)
        : voters_(std::move(voters)),
          task_(task),
          first_(std::move(first)),
          hardest_(hardest),
          filter_(std::move(filter)),
          options_(options),
          sets_(voters_.size()) {
        RUNG_CHECK(options.rounds > 0 && options.rounds <= 100'000 && options.prompts > 0 &&
                       options.steps > 0 && options.batch > 0,
                   "self_improve: rounds, prompts, steps and batch; got ", options.rounds, ", ",
                   options.prompts, ", ", options.steps, " and ", options.batch,
                   ", wanted at least 1 each (and at most 100000 rounds)");
        RUNG_CHECK(options.decay >= 0 && options.warmup >= 0 &&
                       options.decay + options.warmup <= options.steps && options.test_every >= 0,
                   "self_improve: decay, warmup and test_every; got ", options.decay, ", ", options.warmup,
                   " and ", options.test_every, ", wanted 0 to steps together, and at least 0");
        RUNG_CHECK(options.labeller.samples >= 1, "self_improve: labeller.samples; got ",
                   options.labeller.samples, ", wanted at least 1");
        detail::check_evaluation<Model>(task, options.test);
        check_schedule();
    }

    Climb(Climb const&)            = delete;
    Climb& operator=(Climb const&) = delete;

    bool ended() const { return phase_ == Phase::ended; }
    /// Does the next piece of work.
    void advance() {
        if (phase_ == Phase::plan) plan();
        else if (phase_ == Phase::label) label();
        else if (phase_ == Phase::train) step();
        else if (phase_ == Phase::test) test();
    }
    /// After a step that threw and a return to an earlier state: other examples than those that led there.
    void try_anew() { ++attempt_; }

    std::vector<Round> const& rounds() const { return rounds_; }
    /// What a model keeps of each round that counted, and where it comes from.
    std::vector<LabelledSet> const& sets(int voter) const { return sets_[std::size_t(voter)]; }

    /// The whole state, the models' among it.
    void archive(Archive& all) {
        if (all.reads()) ahead_.reset();
        archive_same(
            all, "self_improve: model",
            concat(type_name<Model>(), " with ", Model::parameters, " weights, times ", voters_.size()));
        archive_same(
            all, "self_improve: rounds, prompts, steps and batch",
            concat(options_.rounds, ", ", options_.prompts, ", ", options_.steps, ", ", options_.batch));
        all(phase_, now_, rounds_, history_, targets_, sets_, candidates_, owner_, target_, voter_, step_,
            attempt_, cost_, snapshot_);
        for (Trainer* voter : voters_) all(*voter);
    }

private:
    enum class Phase { plan, label, train, test, ended };
    static constexpr int chunk = 8192;  // prompts between two moments at which a climb may be killed

    bool tested(int round) const {
        return options_.test_every > 0 && (round % options_.test_every == 0 || round == options_.rounds);
    }

    /// A difficulty that does not fit the context is refused before any work, unless the schedule asks the models.
    void check_schedule() {
        struct Asked {};
        std::vector<std::vector<Target>> history;
        const auto                       ask = [](Difficulty) -> Probe { throw Asked{}; };
        try {
            for (int level = 0; level < options_.rounds; ++level) {
                history.push_back(options_.schedule({level, hardest_, history, ask}));
                check_targets(history.back());
            }
        } catch (Asked const&) {}
    }
    void check_targets(std::vector<Target> const& targets) const {
        for (auto const& target : targets)
            detail::check_length<Model>("self_improve", task_, target.difficulty);
        if (!targets.empty()) detail::shares_of(targets, options_.prompts);
    }

    void plan() {
        const int round = int(rounds_.size()) + 1;
        cost_.tokens = 0, cost_.flops = 0;
        const auto ask = [&](Difficulty difficulty) {
            check_targets({{difficulty}});
            return detail::probe(voters_, task_, difficulty, options_, cost_);
        };
        if (round <= options_.rounds)
            targets_ = options_.schedule({int(history_.size()), hardest_, history_, ask});
        if (round > options_.rounds || targets_.empty()) {
            phase_ = Phase::ended;
            return;
        }
        check_targets(targets_);
        now_            = {};
        now_.round      = round;
        now_.difficulty = targets_.front().difficulty;
        for (auto const& target : targets_) now_.difficulty = std::max(now_.difficulty, target.difficulty);
        if (!rounds_.empty()) now_.before = rounds_.back().after;
        else if (options_.test_every > 0)
            for (Trainer* voter : voters_) detail::add_report(now_.before, test_of(*voter));
        for (auto& sets : sets_) sets.push_back({round, int(targets_.size()), {}});
        if (options_.snapshots) {
            Archive all;
            for (Trainer* voter : voters_) all(*voter);
            snapshot_ = all.bytes();
        }
        if (options_.reset_optimizer)
            for (Trainer* voter : voters_) voter->reset_optimizer();
        owner_ = target_ = 0, phase_ = Phase::label;
    }

    std::uint64_t seed_of(int voter) const { return voters_[std::size_t(voter)]->context().seed(); }

    /// Problems with their true answers, of which the models see the prompts.
    std::vector<Example> truth(int owner, int target, int first, int count) const {
        return detail::problems(
            task_, targets_[std::size_t(target)].difficulty, count,
            {seed_of(owner), Purpose::self_improvement, std::uint32_t(now_.round), std::uint32_t(target)},
            first);
    }

    /// Some of the labels of a model and a difficulty; after the last of them the filter.
    void label() {
        const int  count      = detail::shares_of(targets_, options_.prompts)[std::size_t(target_)];
        const int  first      = int(candidates_.size());
        const auto difficulty = targets_[std::size_t(target_)].difficulty;
        if (const int some = std::min(chunk, count - first); some > 0) {
            const auto prompts = detail::prompts_of(truth(owner_, target_, first, some));
            auto       some_more =
                detail::candidates(voters_, task_, prompts, difficulty, std::size_t(owner_), options_, cost_);
            std::move(some_more.begin(), some_more.end(), std::back_inserter(candidates_));
            if (int(candidates_.size()) < count) return;
        }
        if (count > 0)
            detail::keep_labels(
                task_, truth(owner_, target_, 0, count), candidates_, filter_, options_,
                Rng(seed_of(owner_), Purpose::mixture, std::uint32_t(now_.round), std::uint32_t(target_), 1),
                voters_.size() > 1, now_, sets_[std::size_t(owner_)].back());
        candidates_.clear();
        if (++target_ < int(targets_.size())) return;
        target_ = 0;
        if (++owner_ < int(voters_.size())) return;
        const int kept = now_.total().kept;
        if (kept > 0) now_.trust /= kept;
        now_.decoded = cost_.tokens, now_.flops += cost_.flops;
        step_ = 0, phase_ = Phase::train;
    }

    std::vector<double> weights(std::size_t voter) const {
        auto const&          sets = sets_[voter];
        std::vector<SetInfo> infos{
            {0, hardest_.second > 0 ? std::max(hardest_.first, hardest_.second) : hardest_.first}};
        for (auto const& set : sets) infos.push_back({int(set.labels.size()), set.width});
        auto weights = options_.replay(infos);
        RUNG_CHECK(weights.size() == infos.size(), "Replay: weights; got ", weights.size(), ", wanted ",
                   infos.size(), ", one for each set");
        for (std::size_t i = 1; i < infos.size(); ++i)
            if (infos[i].size == 0) weights[i] = 0;
        return detail::sums_of("Replay", weights);
    }

    std::vector<Batch> batches(int step, std::vector<std::vector<double>> const& sums) const {
        std::vector<Batch> all;
        for (std::size_t v = 0; v < voters_.size(); ++v) {
            std::vector<Item> items;
            for (int i = 0; i < options_.batch; ++i) {
                Rng rng(voters_[v]->context().seed(), Purpose::mixture, std::uint32_t(now_.round),
                        std::uint32_t(step * options_.batch + i), 2 * attempt_);
                items.push_back(draw(rng, v, sums[v]));
            }
            all.push_back(pack(items, options_.grade, Model::shape.context));
        }
        return all;
    }
    Item draw(Rng& rng, std::size_t voter, std::vector<double> const& sums) const {
        const std::size_t chosen = detail::pick(rng, sums);
        if (chosen == 0) return first_(rng);
        auto const& labels = sets_[voter][chosen - 1].labels;
        auto const& label  = labels[rng.below(std::uint32_t(labels.size()))];
        Item        item = encode(vocab_, {label.prompt, label.answer}, label.ended ? Ended::yes : Ended::no,
                                  place_of(task_));
        item.difficulty  = label.difficulty;
        return item;
    }

    /// One update of every model.
    void step() {
        if (!ahead_) {
            std::vector<std::vector<double>> sums;
            for (std::size_t v = 0; v < voters_.size(); ++v) sums.push_back(weights(v));
            ahead_ = std::make_unique<detail::Ahead>(
                [this, sums, made = step_]() mutable { return batches(made++, sums); });
        }
        const auto   own  = ahead_->take();
        const double rate = options_.rate ? options_.rate(now_.round, step_)
                                          : WarmupStableDecay{options_.peak, options_.warmup, options_.steps,
                                                              options_.decay > 0 ? options_.decay
                                                                                 : options_.steps / 2}(step_);
        if (step_ + 1 < options_.steps) ahead_->start();
        StepEvent event{step_ + 1, options_.steps, 0, 0, rate};
        for (std::size_t v = 0; v < voters_.size(); ++v) {
            const StepResult result = voters_[v]->step(own[v], rate);
            event.loss += result.loss / double(voters_.size());
            event.gradient += result.gradient / double(voters_.size());
            event.tokens += result.rows;
            for (const int length : own[v].lengths) now_.flops += 3 * Model::flops(length);
        }
        ahead_->wait();  // nothing of the caller's runs beside the task
        now_.loss += event.loss / options_.steps, now_.tokens += event.tokens;
        if (options_.watch) options_.watch(event);
        if (++step_ < options_.steps) return;
        ahead_.reset();
        voter_ = 0, phase_ = Phase::test;
    }

    Report test_of(Trainer& voter) const {
        return evaluate(voter.context(), voter.model(), task_, options_.test);
    }

    /// Tests one model; after the last of them the watchdog has its say.
    void test() {
        if (tested(now_.round)) {
            detail::add_report(now_.after, test_of(*voters_[std::size_t(voter_)]));
            if (++voter_ < int(voters_.size())) return;
        }
        if (options_.watchdog) {
            auto [ruling, sign] = options_.watchdog(now_, rounds_);
            now_.ruling = ruling, now_.sign = std::move(sign);
        }
        if (now_.ruling == Ruling::go_on) history_.push_back(targets_);
        if (now_.ruling == Ruling::hold || now_.ruling == Ruling::roll_back)
            for (auto& sets : sets_) sets.pop_back();
        if (now_.ruling == Ruling::roll_back) {
            RUNG_CHECK(options_.snapshots,
                       "self_improve: the watchdog's ruling; got roll_back, wanted ClimbOptions::snapshots, "
                       "which keeps the weights to go back to");
            Archive all(snapshot_);
            for (Trainer* voter : voters_) all(*voter);
            now_.after = now_.before;
        }
        phase_ = now_.ruling == Ruling::stop ? Phase::ended : Phase::plan;
        if (options_.watch_round) options_.watch_round(now_);
        rounds_.push_back(std::move(now_));
        if (int(rounds_.size()) == options_.rounds) phase_ = Phase::ended;
    }

    std::vector<Trainer*>     voters_;
    Task                      task_;
    std::function<Item(Rng&)> first_;
    Difficulty                hardest_;
    LabelFilter               filter_;
    ClimbOptions              options_;
    Vocab                     vocab_ = vocab_of<Task>();

    Phase                                 phase_ = Phase::plan;
    Round                                 now_;
    std::vector<Round>                    rounds_;
    std::vector<std::vector<Target>>      history_;  // of rounds that counted
    std::vector<Target>                   targets_;
    std::vector<std::vector<LabelledSet>> sets_;        // of each model
    std::vector<Candidate>                candidates_;  // of one model and difficulty, so far
    int                                   owner_ = 0, target_ = 0, voter_ = 0, step_ = 0;
    std::uint32_t                         attempt_ = 0;
    detail::LabellingCost                 cost_;
    std::string                           snapshot_;
    std::unique_ptr<detail::Ahead>        ahead_;
};

}  // namespace rung
