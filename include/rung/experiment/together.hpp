#pragma once
// Several models learn at the same time, where each can have threads of its own. What that gains is a matter of their
// size and of the threads, see benchmarks/RESULTS.md, self_improve.

#include <algorithm>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "rung/core/parallel.hpp"
#include "rung/train/trainer.hpp"

namespace rung::detail {

/// Trainers whose contexts are alike. Where two have one context, and on a device that has no threads to share, they
/// take turns.
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
        const bool apart = std::adjacent_find(contexts.begin(), contexts.end()) == contexts.end();
        if (shares && apart && all_.size() > 1 && threads > 1)
            crew_ = std::make_unique<Workers>(std::min(int(all_.size()), threads));
    }

    /// work(k) for each of them. What it throws is thrown again when all are through: of several, the first one's. Says
    /// of several which diverged.
    template <class Work>
    void run(Work const& work) const {
        const int  count = int(all_.size());
        const auto named = [&](int k) {
            try {
                work(k);
            } catch (Diverged const& why) {
                if (count == 1) throw;
                throw Diverged(concat("model ", k, " of ", count, ": ", why.what()));
            }
        };
        if constexpr (shares)
            if (crew_) {
                for (int from = 0; from < count; from += crew_->count()) {
                    const Fewer fewer{*this, from, std::min(crew_->count(), count - from)};
                    crew_->run(fewer.some, [&](int k, int) { named(from + k); });
                }
                return;
            }
        for (int k = 0; k < count; ++k) named(k);
    }

private:
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

    std::vector<Trainer*>    all_;
    std::unique_ptr<Workers> crew_;
};

}  // namespace rung::detail
