#pragma once
// What training and climbs tell of each step, and who is told.

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "rung/eval/score.hpp"
#include "rung/experiment/keeper.hpp"

namespace rung {

/// What happened in one step; `test` is there when the step ended with one.
struct StepEvent {
    int           step = 0, steps = 0;  ///< done so far, in all
    double        loss = 0, gradient = 0, rate = 0;
    Index         tokens = 0;
    Report const* test   = nullptr;
    std::string   state  = {};  ///< of the curriculum after the test, if it has one
    int           round  = 0;   ///< of a climb
};

/// Some labels of a climb's round were made.
struct LabelEvent {
    int round = 0;
    int done = 0, of = 0;  ///< labels of the round so far, in all
    int more = 0;          ///< of them since the event before
};

template <class F>
struct explain_watch {
    static constexpr bool ok = std::invocable<F const&, StepEvent const&>;
    static_assert(
        ok,
        "Watch: wanted `void operator()(rung::StepEvent const&) const`, such as a lambda, or a journal's "
        "watch (is yours missing the final const?)");
};

/// Sees every step: any function of a StepEvent, which finds the models as that step left them. A journal's also keeps
/// the state of the training, so that it goes on after the process was killed, and looks at no model: on a device, it
/// may be told of a step when later ones have been started, and when it throws these are taken, too.
class Watch {
public:
    std::function<void(LabelEvent const&)> labels{};  ///< of a climb; empty: nobody looks

    Watch() = default;
    template <class F>
        requires(!std::same_as<F, Watch>)  // anything else, so that what has another form gets the sentence
    Watch(F see) {
        if constexpr (explain_watch<F>::ok) see_ = std::move(see);
    }
    /// @param looks  at models, too
    Watch(std::function<void(StepEvent const&)> see, std::shared_ptr<Keeper> keeper, bool looks = true)
        : see_(std::move(see)), keeper_(std::move(keeper)), looks_(looks) {}

    struct NoState {
        void operator()(Archive&) const {}
    };
    /// This one, and then another look at each step, whose own state is kept beside the training's.
    /// @param state  of the other, a function of an Archive& that writes it or reads it back
    template <class State = NoState>
    [[gnu::cold, gnu::noinline]] Watch and_then(std::function<void(StepEvent const&)> more,
                                                State                                 state = {}) const {
        Watch both;
        both.labels = labels;
        both.see_   = [first = see_, more](StepEvent const& event) { first(event), more(event); };
        if (keeper_) both.keeper_ = std::make_shared<Beside<State>>(keeper_, std::move(state));
        return both;
    }

    explicit operator bool() const { return bool(see_); }
    /// An Error is told with the step; what else is thrown there, perhaps to stop, arrives as it is.
    [[gnu::noinline]] void operator()(StepEvent const& event) const try {
        see_(event);
    } catch (Error const&) {
        rethrow_from(join({"watch of step ", event.step, ": "}));
    }
    Keeper* keeper() const { return keeper_.get(); }  ///< nullptr: the state is not kept
    bool    looks() const { return see_ && looks_; }  ///< it may look at the models

private:
    /// Keeps two states as one.
    template <class Own>
    class Beside final : public Keeper {
    public:
        Beside(std::shared_ptr<Keeper> keeper, Own own) : keeper_(std::move(keeper)), own_(std::move(own)) {}
        void learns_from(std::string const& what) override { keeper_->learns_from(what); }
        void begin(State const& state) override { keeper_->begin(both(state)); }
        void step(State const& state, bool done) override { keeper_->step(both(state), done); }
        void pass() override { keeper_->pass(); }
        bool due(int steps) override { return keeper_->due(steps); }
        bool retry(State const& state, int at, std::string_view why) override {
            return keeper_->retry(both(state), at, why);
        }

    private:
        State both(State const& state) {
            return [this, &state](Archive& all) { state(all), own_(all); };
        }
        std::shared_ptr<Keeper> keeper_;
        Own                     own_;
    };

    std::function<void(StepEvent const&)> see_;
    std::shared_ptr<Keeper>               keeper_;
    bool                                  looks_ = true;
};

}  // namespace rung
