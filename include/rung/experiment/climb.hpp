#pragma once
// The engine of self-improvement, one small piece of work at a time: some labels, a training step, a test. Between two
// pieces its state is a value, so a climb that was killed goes on as if nothing had been.

#include <memory>

#include "rung/core/archive.hpp"
#include "rung/experiment/drawers.hpp"
#include "rung/experiment/labelling.hpp"
#include "rung/experiment/mixing.hpp"
#include "rung/experiment/together.hpp"

namespace rung {

/// One climb of one model or of several that vote.
template <class Trainer, class Task>
class Climb {
    using Model = typename Trainer::model_type;

public:
    Climb(std::vector<Trainer*> voters, Task const& task, FirstSet first, LabelFilter filter,
          ClimbOptions const& options)
        : voters_(std::move(voters)),
          together_(voters_),
          task_(task),
          first_(std::move(first)),
          filter_(std::move(filter)),
          options_(options),
          trained_(int(voters_.front()->steps())),
          sets_(voters_.size()) {
        for (Trainer* voter : voters_) seeds_.push_back(voter->context().seed());
        detail::check_options(options_, filter_, int(voters_.size()));
        if (options.test_every > 0) check_tests();
        detail::check_schedule(options_, first_.hardest(), int(voters_.size()),
                               [&](Difficulty d) { check_difficulty(d); });
    }

    bool ended() const { return phase_ == Phase::ended; }
    /// Does the next piece of work. Steps of training may be under way when it returns, but for those that are due:
    /// there is no state to archive before at_rest().
    /// @param due  whether there must be a state so many pieces from now; empty: after each
    void advance(std::function<bool(int)> const& due = {}) {
        const int round = number();
        try {
            if (phase_ == Phase::plan) plan(round);
            else if (phase_ == Phase::label) label();
            else if (phase_ == Phase::train) step(due);
            else if (phase_ == Phase::test) test();
        } catch (...) {
            rethrow_from(detail::in_round(round));
        }
    }
    bool at_rest() const { return together_.under_way() == 0; }
    /// After a step that threw and a return to an earlier state: other examples than those that led there.
    void try_anew() { ++attempt_; }

    std::vector<Round> const& rounds() const { return rounds_; }
    /// What a model keeps of each round that counted, and where it comes from.
    std::vector<LabelledSet> const& sets(int voter) const {
        RUNG_CHECK(voter >= 0 && voter < int(sets_.size()), "Climb: sets of model ", voter, "; got ",
                   sets_.size(), " models, the first of them 0");
        return sets_[std::size_t(voter)];
    }

    /// The whole state, the models' among it. What is read must be of the same climb, but for the number of its rounds:
    /// one that ended with fewer goes on.
    [[gnu::cold, gnu::noinline]] void archive(Archive& all) {
        if (all.reads()) together_.rest(), ahead_.reset(), problems_.reset();
        std::string seeds;
        for (const std::uint64_t seed : seeds_) seeds += " " + std::to_string(seed);
        archive_same(all, "self_improve: task, model and seeds",
                     concat(type_name<Task>(), ", ", type_name<Model>(), " with ", Model::parameters,
                            " weights,", seeds));
        const auto draw = [&](Rng& rng) { return first_.draw(rng, 0); };  // what tests move on has a state
        archive_same(all, "self_improve: first set", first_.archive ? "" : detail::examples_text(draw));
        archive_same(all, "self_improve: options", detail::text_of(options_) + detail::type_of(filter_));
        all(phase_, now_, rounds_, history_, targets_, trained_, sets_, candidates_, owner_, target_, voter_,
            step_, attempt_, cost_, latest_, snapshot_);
        if (first_.archive) first_.archive(all);
        for (Trainer* voter : voters_) all(*voter);
        const bool fits = phase_ >= Phase::plan && phase_ <= Phase::ended && sets_.size() == voters_.size() &&
                          owner_ >= 0 && owner_ < int(voters_.size()) && voter_ >= 0 &&
                          voter_ <= int(voters_.size()) && step_ >= 0 && step_ <= options_.steps &&
                          target_ >= 0 && target_ <= int(targets_.size()) && (!ended() || !rounds_.empty());
        RUNG_CHECK(fits, "self_improve: state; got one that no climb leaves, wanted what was written");
        if (!all.reads()) return;
        const int over = int(rounds_.size());
        detail::check_rounds(options_, rounds_, now_, over + !ended());
        if (ended() && !rounds_.back().ends && over < options_.rounds) phase_ = Phase::plan;
    }

private:
    enum class Phase { plan, label, train, test, ended };
    /// Prompts between two moments at which a climb may be killed.
    int chunk() const { return std::max(1'024, 8'192 / (int(voters_.size()) * options_.labeller.samples)); }

