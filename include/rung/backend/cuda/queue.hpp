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
    /// @param branches  whether what is asked for beside the rest is done so
    /// @param start  how lists are started that are no graphs
    explicit Queue(Choice choice, bool graphs = true, bool branches = true, Start start = cuda::start)
        : driver_(make_driver(choice)), start_(start), graphs_(graphs && knows_calls), forks_(branches) {}

    /// Copies before all else that has not been submitted, and after it: no part of a list that may come again. The
    /// host's memory must stay as it is until they are done.
    void upload(void* to, void const* from, std::size_t bytes) { add(uploads_, Copy{to, from, bytes}); }
    void download(void* to, void const* from, std::size_t bytes) { add(downloads_, Copy{to, from, bytes}); }
    void copy(void* to, void const* from, std::size_t bytes) { call(Copy{to, from, bytes}); }
    void multiply(ProductShape const& shape, ProductPointers const& at) { call(Product{shape, at}); }
    template <class Body>
    void launch(Index items, Body const& body) {
        if (items > 0) call(Launch<Body>{body, items});
    }

    /// What f asks for holds nothing up that is asked for after it, until join().
    template <class F>
    void beside(F&& f) {
        if (!forks_ || apart_) return f();
        struct Apart {
            Queue& queue;
            ~Apart() {
                queue.apart_ = false;
                if (std::exchange(queue.forked_, false)) queue.add(queue.calls_, Back{queue.branches_});
            }
        };
        apart_ = true;
        const Apart apart{*this};
        f();
    }
    void join() {
        if (!apart_) join_all();
    }
    bool apart() const { return apart_; }  ///< whether what is asked for now is beside

    /// Starts what was written down.
    void submit() {
        RUNG_CHECK(!apart_, "cuda: beside: operation; got one that waits, wanted others, such as sums");
        try {
            join_all();
            start_all(uploads_);
            if (!graphs_ || calls_.size() < few) start_all(calls_);
            else start_known();
            start_all(downloads_);
        } catch (...) {
            forget();
            throw;
        }
    }
    /// Returns when all is done.
    void wait() {
        submit();
        synchronize(*driver_);
        idle_ = true;
    }
    /// What was asked for up to now, as a number; and returns when that is done, whatever was asked for since.
    long mark() {
        submit();
        return quiet_ = cuda::mark(*driver_);
    }
    void wait_for(long mark) {
        cuda::wait_for(*driver_, mark);
        if (mark > 0 && mark == quiet_) idle_ = true;
    }
    /// Forgets what was not submitted.
    void forget() {
        calls_.clear(), uploads_.clear(), downloads_.clear();
        branches_ = 0, apart_ = forked_ = false;
    }

    bool idle() const { return idle_; }        ///< all is done that was asked for
    long replays() const { return replays_; }  ///< lists that were started as graphs
    /// Why the calls of some list are made one by one after all, or nothing.
    std::string const& why_not() const { return why_not_; }

private:
    static constexpr std::size_t most = 128, few = 2;  // lists that are remembered; calls that are no list

    template <class Call>
    void call(Call const& call) {
        if (apart_ && !std::exchange(forked_, true)) add(calls_, Fork{++branches_});
        add(calls_, call);
    }
    template <class Call>
    void add(Recording& to, Call call) {
#if defined(__has_builtin) && __has_builtin(__builtin_clear_padding)
        __builtin_clear_padding(&call);
#endif
        to.add(make<Call>, call), idle_ = false, quiet_ = 0;
    }

    void join_all() {
        if (branches_ > 0) add(calls_, Join{std::exchange(branches_, 0)});
    }
    void start_all(Recording& calls) {
        if (!calls.empty()) start_(*driver_, calls);
        calls.clear();
    }
    /// Made one by one the first time, which is also when products are planned, and as a graph from then on.
    void start_known() {
        const auto known =
            std::find_if(known_.begin(), known_.end(), [&](auto& one) { return one.calls == calls_; });
        if (known == known_.end()) {
            start_(*driver_, calls_);
            known_.push_back({std::exchange(calls_, {}), nullptr, false});
            if (known_.size() <= most) return;
            synchronize(*driver_);  // its graph may be under way
            known_.erase(known_.begin());
            return;
        }
        std::rotate(known, known + 1, known_.end());  // the one used last is the last to go
        auto& one = known_.back();
        if (!one.graph && !one.refused) {
            try {
                one.graph = capture(*driver_, one.calls);
            } catch (Error const& error) {
                one.refused = true, why_not_ = error.what();
            }
        }
        if (!one.graph) return start_all(calls_);
        calls_.clear();
        start(*driver_, *one.graph), ++replays_;
    }

    struct Known {
        Recording    calls;
        Owned<Graph> graph;
        bool         refused = false;
    };

    Owned<Driver>      driver_;
    Start              start_;
    bool               graphs_, forks_, idle_ = true;
    Recording          uploads_, calls_, downloads_;
    std::vector<Known> known_;
    std::string        why_not_;
    std::int64_t       branches_ = 0;                    // that nothing waits for yet
    bool               apart_ = false, forked_ = false;  // whether the next call is beside, and has a branch
    long               replays_ = 0, quiet_ = 0;         // the last mark, if nothing was asked for since
};

}  // namespace rung::cuda
