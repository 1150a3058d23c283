#pragma once
// The training loop: a source gives examples, a task at the difficulties of a curriculum for one, the trainer learns
// from them, and now and then a test tells the curriculum how it went.

#include <functional>
#include <memory>

#include "rung/experiment/ahead.hpp"
#include "rung/experiment/drawers.hpp"
#include "rung/experiment/lesson.hpp"
#include "rung/experiment/pupil.hpp"
#include "rung/experiment/together.hpp"
#include "rung/experiment/train_options.hpp"
#include "rung/train/trainer.hpp"

namespace rung {

namespace detail {

/// Names what is no trainer.
template <class Who>
struct explain_trainer {
    static constexpr bool ok = requires { typename Who::model_type; };
    static_assert(
        ok,
        "train: wanted a Trainer, Voters, or a context and a model, to begin with, then a task and a "
        "curriculum, or a source of examples, and the options");
};

/// A batch once more with fewer passes, which takes its share of the batch's weight.
[[gnu::noinline]] inline Batch with_fewer_passes(Batch& whole, double share, int own, Rng rng) {
    Batch fewer = whole;
    int   most  = own;
    for (const int passes : fewer.passes) most = std::max(most, passes);
    const int before = rng.between(0, most - 1), after = rng.between(1, most - before);
    fewer.passes = std::vector<int>(std::size_t(fewer.count), before + after);
    fewer.learnt = after;
    fewer.weight = share * whole.weight;
    whole.weight = (1 - share) * whole.weight;
    return fewer;
}

/// How far a run of train() is, and which run that is.
[[gnu::cold, gnu::noinline]] inline void archive_run(Archive& all, std::string const& models,
                                                     std::string const& examples, TrainOptions const& options,
                                                     int& step, double& last) {
    archive_same(all, "train: model", models);
    archive_same(all, "train: steps, batch, accumulate and peak",
                 join({options.steps, ", ", options.batch, ", ", options.accumulate, ", ", options.peak}));
    archive_same(all, "train: source", examples);
    all(step, last);
}

/// Models of one kind that learn in step. What is told of a step is their mean loss and gradient, all their tokens, and
/// a test of all their answers.
template <class Trainer, class Source>
double train_in_step(Pupils<Trainer, Source> pupils, TrainOptions const& options) {
    using Model      = typename Trainer::model_type;
    using SourceType = std::remove_const_t<Source>;
    Trainer& trainer = pupils.first->trainer;
    Source&  source  = pupils.first->source;
    static_assert(explain_source<SourceType>::ok);
    static_assert(SourceType::vocab == Model::shape.vocab,
                  "Shape: .vocab must be the source's own `vocab`, vocab_size<Task>() for a task's");
    constexpr bool testable = requires(Pupil<Trainer, Source> & pupil) {
        pupil.source.test(pupil.trainer.context(), pupil.trainer.model(), EvaluateOptions{});
    };
    constexpr bool needs_tests = requires { requires SourceType::needs_tests; };
    check_training(options, {.graded      = trainer.options().graded,
                             .longest     = source.longest(),
                             .context     = Model::shape.context,
                             .testable    = testable,
                             .needs_tests = needs_tests});
    const auto        each  = std::uint64_t(options.batch) * std::uint64_t(options.accumulate);
    const unsigned    parts = options.progressive > 0 ? 2 : 1;          // of an item's loss
    const std::size_t own   = std::size_t(options.accumulate) * parts;  // batches of a step, each model's
    double            last  = 0;
    int               step = 0, made = 0;  // steps taken, and batches made: the one ahead is not of the state
    Drawers           drawers(Drawers::beside<Trainer>());
    const auto        make = [&] {
        std::vector<Batch> batches(pupils.count * own);
        for (std::size_t b = 0; b < batches.size(); b += parts) {
            auto const&         pupil = pupils.first[b / own];
            const std::uint64_t index = pupil.from + each * std::uint64_t(made) +
                                        std::uint64_t(b % own / parts) * std::uint64_t(options.batch);
            auto items = drawers.draw(options.batch, [&](int i) {
                const std::uint64_t number = index + std::uint64_t(i);
                Rng rng(pupil.seed, Purpose::training, std::uint32_t(number >> 32), std::uint32_t(number));
                return std::as_const(pupil.source).draw(rng, made, options.answering);
            });
            for (std::size_t i = 0; options.passes && i < items.size(); ++i)
                items[i].passes = passes_of(options, items[i].difficulty, made, pupil.seed);
            batches[b] = pack(items, options.grade, Model::shape.context);
            if (parts > 1)
                batches[b + 1] = with_fewer_passes(
                           batches[b], options.progressive, Model::passes,
                           Rng(pupil.seed, Purpose::passes, std::uint32_t(made), std::uint32_t(b % own + 1), 1));
        }
        ++made;
        return batches;
    };
    const auto tested = [&](int at) { return options.test_every > 0 && (at + 1) % options.test_every == 0; };
    Keeper* const     keeper  = options.watch.keeper();
    const std::string several = pupils.count > 1 ? join({", ", pupils.count, " of them"}) : "";
    Together<Trainer> together(int(pupils.count), [&](int k) -> Trainer& { return pupils.first[k].trainer; });
    Ahead<std::vector<Batch>> next{make};
    const auto                take_step = [&] {
        for (int at; (at = step + together.under_way()) < options.steps && together.has_room();) {
            if (at > step && keeper && keeper->due(at - step)) break;
            const std::vector<Batch> batches = next.take();
            const double             rate    = rate_of(options, at);
            // A test may change the curriculum: the batch after it waits.
            if (at + 1 < options.steps && !tested(at)) next.start();
            together.start(batches, rate, tested(at) || options.watch.looks());
        }
        const StepResult mean = together.finish();
        next.wait();  // nothing of the caller's runs beside the task
        StepEvent event{step + 1, options.steps, mean.loss, mean.gradient, mean.rate, mean.rows};
        Report    test;
        for (auto& pupil : pupils) pupil.trainer.number_examples(each);
        for (auto& pupil : pupils) {
            if constexpr (testable)
                if (tested(step)) {
                    const Report one =
                        pupil.source.test(pupil.trainer.context(), pupil.trainer.model(), test_of(options));
                    if (options.keep_best) pupil.best.observe(one, pupil.trainer.model().weights());
                    if constexpr (requires { pupil.source.state(); })
                        event.state += (event.state.empty() ? "" : " | ") + pupil.source.state();
                    test.add(one);
                    event.test = &test;
                }
        }
        if (options.watch) options.watch(event);
        if (step >= options.steps - (options.steps + 9) / 10) last += event.loss / ((options.steps + 9) / 10);
        if (++step == options.steps && options.keep_best)
            for (auto& pupil : pupils) pupil.best.give(pupil.trainer.model().weights());
    };
    const auto give_up = [&] {
        next.drop();
        const int more = together.rest();  // steps that nobody was told of
        for (auto& pupil : pupils) pupil.trainer.number_examples(each * std::uint64_t(more));
    };
    const auto go_on = [&] {
        made = step;
        for (auto& pupil : pupils) pupil.from = pupil.trainer.number_examples(0) - each * std::uint64_t(step);
    };
    const std::string examples =
        keeper ? examples_text([&](Rng& rng) { return source.draw(rng, 0, options.answering); }) : "";
    const Keeper::State state = [&](Archive& all) {
        archive_run(all, join({type_name<Model>(), " with ", Model::parameters, " weights", several}),
                    examples, options, step, last);
        for (auto& pupil : pupils) {
            pupil.trainer.archive(all);
            if (options.keep_best) all(pupil.best);
            if constexpr (Archived<Source>) all(pupil.source);
        }
    };
    if constexpr (requires { requires SourceType::forgets; })
        RUNG_CHECK(!keeper || options.test_every == 0,
                   "Curriculum: add `std::string state() const` and `void restore(std::string_view)`, or the "
                   "final const to `observe` if it learns nothing; a run that is kept goes on from both");
    if (keeper) {
        keeper->begin(state);
        keeper->learns_from(join({type_name<SourceType>(), ", at most ", source.longest(), " tokens each, ",
                                  options.steps, " steps of ", each}));
    }
    go_on();
    while (step < options.steps) {
        try {
            take_step();
        } catch (Diverged const& why) {
            give_up();
            const int before = step;
            if (!keeper || !keeper->retry(state, before, why.what())) throw;
            for (auto& pupil : pupils)  // not the same ones again
                pupil.trainer.number_examples(each * std::uint64_t(before + 1 - step));
            go_on();
        } catch (...) {
            give_up();
            throw;
        }
        if (keeper && together.under_way() == 0) keeper->step(state, step == options.steps);
        else if (keeper) keeper->pass();
    }
    return last;
}

}  // namespace detail

/// Trains for `options.steps` updates on what a source gives. Returns the mean loss over the last tenth. While a step
/// computes, another thread asks the source, const, for the next batch; beside a GPU several threads do at once.
template <class Trainer, class Source>
double train(Trainer& trainer, Source&& source, TrainOptions const& options) {
    using Given = std::remove_reference_t<Source>;
    if constexpr (detail::explain_trainer<Trainer>::ok) {
        detail::Pupil<Trainer, Given> pupil(trainer, source, options.keep_best);
        return detail::train_in_step<Trainer, Given>({&pupil, 1}, options);
    } else return 0;
}

/// Trains on true labels of a task, at the difficulties that a curriculum names.
template <class Trainer, class Task, class Curriculum>
double train(Trainer& trainer, Task const& task, Curriculum&& curriculum, TrainOptions const& options) {
    if constexpr (detail::explain_trainer<Trainer>::ok) {
        using Model = typename Trainer::model_type;
        detail::explain_fit<Model, Task>();
        Lesson lesson{task, std::forward<Curriculum>(curriculum)};
        detail::check_length<Model>("train", task, lesson.hardest());
        return train(trainer, lesson, options);
    } else return 0;
}

/// The same with a trainer of its own.
template <class Context, class Model, class Task, class Curriculum>
double train(Context& ctx, Model& model, Task const& task, Curriculum&& curriculum,
             TrainOptions const& options) {
    Trainer trainer{ctx, model};
    return train(trainer, task, curriculum, options);
}

}  // namespace rung