    /// Of the round that is, or comes next.
    int number() const { return options_.first_round + int(rounds_.size()); }

    /// Throws unless the task has problems of that difficulty, and the model can read them.
    void check_difficulty(Difficulty difficulty) const {
        detail::check_length<Model>("schedule", task_, difficulty);
        Rng rng(0, Purpose::user);
        sample(task_, rng, difficulty);
    }
    [[gnu::cold, gnu::noinline]] void check_tests() {
        if (options_.test.run.passes == 0) options_.test.run.passes = options_.run.passes;
        options_.test.stream += 2;  // 0: what is reported in the end, 1: what steers a curriculum
        detail::check_evaluation<Model>(task_, options_.test, "self_improve: ClimbOptions::test");
        check_difficulty(detail::corner<Task>(options_.test.from));
        check_difficulty(detail::corner<Task>(options_.test.to));
    }
    [[gnu::cold, gnu::noinline]] void plan(int round) {
        cost_          = {};
        const auto ask = [&](Difficulty difficulty) {
            return detail::probe(voters_, task_, difficulty, round, options_, cost_);
        };
        targets_ =
            options_.schedule({int(history_.size()), first_.hardest(), history_, ask, int(voters_.size())});
        // A schedule that asks, or would have, cannot know where the context ends: there is the top.
        std::erase_if(targets_, [&](Target const& target) {
            return longest(task_, target.difficulty) + 1 > Model::shape.context;
        });
        if (targets_.empty()) {
            RUNG_CHECK(!rounds_.empty(), "schedule; got nothing for the first round, or nothing that a",
                       " context of ", Model::shape.context, " holds, wanted a difficulty");
            phase_ = Phase::ended;
            return;
        }
        for (auto const& target : targets_) check_difficulty(target.difficulty);
        now_            = {};
        now_.round      = round;
        now_.hardest    = first_.hardest();
        now_.difficulty = targets_.front().difficulty;
        for (auto const& target : targets_) now_.difficulty = std::max(now_.difficulty, target.difficulty);
        now_.probed = cost_.tokens, now_.flops = cost_.flops;
        cost_ = {};
        if (rounds_.empty() && options_.test_every > 0)
            for (Trainer* voter : voters_) latest_.add(test_of(*voter));
        now_.before = latest_;
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

    /// Some of the labels of a model and a difficulty; after the last of them the filter.
    [[gnu::cold, gnu::noinline]] void label() {
        if (!problems_)
            problems_ =
                std::make_unique<detail::ProblemSets<Task>>(task_, targets_, seeds_, now_.round, options_);
        auto const& asked = problems_->at(owner_, target_);
        const int   count = int(asked.truth.size());
        const int   first = int(candidates_.size()), some = std::min(chunk(), count - first);
        if (some > 0) {
            const auto from = asked.prompts.begin() + first;
            auto       more = detail::candidates(voters_, task_,
                                                 {.prompts    = {from, from + some},
                                                  .difficulty = targets_[std::size_t(target_)].difficulty,
                                                  .limit      = asked.limit,
                                                  .first      = first,
                                                  .round      = now_.round,
                                                  .owner      = owner_,
                                                  .target     = target_},
                                                 options_, cost_);
            problems_->wait();
            std::move(more.begin(), more.end(), std::back_inserter(candidates_));
            if (auto const& see = options_.watch.labels)
                see({now_.round, now_.total().labelled + int(candidates_.size()),
                     int(voters_.size()) * options_.prompts, some});
            if (int(candidates_.size()) < count) return;
        }
        if (count > 0)
            detail::keep_labels<Model>(task_, asked.truth, candidates_, filter_, options_,
                                       Rng(seeds_[std::size_t(owner_)], Purpose::mixture,
                                           std::uint32_t(now_.round), std::uint32_t(target_), 1),
                                       voters_.size() > 1, now_, sets_[std::size_t(owner_)].back());
        candidates_.clear();
        if (++target_ < int(targets_.size())) return;
        target_ = 0;
        if (options_.watch_labels) options_.watch_labels(owner_, sets_[std::size_t(owner_)].back());
        if (++owner_ < int(voters_.size())) return;
        problems_.reset();
        owner_       = 0;
        now_.decoded = cost_.tokens, now_.flops += cost_.flops;
        step_ = 0, phase_ = Phase::train;
    }

    std::vector<Batch> batches(int step) {
        std::vector<Batch> all(voters_.size());
        for (std::size_t v = 0; v < voters_.size(); ++v) {
            const auto mix  = detail::RoundMix<Task>{task_, vocab_, first_, trained_, sets_[v], shares_[v]};
            const auto draw = [&](int i) {
                Rng rng(seeds_[v], Purpose::mixture, std::uint32_t(now_.round),
                        std::uint32_t(step * options_.batch + i), 2 * attempt_);
                return mix.draw(rng);
            };
            all[v] = pack(drawers_.draw(options_.batch, draw), options_.grade, Model::shape.context);
        }
        return all;
    }
    /// One update of every model.
    void step(std::function<bool(int)> const& due) try {
        if (!ahead_) {
            shares_ = std::vector<std::vector<double>>(sets_.size());
            for (std::size_t v = 0; v < sets_.size(); ++v)
                shares_[v] = detail::weights_of(options_.replay, sets_[v], first_.hardest());
            ahead_ = std::make_unique<detail::Ahead<std::vector<Batch>>>(
                [this, made = step_]() mutable { return batches(made++); });
        }
        for (int at; (at = step_ + together_.under_way()) < options_.steps && together_.has_room();) {
            if (at > step_ && (!due || due(at - step_))) break;
            const auto   own  = ahead_->take();
            const double rate = detail::rate_of(options_, now_.round, at);
            if (at + 1 < options_.steps) ahead_->start();
            together_.start(own, rate, options_.watch.looks());
            for (std::size_t v = 0; v < voters_.size(); ++v)
                now_.flops += detail::flops_of(*voters_[v], own[v]);
        }
        const StepResult mean = together_.finish();
        ahead_->wait();  // nothing of the caller's runs beside the task
        StepEvent event{step_ + 1, options_.steps, mean.loss, mean.gradient, mean.rate, mean.rows};
        event.round = now_.round;
        now_.loss += event.loss / options_.steps, now_.tokens += event.tokens;
        if (options_.watch) options_.watch(event);
        if (++step_ < options_.steps) return;
        ahead_.reset();
        phase_ = Phase::test;
    } catch (...) {
        together_.rest(), ahead_.reset();
        throw;
    }

    Report test_of(Trainer& voter) const {
        return evaluate(voter.context(), voter.model(), task_, options_.test);
    }

    /// Tests one model; after the last of them the watchdog has its say.
    [[gnu::cold, gnu::noinline]] void test() {
        if (detail::is_tested(options_, now_.round) && voter_ < int(voters_.size())) {
            now_.after.add(test_of(*voters_[std::size_t(voter_)]));
            if (++voter_ < int(voters_.size())) return;
        }
        if (options_.watchdog) {
            auto [ruling, sign, ends] = options_.watchdog(now_, rounds_);
            now_.ruling = ruling, now_.sign = std::move(sign), now_.ends = ends || ruling == Ruling::stop;
        }
        if (now_.ruling == Ruling::roll_back) go_back();
        else if (!now_.after.scores.empty()) latest_ = now_.after;
        if (!waits(now_.ruling)) history_.push_back(targets_);
        else
            for (auto& sets : sets_) sets.pop_back();
        rounds_.push_back(std::move(now_));
        voter_ = 0;
        phase_ = rounds_.back().ends || int(rounds_.size()) == options_.rounds ? Phase::ended : Phase::plan;
        if (options_.watch_round) options_.watch_round(rounds_.back());  // may throw: the round is over
    }
    void go_back() {
        RUNG_CHECK(options_.snapshots && !snapshot_.empty(),
                   "the watchdog's ruling; got roll_back, wanted ClimbOptions::snapshots");
        Archive all(snapshot_);
        for (Trainer* voter : voters_) all(*voter);
    }

    std::vector<Trainer*>      voters_;
    std::vector<std::uint64_t> seeds_;  // of each
    detail::Together<Trainer>  together_;
    detail::Drawers            drawers_{detail::Drawers::beside<Trainer>()};
    Task                       task_;
    FirstSet                   first_;
    LabelFilter                filter_;
    ClimbOptions               options_;
    Vocab                      vocab_ = vocab_of<Task>();

    Phase                                 phase_ = Phase::plan;
    Round                                 now_;
    std::vector<Round>                    rounds_;
    std::vector<std::vector<Target>>      history_;  // of rounds that counted
    std::vector<Target>                   targets_;
    int                                   trained_;     // steps before the climb: a curriculum stays there
    std::vector<std::vector<LabelledSet>> sets_;        // of each model
    std::vector<Candidate>                candidates_;  // of one model and difficulty, so far
    int                                   owner_ = 0, target_ = 0, voter_ = 0, step_ = 0;
    std::uint32_t                         attempt_ = 0;
    detail::LabellingCost                 cost_;
    Report                           latest_;  // test of the weights as they are, or were at the last one
    std::string                      snapshot_;
    std::vector<std::vector<double>> shares_;  // of each model's sets, see weights_of()
    std::unique_ptr<detail::Ahead<std::vector<Batch>>> ahead_;
    std::unique_ptr<detail::ProblemSets<Task>>         problems_;  // of the round
};

}  // namespace rung
