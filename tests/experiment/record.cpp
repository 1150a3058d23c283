#include "rung/experiment/record.hpp"

#include <doctest/doctest.h>
#include <limits>

#include "scratch.hpp"

using namespace rung;

TEST_CASE("record: every event is a line of its own, there as soon as it is written") {
    const scratch::Folder folder;
    Record                record{folder / "deep/out"};
    record.write(Json{}.set("step", 1));
    CHECK(scratch::read(folder / "deep/out/record.jsonl") == "{\"step\":1}\n");
    record.write(Json{}.set("step", 2));
    CHECK(scratch::read(folder / "deep/out/record.jsonl") == "{\"step\":1}\n{\"step\":2}\n");
}

TEST_CASE("record: a second run appends to the first") {
    const scratch::Folder folder;
    Record{folder.path()}.write(Json{}.set("run", 1));
    Record{folder.path()}.write(Json{}.set("run", 2));
    CHECK(scratch::read(folder / "record.jsonl") == "{\"run\":1}\n{\"run\":2}\n");
}

TEST_CASE("record: half a line left by a killed run does not swallow the next event") {
    const scratch::Folder folder;
    scratch::write(folder / "record.jsonl", "{\"step\":1}\n{\"st");
    Record{folder.path()}.write(Json{}.set("step", 3));
    CHECK(scratch::read(folder / "record.jsonl") == "{\"step\":1}\n{\"st\n{\"step\":3}\n");
}

TEST_CASE("record: half a line that a state counts on does not swallow the next event either") {
    const scratch::Folder folder;
    scratch::write(folder / "record.jsonl", "{\"step\":1}\n{\"st");
    Record record{folder.path()};
    record.go_to(record.size());
    record.write(Json{}.set("step", 3));
    CHECK(scratch::read(folder / "record.jsonl") == "{\"step\":1}\n{\"st\n{\"step\":3}\n");
}

TEST_CASE("record: its lines can be read again, also when it was cut or taken away meanwhile") {
    const scratch::Folder folder;
    Record                record{folder.path()};
    record.write(Json{}.set("step", 1));
    record.write(Json{}.set("step", 2));
    CHECK(record.lines(11) == "{\"step\":2}\n");
    std::remove((folder / "record.jsonl").c_str());
    CHECK(record.lines(11) == "{\"step\":2}\n");
    Record cut{folder.path()};
    cut.write(Json{}.set("step", 1));
    scratch::write(folder / "record.jsonl", "{");
    CHECK(cut.lines(0) == "{");
    CHECK(cut.lines(5) == "");
}

TEST_CASE("record: a run that goes on from an earlier line writes again from there, and drops the rest") {
    const scratch::Folder folder;
    Record                record{folder.path()};
    record.write(Json{}.set("step", 1));
    const auto first = record.size();
    record.write(Json{}.set("step", 2));
    record.write(Json{}.set("step", 3));
    record.go_to(first);
    record.write(Json{}.set("step", 2));
    CHECK(scratch::read(folder / "record.jsonl") == "{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n");
    record.cut();
    CHECK(scratch::read(folder / "record.jsonl") == "{\"step\":1}\n{\"step\":2}\n");
    CHECK_THROWS_WITH_AS(record.go_to(1000), doctest::Contains("got 22 bytes, wanted the 1000"), Error);
}

TEST_CASE("record: a line break inside a text does not break the line") {
    const scratch::Folder folder;
    Record{folder.path()}.write(Json{}.set("text", "a\nb"));
    CHECK(scratch::count(scratch::read(folder / "record.jsonl"), "\n") == 1);
}

TEST_CASE("record: a loss that is not finite is null, and an event of its own says so") {
    const scratch::Folder folder;
    const double          nan = std::numeric_limits<double>::quiet_NaN();
    Record{folder.path()}.write(Json{}.set("event", "step").set("step", 7).set("loss", nan));
    CHECK(scratch::read(folder / "record.jsonl") ==
          "{\"event\":\"step\",\"step\":7,\"loss\":null}\n"
          "{\"event\":\"nonfinite\",\"what\":\"loss\",\"step\":7}\n");
}

TEST_CASE("record: without a folder nothing is recorded, and nothing fails") {
    Record record;
    record.write(Json{}.set("step", 1));
    record.save("report.html", "text");
    CHECK_FALSE(record.records());
    CHECK_FALSE(Record{""}.records());
}

TEST_CASE("record: a whole file is saved next to the record") {
    const scratch::Folder folder;
    Record{folder.path()}.save("report.html", "<p/>");
    CHECK(scratch::read(folder / "report.html") == "<p/>");
}

TEST_CASE("record: it can be moved, and goes on in the same file") {
    const scratch::Folder folder;
    Record                first{folder.path()}, second;
    second = std::move(first);
    second.write(Json{}.set("step", 1));
    CHECK(scratch::read(folder / "record.jsonl") == "{\"step\":1}\n");
}

TEST_CASE("record: a full disk is an error" * doctest::skip(!scratch::exists("/dev/full"))) {
    Record record{"/dev", "full"};
    CHECK_THROWS_WITH_AS(record.write(Json{}.set("step", 1)), doctest::Contains("No space left on device"),
                         Error);
}

TEST_CASE("record: a folder that cannot be made is an error that names it") {
    const scratch::Folder folder;
    scratch::write(folder / "file", "");
    CHECK_THROWS_WITH_AS(Record{folder / "file/out"}, doctest::Contains((folder / "file/out").c_str()),
                         Error);
}

TEST_CASE("record: a folder in the record's place is an error") {
    const scratch::Folder folder;
    make_folder(folder / "record.jsonl");
    CHECK_THROWS_WITH_AS(Record{folder.path()}, doctest::Contains("Is a directory"), Error);
}
