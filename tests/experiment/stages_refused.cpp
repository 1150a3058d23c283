// Folders, flags and watches that do not fit are refused, and nothing is touched.

#include "staged.hpp"

using namespace rung_test;
using namespace rung_test::staged;

TEST_CASE("stages: other flags are refused with the difference, and nothing is touched") {
    struct Other {
        std::vector<char const*> words;
        std::string              said;
    };
    const scratch::Folder folder;
    CHECK(run(folder.path(), {.at = kill_at(8)}).code == -1);
    const auto before = [&] { return scratch::read(folder / "2-settle.checkpoint"); };
    const auto kept = before(), record = scratch::read(folder / "record.jsonl");
    for (auto const& [words, said] :
         {Other{{"--seed", "4"},
                "--seed: got 4, wanted 3; '" + folder.path() +
                    "' holds another run (another --out begins anew)"},
          Other{{"--size", "2", "--seed", "5"}, "--seed: got 5, wanted 3; --size: got 2, wanted 1; '"}}) {
        const Outcome outcome = run(folder.path(), {.words = words});
        CHECK(outcome.code == 2);
        CHECK(outcome.steps == 0);
        CHECK(holds(outcome.error, said));
    }
    const Outcome named = run(folder.path(), {.name = "other"});
    CHECK(named.code == 2);
    CHECK(holds(named.error, "experiment: got \"other\", wanted \"trial\""));
    const Outcome batch = run(folder.path(), {.batch = 5});
    CHECK(batch.code == 1);
    CHECK(holds(batch.error,
                "train: steps, batch, accumulate and peak; got '5, 5, 2, 0.001', wanted '5, 4, 2, 0.001'"));
    const Outcome harder = run(folder.path(), {.harder = 1});
    CHECK(harder.code == 1);
    CHECK(holds(harder.error, "train: source; got '32 examples "));
    CHECK((before() == kept));
    CHECK(scratch::read(folder / "record.jsonl") == record);
    check_same(run(folder.path(), {.words = {"--threads", "2", "--retries", "1"}}));
}

TEST_CASE("stages: a record of something else is refused and left alone") {
    for (std::string const text :
         {"hello\n", "{\"event\":\"begin\"}\n", "{\"event\":\"begin\",\"ex", "[[[:,:,\"\\"}) {
        const scratch::Folder folder;
        scratch::write(folder / "record.jsonl", text);
        const Outcome outcome = run(folder.path(), {});
        CHECK(outcome.code == (text.back() == 'x' ? 0 : 2));  // our own first line, cut off, is ours
        if (outcome.code == 2) CHECK(scratch::read(folder / "record.jsonl") == text);
    }
}

TEST_CASE("stages: a state without its record, or a result without, is an error that says so") {
    const scratch::Folder folder;
    CHECK(run(folder.path(), {.at = kill_at(8)}).code == -1);
    std::remove((folder / "record.jsonl").c_str());
    const Outcome killed = run(folder.path(), {});
    CHECK(killed.code == 1);
    CHECK(holds(killed.error, "holds states without their record.jsonl, wanted both"));
    CHECK_FALSE(scratch::exists(folder / "record.jsonl"));
    scratch::write(folder / "record.jsonl", "");
    scratch::write(folder / "DONE", "{}\n");
    const Outcome done = run(folder.path(), {});
    CHECK(done.code == 1);
    CHECK(holds(done.error, "holds a result without its record"));
}

