#pragma once
// Several models learn at the same time: each with a share of the processors, or side by side on a device. What that
// gains is a matter of their size and of the machine, see benchmarks/RESULTS.md, self_improve.

#include <algorithm>
#include <chrono>
#include <exception>
#include <limits>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "rung/core/parallel.hpp"
#include "rung/train/trainer.hpp"

namespace rung::detail {

/// Which of two ways is faster: they are tried by turns, and then it is the one that was faster at its best.
class Faster {
public:
    static constexpr int trials = 16;

    /// The way to take next: 0 or 1.
    int  way() const { return done_ < trials ? done_ % 2 : int(best_[1] < best_[0]); }
    void took(double time) {
        if (done_ == trials) return;
        auto& best = best_[done_++ % 2];
        best       = std::min(best, time);
    }

private:
    static constexpr double never = std::numeric_limits<double>::infinity();

    int    done_    = 0;
    double best_[2] = {never, never};
};

/// Trainers whose contexts are alike. Where two have one context, they take turns. Threads may be shared among models,
/// or help one after the other: whichever the first steps find faster, for no bit depends on it.
template <class Trainer>
class Together {
    using Context = std::remove_reference_t<decltype(std::declval<Trainer&>().context())>;
    /// A context that can be told to use fewer threads for a while.
    static constexpr bool shares = requires(Context & ctx) { ctx.at_most(1); };

public:
    /// @param trainer  gives number k of them
    template <class At>
    Together(int count, At const& trainer)
        : all_(std::make_unique<One[]>(std::size_t(count))),
          count_(count),
          apart_(each_has_a_context(trainer)),
          crew_(shares && apart_ ? std::min(count, trainer(0).context().threads()) : 1) {}
    explicit Together(std::vector<Trainer*> const& all)
        : Together(int(all.size()), [&](int k) -> Trainer& { return *all[std::size_t(k)]; }) {}

    Together(Together const&)            = delete;
    Together& operator=(Together const&) = delete;
    ~Together() { rest(); }

    /// Whether a step can be started before those that are under way are finished, see Trainer. Not one of several
    /// models, whose steps are done when they have been started: the host's share of them a device waits for.
    bool has_room() const { return under_way() < (rests_ || count_ > 1 ? 1 : Trainer::ahead); }
    int  under_way() const { return count_ > 1 ? int(is_done_) : all_[0].trainer->under_way(); }
    /// @param rests  it is finished before another is started
    void start(std::span<Batch const> batches, double rate, bool rests) {
        if (count_ > 1) done_ = step(batches, rate), is_done_ = true;
        else all_[0].trainer->start(batches, rate);
        rests_ = rests;
    }
    StepResult finish() {
        is_done_ = false;
        return count_ > 1 ? done_ : all_[0].trainer->finish();
    }
    /// Finishes all that were started, and returns how many of them learnt.
    int rest() noexcept {
        int count = 0;
        while (under_way() > 0) try {
                finish(), ++count;
            } catch (...) {}
        return count;
    }

    /// One step of each, of as many batches: their mean loss and gradient, and all their rows. Where some throw, the
    /// others have taken their step, and what the first of those threw is thrown again. Says which diverged.
    StepResult step(std::span<Batch const> batches, double rate) {
        const auto before = now();
        if (crew_.count() > 1 && faster_.way() == 0) with_shares(batches, rate);
        else in_turn(batches, rate);
        const double took = double(now() - before);
        for (int k = 0; k < count_; ++k)
            if (all_[k].failure) fail_as(k);

        StepResult mean;
        for (int k = 0; k < count_; ++k) {
            StepResult const& one = all_[k].result;
            mean.loss += one.loss / double(count_);
            mean.gradient += one.gradient / double(count_);
            mean.rows += one.rows, mean.rate = one.rate;
        }
        faster_.took(took / double(mean.rows));  // steps differ in their rows
        return mean;
    }

private:
    /// One of them, and what became of its latest step.
    struct One {
        Trainer*           trainer = nullptr;
        StepResult         result{};
        std::exception_ptr failure{};
    };

    template <class At>
    bool each_has_a_context(At const& trainer) {
        bool apart = true;
        for (int k = 0; k < count_; ++k) {
            all_[k].trainer = &trainer(k);
            for (int other = 0; other < k; ++other) apart = apart && &context(other) != &context(k);
        }
        return apart;
    }
    Context& context(int k) const { return all_[k].trainer->context(); }

    static auto now() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

    void start(int k, std::span<Batch const> batches, double rate) noexcept {
        const std::size_t own = batches.size() / std::size_t(count_);
        One&              one = all_[k];
        one.failure           = nullptr;
        try {
            one.trainer->start({batches.data() + std::size_t(k) * own, own}, rate);
        } catch (...) {
            one.failure = std::current_exception();
        }
    }
    void finish(int k) noexcept {
        One& one = all_[k];
        if (one.failure) return;
        try {
            one.result = one.trainer->finish();
        } catch (...) {
            one.failure = std::current_exception();
        }
    }
    [[noreturn, gnu::cold, gnu::noinline]] void fail_as(int k) const try {
        std::rethrow_exception(all_[k].failure);
    } catch (Diverged const& why) {
        if (count_ == 1) throw;
        throw Diverged(join({"model ", k, " of ", count_, ": ", why.what()}));
    }

    void with_shares(std::span<Batch const> batches, double rate) {
        if constexpr (shares)
            for (int from = 0; from < count_; from += crew_.count()) {
                const Fewer fewer{*this, from, std::min(crew_.count(), count_ - from)};
                crew_.run(fewer.some, [&](int k, int) { start(from + k, batches, rate), finish(from + k); });
            }
    }
    /// By this thread. A device has the work of all of them before it is waited for, if each has a context.
    void in_turn(std::span<Batch const> batches, double rate) {
        for (int k = 0; k < count_; ++k) {
            start(k, batches, rate);
            if (!apart_) finish(k);
        }
        for (int k = 0; k < count_ && apart_; ++k) finish(k);
    }

    /// While it lives, `some` of the contexts have a share of the threads: rounded up, for a thread too many waits, and
    /// one too few leaves a processor without work.
    struct Fewer {
        Fewer(Together const& all, int from, int count) : some(count), all_(all), from_(from) {
            for (int k = 0; k < some; ++k) context(k).at_most((context(k).threads() + some - 1) / some);
        }
        Fewer(Fewer const&)            = delete;
        Fewer& operator=(Fewer const&) = delete;
        ~Fewer() {
            for (int k = 0; k < some; ++k) context(k).at_most(context(k).threads());
        }
        int some;

    private:
        Context&        context(int k) const { return all_.context(from_ + k); }
        Together const& all_;
        int             from_;
    };

    std::unique_ptr<One[]> all_;
    int                    count_;
    bool                   apart_;
    Workers                crew_;  // more than one where threads can be shared
    StepResult             done_;  // of several, if is_done_
    bool                   is_done_ = false, rests_ = false;
    Faster                 faster_;  // 0: with shares of the threads, 1: in turn
};

}  // namespace rung::detail
