#include "rung/experiment/program.hpp"

#include <doctest/doctest.h>
#include <stdexcept>
#include <vector>

#include "rung/experiment/device.hpp"
#include "scratch.hpp"

using namespace rung;

namespace {

/// Runs a program with these words and keeps what it said.
struct Run {
    Common      common;
    int         code = -1, worked = 0;
    std::string out, error;

    template <class Work>
    Run(std::vector<char const*> words, Work work) {
        const Streams streams{std::tmpfile(), std::tmpfile()};
        Flags         flags{"Teach something."};
        common.add_to(flags);
        words.insert(words.begin(), "build/learn");
        const auto counted = [&] { ++worked, work(streams.out); };
        code               = program(int(words.size()), words.data(), flags, counted, streams);
        out                = scratch::read(streams.out);
        error              = scratch::read(streams.error);
        std::fclose(streams.out);
        std::fclose(streams.error);
    }
};

const auto nothing = [](std::FILE*) {};

}  // namespace

TEST_CASE("program: work that ends well is exit code 0 and no word of its own") {
    const Run run{{"--seed", "5"}, nothing};
    CHECK(run.code == 0);
    CHECK(run.worked == 1);
    CHECK(run.out + run.error == "");
}

TEST_CASE("program: every example has a seed, a folder and a number of threads") {
    const scratch::Folder folder;
    const Run             run{{"--seed", "5", "--threads", "3", "--out", folder.path().c_str()}, nothing};
    CHECK(run.common.seed == 5);
    CHECK(run.common.threads == 3);
    CHECK(run.common.out == folder.path());
}

TEST_CASE("program: help goes to standard output, and no work is done") {
    const Run run{{"--help"}, nothing};
    CHECK(run.code == 0);
    CHECK(run.worked == 0);
    CHECK(run.out.find("usage: learn [flags]") != std::string::npos);
    CHECK(run.error == "");
}

TEST_CASE("program: a flag that is declared twice is exit code 1 and one line of why") {
    for (char const* name : {"seed", "config"}) {
        const Streams streams{std::tmpfile(), std::tmpfile()};
        Common        common;
        int           mine = 0;
        Flags         flags{"Teach something."};
        common.add_to(flags);
        flags.add(name, mine, "mine");
        const char* const word = "build/learn";
        CHECK(program(
                  1, &word, flags, [] { FAIL("worked"); }, streams) == 1);
        CHECK(scratch::read(streams.error) ==
              "learn: Flags::add: got '" + std::string(name) + "' twice, wanted it once\n");
        std::fclose(streams.out), std::fclose(streams.error);
    }
}

TEST_CASE("program: a bad flag is exit code 2, one line, and no work is done") {
    const Run run{{"--threads", "many"}, nothing};
    CHECK(run.code == 2);
    CHECK(run.worked == 0);
    CHECK(run.error ==
          "learn: --threads: got 'many', wanted an integer from 0 to 1024 (--help shows every flag)\n");
    CHECK(run.out == "");
}

TEST_CASE("program: an output folder that cannot be written is exit code 2") {
    const scratch::Folder folder;
    scratch::write(folder / "file", "");
    const std::string out = folder / "file/out";
    CHECK(Run{{"--out", out.c_str()}, nothing}.code == 2);
}

TEST_CASE("program: one that computes on no device of its flags' choosing has no flag for it") {
    const Run run{{"--device", "cuda"}, nothing};
    CHECK(run.code == 2);
    CHECK(run.error == "learn: --device: unknown flag (--help shows every flag)\n");
}

TEST_CASE("program: one with a context has it on the device that it is asked for") {
    const auto run = [](std::vector<char const*> words, Common& common) {
        const Streams streams{std::tmpfile(), std::tmpfile()};
        Flags         flags{"Teach something."};
        common.add_to(flags);
        words.insert(words.begin(), "learn");
        const int code = program(
            int(words.size()), words.data(), flags, common, [](auto& ctx) { CHECK(ctx.seed() == 5); },
            streams);
        const std::string said = scratch::read(streams.out) + scratch::read(streams.error);
        std::fclose(streams.out), std::fclose(streams.error);
        return std::pair{code, said};
    };
    for (char const* device : {"cpu", "auto"}) {
        Common common;
        CHECK(run({"--seed", "5", "--device", device}, common).first == 0);
        CHECK(common.device == "cpu");  // this program is built without CUDA
    }
    Common     common;
    const auto cuda = run({"--device", "cuda"}, common);
    CHECK(cuda.first == 2);
    CHECK(cuda.second.find("--device: got cuda, wanted cpu or auto: this program was built without CUDA") !=
          std::string::npos);
    CHECK(run({"--device", "tpu"}, common).first == 2);
    CHECK(run({"--help"}, common).second.find("--device TEXT") != std::string::npos);
}

TEST_CASE("program: work that throws is exit code 1 and one line of why") {
    const Run run{{}, [](std::FILE*) { throw Error("pack: too long; got 9, wanted at most 8"); }};
    CHECK(run.code == 1);
    CHECK(run.error == "learn: pack: too long; got 9, wanted at most 8\n");
}

TEST_CASE("program: training that diverged is exit code 3 and one line of why") {
    const Run run{{}, [](std::FILE*) { throw Diverged("Trainer: step 7: gradient norm; got nan"); }};
    CHECK(run.code == 3);
    CHECK(run.error == "learn: Trainer: step 7: gradient norm; got nan\n");
}

TEST_CASE("program: work may end with an exit code of its own, and with 0 says nothing") {
    const Run stopped{{}, [](std::FILE*) { throw Exit(85, "stopped by SIGTERM"); }};
    CHECK(stopped.code == 85);
    CHECK(stopped.error == "learn: stopped by SIGTERM\n");
    const Run finished{{}, [](std::FILE* out) { std::fputs("{}\n", out), throw Exit(0, "finished"); }};
    CHECK(finished.code == 0);
    CHECK(finished.out == "{}\n");
    CHECK(finished.error == "");
}

TEST_CASE("program: an exception of the standard library is exit code 1 too") {
    CHECK(Run{{}, [](std::FILE*) { throw std::out_of_range("at"); }}.code == 1);
}

TEST_CASE("program: a result that could not be written is exit code 1" *
          doctest::skip(!scratch::exists("/dev/full"))) {
    std::FILE* const full  = std::fopen("/dev/full", "w");
    std::FILE* const error = std::tmpfile();
    Flags            flags{"x"};
    char const*      words[] = {"learn", "--help"};
    const auto       work    = [&] { std::fputs("{}\n", full); };
    CHECK(program(1, words, flags, work, {full, error}) == 1);
    std::clearerr(full);
    CHECK(program(2, words, flags, work, {full, error}) == 1);
    std::fclose(full);
    std::fclose(error);
}
