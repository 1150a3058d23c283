#include "rung/experiment/progress.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <cstdlib>
#include <limits>

#include "scratch.hpp"

using namespace rung;

namespace {

double now = 0;  // the clock of these tests, moved by hand
double clock_of_tests() { return now; }

/// A file to write progress to, and a clock that starts at 100 s.
struct Log {
    std::FILE* file = std::tmpfile();

    Log() { now = 100; }
    Log(Log const&)            = delete;
    Log& operator=(Log const&) = delete;
    ~Log() { std::fclose(file); }

    ProgressOptions options(Terminal terminal) const {
        return {.stream = file, .terminal = terminal, .clock = clock_of_tests};
    }
    std::string text() const { return scratch::read(file); }
};

/// A terminal 40 columns wide that nobody looks at. `screen` is what it was sent.
class PseudoTerminal {
public:
    PseudoTerminal() {
        master_ = ::posix_openpt(O_RDWR | O_NOCTTY);
        if (master_ < 0 || ::grantpt(master_) != 0 || ::unlockpt(master_) != 0) return;
        const winsize size{24, 40, 0, 0};
        ::ioctl(master_, TIOCSWINSZ, &size);
        const int device = ::open(::ptsname(master_), O_RDWR | O_NOCTTY);
        file             = device < 0 ? nullptr : ::fdopen(device, "w");
    }
    PseudoTerminal(PseudoTerminal const&)            = delete;
    PseudoTerminal& operator=(PseudoTerminal const&) = delete;
    ~PseudoTerminal() {
        if (file) std::fclose(file);
        if (master_ >= 0) ::close(master_);
    }

    std::string screen() const {
        std::string   out(1 << 14, ' ');
        const ssize_t size = ::read(master_, out.data(), out.size());
        return out.substr(0, size > 0 ? std::size_t(size) : 0);
    }

    std::FILE* file = nullptr;

private:
    int master_ = -1;
};

/// Takes `steps` steps of `seconds` each.
void work(Progress& progress, int steps, double seconds, ProgressStep step = {}) {
    for (int i = 1; i <= steps; ++i) {
        now += seconds;
        progress.step(i, step);
    }
}

}  // namespace

TEST_CASE("progress: a line tells how far, how well, how fast and how long still") {
    const Log log;
    Progress  progress{"train", 2000, log.options(Terminal::no)};
    work(progress, 500, 0.01, {.loss = 0.25, .tokens = 512});
    CHECK(progress.line(now) ==
          "train    500/2000   25%   loss 0.25   100 steps/s   51.2k tokens/s   elapsed 0:05   left 0:15");
}

TEST_CASE("progress: in a log a line appears every ten seconds, and a last one") {
    const Log log;
    Progress  progress{"train", 50, log.options(Terminal::no)};
    work(progress, 50, 0.5);
    progress.finish();
    CHECK(scratch::count(log.text(), "\n") == 3);  // after 10 s, 20 s and at the end
    CHECK(scratch::count(log.text(), "50/50") == 1);
}

TEST_CASE("progress: a log holds no control characters") {
    const Log log;
    Progress  progress{"train", 50, log.options(Terminal::no)};
    work(progress, 50, 0.5);
    progress.finish();
    CHECK(log.text().find_first_of("\r\x1b\b") == std::string::npos);
}