TEST_CASE(
    "stages: a record that was changed is refused before anything is touched, and goes on when it is back") {
    struct Change {
        void (*make)(std::string& record);
        char const* said;
    };
    const scratch::Folder folder;
    CHECK(run(folder.path(), {.at = kill_at(8)}).code == -1);
    const std::string path = folder / "record.jsonl", kept = scratch::read(path);
    const auto        states = [&] {
        return scratch::read(folder / "1-grow-and-test.checkpoint") +
               scratch::read(folder / "2-settle.checkpoint");
    };
    const std::string before = states();
    REQUIRE(before.size() > 1000);
    for (auto const& [make, said] :
         {Change{[](auto& r) { r.resize(7); }, "holds states without their record.jsonl"},
          Change{[](auto& r) { r.resize(r.find('\n') + 1); }, "bytes, wanted the "},
          Change{[](auto& r) { r.resize(r.find('\n') + 20); }, "bytes, wanted the "},
          Change{[](auto& r) { r[r.find("\"loss\":") + 8] = '7'; }, "got other lines than were there when"},
          Change{[](auto& r) { r.insert(r.find('\n') + 1, "{}\n"); }, "got other lines than were there when"},
          Change{[](auto& r) { r.erase(r.find('\n') + 1, 10).append(10, ' '); },
                 "of 1-grow-and-test was kept"}}) {
        std::string changed = kept;
        make(changed);
        scratch::write(path, changed);
        const Outcome outcome = run(folder.path(), {});
        CHECK(outcome.code == 1);
        CHECK(outcome.steps == 0);
        CHECK_MESSAGE(holds(outcome.error, said), outcome.error);
        CHECK(scratch::read(path) == changed);
        CHECK((states() == before));
    }
    scratch::write(path, kept + "and more, which nobody kept a state of");
    check_same(run(folder.path(), {}));
}

TEST_CASE("stages: a report or a result that is none of ours is refused and left alone") {
    const scratch::Folder report, result;
    scratch::write(report / "report.html", "<html/>");
    const Outcome first = run(report.path(), {});
    CHECK(first.code == 1);
    CHECK(holds(first.error, "holds a report.html without its record"));
    CHECK(scratch::read(report / "report.html") == "<html/>");
    CHECK(run(result.path(), {.at = kill_at(8)}).code == -1);
    for (std::string const text : {"", "{", "done\n"}) {
        scratch::write(result / "DONE", text);
        const Outcome second = run(result.path(), {});
        CHECK(second.code == 1);
        CHECK(holds(second.error, "DONE' is no result"));
        CHECK(second.steps == 0);
    }
    std::remove((result / "DONE").c_str());
    check_same(run(result.path(), {}));
}

TEST_CASE("stages: an earlier stage whose state is gone is not trained again over the record of later ones") {
    const scratch::Folder folder;
    run(folder.path(), {.at = kill_at(9)});
    const std::string record = scratch::read(folder / "record.jsonl");
    std::remove((folder / "1-grow-and-test.checkpoint").c_str());
    std::remove((folder / "1-grow-and-test.checkpoint.before").c_str());
    const Outcome refused = run(folder.path(), {});
    CHECK(refused.code == 1);
    CHECK(
        refused.error.find("holds states of later stages; got no '1-grow-and-test.checkpoint', wanted all of "
                           "them") != std::string::npos);
    CHECK(scratch::read(folder / "record.jsonl") == record);
}

TEST_CASE("stages: retries want a folder") {
    const Outcome refused = run("", {.words = {"--retries", "1"}});
    CHECK(refused.code == 2);
    CHECK(refused.error.find("--retries: got no --out") != std::string::npos);
}

TEST_CASE("stages: two runs in one folder are one too many") {
    const scratch::Folder folder;
    Outcome               second;
    const Outcome         first = run(folder.path(), {.at = [&](int step) {
                                  if (step == 3) second = run(folder.path(), {});
                              }});
    check_same(first);
    CHECK(second.code == 1);
    CHECK(holds(second.error, "is in use by this program itself"));
}

TEST_CASE("stages: a watch is one training's, whose state it keeps") {
    const scratch::Folder folder;
    Common                common{.out = folder.path()};
    Flags                 flags{"test"};
    common.add_to(flags);
    std::FILE* const none = std::tmpfile();
    cpu::Context     ctx{{.threads = 1}};
    SmallModel<>     model{ctx};
    Trainer          trainer{ctx, model};
    Journal          journal{"trial", "A trial", common, flags, {none, none}};
    const auto       options = TrainOptions{.steps = 2, .batch = 4, .watch = journal.watch("x")};
    train(trainer, Reverse{}, Uniform{1, 2}, options);
    CHECK_THROWS_WITH_AS(train(trainer, Reverse{}, Uniform{1, 2}, options),
                         doctest::Contains("got '1-x' for a second training"), Error);
    std::fclose(none);
}

TEST_CASE("stages: a curriculum that cannot tell what it learnt from tests is refused, with the cure") {
    const scratch::Folder folder;
    const Outcome         outcome = run(folder.path(), {.forgetful = true});
    CHECK(outcome.code == 1);
    CHECK(holds(outcome.error, "Curriculum: add `std::string state() const`"));
}
