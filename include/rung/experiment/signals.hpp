#pragma once
// Signals that ask a program to stop: SIGTERM, SIGINT, and SIGUSR2, which batch systems send before the time is up. The
// handler sets a flag, and the work looks at it between steps.

#include <unistd.h>
#include <atomic>
#include <csignal>

namespace rung {

/// While it lives, these signals are heard. A second SIGINT ends the program, as without it.
class StopSignals {
public:
    StopSignals() {
        heard_ = 0, leave_with_ = 0;
        for (std::size_t i = 0; i < count; ++i) {
            struct sigaction action {};
            action.sa_handler = hear;
            action.sa_flags   = SA_RESTART | (signals[i] == SIGINT ? int(SA_RESETHAND) : 0);
            ::sigaction(signals[i], &action, &before_[i]);
            // Who started the program with a signal ignored wants it to be.
            if (before_[i].sa_handler == SIG_IGN) ::sigaction(signals[i], &before_[i], nullptr);
        }
    }
    StopSignals(StopSignals const&)            = delete;
    StopSignals& operator=(StopSignals const&) = delete;
    ~StopSignals() {
        for (std::size_t i = 0; i < count; ++i) ::sigaction(signals[i], &before_[i], nullptr);
    }

    /// The signal that came; 0: none did.
    int heard() const { return heard_; }
    /// From now on a signal ends the program at once, with this code, because there is nothing to keep first. 0: it
    /// waits to be asked for.
    void leave_with(int code) { leave_with_ = code; }

    static char const* name(int signal) {
        return signal == SIGTERM ? "SIGTERM" : signal == SIGINT ? "SIGINT" : "SIGUSR2";
    }

private:
    static constexpr std::size_t count          = 3;
    static constexpr int         signals[count] = {SIGTERM, SIGINT, SIGUSR2};

    static void hear(int signal) {
        heard_         = signal;
        const int code = leave_with_;
        if (code == 0) return;
        constexpr char              said[]  = "stopped by a signal between two stages; all is kept\n";
        [[maybe_unused]] const auto written = ::write(2, said, sizeof said - 1);
        ::_exit(code);
    }

    static inline std::atomic<int> heard_{0}, leave_with_{0};  // a handler reaches nothing else
    static_assert(std::atomic<int>::is_always_lock_free);
    struct sigaction before_[count];
};

}  // namespace rung
