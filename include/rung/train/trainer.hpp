#pragma once
// The training step: gradients of every slice, a fixed-order sum, clipping, AdamW. Owns gradients and
// moments.

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <utility>

#include "rung/backend/update.hpp"
#include "rung/core/archive.hpp"
#include "rung/data/pack.hpp"
#include "rung/model/position/ids.hpp"
#include "rung/model/transformer.hpp"
#include "rung/train/trainer_options.hpp"

namespace rung {

/// Trains one model on one context. `step` is the whole of training; loops and curricula live elsewhere.
template <class Context, class Model>
class Trainer {
    using Real     = Acc<typename Context::real>;
    using Position = typename Model::position_type;
    static_assert(!std::is_const_v<Model>, "Trainer: the model is const, and could not learn");
    static_assert(std::is_same_v<Real, float>,
                  "Trainer: weights are single precision, so the context must be too");

public:
    using model_type = Model;

    Trainer(Context& ctx, Model& model, TrainerOptions options = {})
        : ctx_(ctx),
          model_(model),
          options_(options),
          gradients_(ctx.slices() * Model::parameters, ctx.own_memory()),
          mean_(Model::parameters, ctx.memory()),  // which the host reads too, to keep them
          square_(Model::parameters, ctx.memory()),
          failed_(1, ctx.own_memory()),
          chunks_(Model::chunks()) {
        detail::check_options(options);
        if (options.ema > 0) averaged_.emplace(ctx);
        Model::passes_of(run_of(options));  // throws where that is senseless
        RUNG_CHECK(Model::Order::after == 0 || options.graded == 1, "Trainer: graded; got ", options.graded,
                   ", wanted 1, because there are layers between the loop and the logits");
        if (options_.piece == 0) options_.piece = ctx.piece(Model::shape.width, Model::parameters);
        reset_optimizer();
    }

    /// One update from one or more batches whose gradients are added up: the loss is the mean over all their
    /// graded tokens, so cutting a batch in two changes the order of sums and nothing else. Batches may weigh more or
    /// less, and loop as often as their sequences say.
    StepResult step(std::span<Batch const> batches, double rate) {
        start(batches, rate);
        return finish();
    }
    StepResult step(Batch const& batch, double rate) { return step(std::span(&batch, 1), rate); }

    /// Steps that can be started before the first of them is finished: on a device several, so that it never waits for
    /// the host.
    static constexpr int ahead = Context::ahead;

    /// The first half of step(). A device is at work when it returns, and finish() waits for the step that was started
    /// first. Several trainers, each with a context of its own, can be started before the first is finished. Until all
    /// are finished, models and contexts are the steps'.
    void start(std::span<Batch const> batches, double rate) {
        try {
            ask_for(batches, rate);
        } catch (...) {
            ctx_.abandon_step();
            throw;
        }
    }
    /// The other half: waits. Throws Diverged where the step did not learn, nor any that was started after it: all of
    /// them are over.
    StepResult finish() {
        RUNG_CHECK(under_way_ > 0, "Trainer: finish; got no step that was started, wanted start() first");
        --under_way_;
        const long    number  = steps_++;
        Step const&   step    = started_[number % ahead];
        double const* results = nullptr;
        ++updates_;
        try {
            results = ctx_.wait_for(step.number);
        } catch (...) {  // what became of it nobody knows
            afresh_ = true;
            throw;
        }
        const int    slices = ctx_.slices();
        const double norm   = std::sqrt(results[slices * step.weights.size()]);
        if (!std::isfinite(norm)) {
            ctx_.wait();
            --steps_, --updates_;
            under_way_ = 0, afresh_ = true;
            throw Diverged(join({"Trainer: step ", number, ": gradient norm; got ", norm,
                                 ", wanted a finite number; the weights are those of the step before (was "
                                 "the rate too high?)"}));
        }
        double loss = 0;
        for (Index i = 0; i < step.weights.size(); ++i)
            for (int slice = 0; slice < slices; ++slice)
                loss += step.weights[i] * results[i * slices + slice];
        return {loss / step.graded / options_.graded, norm, step.rows, step.rate};
    }
    int under_way() const { return under_way_; }  ///< steps that were started and not finished

    /// A model of the weights after each step, averaged: those of a step count `ema` times as much as those of the next
    /// one, and those before the first step for nothing (Polyak and Juditsky, 1992; Kingma and Ba, 2015, section 7.2).
    /// The mean begins anew where the optimizer does.
    Model const& averaged() const {
        RUNG_CHECK(averaged_, "Trainer: averaged; got ema 0, wanted one above 0 in its options");
        check_finished();
        RUNG_CHECK(updates_ > 0, "Trainer: averaged; got no steps, wanted at least 1");
        return *averaged_;
    }

