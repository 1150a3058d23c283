#include "rung/experiment/together.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>

using namespace rung;

namespace {

/// Of four threads, of which it can be told to use fewer.
struct Sharing {
    int  most = 4;
    int  threads() const { return 4; }
    void at_most(int some) { most = some; }
};
/// Of a device.
struct Queueing {
    int threads() const { return 1; }
};

/// A trainer that notes what is asked of it.
template <class Context>
struct Fake {
    static constexpr int ahead = 3;

    explicit Fake(Context& ctx_, std::string name_ = "") : ctx(ctx_), name(std::move(name_)) {}

    void start(std::span<Batch const> batches, double) {
        own = int(batches.size());
        if constexpr (requires { ctx.most; }) {
            threads.push_back(ctx.most);
            if (slow_with == ctx.most) std::this_thread::sleep_for(std::chrono::milliseconds(3));
        }
        if (log) *log += "start " + name + ", ";
        if (fails_to_start) fail({"no start"});
        ++started;
    }
    StepResult finish() {
        if (log) *log += "finish " + name + ", ";
        --started;
        if (diverges) throw Diverged("too far");
        ++steps;
        return {.loss = double(steps), .gradient = 2, .rows = 10, .rate = 3};
    }
    Context& context() { return ctx; }
    int      under_way() const { return started; }

    Context&         ctx;
    std::string      name;
    std::string*     log = nullptr;
    std::vector<int> threads;             // of its context, at each step
    int              slow_with      = 0;  // so many
    int              own            = 0;  // batches of its
    bool             fails_to_start = false, diverges = false;
    int              steps = 0, started = 0;
};

const std::vector<Batch> six(6);

}  // namespace

TEST_CASE(
    "of two ways each is tried eight times, by turns, and then the one that was faster at its best is "
    "taken") {
    for (const int fast : {0, 1}) {
        detail::Faster faster;
        for (int step = 0; step < 100; ++step) {
            const int way = faster.way();
            CHECK(way == (step < 16 ? step % 2 : fast));
            const bool at_its_best = step == 8 + fast;
            faster.took(at_its_best ? 1 : step < 16 ? 5 - way : 9);
        }
    }
}

TEST_CASE(
    "threads are shared among models or all help one, whichever is faster, and are theirs again after a "
    "step") {
    for (const int slow_with : {2, 4}) {
        Sharing                         first, second;
        Fake<Sharing>                   one(first), two(second);
        detail::Together<Fake<Sharing>> together({&one, &two});
        one.slow_with = two.slow_with = slow_with;
        for (int step = 0; step < 20; ++step) {
            const auto [loss, gradient, rows, rate] = together.step(six, 1);
            CHECK(loss == step + 1);
            CHECK(gradient == 2);
            CHECK(rate == 3);
            CHECK(rows == 20);
            CHECK(first.most == 4);
            CHECK(second.most == 4);
        }
        CHECK(one.own == 3);
        for (std::size_t step = 0; step < 20; ++step) {
            const int fast = 6 - slow_with, want = step < 16 ? step % 2 == 0 ? 2 : 4 : fast;
            CHECK(one.threads[step] == want);
            CHECK(two.threads[step] == want);
        }
    }
}

TEST_CASE(
    "models that throw do so when the others have taken their step, the first of them whatever the way") {
    std::vector<Sharing>        contexts(6);
    std::vector<Fake<Sharing>>  all(contexts.begin(), contexts.end());
    std::vector<Fake<Sharing>*> pointers;
    for (auto& one : all) pointers.push_back(&one);
    detail::Together<Fake<Sharing>> together(pointers);
    const auto failing = [&](bool how) { all[1].diverges = all[2].diverges = all[5].fails_to_start = how; };
    for (const int way : {0, 1}) {  // with shares of the threads, in two groups; in turn
        failing(true);
        CHECK_THROWS_WITH_AS(together.step(six, 1), "model 1 of 6: too far", Diverged);
        all[0].fails_to_start = true;
        CHECK_THROWS_WITH_AS(together.step(six, 1), "no start", Error);
        all[0].fails_to_start = false;
        failing(false);
        CHECK(all[0].threads.back() == (way == 0 ? 1 : 4));
        CHECK(all[0].steps == 2 * way + 1);
        CHECK(all[1].steps == way);
        CHECK(all[3].steps == 3 * way + 2);
        CHECK(all[4].steps == 3 * way + 2);
        CHECK(all[5].steps == way);
        together.step(six, 1);
    }
    Fake<Sharing>                   alone(contexts[0]);
    detail::Together<Fake<Sharing>> single({&alone});
    alone.diverges = true;
    CHECK_THROWS_WITH_AS(single.step(six, 1), "too far", Diverged);
}

TEST_CASE("a device has the steps of all models before the first is waited for, if each has a context") {
    for (const bool apart : {true, false}) {
        std::string                      log;
        Queueing                         first, second;
        Fake<Queueing>                   a(first, "a"), b(apart ? second : first, "b");
        detail::Together<Fake<Queueing>> together({&a, &b});
        a.log = b.log = &log;
        together.step(six, 1);
        CHECK(log ==
              (apart ? "start a, start b, finish a, finish b, " : "start a, finish a, start b, finish b, "));
        log.clear();
        a.fails_to_start = true;
        CHECK_THROWS_WITH_AS(together.step(six, 1), "no start", Error);
        CHECK(log == (apart ? "start a, start b, finish b, " : "start a, start b, finish b, "));
    }
}

TEST_CASE(
    "one model's steps run ahead, but for one that rests, and of several each is done when it has been "
    "started") {
    Queueing       context, other;
    Fake<Queueing> one(context), two(other);
    {
        detail::Together<Fake<Queueing>> together({&one});
        for (int i = 0; i < 3; ++i) {
            CHECK(together.has_room());
            together.start(six, 1, false);
            CHECK(together.under_way() == i + 1);
        }
        CHECK_FALSE(together.has_room());
        CHECK(together.finish().loss == 1);
        together.start(six, 1, true);
        CHECK(together.finish().loss == 2);
        CHECK_FALSE(together.has_room());
        CHECK(together.rest() == 2);
        CHECK(together.has_room());
        together.start(six, 1, false), together.start(six, 1, false);
        one.diverges = true;
        CHECK(together.rest() == 0);
        CHECK(together.under_way() == 0);
        one.diverges = false;
        together.start(six, 1, false);
    }
    CHECK(one.started == 0);  // nothing is left under way
    detail::Together<Fake<Queueing>> both({&one, &two});
    both.start(six, 1, false);
    CHECK(one.started == 0);
    CHECK_FALSE(both.has_room());
    CHECK(both.finish().rows == 20);
    CHECK(both.has_room());
    CHECK(both.rest() == 0);
}
