#include "rung/experiment/file.hpp"

#include <doctest/doctest.h>

#include "scratch.hpp"

using namespace rung;

TEST_CASE("write_file: the file holds every byte, zeros too") {
    const scratch::Folder folder;
    const std::string     bytes("a\0b\n", 4);
    write_file(folder / "x", bytes);
    CHECK(scratch::read(folder / "x") == bytes);
}

TEST_CASE("write_file: a new file takes the place of the old one, and nothing else is left") {
    const scratch::Folder folder;
    write_file(folder / "x", "a long old text");
    write_file(folder / "x", "new");
    CHECK(scratch::read(folder / "x") == "new");
    CHECK(scratch::names_in(folder.path()) == std::vector<std::string>{"x"});
}

TEST_CASE("write_file: a file name without a folder means here") {
    CHECK(folder_of("x") == ".");
    CHECK(folder_of("/x") == "/");
    CHECK(folder_of("a/b/x") == "a/b");
}

TEST_CASE("read_file: what is no file is refused, of which a device would have no end") {
    const scratch::Folder folder;
    REQUIRE(::mkfifo((folder / "pipe").c_str(), 0666) == 0);
    for (std::string const& path : {std::string("/dev/zero"), folder / "pipe", folder.path()})
        CHECK_THROWS_WITH_AS(
            read_file(path),
            ("file: cannot be read; got '" + path + "', which is a folder, a device or a pipe, wanted a file")
                .c_str(),
            Error);
}

TEST_CASE("write_file: the file may be read by those whom the umask allows") {
    const scratch::Folder folder;
    const mode_t          before = ::umask(027);
    write_file(folder / "x", "text");
    ::umask(before);
    struct stat found {};
    ::stat((folder / "x").c_str(), &found);
    CHECK((found.st_mode & 0777) == 0640);
}

TEST_CASE("write_file: on a full disk the old file stands and no temporary file is left") {
    const scratch::Folder folder;
    write_file(folder / "x", "old");
    {
        const scratch::SmallDisk disk{1000};
        CHECK_THROWS_WITH_AS(write_file(folder / "x", std::string(5000, 'n')),
                             doctest::Contains("cannot be written"), Error);
    }
    CHECK(scratch::read(folder / "x") == "old");
    CHECK(scratch::names_in(folder.path()) == std::vector<std::string>{"x"});
}

TEST_CASE("write_file: a folder in the file's place is an error, and no temporary file is left") {
    const scratch::Folder folder;
    make_folder(folder / "x/y");
    CHECK_THROWS_WITH_AS(write_file(folder / "x", "new"), doctest::Contains("cannot be put in place"), Error);
    CHECK(scratch::names_in(folder.path()) == std::vector<std::string>{"x"});
}

TEST_CASE("write_file: what stands next to the file under a temporary name is not touched") {
    const scratch::Folder folder;
    const std::string     taken = folder / "x.tmp" + std::to_string(::getpid()) + ".0";
    scratch::write(taken, "theirs");
    write_file(folder / "x", "new");
    CHECK(scratch::read(taken) == "theirs");
}

TEST_CASE("make_folder: folders above are made, and doing it again is fine") {
    const scratch::Folder folder;
    make_folder(folder / "a/b//c/");
    make_folder(folder / "a/b/c");
    CHECK(scratch::exists(folder / "a/b/c/."));
}

TEST_CASE("make_folder: below a file there is no folder") {
    const scratch::Folder folder;
    scratch::write(folder / "file", "");
    CHECK_THROWS_WITH_AS(make_folder(folder / "file/below"), doctest::Contains("Not a directory"), Error);
}

TEST_CASE("make_folder: a file in the folder's place is an error") {
    const scratch::Folder folder;
    scratch::write(folder / "file", "");
    CHECK_THROWS_WITH_AS(make_folder(folder / "file"), doctest::Contains("Not a directory"), Error);
}

TEST_CASE("make_folder: a folder without a name is an error") { CHECK_THROWS_AS(make_folder(""), Error); }

TEST_CASE("claim_folder: the folder is there and empty afterwards") {
    const scratch::Folder folder;
    claim_folder(folder / "new");
    CHECK(scratch::exists(folder / "new"));
    CHECK(scratch::names_in(folder / "new").empty());
}

TEST_CASE("claim_folder: a folder that takes no files is an error") {
    CHECK_THROWS_AS(claim_folder("/proc"), Error);  // even the superuser cannot write there
}