    /// Forgets the moments; weights stay.
    void reset_optimizer() {
        check_finished();
        ctx_.for_slices(1, [&](auto& lane, int) {
            for (auto* moments : {&mean_, &square_})
                fill(lane, Mat<Real>(moments->data(), 1, Model::parameters), 0);
        });
        updates_ = 0;
    }

    /// Weights, moments, counters: all that the next step depends on beside its batches. Another model's are refused.
    [[gnu::cold, gnu::noinline]] void archive(Archive& all) {
        check_finished();
        ctx_.wait();
        all(model_, mean_, square_, steps_, updates_, examples_);
        if (averaged_) all(averaged_->weights());
    }

    /// Bytes of the model and its trainer beside the threads' scratch memory: weights, their packings, two moments, a
    /// gradient for each of the context's slices, and averaged weights, if the options ask for them.
    static constexpr Index bytes(int slices, TrainerOptions const& options = {}) {
        const Index arrays = 3 + Index{slices} + (options.ema > 0 ? 1 : 0);
        return Index(sizeof(Real)) * (arrays * Model::parameters + Model::panels);
    }

    Context&              context() { return ctx_; }
    Model&                model() { return model_; }
    Model const&          model() const { return model_; }
    TrainerOptions const& options() const { return options_; }
    long                  steps() const { return steps_; }  ///< taken so far

    /// Numbers `count` examples of the training stream that no earlier call numbered; returns the first number.
    std::uint64_t number_examples(std::uint64_t count) { return std::exchange(examples_, examples_ + count); }

private:
    void ask_for(std::span<Batch const> batches, double rate) {
        check_under_way(ahead - 1);
        const long step   = steps_ + under_way_;
        double     graded = 0;
        Index      read   = 0;
        for (auto const& batch : batches) {
            check_passes(batch);
            graded += batch.weight * double(batch.graded), read += batch.rows;
        }
        RUNG_CHECK(graded > 0, "Trainer: graded tokens; got none, wanted at least 1");
        RUNG_CHECK(std::isfinite(float(rate)) && rate >= 0, "Trainer: step ", step, ": rate; got ", rate,
                   ", wanted a finite number of at least 0, in single precision");
        RUNG_CHECK(std::isfinite(float(rate * options_.weight_decay)), "Trainer: step ", step,
                   ": rate times weight_decay; got ", rate * options_.weight_decay,
                   ", wanted a finite number, in single precision");

        const Mat<Real> gradients{gradients_.data(), ctx_.slices(), Model::parameters};
        const int       slices = ctx_.slices();
        const int       parts  = slices * int(batches.size());
        double* const   losses = ctx_.begin_step(parts + 1);  // and the norm
        if (afresh_)
            ctx_.for_slices(1, [&](auto& lane, int) { fill(lane, Mat<Real>(failed_.data(), 1, 1), 0); });
        Run run                     = run_of(options_);
        run.dropout                 = {options_.dropout, ctx_.seed(), std::uint32_t(step)};
        run.phase                   = Phase::training;
        const Weights<Real> weights = pack(ctx_, model_);
        Index before = 0, sequences = 0;  // of earlier batches: no two of a step share their random numbers
        for (std::size_t i = 0; i < batches.size();
             before += batches[i].rows, sequences += batches[i++].count) {
            auto const&  batch = batches[i];
            const Pieces pieces(batch, ctx_.slices(), options_.piece);
            const Real   scale = Real(batch.weight / double(run.graded)) / Real(graded);
            if (batch.learnt > 0) run.learnt = batch.learnt;
            else run.learnt = options_.learnt;
            const auto [least, most] = batch.range_of_passes();
            run.passes               = most > 0 ? most : options_.passes;
            // Whichever thread meets the largest piece, none asks for memory again.
            Index largest = 0;
            for (auto const& piece : pieces.all()) largest = std::max(largest, piece.rows);
            Run counted = run;  // where sequences differ in their passes, those that somebody learns from
            if (run.learnt > 0 && most > 0) counted.learnt = most - Passes::skipped_of(run, least);
            const Index room = Model::activation_bytes(largest, std::min(largest, batch.graded), counted,
                                                       sizeof(typename Context::real));
            ctx_.for_slices(ctx_.slices(), [&](auto& lane, int slice) {
                lane.reserve(room);
                if (i == 0) fill(lane, gradients.slice(slice, 1), 0);
                for (auto const& piece : pieces.of(slice)) {
                    lane.reset();
                    Ragged ragged(batch, piece.first, piece.count, before + piece.first_row);
                    if constexpr (DrawsRows<Position>)
                        ragged.change_positions([&](int b, std::span<int> ids) {
                            look_up<Position>(ids, Phase::training, ctx_.seed(), std::uint32_t(step),
                                              std::uint32_t(sequences + b));
                        });
                    const auto rows = placed(lane, ragged.rows());
                    Run        own  = run;
                    if (ragged.passes() > 0) own.passes = ragged.passes();
                    const auto  tape = Model::forward(lane, weights, rows, own);
                    const Index each = tape.logits.rows / own.graded;
                    for (int pass = 0; pass < own.graded; ++pass)
                        add_cross_entropy(lane, losses + int(i) * slices + slice,
                                          tape.logits.slice(pass * each, each), rows.targets, scale,
                                          {options_.label_smoothing, options_.z_loss});
                    Model::backward(lane, weights, gradients.row(slice), tape, rows, own);
                }
            });
        }
        update(gradients, rate, losses + parts);
        Step& own = started_[step % ahead];
        own       = {ctx_.end_step(), Buffer<double>(Index(batches.size())), graded, rate, read};
        for (Index i = 0; i < own.weights.size(); ++i) own.weights[i] = batches[std::size_t(i)].weight;
        afresh_ = false, ++under_way_;
    }
    static constexpr Run run_of(TrainerOptions const& options) {
        return {options.passes, options.learnt, options.states, options.graded};
    }

