#include "rung/experiment/checkpoint.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>

#include "rung/experiment/lock.hpp"
#include "scratch.hpp"

using namespace rung;

namespace {

/// What is read, and what is said about it.
struct Reading {
    std::string state = "(none)", said;

    explicit Reading(CheckpointFile const& file) {
        std::FILE* const say = std::tmpfile();
        state                = file.read(say).value_or("(none)");
        said                 = scratch::read(say);
        std::fclose(say);
    }
};

struct Damage {
    char const* name;
    void (*harm)(std::string& bytes);
    char const* said;
};
const Damage damages[] = {
    {"nothing is left", [](std::string& b) { b.clear(); }, "is cut off"},
    {"cut off in the head", [](std::string& b) { b.resize(20); }, "is cut off"},
    {"cut off in the first word", [](std::string& b) { b.resize(5); }, "is cut off"},
    {"cut off by a byte", [](std::string& b) { b.pop_back(); }, "is cut off: got 99 bytes, wanted 100"},
    {"longer by a byte", [](std::string& b) { b += 'x'; }, "is too long: got 101 bytes, wanted 100"},
    {"a bit is another", [](std::string& b) { b[60] = char(b[60] ^ 1); }, "its checksum is another"},
    {"the last bit is another", [](std::string& b) { b.back() = char(b.back() ^ 128); },
     "its checksum is another"},
    {"two words changed places", [](std::string& b) { std::swap(b[50], b[58]); }, "its checksum is another"},
    {"a page of zeros", [](std::string& b) { b.assign(b.size(), '\0'); }, "is no checkpoint"},
    {"somebody else's file",
     [](std::string& b) { b = "PK\x03\x04 and so on, for long enough to hold a head"; }, "is no checkpoint"},
    {"another version's", [](std::string& b) { b[16] = '2'; }, "is no checkpoint of this version"},
};

std::string state(char fill) {
    std::string text(100, fill);
    for (std::size_t i = 0; i < text.size(); ++i) text[i] = char(text[i] + char(i % 19));
    return text;
}

}  // namespace

TEST_CASE("checkpoint: the state that was kept last is read, and where there was none, none") {
    const scratch::Folder folder;
    const CheckpointFile  file{folder / "x.checkpoint"};
    CHECK(Reading(file).state == "(none)");
    for (const char fill : {'a', 'b', 'c'}) {
        file.write(state(fill));
        const Reading reading(file);
        CHECK(reading.state == state(fill));
        CHECK(reading.said == "");
    }
    file.write("");
    CHECK(Reading(file).state == "");
}

TEST_CASE("checkpoint: of a damaged file the one before is read, which is said, and the file is put aside") {
    for (auto const& damage : damages) {
        INFO(damage.name);
        const scratch::Folder folder;
        const CheckpointFile  file{folder / "x.checkpoint"};
        file.write(state('a')), file.write(state('b'));
        std::string bytes = scratch::read(file.path());
        damage.harm(bytes);
        scratch::write(file.path(), bytes);
        const Reading reading(file);
        CHECK(reading.state == state('a'));
        CHECK(reading.said.find(damage.said) != std::string::npos);
        CHECK(reading.said.find("going on from the one before") != std::string::npos);
        CHECK(scratch::read(file.path() + ".damaged") == bytes);
        file.write(state('c'));  // never over the only good one
        CHECK(Reading(file).state == state('c'));
        CHECK(scratch::exists(file.before()));
    }
}

TEST_CASE("checkpoint: where both are damaged nothing is read and nothing is touched") {
    for (auto const& damage : damages) {
        INFO(damage.name);
        const scratch::Folder folder;
        const CheckpointFile  file{folder / "x.checkpoint"};
        file.write(state('a')), file.write(state('b'));
        for (auto const& path : {file.path(), file.before()}) {
            std::string bytes = scratch::read(path);
            damage.harm(bytes);
            scratch::write(path, bytes);
        }
        const std::string newest = scratch::read(file.path()), before = scratch::read(file.before());
        CHECK_THROWS_WITH_AS(Reading{file}, doctest::Contains(damage.said), Error);
        CHECK(scratch::read(file.path()) == newest);
        CHECK(scratch::read(file.before()) == before);
    }
}

TEST_CASE("checkpoint: a process killed between the two names leaves the one before, which is read") {
    const scratch::Folder folder;
    const CheckpointFile  file{folder / "x.checkpoint"};
    file.write(state('a'));
    std::rename(file.path().c_str(), file.before().c_str());
    const Reading reading(file);
    CHECK(reading.state == state('a'));
    CHECK(reading.said.find("is missing") != std::string::npos);
}

TEST_CASE("checkpoint: on a full disk both states stand, and no half file is left") {
    const scratch::Folder folder;
    const CheckpointFile  file{folder / "x.checkpoint"};
    file.write(state('a')), file.write(state('b'));
    {
        const scratch::SmallDisk disk{1000};
        CHECK_THROWS_WITH_AS(file.write(std::string(5000, 'c')), doctest::Contains("cannot be written"),
                             Error);
    }
    CHECK(scratch::names_in(folder.path()).size() == 2);
    CHECK(Reading(file).state == state('b'));
    std::remove(file.path().c_str());
    CHECK(Reading(file).state == state('a'));
}

TEST_CASE("lock: a folder is one process's until that lets go of it") {
    const scratch::Folder folder;
    {
        const FolderLock  first{folder.path()};
        const std::string holder = std::to_string(::getpid());
        CHECK_THROWS_WITH_AS(
            FolderLock{folder.path()},
            doctest::Contains(("is in use by this program itself (" + holder + "), wanted").c_str()), Error);
        const std::string wanted = "is in use by another process (" + holder + "), wanted";
        const pid_t       child  = ::fork();
        if (child == 0) try {
                FolderLock second{folder.path()};
                ::_exit(1);
            } catch (Error const& error) {
                ::_exit(std::string_view{error.what()}.find(wanted) == std::string_view::npos ? 2 : 0);
            }
        int status = -1;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(status == 0);
    }
    CHECK_NOTHROW(FolderLock{folder.path()});
}

TEST_CASE("lock: what a killed process left half written is removed, and nothing else") {
    const scratch::Folder folder;
    for (auto const name : {"x.checkpoint.tmp123.0", "report.html.tmp9.12", "notes.tmp", "a.tmp12", ".tmp1.0",
                            "a.tmp1.0b", "x.checkpoint"})
        scratch::write(folder / name, "text");
    const FolderLock lock{folder.path()};
    auto             names = scratch::names_in(folder.path());
    std::sort(names.begin(), names.end());
    CHECK(names ==
          std::vector<std::string>{".tmp1.0", "a.tmp1.0b", "a.tmp12", "lock", "notes.tmp", "x.checkpoint"});
}

TEST_CASE("lock: a folder that takes no files is an error") { CHECK_THROWS_AS(FolderLock{"/proc"}, Error); }

TEST_CASE(
    "checkpoint: what a value has come to goes into a file and out of it, or says which file does not fit") {
    const scratch::Folder folder;
    const std::string     path = folder / "list";
    std::vector<double>   before{1, 2.5, -3}, after;
    save_state(before, path);
    load_state(after, path);
    CHECK(after == before);
    int number = 7;
    CHECK_THROWS_WITH_AS(load_state(number, path), doctest::Contains("/list': Archive: end"), Error);
    CHECK(number == 7);
    CHECK_THROWS_WITH_AS(load_state(after, folder / "nothing"),
                         doctest::Contains("/nothing'; got none, wanted a file that save_state() wrote"),
                         Error);
}
