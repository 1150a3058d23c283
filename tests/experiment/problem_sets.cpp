#include <doctest/doctest.h>

#include <mutex>
#include <set>
#include <thread>

#include "rung/experiment/problem_sets.hpp"
#include "rung/task/addition.hpp"
#include "rung/task/reverse.hpp"

using namespace rung;

namespace {

/// Notes which threads draw its problems.
struct Watched : Reverse {
    static inline std::mutex                mutex;
    static inline std::set<std::thread::id> drew;
    static inline int                       fails_at = 0;  // this difficulty

    Example sample(Rng& rng, Difficulty difficulty) const {
        const std::lock_guard lock(mutex);
        drew.insert(std::this_thread::get_id());
        if (fails_at == difficulty.first) fail({"no problem"});
        return Reverse::sample(rng, difficulty);
    }
    static std::set<std::thread::id> who() {
        const std::lock_guard lock(mutex);
        return std::exchange(drew, {});
    }
};

const std::vector<Target>        targets{{4}, {5, 0}, {6, 2}};
const std::vector<std::uint64_t> seeds{7, 8};

using Sets = detail::ProblemSets<Watched>;

std::vector<std::string> prompts(Difficulty difficulty, int count, std::uint64_t seed, std::uint32_t target) {
    return detail::prompts_of(
        detail::problems(Reverse{}, difficulty, count, {seed, Purpose::self_improvement, 3, target}));
}

}  // namespace

TEST_CASE("the next problems are drawn by another thread while a model answers, and are the same") {
    const auto    me = std::this_thread::get_id();
    const Watched task;
    for (auto const& labeller : {greedy_label(), best_of(4, 1.0), reworded(swapped_sum)}) {
        Sets       sets(task, targets, seeds, 3, {.prompts = 30, .labeller = labeller});
        const bool callers = labeller.choose || labeller.ask;
        CHECK(sets.at(0, 0).prompts == prompts(4, 10, 7, 0));
        CHECK(sets.at(0, 0).limit == 5);
        sets.wait();
        CHECK(Watched::who() == std::set{me});  // nothing is asked of the second target
        CHECK(sets.at(0, 1).truth.empty());
        sets.wait();
        CHECK(Watched::who().empty());
        CHECK(sets.at(0, 2).prompts == prompts(6, 20, 7, 2));
        sets.wait();
        CHECK(Watched::who().size() == (callers ? 1 : 2));
        CHECK(sets.at(1, 0).prompts == prompts(4, 10, 8, 0));
        sets.wait();
        CHECK(Watched::who().empty() != callers);
        sets.at(1, 1);
        CHECK(sets.at(1, 2).prompts == prompts(6, 20, 8, 2));
        sets.wait();
        CHECK(Watched::who() == std::set{me});  // nothing comes after it
    }
}

TEST_CASE("problems of a round that is taken up in the middle are those it would have had") {
    const Watched task;
    Sets          sets(task, targets, seeds, 3, {.prompts = 30});
    CHECK(sets.at(0, 2).prompts == prompts(6, 20, 7, 2));
    CHECK(sets.at(1, 0).prompts == prompts(4, 10, 8, 0));
    CHECK(sets.at(1, 0).truth.front().answer.size() == 4);
}

TEST_CASE("problems that could not be drawn are drawn when they are asked for again") {
    const Watched task;
    Sets          sets(task, targets, seeds, 3, {.prompts = 30});
    for (const int model : {0, 1}) {
        CHECK(sets.at(model, 0).prompts == prompts(4, 10, seeds[std::size_t(model)], 0));
        sets.at(model, 1);
        Watched::fails_at = 6;
        for (int once_more = 0; once_more < 2; ++once_more)
            CHECK_THROWS_WITH_AS(sets.at(model, 2), doctest::Contains("no problem"), Error);
        Watched::fails_at = 0;
        CHECK(sets.at(model, 2).prompts == prompts(6, 20, seeds[std::size_t(model)], 2));
    }
    CHECK_THROWS_WITH_AS(sets.at(0, 0), "ProblemSets: set; got 0, wanted 5 or the next", Error);
}
