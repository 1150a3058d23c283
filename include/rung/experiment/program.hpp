#pragma once
// What an experiment's main needs: flags that are checked before any work starts, and exit codes.
// 0: done. 1: the work failed. 2: a bad flag. 3: training diverged. 85 (--preempt-exit-code): stopped by a signal, all
// that was done is kept, and the same command goes on from there.
// Only programs include this; the rest of the library neither reads arguments nor prints.

#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

#include "rung/experiment/flags.hpp"

namespace rung {

/// The flags that every example has.
struct Common {
    std::uint64_t seed = 1;
    std::string   out{};  ///< a folder for the report and the record; empty: nothing is written
    int           threads            = 0;      ///< 0: one per core
    std::string   device             = "cpu";  ///< what a program of device.hpp computes on
    int           checkpoint_seconds = 30;     ///< between states that are kept
    int           preempt_exit_code  = 85;
    int           spike              = 0;  ///< see --spike; 0: off
    int           retries            = 0;
    bool          tensorboard        = false;
    std::string   save_pretrained{};  ///< a folder, see io/pretrained_flag.hpp; empty: none

    /// Flags and values that results follow from: a run goes on with these and no others.
    static Json decisive(Flags const& flags) {
        return flags.values().without(
            "out threads checkpoint-seconds preempt-exit-code spike retries tensorboard save-pretrained");
    }

    [[gnu::cold, gnu::noinline]] void add_to(Flags& flags) {
        flags.add("seed", seed, "every random number follows from it");
        flags.add_folder("out", out,
                         "folder for the report, the record and what a killed run goes on from; without it "
                         "nothing is written");
        flags.add("threads", threads, "threads to work with, 0 for one per core", {.least = 0, .most = 1024});
        flags.add("checkpoint-seconds", checkpoint_seconds, "seconds between states that are kept in --out",
                  {.least = 0});
        flags.add("preempt-exit-code", preempt_exit_code,
                  "exit code after a signal to stop, when all is kept and the same command goes on",
                  {.least = 1, .most = 125});
        flags.add("spike", spike,
                  "a loss of this many times its running mean is divergence, as one that is no number always "
                  "is; 0: none is",
                  {.least = 0});
        flags.add("retries", retries,
                  "times that training goes back, by at most 100 steps, and on with other examples, when it "
                  "diverges",
                  {.least = 0});
        flags.add("tensorboard", tensorboard, "write the metrics for TensorBoard, too, into --out");
    }
};

/// Thrown to end a program with an exit code of its own and, unless that is 0, one line of why.
struct Exit : Error {
    Exit(int exit_code, std::string const& why) : Error(why), code(exit_code) {}
    int code;
};

/// Throws BadFlag unless flags fit together: check_flag(a < b, "--a: got ", a, ", wanted less than --b, ", b).
template <class... Parts>
void check_flag(bool good, Parts const&... parts) {
    if (!good) throw BadFlag(concat(parts...));
}

struct Streams {
    std::FILE* out   = stdout;
    std::FILE* error = stderr;
};

/// Reads the flags, does the work, and turns what happened into an exit code and, on failure, one line of why.
///
///     int main(int argc, char** argv) {
///         rung::Common common;
///         int          steps = 2'000;
///         rung::Flags  flags{"Teach a tiny transformer to reverse strings."};
///         common.add_to(flags);
///         flags.add("steps", steps, "training steps", {.least = 1});
///         return rung::program(argc, argv, flags, [&] { ... });
///     }
template <class Work>
int program(int argc, char const* const* argv, Flags& flags, Work work, Streams streams = {}) {
    const std::string name{argc > 0 ? Flags::program_name(argv[0]) : "program"};
    const auto        say = [&](char const* what, char const* hint) {
        std::fprintf(streams.error, "%s: %s%s\n", name.c_str(), what, hint);
    };
    // A result that did not reach its reader is a failure: think of a full disk behind `> result.txt`.
    const auto reached = [&] {
        const bool good = std::fflush(streams.out) == 0 && !std::ferror(streams.out);
        return good ? 0 : (say("standard output: cannot be written", ""), 1);
    };
    try {
        if (flags.parse(argc, argv) == Parsed::help) std::fputs(flags.help(name).c_str(), streams.out);
        else work();
        return reached();
    } catch (BadFlag const& error) {
        return say(error.what(), " (--help shows every flag)"), 2;
    } catch (Diverged const& error) {
        return say(error.what(), ""), 3;
    } catch (Exit const& end) {
        return end.code == 0 ? reached() : (say(end.what(), ""), end.code);
    } catch (std::exception const& error) {
        return say(error.what(), ""), 1;
    }
}

}  // namespace rung
