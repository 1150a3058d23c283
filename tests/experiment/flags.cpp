#include "rung/experiment/flags.hpp"

#include <doctest/doctest.h>
#include <cstdint>
#include <limits>

#include "scratch.hpp"

using namespace rung;

namespace {

/// A program with one flag of each kind.
struct Setup {
    int           steps = 2000;
    std::uint64_t seed  = 1;
    float         rate  = 0.5f;
    bool          quick = false;
    std::string   task  = "reverse", note{}, out{};
    Flags         flags{"Teach something."};

    Setup() {
        flags.add("steps", steps, "training steps", {.least = 1});
        flags.add("seed", seed, "random seed");
        flags.add("rate", rate, "learning rate", {.least = 0, .most = 1});
        flags.add("quick", quick, "do less");
        flags.add("task", task, "what to learn", {"copy", "reverse"});
        flags.add("note", note, "a remark");
        flags.add_folder("out", out, "where to write");
    }
    Setup(Setup const&)            = delete;
    Setup& operator=(Setup const&) = delete;

    Parsed parse(std::vector<char const*> words, std::vector<char const*> variables = {}) {
        words.insert(words.begin(), "bin/learn");
        variables.push_back(nullptr);
        return flags.parse(int(words.size()), words.data(), variables.data());
    }
    /// The message of the error that these words make.
    std::string refusal(std::vector<char const*> words, std::vector<char const*> variables = {}) {
        try {
            parse(std::move(words), std::move(variables));
        } catch (BadFlag const& error) {
            return error.what();
        }
        return "(accepted)";
    }
};

std::string refusal(std::vector<char const*> words, std::vector<char const*> variables = {}) {
    return Setup{}.refusal(std::move(words), std::move(variables));
}
/// The message of the error that a file with this text makes, after its name.
std::string refusal_of_file(std::string_view text) {
    const scratch::Folder folder;
    const std::string     path = folder / "f.toml";
    scratch::write(path, text);
    const std::string message = refusal({"--config", path.c_str()});
    return message.substr(message.starts_with(path) ? path.size() : 0);
}

}  // namespace

TEST_CASE("flags: a value may follow as the next word or after an equals sign") {
    Setup s;
    CHECK(s.parse({"--steps", "10", "--seed=7", "--rate", "2.5e-1", "--task=copy", "--note", "a=b"}) ==
          Parsed::work);
    CHECK(s.steps == 10);
    CHECK(s.seed == 7);
    CHECK(s.rate == 0.25f);
    CHECK(s.task == "copy");
    CHECK(s.note == "a=b");
}

TEST_CASE("flags: what is not given keeps its default") {
    Setup s;
    s.parse({});
    CHECK(s.flags.values().text() ==
          R"({"steps":2000,"seed":1,"rate":0.5,"quick":false,"task":"reverse","note":"","out":""})");
}

TEST_CASE("flags: what would not count is refused on the command line, and passed over elsewhere") {
    Setup given;
    given.parse({"--steps", "2000", "--quick"}, {"RUNG_SEED=7"});
    given.flags.refuse_beside("--paper", {"seed", "rate"});
    CHECK_THROWS_WITH_AS(given.flags.refuse_beside("--paper", {"rate", "steps"}),  // though it is the default
                         "--steps: got one, wanted none beside --paper", BadFlag);
    CHECK_THROWS_AS(given.flags.refuse_beside("--paper", {"quick"}), BadFlag);
    CHECK_THROWS_WITH_AS(given.flags.refuse_beside("--paper", {"stops"}),
                         "Flags::refuse_beside: got 'stops', wanted the name of a flag", Error);
}

TEST_CASE("flags: a switch needs no value, and may have one") {
    Setup a, b;
    a.parse({"--quick", "--steps", "3"});
    CHECK(a.quick);
    b.quick = true;
    b.parse({"--quick=false"});
    CHECK_FALSE(b.quick);
}

