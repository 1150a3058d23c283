#pragma once
// Self-improvement (Lee et al., "Self-improving transformers overcome easy-to-hard and length generalization
// challenges", ICML 2025): a model labels slightly harder problems itself, a filter keeps some labels, and the model
// trains on them beside what it knows already. No true label past the first range is ever trained on.

#include "rung/experiment/climb.hpp"
#include "rung/experiment/voters.hpp"

namespace rung {

namespace detail {

template <class Who>
struct explain_who {
    static constexpr bool ok = requires { typename Who::model_type; }
    || requires { typename Who::trainer_type; };
    static_assert(ok,
                  "self_improve: wanted a Trainer, Voters, or a context and a model, to begin with, and a "
                  "filter before the options");
};

template <class Trainer>
std::vector<Trainer*> voters_of(Trainer& trainer) {
    return {&trainer};
}
template <class Context, class Model>
std::vector<Trainer<Context, Model>*> voters_of(Voters<Context, Model>& voters) {
    std::vector<Trainer<Context, Model>*> all;
    for (auto& trainer : voters) all.push_back(&trainer);
    return all;
}

template <class First>
struct explain_first_set {
    static_assert(KnowsHardest<First>,
                  "self_improve: add to the first set `rung::Difficulty hardest() const`, past which a climb "
                  "begins; a rung::Lesson has it, a fixed set or a mixture has not");
    static constexpr bool ok = true;
};

/// A source that holds its curriculum: the caller's may change.
template <class Task, class First>
FirstSet first_set(Task const& task, First const& first) {
    if constexpr (DrawsItems<First>) {
        static_assert(explain_first_set<First>::ok);
        const auto source = std::make_shared<First>(first);
        FirstSet   set{[source](Rng& rng, int step) {
                         return std::as_const(*source).draw(rng, step, Answering::by_token);
                     },
                     [source]() -> Difficulty {
                         if constexpr (KnowsReached<First>) return source->reached();
                         else return source->hardest();
                     }};
        if constexpr (Archived<First>) set.archive = [source](Archive& all) { all(*source); };
        return set;
    } else {
        static_assert(explain_curriculum<First>::ok);
        return first_set(task, Lesson<Task, First>{task, First(first)});
    }
}

}  // namespace detail

/// A climb that begins past the hardest that the models were given answers for. Its options say the rest, each choice
/// by a small type that a user's own can replace: what is labelled next, how, what is kept of it, how it is mixed with
/// what is known, and when something is wrong.
///
///     self_improve(trainer, Reverse{}, lengths, LengthFilter{} | ConfidenceFilter{}, {.rounds = 10})
///     self_improve(voters, Multiplication{}, Uniform{{1, 1}, {5, 5}}, Agreement{.least = 0.8},
///                  {.schedule = both_grow(5, 10), .replay = HalfNewest{.first = 5}})
///
/// @param who     a trainer; or Voters, which label together: the commonest answer is the label, and each trains on
///                its own problems
/// @param task    is asked for problems, const, by another thread while models answer or learn; beside a GPU by several
///                at once
/// @param first   what has true labels: a curriculum, for the same task; or a source that knows its `hardest()`, such
///                as a Lesson of the task with other options
/// @param filter  is asked for each model and difficulty. A round of which nothing is kept trains on older sets alone.
template <class Who, class Task, class First, class Filter>
auto climb(Who& who, Task const& task, First const& first, Filter const& filter,
           ClimbOptions const& options = {}) {
    static_assert(detail::explain_who<Who>::ok && explain_filter<Filter>::ok);
    using Trainer = std::remove_pointer_t<typename decltype(detail::voters_of(who))::value_type>;
    detail::explain_fit<typename Trainer::model_type, Task>();
    return Climb<Trainer, Task>{detail::voters_of(who), task, detail::first_set(task, first), filter,
                                options};
}

template <class Who, class Task, class First, class Filter>
std::vector<Round> self_improve(Who& who, Task const& task, First const& first, Filter const& filter,
                                ClimbOptions const& options = {}) {
    static_assert(detail::explain_who<Who>::ok);
    auto                engine = climb(who, task, first, filter, options);
    const Keeper::State state  = [&](Archive& all) { engine.archive(all); };
    Keeper* const       keeper = options.watch.keeper();
    if (keeper) {
        keeper->begin(state);
        keeper->learns_from(concat("labels of its own of ", type_name<Task>(), ", ", options.rounds,
                                   " rounds, beside ", type_name<First>()));
    }
    while (!engine.ended()) {
        try {
            engine.advance([&](int pieces) { return keeper && keeper->due(pieces); });
        } catch (Diverged const& why) {
            const int steps = int(detail::voters_of(who).front()->steps());
            if (!keeper || !keeper->retry(state, steps, why.what())) throw;
            engine.try_anew();
        }
        if (keeper && engine.at_rest()) keeper->step(state, engine.ended());
        else if (keeper) keeper->pass();
    }
    return engine.rounds();
}

template <class Who, class Task, class First>
void self_improve(Who&, Task const&, First const&, ClimbOptions const&) {
    static_assert(!std::is_same_v<Who, Who>,
                  "self_improve: wanted, before the options, a curriculum and a filter: what has true "
                  "labels, and which labels to keep, such as LengthFilter{} or NoFilter{}");
}

/// The same with a trainer of its own, which starts without moments and at step 0.
template <class Context, class Model, class Task, class First, class Filter>
std::vector<Round> self_improve(Context& ctx, Model& model, Task const& task, First const& first,
                                Filter const& filter, ClimbOptions const& options = {}) {
    Trainer trainer{ctx, model};
    return self_improve(trainer, task, first, filter, options);
}

}  // namespace rung
