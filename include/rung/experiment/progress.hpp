#pragma once
// A progress line: how far, how fast, how long still. On a terminal one line redrawn in place; in a log a plain
// line every now and then and a last one.
//
//     train   1200/2000   60%   loss 0.0123   85.3 steps/s   43.7k tokens/s   elapsed 0:14   left 0:09

#include <sys/ioctl.h>
#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "rung/experiment/text.hpp"

namespace rung {

/// Seconds on a clock that never jumps.
inline double seconds_now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

enum class Terminal { detect, yes, no };

struct ProgressOptions {
    std::FILE*   stream   = stderr;            ///< nullptr: silent
    Terminal     terminal = Terminal::detect;  ///< redraw one line, or write plain ones
    double       redraw   = 0.1;               ///< seconds between redraws on a terminal
    double       interval = 10;                ///< seconds between plain lines, growing to thirty times this
    std::int64_t start    = 0;                 ///< steps that were done before, for a resumed run
    double (*clock)()     = seconds_now;
    char const* unit      = "steps";
};

/// What a step may tell.
struct ProgressStep {
    std::optional<double> loss{};
    double                tokens = 0;  ///< processed since the call before
};

class Progress {
public:
    /// `total` 0: the end is not known, so neither share nor time left is shown.
    Progress(std::string label, std::int64_t total, ProgressOptions options = {})
        : options_{options},
          label_{std::move(label)},
          total_{total},
          done_{options.start},
          begun_{options.clock()},
          last_{begun_},
          shown_{begun_} {
        const bool found = options.stream && ::isatty(::fileno(options.stream)) == 1;
        in_place_        = options.terminal == Terminal::detect ? found : options.terminal == Terminal::yes;
    }
    Progress(Progress const&)            = delete;
    Progress& operator=(Progress const&) = delete;
    /// Work that ended early, by an exception say, leaves its last line standing.
    ~Progress() { end_line(); }

    /// `done` steps are now done.
    void step(std::int64_t done, ProgressStep step = {}) {
        if (!options_.stream) return;
        const double now = options_.clock();
        learn(now, double(done - done_), step);
        done_ = done;
        if (now - shown_ >= pause(now)) show(now);
    }

    /// Shows the last state and ends the line. Later calls do nothing.
    void finish() {
        if (!options_.stream) return;
        finished_ = true;
        show(options_.clock());
        end_line();
        options_.stream = nullptr;
    }

    /// The line as it stands.
    [[gnu::cold, gnu::noinline]] std::string line(double now) const {
        const double      per_second = seconds_ > 0 ? steps_ / seconds_ : 0;
        const std::string done{text::number(done_)}, total{text::number(total_)};
        std::string       out = label_;
        const auto        add = [&out](std::string_view a, std::string_view b) {
            out.append("   ").append(a).append(b);
        };
        if (total_ > 0) {
            add(std::string(total.size() - std::min(done.size(), total.size()), ' '), done);
            out.append("/").append(total);
            add(text::fixed(std::floor(100.0 * double(done_) / double(total_)), 0), "%");
        } else {
            add(done, "");
        }
        if (losses_ > 0) add("loss ", text::brief(loss_));
        if (per_second > 0) add(text::count(per_second), text::join({" ", options_.unit, "/s"}));
        if (tokens_ > 0 && seconds_ > 0) add(text::count(tokens_ / seconds_), " tokens/s");
        add("elapsed ", text::duration(now - begun_));
        if (!finished_ && per_second > 0 && total_ > done_)
            add("left ", text::duration(double(total_ - done_) / per_second));
        return out;
    }

private:
    /// Rates forget with a time constant of 30 s, because a curriculum's steps get longer; in the first seconds
    /// this is the plain mean. The loss is the mean of about the last 20.
    void learn(double now, double steps, ProgressStep step) {
        const double keep = std::exp(-(now - last_) / 30);
        seconds_          = seconds_ * keep + (now - last_);
        steps_            = steps_ * keep + steps;
        tokens_           = tokens_ * keep + step.tokens;
        last_             = now;
        if (!step.loss) return;
        losses_ = std::isfinite(*step.loss) && std::isfinite(loss_) ? std::min(losses_ + 1, 20) : 1;
        loss_   = losses_ == 1 ? *step.loss : loss_ + (*step.loss - loss_) / losses_;
    }

    double pause(double now) const {
        if (in_place_) return options_.redraw;
        return std::clamp((now - begun_) / 20, options_.interval, 30 * options_.interval);
    }

    void show(double now) {
        std::string text = line(now);
        if (in_place_) {  // no wider than the window: a wrapped line could not be redrawn
            winsize    window{};
            const bool known =
                ::ioctl(::fileno(options_.stream), TIOCGWINSZ, &window) == 0 && window.ws_col > 1;
            if (known && text.size() >= window.ws_col) text.resize(window.ws_col - 1u);
            const std::size_t width = std::exchange(width_, text.size());
            if (text.size() < width) text.resize(width, ' ');  // wipes what a longer line left
            open_ = true;
        }
        std::fprintf(options_.stream, in_place_ ? "\r%s" : "%s\n", text.c_str());
        std::fflush(options_.stream);
        shown_ = now;
    }

    void end_line() {
        if (open_) std::fputc('\n', options_.stream), std::fflush(options_.stream);
        open_ = false;
    }

    ProgressOptions options_;
    std::string     label_;
    std::int64_t    total_, done_;
    double          begun_, last_, shown_;
    double          seconds_ = 0, steps_ = 0, tokens_ = 0, loss_ = 0;
    int             losses_   = 0;
    std::size_t     width_    = 0;
    bool            in_place_ = false, open_ = false, finished_ = false;
};

}  // namespace rung