TEST_CASE("flags: every 64-bit seed is exact") {
    Setup s;
    s.parse({"--seed", "18446744073709551615"});
    CHECK(s.seed == std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("flags: a value that is not a number is refused, and the message says what would do") {
    CHECK(refusal({"--steps", "abc"}) == "--steps: got 'abc', wanted an integer of at least 1");
}

TEST_CASE("flags: a number with anything before or behind it is refused") {
    for (const char* word : {"10x", " 10", "10 ", "1.5", "1e3", "+1", "0x10", ""})
        CHECK(refusal({"--steps", word}) ==
              "--steps: got '" + std::string{word} + "', wanted an integer of at least 1");
}

TEST_CASE("flags: a number outside its limits is refused") {
    CHECK(refusal({"--steps", "0"}) == "--steps: got '0', wanted an integer of at least 1");
    CHECK(refusal({"--rate", "1.5"}) == "--rate: got '1.5', wanted a number from 0 to 1");
    CHECK(refusal({"--seed", "-1"}) == "--seed: got '-1', wanted an integer of at least 0");
}

TEST_CASE("flags: a number too large for its type is refused with both ends") {
    CHECK(refusal({"--steps", "99999999999"}) ==
          "--steps: got '99999999999', wanted an integer from 1 to 2147483647");
}

TEST_CASE("flags: neither NaN nor infinity is a number") {
    for (const char* word : {"nan", "inf", "-inf"})
        CHECK(refusal({"--rate", word}) ==
              "--rate: got '" + std::string{word} + "', wanted a number from 0 to 1");
    float loose = 0;
    Flags flags{"x"};
    flags.add("loose", loose, "without limits");
    const char* words[] = {"p", "--loose=inf"};
    CHECK_THROWS_AS(flags.parse(2, words), BadFlag);
}

TEST_CASE("flags: a word that is not among the choices is refused, and they are listed") {
    CHECK(refusal({"--task", "sort"}) == "--task: got 'sort', wanted one of copy, reverse");
}

TEST_CASE("flags: a switch takes no other word") {
    CHECK(refusal({"--quick=yes"}) == "--quick: got 'yes', wanted true or false");
}

TEST_CASE("flags: an unknown flag is refused with the nearest one that exists") {
    CHECK(refusal({"--stpes", "3"}) == "--stpes: unknown flag; did you mean --steps?");
    CHECK(refusal({"-steps=3"}) == "-steps: unknown flag; did you mean --steps?");
    CHECK(refusal({"--temperature", "3"}) == "--temperature: unknown flag");
    CHECK(refusal({"--"}) == "--: unknown flag");
}

TEST_CASE("flags: a missing value is refused, at the end and before another flag") {
    CHECK(refusal({"--steps"}) == "--steps: got no value, wanted an integer of at least 1");
    CHECK(refusal({"--note", "--quick"}) == "--note: got no value, wanted one");
}

TEST_CASE("flags: an empty text is a missing value") {
    CHECK(refusal({"--out="}) == "--out: got '', wanted a text");
}

TEST_CASE("flags: a flag given twice is refused") {
    CHECK(refusal({"--steps", "3", "--steps=3"}) == "--steps: given twice, wanted once");
}

TEST_CASE("flags: a word that belongs to no flag is refused") {
    CHECK(refusal({"--quick", "3"}) == "'3': not a flag; wanted --name value");
    CHECK(refusal({""}) == "'': not a flag; wanted --name value");
}

TEST_CASE("flags: help wins over everything else, and touches nothing") {
    const scratch::Folder folder;
    const std::string     out = folder / "out";
    for (const char* help : {"--help", "-h"})
        CHECK(Setup{}.parse({"--steps", "abc", "--out", out.c_str(), help}) == Parsed::help);
    CHECK_FALSE(scratch::exists(out));
}

TEST_CASE("flags: the help names every flag, what it takes and its default") {
    CHECK(Setup{}.flags.help("learn") == R"(Teach something.

usage: learn [flags]

  --steps N       training steps; an integer of at least 1 (default 2000)
  --seed N        random seed; an integer of at least 0 (default 1)
  --rate X        learning rate; a number from 0 to 1 (default 0.5)
  --quick         do less
  --task TEXT     what to learn; one of copy, reverse (default "reverse")
  --note TEXT     a remark
  --out FOLDER    where to write
  --config FILE   the flags of a file, lines of name = value; RUNG_NAME in the environment hides them
  --help          show this and stop
)");
}

TEST_CASE("flags: the output folder is made before the work starts") {
    const scratch::Folder folder;
    const std::string     out = folder / "a/b";
    Setup{}.parse({"--out", out.c_str()});
    CHECK(scratch::exists(out));
}

TEST_CASE("flags: an output folder that cannot be made is a bad flag that names it") {
    const scratch::Folder folder;
    scratch::write(folder / "file", "");
    const std::string out = folder / "file/out";
    CHECK(refusal({"--out", out.c_str()}) == "--out: folder: cannot be made; got '" + out +
                                                 "' (Not a directory), wanted a folder that can be written");
}

TEST_CASE("flags: a bad flag leaves the disk alone") {
    const scratch::Folder folder;
    const std::string     out = folder / "out";
    refusal({"--out", out.c_str(), "--steps", "0"});
    CHECK_FALSE(scratch::exists(out));
}

TEST_CASE("flags: the command can be pasted into a shell") {
    Setup s;
    s.parse({"--steps=3", "--note", "it's $HOME"});
    CHECK(s.flags.command() == R"(learn --steps=3 --note 'it'\''s $HOME')");
}

TEST_CASE("flags: a variable of the environment is a flag in capitals, and others are passed over") {
    Setup s;
    int   trained_to = 1;
    s.flags.add("trained-to", trained_to, "longest");
    s.parse({}, {"PATH=/bin", "RUNG_STEPS=7", "RUNG_NOTE=a=b", "RUNG_QUICK=true", "RUNG_TRAINED_TO=9",
                 "RUNG_BUILD=elsewhere", "STEPS=1"});
    CHECK(s.steps == 7);
    CHECK(s.note == "a=b");
    CHECK(s.quick);
    CHECK(trained_to == 9);
}

TEST_CASE("flags: a variable is held to what the flag is held to, and its name to the flags there are") {
    CHECK(refusal({}, {"RUNG_STEPS=0"}) == "RUNG_STEPS: got '0', wanted an integer of at least 1");
    CHECK(refusal({}, {"RUNG_QUICK=1"}) == "RUNG_QUICK: got '1', wanted true or false");
    CHECK(refusal({}, {"RUNG_STPES=3"}) == "RUNG_STPES: unknown flag; did you mean RUNG_STEPS?");
    CHECK(refusal({}, {"RUNG_steps=3"}) == "RUNG_steps: unknown flag; did you mean RUNG_STEPS?");
}

TEST_CASE("flags: a tool may ignore the environment") {
    Flags       flags{"x", Environment::ignored};
    const char *words[] = {"tool"}, *variables[] = {"RUNG_STEPS=3", nullptr};
    CHECK(flags.parse(1, words, variables) == Parsed::work);
}

TEST_CASE("flags: a file gives what its lines say") {
    const scratch::Folder folder;
    const std::string     path = folder / "f.toml", variable = "RUNG_CONFIG=" + path;
    scratch::write(path, "# many\nsteps = 1_000 # of them\nrate=2.5e-1\nquick = true\nnote = \"a # b\"\n");
    Setup s, t;
    s.parse({"--config", path.c_str()});
    CHECK(s.steps == 1000);
    CHECK(s.rate == 0.25f);
    CHECK(s.quick);
    CHECK(s.note == "a # b");
    t.parse({}, {variable.c_str()});
    CHECK(t.steps == 1000);
}

TEST_CASE("flags: the command line hides the environment, which hides the file, which hides the default") {
    const scratch::Folder folder;
    const std::string     path = folder / "f.toml";
    scratch::write(path, "steps = 1\nseed = 1\nrate = 0.125\n");
    Setup s;
    s.parse({"--steps=3", "--config", path.c_str()}, {"RUNG_SEED=2", "RUNG_STEPS=2"});
    CHECK(s.steps == 3);
    CHECK(s.seed == 2);
    CHECK(s.rate == 0.125f);
    CHECK(s.task == "reverse");
}

TEST_CASE("flags: a file is held to what the flags are held to, and says its line") {
    CHECK(refusal_of_file("\nsteps = 0\n") == ":2: steps: got '0', wanted an integer of at least 1");
    CHECK(refusal_of_file("steps = 1.5\n") == ":1: steps: got '1.5', wanted an integer of at least 1");
    CHECK(refusal_of_file("stpes = 1\n") == ":1: stpes: unknown flag; did you mean steps?");
    CHECK(refusal_of_file("steps = \"5\"\n") == ":1: steps: got a text, wanted one without quotes");
    CHECK(refusal_of_file("quick = \"true\"\n") == ":1: quick: got a text, wanted one without quotes");
    CHECK(refusal_of_file("note = 5\n") == ":1: note: got 5, wanted a text in quotes");
    CHECK(refusal_of_file("seed = 1\n\nseed = 2\n") == ":3: seed: given twice, wanted once (line 1 has it)");
    CHECK(refusal_of_file("config = \"g.toml\"\n") ==
          ":1: config: got another file, wanted flags themselves");
    CHECK(refusal_of_file("[steps]\n") == ":1: got '[steps]', wanted key = value (flags have no tables)");
    CHECK(refusal({"--config", "/none/f.toml"}) ==
          "/none/f.toml: cannot be read (No such file or directory); wanted a TOML file of flags");
}

TEST_CASE("flags: a folder named in a file or in the environment is made as well") {
    const scratch::Folder folder;
    const std::string     path = folder / "f.toml", out = folder / "out", other = "RUNG_OUT=" + out + "2";
    scratch::write(path, "out = '" + out + "'\n");
    Setup{}.parse({"--config", path.c_str()});
    CHECK(scratch::exists(out));
    Setup{}.parse({}, {other.c_str()});
    CHECK(scratch::exists(out + "2"));
}

TEST_CASE("flags: two flags of one name are a mistake of the program, which parse tells") {
    for (char const* name : {"steps", "config"}) {
        int   first = 1, other = 1;
        Flags flags{"Test."};
        flags.add("steps", first, "a number").add(name, other, "again");
        char const* const word = "test";
        CHECK_THROWS_WITH_AS(flags.parse(1, &word, nullptr), doctest::Contains("twice, wanted it once"),
                             Error);
    }
}

TEST_CASE("flags: limits say what they allow") {
    CHECK(Limits<int>{}.text() == "an integer");
    CHECK(Limits<int>{.most = 5}.text() == "an integer of at most 5");
    CHECK(Limits<int>{.least = 1, .most = 5}.text() == "an integer from 1 to 5");
    CHECK(Limits<double>{.least = 0.5}.text() == "a number of at least 0.5");
}
