#pragma once
// A task at the difficulties that a curriculum names: an endless source of examples, each drawn anew.

#include "rung/core/archive.hpp"
#include "rung/curriculum/curriculum.hpp"
#include "rung/data/source.hpp"
#include "rung/eval/evaluate.hpp"

namespace rung {

/// An example and how hard it was meant to be.
struct Drawn : Example {
    Difficulty difficulty = 0;
};

template <class Task, class Curriculum>
Drawn draw(Task const& task, Curriculum const& curriculum, Rng& rng, int step = 0) {
    const Difficulty difficulty = draw_difficulty(curriculum, rng, step);
    return {sample(task, rng, difficulty), difficulty};
}
/// Example number `index` of a task's endless labelled stream: a function of (seed, index) and the curriculum's state.
template <class Task, class Curriculum>
Drawn draw(Task const& task, Curriculum const& curriculum, std::uint64_t seed, std::uint64_t index,
           int step = 0) {
    Rng rng(seed, Purpose::training, std::uint32_t(index >> 32), std::uint32_t(index));
    return draw(task, curriculum, rng, step);
}

/// Holds both, or where a curriculum is handed to it as an lvalue, a reference to that one.
template <class Task, class Curriculum>
class Lesson {
public:
    using curriculum_type      = std::remove_cvref_t<Curriculum>;
    static constexpr int vocab = vocab_size<Task>();

    Lesson(Task task, Curriculum&& curriculum)
        : task_(std::move(task)), curriculum_(std::forward<Curriculum>(curriculum)) {
        static_assert(explain_task<Task>::ok && explain_curriculum<curriculum_type>::ok);
    }

    Item draw(Rng& rng, int step, Answering answering) const {
        const Drawn drawn  = rung::draw<Task, curriculum_type>(task_, curriculum_, rng, step);
        const int   places = detail::answer_places(task_, drawn.difficulty, drawn.prompt);
        Item        item   = encode_of(task_, vocab_, drawn, answering, places);
        item.difficulty    = drawn.difficulty;
        return item;
    }
    int        longest() const { return rung::longest(task_, hardest()) + 1; }
    Difficulty hardest() const { return curriculum_.hardest(); }
    /// The hardest of which there were examples up to now.
    Difficulty reached() const {
        if constexpr (KnowsReached<curriculum_type>) return curriculum_.reached();
        else return hardest();
    }

    /// Asks the model problems of all difficulties up to the hardest, and shows the curriculum the answers.
    template <class Context, class Model>
    Report test(Context& ctx, Model const& model, EvaluateOptions options) {
        options.to          = hardest();
        const Report report = evaluate(ctx, model, task_, options);
        try {
            curriculum_.observe(report);
        } catch (...) {
            detail::fail_in(type_name<curriculum_type>(), "observe", "");
        }
        return report;
    }
    /// What the curriculum has come to by what it observed.
    std::string state() const requires KeepsState<curriculum_type> { return curriculum_.state(); }
    void        archive(Archive& all) requires KeepsState<curriculum_type> {
               std::string text = state();
               all(text);
               if (all.reads()) curriculum_.restore(text);
    }
    /// Whether the curriculum learns from tests what it cannot tell: a run that goes on would not know it.
    static constexpr bool forgets =
        !KeepsState<curriculum_type> && !requires(curriculum_type const c, Report r) {
        c.observe(r);
    };
    /// Whether tests teach somebody else's curriculum: copies of this would teach the same one.
    static constexpr bool borrows =
        std::is_lvalue_reference_v<Curriculum> && !requires(curriculum_type const c, Report r) {
        c.observe(r);
    };
    /// Whether the curriculum never moves on without tests.
    static constexpr bool needs_tests = requires { requires curriculum_type::needs_tests; };

private:
    Task       task_;
    Curriculum curriculum_;
    Vocab      vocab_ = vocab_of<Task>();
};

template <class Task, class Curriculum>
Lesson(Task, Curriculum&&) -> Lesson<Task, Curriculum>;

}  // namespace rung
