#pragma once
// Several models learn at the same time, where each can have threads of its own: a small model gains less from a second
// thread than a second model does.

#include <algorithm>
#include <memory>
#include <vector>

#include "rung/core/parallel.hpp"

namespace rung::detail {

/// Trainers whose contexts are alike, one each. On a device that has no threads to share they take turns.
template <class Trainer>
class Together {
    using Context = std::remove_reference_t<decltype(std::declval<Trainer&>().context())>;
    /// A context that can be told to use fewer threads for a while.
    static constexpr bool shares = requires(Context & ctx) { ctx.at_most(1); };

public:
    explicit Together(std::vector<Trainer*> all) : all_(std::move(all)) {
        const int threads = all_.front()->context().threads();
        if (shares && all_.size() > 1 && threads > 1)
            crew_ = std::make_unique<Workers>(std::min(int(all_.size()), threads));
    }

    /// work(k) for each of them. What it throws is thrown again when all are through: of several, the first one's.
    template <class Work>
    void run(Work const& work) const {
        const int count = int(all_.size());
        if constexpr (shares)
            if (crew_) {
                for (int from = 0; from < count; from += crew_->count()) {
                    const Fewer fewer{*this, from, std::min(crew_->count(), count - from)};
                    crew_->run(fewer.some, [&](int k, int) { work(from + k); });
                }
                return;
            }
        for (int k = 0; k < count; ++k) work(k);
    }

private:
    /// While it lives, `some` of the contexts have a share of the threads.
    struct Fewer {
        Fewer(Together const& all, int from, int count) : some(count), all_(all), from_(from) {
            for (int k = 0; k < some; ++k) context(k).at_most(context(k).threads() / some);
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