TEST_CASE("progress: a day of training writes hundreds of lines, not thousands") {
    const Log log;
    Progress  progress{"train", 86'400, log.options(Terminal::no)};
    work(progress, 86'400, 1);
    progress.finish();
    CHECK(scratch::count(log.text(), "\n") > 100);
    CHECK(scratch::count(log.text(), "\n") < 500);
}

TEST_CASE("progress: on a terminal one line is redrawn, at most ten times a second") {
    const Log log;
    Progress  progress{"train", 1000, log.options(Terminal::yes)};
    work(progress, 1000, 0.001);
    CHECK(scratch::count(log.text(), "\n") == 0);
    CHECK(scratch::count(log.text(), "\r") >= 9);
    CHECK(scratch::count(log.text(), "\r") <= 10);
}

TEST_CASE("progress: a shorter line wipes what the longer one left") {
    const Log log;
    Progress  progress{"train", 1000, log.options(Terminal::yes)};
    now += 1;
    progress.step(1, {.loss = 0.123});
    const auto long_line = log.text().size() - 1;
    now += 2000;
    progress.step(1000, {.loss = 1});
    const std::string all = log.text();
    CHECK(all.size() - all.rfind('\r') - 1 >= long_line);
}

TEST_CASE("progress: finishing ends the line, once") {
    const Log log;
    Progress  progress{"train", 10, log.options(Terminal::yes)};
    work(progress, 10, 1);
    progress.finish();
    progress.finish();
    progress.step(11);
    CHECK(log.text().back() == '\n');
    CHECK(scratch::count(log.text(), "\n") == 1);
}

TEST_CASE("progress: work that ends early leaves the cursor on a new line") {
    const Log log;
    {
        Progress progress{"train", 10, log.options(Terminal::yes)};
        work(progress, 3, 1);
    }
    CHECK(log.text().back() == '\n');
}

TEST_CASE("progress: a file is not taken for a terminal") {
    const Log log;
    Progress  progress{"train", 10, log.options(Terminal::detect)};
    work(progress, 10, 1);
    CHECK(log.text().find('\r') == std::string::npos);
}

TEST_CASE("progress: a terminal is recognised, and no line is wider than it") {
    const PseudoTerminal terminal;
    if (!terminal.file) return;  // a machine without pseudo-terminals
    now = 100;
    Progress progress{"train", 1000, {.stream = terminal.file, .clock = clock_of_tests}};
    work(progress, 1, 1, {.loss = 0.5, .tokens = 512});
    const std::string screen = terminal.screen();
    CHECK(screen.substr(0, 10) == "\rtrain    ");
    CHECK(screen.size() == 40);  // the return and 39 columns
}

TEST_CASE("progress: without a stream it is silent") {
    Progress progress{"train", 10, {.stream = nullptr}};
    progress.step(1, {.loss = 1});
    CHECK_NOTHROW(progress.finish());
}

TEST_CASE("progress: the last step but one is not yet 100 %") {
    const Log log;
    Progress  progress{"train", 1000, log.options(Terminal::no)};
    work(progress, 999, 0.001);
    CHECK(progress.line(now).find(" 99%") != std::string::npos);
}

TEST_CASE("progress: a resumed run does not count old steps as fast ones") {
    const Log log;
    auto      options = log.options(Terminal::no);
    options.start     = 1000;
    Progress progress{"train", 2000, options};
    now += 1;
    progress.step(1010);
    CHECK(progress.line(now).find("10.0 steps/s") != std::string::npos);
}

TEST_CASE("progress: the time left follows the recent pace, not the pace of long ago") {
    const Log log;
    Progress  progress{"train", 10'000, log.options(Terminal::no)};
    work(progress, 1000, 0.01);
    for (int i = 1001; i <= 1300; ++i) {
        now += 1;
        progress.step(i);
    }
    CHECK(progress.line(now).find("left 2:") != std::string::npos);  // 8700 s at a step a second
}

TEST_CASE("progress: a loss that is not a number is shown, and forgotten when it recovers") {
    const Log log;
    Progress  progress{"train", 10, log.options(Terminal::no)};
    progress.step(1, {.loss = std::numeric_limits<double>::quiet_NaN()});
    CHECK(progress.line(now).find("loss nan") != std::string::npos);
    progress.step(2, {.loss = 0.5});
    CHECK(progress.line(now).find("loss 0.5") != std::string::npos);
}

TEST_CASE("progress: without a known end neither share nor time left is shown") {
    const Log log;
    Progress  progress{"search", 0, log.options(Terminal::no)};
    work(progress, 20, 1);
    CHECK(progress.line(now) == "search   20   1.00 steps/s   elapsed 0:20");
}
