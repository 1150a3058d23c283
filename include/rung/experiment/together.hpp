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

/// Trainers whose contexts are alike. Where two have one context, they take turns. Threads may help one model after the
/// other, or be shared among them: which is faster is found out by the first steps, and changes no bit.
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

    /// One step of each, of as many batches: their mean loss and gradient, and all their rows. What they throw is
    /// thrown again when all are through: of several, the first one's. Says of several which diverged.
    StepResult step(std::span<Batch const> batches, double rate) {
        const std::size_t       own = batches.size() / all_.size();
        std::vector<StepResult> results(all_.size());
        const auto start  = [&](std::size_t k) { all_[k]->start(batches.subspan(k * own, own), rate); };
        const auto finish = [&](std::size_t k) { results[k] = finished(k); };
        const bool shared = crew_ && (steps_ < trials ? steps_ % 2 == 0 : best_[1] < best_[0]);
        const auto before = std::chrono::steady_clock::now();
        if (shared) in_threads([&](std::size_t k) { start(k), finish(k); });
        else in_turn(start, finish);
        StepResult mean;
        for (auto const& one : results) {
            mean.loss += one.loss / double(results.size());
            mean.gradient += one.gradient / double(results.size());
            mean.rows += one.rows;
        }
        if (steps_++ < trials) {
            const std::chrono::duration<double> took = std::chrono::steady_clock::now() - before;
            best_[shared] = std::min(best_[shared], took.count() / double(mean.rows));
        }
        return mean;
    }

private:
    StepResult finished(std::size_t k) const try { return all_[k]->finish(); } catch (Diverged const& why) {
        if (all_.size() == 1) throw;
        throw Diverged(concat("model ", k, " of ", all_.size(), ": ", why.what()));
    }

    template <class Work>
    void in_threads(Work const& work) const {
        if constexpr (shares)
            for (int from = 0; from < int(all_.size()); from += crew_->count()) {
                const Fewer fewer{*this, from, std::min(crew_->count(), int(all_.size()) - from)};
                crew_->run(fewer.some, [&](int k, int) { work(std::size_t(from + k)); });
            }
    }

    /// By this thread. A device has the work of all of them before it is waited for, if each has a context.
    template <class Start, class Finish>
    void in_turn(Start const& start, Finish const& finish) const {
        std::exception_ptr failure;
        const auto         succeeds = [&](auto const& work, std::size_t k) {
            try {
                return work(k), true;
            } catch (...) {
                if (!failure) failure = std::current_exception();
                return false;
            }
        };
        std::vector<bool> started(all_.size());
        for (std::size_t k = 0; k < all_.size(); ++k) {
            started[k] = succeeds(start, k);
            if (!apart_ && started[k]) succeeds(finish, k);
        }
        for (std::size_t k = 0; k < all_.size(); ++k)
            if (apart_ && started[k]) succeeds(finish, k);
        if (failure) std::rethrow_exception(failure);
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

    static constexpr long trials = 16;

    std::vector<Trainer*>    all_;
    bool                     apart_ = true;
    std::unique_ptr<Workers> crew_;
    long                     steps_   = 0;
    double                   best_[2] = {std::numeric_limits<double>::infinity(),
                                         std::numeric_limits<double>::infinity()};  // seconds a row: in turn, shared
};

}  // namespace rung::detail
