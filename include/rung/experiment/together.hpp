#pragma once
// Several models learn at the same time: each with a share of the processors, or side by side on a device. What that
// gains is a matter of their size and of the machine, see benchmarks/RESULTS.md, self_improve.

#include <algorithm>
#include <chrono>
#include <exception>
#include <limits>
#include <memory>
#include <optional>
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
    void took(double seconds) {
        if (done_ == trials) return;
        auto& best = best_[done_++ % 2];
        best       = std::min(best, seconds);
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
    explicit Together(std::vector<Trainer*> all) : all_(std::move(all)) {
        const int                threads = all_.front()->context().threads();
        std::vector<void const*> contexts;
        for (Trainer* one : all_) contexts.push_back(&one->context());
        std::sort(contexts.begin(), contexts.end());
        apart_ = std::adjacent_find(contexts.begin(), contexts.end()) == contexts.end();
        if (shares && apart_ && all_.size() > 1 && threads > 1)
            crew_ = std::make_unique<Workers>(std::min(int(all_.size()), threads));
    }

    Together(Together const&)            = delete;
    Together& operator=(Together const&) = delete;
    ~Together() { rest(); }

    /// Whether a step can be started before those that are under way are finished, see Trainer. Not one of several
    /// models, whose steps are done when they have been started: the host's share of them a device waits for.
    bool has_room() const { return under_way() < (rests_ || all_.size() > 1 ? 1 : Trainer::ahead); }
    int  under_way() const { return all_.size() > 1 ? int(done_.has_value()) : all_[0]->under_way(); }
    /// @param rests  it is finished before another is started
    void start(std::span<Batch const> batches, double rate, bool rests) {
        if (all_.size() > 1) done_ = step(batches, rate);
        else all_[0]->start(batches, rate);
        rests_ = rests;
    }
    StepResult finish() { return all_.size() > 1 ? *std::exchange(done_, std::nullopt) : all_[0]->finish(); }
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
        const std::size_t               own = batches.size() / all_.size();
        std::vector<StepResult>         results(all_.size());
        std::vector<std::exception_ptr> failures(all_.size());
        const auto                      attempt = [&](std::size_t k, auto const& work) {
            if (failures[k]) return;
            try {
                work(*all_[k]);
            } catch (...) {
                failures[k] = std::current_exception();
            }
        };
        const auto start = [&](std::size_t k) {
            attempt(k, [&](Trainer& one) { one.start(batches.subspan(k * own, own), rate); });
        };
        const auto finish = [&](std::size_t k) {
            attempt(k, [&](Trainer& one) { results[k] = one.finish(); });
        };
        const auto before = std::chrono::steady_clock::now();
        if (crew_ && faster_.way() == 0) with_shares(start, finish);
        else in_turn(start, finish);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - before;
        for (std::size_t k = 0; k < all_.size(); ++k)
            if (failures[k]) fail_as(k, failures[k]);

        StepResult mean;
        for (auto const& one : results) {
            mean.loss += one.loss / double(results.size());
            mean.gradient += one.gradient / double(results.size());
            mean.rows += one.rows, mean.rate = one.rate;
        }
        faster_.took(took.count() / double(mean.rows));  // steps differ in their rows
        return mean;
    }

private:
    [[noreturn]] void fail_as(std::size_t k, std::exception_ptr const& failure) const try {
        std::rethrow_exception(failure);
    } catch (Diverged const& why) {
        if (all_.size() == 1) throw;
        throw Diverged(concat("model ", k, " of ", all_.size(), ": ", why.what()));
    }

    template <class Start, class Finish>
    void with_shares(Start const& start, Finish const& finish) const {
        if constexpr (shares)
            for (int from = 0; from < int(all_.size()); from += crew_->count()) {
                const Fewer fewer{*this, from, std::min(crew_->count(), int(all_.size()) - from)};
                crew_->run(fewer.some,
                           [&](int k, int) { start(std::size_t(from + k)), finish(std::size_t(from + k)); });
            }
    }
    /// By this thread. A device has the work of all of them before it is waited for, if each has a context.
    template <class Start, class Finish>
    void in_turn(Start const& start, Finish const& finish) const {
        for (std::size_t k = 0; k < all_.size(); ++k) {
            start(k);
            if (!apart_) finish(k);
        }
        for (std::size_t k = 0; k < all_.size() && apart_; ++k) finish(k);
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
        Context&        context(int k) const { return all_.all_[std::size_t(from_ + k)]->context(); }
        Together const& all_;
        int             from_;
    };

    std::vector<Trainer*>     all_;
    bool                      apart_ = true;
    std::unique_ptr<Workers>  crew_;
    std::optional<StepResult> done_;
    bool                      rests_ = false;
    Faster                    faster_;  // 0: with shares of the threads, 1: in turn
};

}  // namespace rung::detail
