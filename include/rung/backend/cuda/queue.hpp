#pragma once
// Work for a GPU. Calls are written down until they are submitted; a list that was submitted before is then one call, a
// graph. Nobody has to say which lists repeat: equal ones are found to be equal.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "rung/backend/cuda/device.hpp"

namespace rung::cuda {

/// Whether equal calls are equal byte by byte: with GCC, not with clang 14, which has no way to clear what stands
/// between members.
#if defined(__has_builtin) && __has_builtin(__builtin_clear_padding)
inline constexpr bool knows_calls = true;
#else
inline constexpr bool knows_calls = false;
#endif

class Queue {
public:
    /// @param graphs  whether lists that repeat become graphs
    explicit Queue(Choice choice, bool graphs = true)
        : driver_(make_driver(choice)), graphs_(graphs && knows_calls) {}

    /// What is uploaded, before all else that has not been submitted. What is not pinned must stay as it is until the
    /// copy is done.
    void upload(void* to, void const* from, std::size_t bytes) {
        uploads_.add(make<Copy>, Copy{to, from, bytes}), idle_ = false;
    }
    void copy(void* to, void const* from, std::size_t bytes) { add(Copy{to, from, bytes}); }
    void multiply(ProductShape const& shape, ProductPointers const& at) { add(Product{shape, at}); }
    template <class Body>
    void launch(Index items, Body const& body) {
        if (items > 0) add(Launch<Body>{body, items});
    }

    /// Starts what was written down.
    void submit() {
        if (calls_.empty() && uploads_.empty()) return;
        Recording all = std::exchange(uploads_, {});
        all.append(calls_);
        calls_.clear();
        if (!graphs_ || all.size() < few) return start(*driver_, all);
        const auto known =
            std::find_if(known_.begin(), known_.end(), [&](auto& one) { return one.calls == all; });
        if (known ==
            known_.end()) {  // made one by one the first time, which is also when products are planned
            start(*driver_, all);
            known_.push_back({std::move(all), nullptr});
            if (known_.size() > most) known_.erase(known_.begin());
            return;
        }
        std::rotate(known, known + 1, known_.end());  // the one used last is the last to go
        auto& one = known_.back();
        if (!one.graph && why_not_.empty()) {
            try {
                one.graph = capture(*driver_, one.calls);
            } catch (Error const& error) {
                why_not_ = error.what();
            }
        }
        if (!one.graph) return start(*driver_, all);
        start(*driver_, *one.graph), ++replays_;
    }
    /// Returns when all is done.
    void wait() {
        submit();
        synchronize(*driver_);
        idle_ = true;
    }
    /// Forgets what was not submitted.
    void forget() { calls_.clear(), uploads_.clear(); }

    bool idle() const { return idle_; }        ///< nothing was asked for since wait()
    long replays() const { return replays_; }  ///< lists that were started as graphs
    /// Why calls are made one by one after all, or nothing.
    std::string const& why_not() const { return why_not_; }

private:
    static constexpr std::size_t most = 128, few = 4;  // lists that are remembered; calls that are no list

    template <class Call>
    void add(Call call) {
#if defined(__has_builtin) && __has_builtin(__builtin_clear_padding)
        __builtin_clear_padding(&call);
#endif
        calls_.add(make<Call>, call), idle_ = false;
    }

    struct Known {
        Recording    calls;
        Owned<Graph> graph;
    };

    Owned<Driver>      driver_;
    bool               graphs_, idle_ = true;
    Recording          uploads_, calls_;
    std::vector<Known> known_;
    std::string        why_not_;
    long               replays_ = 0;
};

}  // namespace rung::cuda
