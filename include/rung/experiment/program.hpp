#pragma once
// What an experiment's main needs: flags that are checked before any work starts, and exit codes.
// 0: done. 1: the work failed. 2: a bad flag.
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
    std::string   out{};                ///< a folder for the report and the record; empty: nothing is written
    int           threads     = 0;      ///< 0: one per core
    std::string   device      = "cpu";  ///< see device.hpp
    bool          tensorboard = false;

    [[gnu::cold, gnu::noinline]] void add_to(Flags& flags) {
        flags.add("seed", seed, "every random number follows from it");
        flags.add_folder("out", out, "folder for the report and the record; without it nothing is written");
        flags.add("threads", threads, "threads to work with, 0 for one per core", {.least = 0, .most = 1024});
        flags.add("device", device, "what computes; auto takes a GPU if there is one",
                  {"auto", "cpu", "cuda"});
        flags.add("tensorboard", tensorboard, "write the metrics for TensorBoard, too, into --out");
    }
};

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
    try {
        if (flags.parse(argc, argv) == Parsed::help)
            return std::fputs(flags.help(name).c_str(), streams.out), 0;
        work();
        // A result that did not reach its reader is a failure: think of a full disk behind `> result.txt`.
        const bool reached = std::fflush(streams.out) == 0 && !std::ferror(streams.out);
        RUNG_CHECK(reached, "standard output: cannot be written");
        return 0;
    } catch (BadFlag const& error) {
        return say(error.what(), " (--help shows every flag)"), 2;
    } catch (std::exception const& error) {
        return say(error.what(), ""), 1;
    }
}

}  // namespace rung
