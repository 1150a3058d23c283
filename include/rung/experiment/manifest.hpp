#pragma once
// What a run was made by: manifest.json, beside its record. `bash examples/run.sh replay manifest.json` makes the run
// again and compares the bytes.

#include <fcntl.h>
#include <unistd.h>
#include <chrono>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>

#include "rung/experiment/file.hpp"
#include "rung/experiment/flags.hpp"
#include "rung/experiment/json.hpp"
#include "rung/experiment/text.hpp"

#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

// What a program cannot tell of itself: CMake says it of our own (examples/CMakeLists.txt).
#ifndef RUNG_SOURCE_HASH
#define RUNG_SOURCE_HASH "unknown"
#endif
#ifndef RUNG_COMPILE_FLAGS
#define RUNG_COMPILE_FLAGS "unknown"
#endif

namespace rung {

/// The library's, as CMakeLists.txt and CITATION.cff have it.
inline constexpr std::string_view library_version = "0.1.0";

/// Linux's name of the processor, or "unknown".
[[gnu::cold, gnu::noinline]] inline std::string processor_name() {
    char          text[4096];
    const int     fd   = ::open("/proc/cpuinfo", O_RDONLY | O_CLOEXEC);
    const ssize_t size = fd >= 0 ? ::read(fd, text, sizeof text) : 0;
    if (fd >= 0) ::close(fd);
    const std::string_view all(text, std::size_t(size > 0 ? size : 0));
    const std::size_t      line = all.find("model name"), colon = all.find(": ", line);
    if (line == all.npos || colon == all.npos) return "unknown";
    return std::string{all.substr(colon + 2, all.find('\n', colon) - colon - 2)};
}

/// The instruction sets that the compiler was allowed, beyond those of every such machine: "x86-64 avx2 fma".
[[gnu::cold, gnu::noinline]] inline std::string instruction_sets() {
    std::string out;
#if defined(__x86_64__)
    out = "x86-64";
#elif defined(__aarch64__)
    out                                  = "aarch64";
#endif
#ifdef __AVX2__
    out += " avx2";
#endif
#ifdef __FMA__
    out += " fma";
#endif
#ifdef __AVX512F__
    out += " avx512f";
#endif
#ifdef __AVX512BF16__
    out += " avx512bf16";
#endif
#ifdef __ARM_FEATURE_SVE
    out += " sve";
#endif
    return out;
}

/// "g++ 12.2.0 -O3 -march=native, x86-64 avx2 fma": what turned the source into bits.
[[gnu::cold, gnu::noinline]] inline std::string build_name() {
#ifdef __clang__
    constexpr std::string_view compiler = __VERSION__;
#else
    constexpr std::string_view compiler  = "g++ " __VERSION__;
#endif
#ifdef __OPTIMIZE__
    constexpr std::string_view optimised = "";
#else
    constexpr std::string_view optimised = ", not optimised";
#endif
    return text::join({compiler, " ", RUNG_COMPILE_FLAGS, ", ", instruction_sets(), optimised});
}

/// On what a run's bits depend beside its flags, of the program that asks: source, compiler and flags, instruction
/// sets, libraries, processor.
[[gnu::cold, gnu::noinline]] inline Json made_by() {
    Json libraries;
    libraries.set("rung", library_version);
#ifdef __GLIBCXX__
    libraries.set("libstdc++", __GLIBCXX__);
#endif
#ifdef __GLIBC__
    libraries.set("glibc", ::gnu_get_libc_version());
#endif
    return std::move(Json{}
                         .set("source", RUNG_SOURCE_HASH)
                         .set("build", build_name())
                         .set("libraries", libraries)
                         .set("processor", processor_name()));
}

/// Written when the run begins and again when it ends. Without a folder nothing is written.
class Manifest {
public:
    Manifest() = default;
    [[gnu::cold, gnu::noinline]] Manifest(std::string folder, std::string_view experiment, Flags const& flags)
        : folder_{std::move(folder)}, start_{now()} {
        if (folder_.empty()) return;
        begin_.set("experiment", experiment)
            .set("program", flags.program())
            .set("command", flags.command())
            .set("flags", flags.values())
            .set("rng", "philox-v1")
            .set("made_by", made_by());
        write(nullptr);
    }

    /// What the model learns from: data("1-train", "Lesson<Reverse, Uniform>, 2500 steps of 128").
    void data(std::string_view name, JsonValue value) { data_.set(name, value), write(nullptr); }
    /// A run that goes on began when its first process did.
    void archive(auto& all) {
        all(start_);
        if (all.reads()) write(nullptr);
    }
    /// The run is done.
    void end() { write(now()); }

private:
    [[gnu::cold, gnu::noinline]] static std::string now() {
        const std::time_t time = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
        std::tm           utc{};
        char              text[32];
        ::gmtime_r(&time, &utc);
        return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc)};
    }
    [[gnu::cold, gnu::noinline]] void write(JsonValue end) const {
        if (folder_.empty()) return;
        Json all = begin_;
        all.set("data", data_).set("start", start_).set("end", end);
        make_folder(folder_);
        write_file(text::join({folder_, "/manifest.json"}), text::join({all.text(), "\n"}));
    }

    std::string folder_, start_;
    Json        begin_{}, data_{};
};

}  // namespace rung
