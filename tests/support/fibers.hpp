#pragma once
// Functions that take turns, each on a stack of its own. swapcontext() makes system calls to keep masks of signals, so
// a fiber that has begun is left and entered by the compiler's own jumps where those are known to work. Sanitizers know
// swapcontext() alone.

#include <ucontext.h>

#include <cstdlib>
#include <functional>
#include <vector>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__x86_64__)
#define RUNG_TEST_JUMPS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define RUNG_TEST_JUMPS 0
#endif
#endif
#ifndef RUNG_TEST_JUMPS
#define RUNG_TEST_JUMPS 1
#endif

namespace rung_test {

class Fibers {
public:
    /// @param body  of each; never returns
    Fibers(int count, std::function<void()> body)
        : body_(std::move(body)), fibers_(std::size_t(count)), stacks_(std::size_t(count) * stack) {
        for (std::size_t i = 0; i < fibers_.size(); ++i) {
            ucontext_t& context = fibers_[i].context;
            getcontext(&context);
            context.uc_stack = {stacks_.data() + i * stack, 0, stack};
            makecontext(&context, &enter, 0);
        }
    }
    Fibers(Fibers const&)            = delete;
    Fibers& operator=(Fibers const&) = delete;

    /// Runs a fiber from where it paused, until it pauses.
    [[gnu::noinline]] void resume(int number) {
        running_ = &fibers_[std::size_t(number)];
#if RUNG_TEST_JUMPS
        if (__builtin_setjmp(main_.jump) != 0) return;
        if (running_->begun) __builtin_longjmp(running_->jump, 1);
        running_->begun = true, current() = this;
        setcontext(&running_->context);
        std::
            abort();  // does not come here, and keeps this from being the function's last call, whose frame is gone
#else
        current() = this;
        swapcontext(&main_.context, &running_->context);
#endif
    }
    /// Of the fiber that runs.
    [[gnu::noinline]] void pause() {
#if RUNG_TEST_JUMPS
        if (__builtin_setjmp(running_->jump) == 0) leave();
#else
        swapcontext(&running_->context, &main_.context);
#endif
    }

private:
    static constexpr std::size_t stack = 128 << 10;
    struct Place {
        ucontext_t context{};
        void*      jump[5]{};
        bool       begun = false;
    };

#if RUNG_TEST_JUMPS
    [[noreturn, gnu::noinline]] void leave() { __builtin_longjmp(main_.jump, 1); }
#endif
    static Fibers*& current() {
        static thread_local Fibers* one = nullptr;
        return one;
    }
    static void enter() { current()->body_(); }

    std::function<void()> body_;
    std::vector<Place>    fibers_;
    std::vector<char>     stacks_;
    Place                 main_, *running_ = nullptr;
};

}  // namespace rung_test