    /// The last `graded` passes of a batch are graded together: they must be the same for all of its sequences.
    void check_passes(Batch const& batch) const {
        if (options_.graded == 1 || batch.passes.empty()) return;
        const auto [least, most] = batch.range_of_passes();
        RUNG_CHECK(least == most && options_.graded <= least, "Trainer: step ", steps_,
                   ": passes of a batch, and graded; got ", least, " to ", most, ", and ", options_.graded,
                   ", wanted one number of passes, and at most as many graded (or graded 1)");
    }

    /// One that was started. Its results are losses of the batches' slices, and the gradient's squared norm.
    struct Step {
        long           number = 0;  // the context's
        Buffer<double> weights{};   // of the batches
        double         graded = 0, rate = 0;
        Index          rows = 0;
    };
    void check_under_way(int most) const {
        RUNG_CHECK(under_way_ <= most, "Trainer: step ", steps_, ": steps under way; got ", under_way_,
                   ", wanted finish() first");
    }
    void check_finished() const { check_under_way(0); }

    void update(Mat<Real> gradients, double rate, double* squared_norm) {
        const double    next = double(updates_ + under_way_ + 1);
        const AdamWStep adamw{rate,
                              options_.beta1,
                              options_.beta2,
                              options_.epsilon,
                              options_.weight_decay,
                              1 - std::pow(options_.beta1, next),
                              1 - std::pow(options_.beta2, next)};
        clip_and_update(ctx_, model_.weights().data(), mean_.data(), square_.data(), gradients, chunks_,
                        adamw, options_.clip, squared_norm, failed_.data());
        if (averaged_)  // a mean of weights that sum to one, however few steps there were
            move_towards(ctx_, averaged_->weights().data(), model_.weights().cdata(), chunks_,
                         (1 - options_.ema) / (1 - std::pow(options_.ema, next)), failed_.data());
    }

    Context&             ctx_;
    Model&               model_;
    TrainerOptions       options_;
    Buffer<Real>         gradients_, mean_, square_;
    std::optional<Model> averaged_;
    Buffer<Real>         failed_;  // not 0: a step did not learn, and none does that was started after it
    bool                 afresh_ = true;  // it is to become 0 before the next step
    Buffer<Chunk>        chunks_;
    long                 steps_ = 0, updates_ = 0;
    std::uint64_t        examples_ = 0;
    Step                 started_[ahead];
    int                  under_way_ = 0;
};

/// Made of a model and a context, in this order: a sentence, and not one for every line above.
template <class Model, MakesModels Context>
    requires requires { Model::parameters; }
class Trainer<Model, Context> {
    static_assert(sizeof(Model) == 0,
                  "Trainer: the context comes first, then the model: Trainer{ctx, model}");

public:
    using model_type = Model;
    Trainer(Model&, Context&, TrainerOptions = {}) {}
};

}  // namespace rung
