#include <doctest/doctest.h>

#include <cstdio>
#include <fstream>
#include <iterator>

#include "rung/experiment/journal.hpp"
#include "scratch.hpp"
#include "support/small.hpp"

using namespace rung_test;

namespace {

std::string slurp(std::string const& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}
int count(std::string const& text, std::string const& word) {
    int n = 0;
    for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++n;
    return n;
}

}  // namespace

TEST_CASE("journal: every step, round and result of a climb is on record, numbered as it happened") {
    const scratch::Folder folder;
    Common                common{.seed = 3, .out = folder / "run"};
    Flags                 flags{"test"};
    common.add_to(flags);
    std::FILE*   out   = std::tmpfile();
    std::FILE*   error = std::tmpfile();
    cpu::Context ctx{{.seed = 3, .threads = 1}};
    SmallModel<> model{ctx};
    Trainer      trainer{ctx, model};
    Journal      journal{"trial", "A trial", common, flags, {out, error}};
    train(trainer, Reverse{}, Uniform{1, 2}, {.steps = 3, .batch = 4, .watch = journal.watch("first")});
    train(trainer, Reverse{}, Uniform{1, 2}, {.steps = 2, .batch = 4, .watch = journal.watch("second")});
    const Report before = evaluate(ctx, model, Reverse{}, {.to = 5, .each = 4});
    self_improve(trainer, Reverse{}, Uniform{1, 2}, NoFilter{},
                 {.rounds      = 2,
                  .prompts     = 5,
                  .steps       = 4,
                  .batch       = 4,
                  .test        = {.from = 2, .to = 3, .each = 4},
                  .watch       = journal.watch_climb(),
                  .watch_round = journal.watch_round()});
    Report twice = before;
    for (auto& score : twice.scores) score.count *= 2, score.correct *= 2;
    journal.finish(2, {{"before", before}, {"after", before}, {"both", twice}}, {{"weights", 7}});

    const std::string record = slurp(folder / "run/record.jsonl");
    CHECK(count(record, R"("event":"step")") == 3 + 2 + 2 * 4);
    CHECK(count(record, R"("phase":"second","round":0)") == 2);
    CHECK(count(record, R"("phase":"round 2","round":2)") == 4);
    CHECK(count(record, R"("event":"round","round":1,"difficulty":"3","hardest":"2","labels":{"3":{)") == 1);
    CHECK(count(record, R"("kept":5,)") == 2);
    CHECK(count(record, R"("spoilt":0,"agreement":1,"confidence":)") == 2);
    CHECK(count(record, R"({"event":"labels","round":2,"labelled":5,"of":5})") == 1);
    CHECK(count(record, R"("event":"end")") == 1);
    const std::string manifest = slurp(folder / "run/manifest.json");
    CHECK(count(manifest, R"("data":{"1-first":"Lesson<)") == 1);
    CHECK(count(manifest, " tokens each, 2 steps of 4\",\"3-climb\":") == 1);
    CHECK(count(manifest, R"("3-climb":"labels of its own of Reverse, 2 rounds, beside Uniform"})") == 1);
    const std::string page = slurp(folder / "run/report.html");
    // Accuracy, rounds (which tested fewer difficulties), labels, two frontiers, loss.
    CHECK(count(page, "<figure>") == 6);
    CHECK(count(page, "self-improvement begins") == 1);
    CHECK(count(page, "4, 4, 8") == 5);  // problems of each report, of each difficulty
    CHECK(count(page, "ruling") == 1);

    std::rewind(out);
    char        line[4096];
    std::string last;
    while (std::fgets(line, sizeof line, out)) last = line;
    CHECK(last.find(R"({"experiment":"trial","seed":3,"trained_to":2,"before":{"1":)") == 0);
    CHECK(last.find(R"("rounds":2,"weights":7,"seconds":)") != last.npos);
    std::fclose(out), std::fclose(error);
}

TEST_CASE("journal: a test is on record with what the curriculum came to") {
    const scratch::Folder folder;
    Common                common{.seed = 3, .out = folder / "run"};
    Flags                 flags{"test"};
    common.add_to(flags);
    std::FILE*       none = std::tmpfile();
    cpu::Context     ctx{{.seed = 3, .threads = 1}};
    SmallModel<>     model{ctx};
    Trainer          trainer{ctx, model};
    Journal          journal{"trial", "A trial", common, flags, {none, none}};
    GrowWhenMastered grow{{.start = 1, .limit = 2}};
    train(trainer, Reverse{}, grow,
          {.steps = 4, .batch = 4, .test_every = 2, .test_each = 4, .watch = journal.watch("first")});
    train(trainer, Reverse{}, Uniform{1, 2},
          {.steps = 2, .batch = 4, .test_every = 2, .test_each = 4, .watch = journal.watch("second")});
    const std::string record = slurp(folder / "run/record.jsonl");
    CHECK(count(record, R"("event":"test")") == 3);
    CHECK(count(record, R"(,"curriculum":"1 0"})") == 2);
    std::fclose(none);
}

TEST_CASE("journal: reports of two axes are drawn as grids, one of them for each report") {
    const scratch::Folder folder;
    Common                common{.out = folder / "run"};
    Flags                 flags{"test"};
    common.add_to(flags);
    std::FILE *out = std::tmpfile(), *error = std::tmpfile();
    Journal    journal{"trial", "A trial", common, flags, {out, error}};
    Report     report;
    for (int a = 1; a <= 3; ++a)
        for (int b = 1; b <= 2; ++b) report.scores.push_back({{a, b}, a + b, 10});
    journal.finish({2, 1}, {{"before", report}, {"after", report}});
    const std::string page = slurp(folder / "run/report.html");
    CHECK(count(page, "<figure>") == 2 + 1);  // and the loss
    CHECK(count(page, "labels end here") == 2);
    CHECK(scratch::xml_fault(page) == "");
    CHECK(scratch::read(out).find(R"("trained_to":"2x1","before":{"1x1":0.2,"1x2":0.3,)") !=
          std::string::npos);
    std::fclose(out), std::fclose(error);
}

TEST_CASE(
    "journal: a training of one step, and labels that are made at once, tell no speed that nobody measured") {
    Common common;
    Flags  flags{"test"};
    common.add_to(flags);
    std::FILE *  out = std::tmpfile(), *error = std::tmpfile();
    cpu::Context ctx{{.threads = 1}};
    SmallModel<> model{ctx};
    Journal      journal{"trial", "A trial", common, flags, {out, error}};
    train(ctx, model, Reverse{}, Uniform{1, 2}, {.steps = 1, .batch = 4, .watch = journal.watch("one")});
    const std::string one = scratch::read(error);
    CHECK(one.find("one   1/1   100%   loss ") == 0);
    CHECK(count(one, "/s   ") == 0);
    CHECK(count(one, "elapsed 0:00\n") == 1);
    train(ctx, model, Reverse{}, Uniform{1, 2}, {.steps = 3, .batch = 4, .watch = journal.watch("three")});
    CHECK(count(scratch::read(error), " steps/s   ") == 1);
    CHECK(count(scratch::read(error), " tokens/s   ") == 1);
    std::fclose(out), std::fclose(error);
}
