#include "rung/experiment/manifest.hpp"

#include <doctest/doctest.h>

#include "rung/core/archive.hpp"
#include "scratch.hpp"

using namespace rung;

namespace {

/// Whether a line of JSON has this member, as it is written.
bool has(std::string const& text, std::string const& member) { return text.find(member) != text.npos; }

}  // namespace

TEST_CASE("manifest: it is there from the beginning, and says at the end when that was") {
    const scratch::Folder folder;
    int                   steps = 3;
    Flags                 flags{"x"};
    flags.add("steps", steps, "training steps");
    const char* words[] = {"bin/learn", "--steps", "7"};
    flags.parse(3, words);
    Manifest          manifest{folder / "run", "trial", flags};
    const std::string begun = scratch::read(folder / "run/manifest.json");
    CHECK(begun.starts_with(
        R"({"experiment":"trial","program":"learn","command":"learn --steps 7","flags":{"steps":7},)"));
    CHECK(has(begun, R"("made_by":{"source":")"));
    CHECK(has(begun, R"("data":{},"start":"20)"));
    CHECK(begun.ends_with("Z\",\"end\":null}\n"));
    manifest.data("task", "Reverse");
    CHECK(has(scratch::read(folder / "run/manifest.json"), R"("data":{"task":"Reverse"})"));
    manifest.end();
    const std::string ended = scratch::read(folder / "run/manifest.json");
    CHECK_FALSE(has(ended, "null"));
    CHECK(ended.ends_with("Z\"}\n"));
    CHECK(scratch::names_in(folder / "run").size() == 1);
}

TEST_CASE("manifest: it names the compiler, what it was allowed, and the processor") {
    const std::string made = made_by().text();
    CHECK(has(made, __VERSION__));
    for (const char* member : {"build", "libraries", "rung"})
        CHECK(has(made, "\"" + std::string{member} + "\":"));
#ifdef __AVX2__
    CHECK(has(made, ", x86-64 avx2"));
#endif
    CHECK_FALSE(processor_name().empty());
    CHECK_FALSE(has(processor_name(), "\n"));
}

TEST_CASE("manifest: a run that goes on began when its first process did") {
    const scratch::Folder folder;
    Manifest              manifest{folder / "run", "trial", Flags{"x"}};
    std::string           start = "1999-12-31T23:59:59Z";
    Archive               kept;
    kept(start);
    Archive all{kept.bytes()};
    manifest.archive(all);
    manifest.end();
    CHECK(has(scratch::read(folder / "run/manifest.json"), R"("start":"1999-12-31T23:59:59Z","end":"20)"));
}

TEST_CASE("manifest: without a folder nothing is written") {
    const auto before = scratch::names_in(".");
    Manifest   manifest{"", "trial", Flags{"x"}};
    manifest.data("task", "Reverse");
    manifest.end();
    CHECK(scratch::names_in(".") == before);
}

TEST_CASE("manifest: the version is the one that the build and the citation have") {
    const std::string root = RUNG_INCLUDE_DIR "/../", version(library_version);
    CHECK(has(scratch::read(root + "CMakeLists.txt"), "project(rung VERSION " + version + " "));
    CHECK(has(scratch::read(root + "CITATION.cff"), "\nversion: " + version + "\n"));
}
