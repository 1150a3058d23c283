// --save-pretrained of a program: where it writes, what it refuses before any work, and what it asks of a finished run.
#include <doctest/doctest.h>

#include "experiment/scratch.hpp"
#include "rung/io/load_pretrained.hpp"
#include "rung/io/pretrained_flag.hpp"
#include "rung/rung.hpp"

using namespace rung;

namespace {

constexpr Shape tiny{.vocab = Reverse::vocab, .context = 12, .width = 16, .heads = 4};
using Gpt2   = Transformer<tiny, Learned, Stacked<2>, Gpt>;
using Biased = Transformer<tiny, Alibi, Stacked<2>, Gpt>;

struct Placed : Reverse {
    int place(std::string_view text) const { return digit_place(text); }
};

/// What a program does with the flag.
template <class Task = Reverse, class Model>
void run(Model const& model, std::vector<char const*> words, std::string const& name = "") {
    words.insert(words.begin(), "program");
    Common               common;
    Flags                flags{"A program."};
    const PretrainedFlag pretrained{common, flags};
    flags.parse(int(words.size()), words.data());
    pretrained.check<Model>(Task{});
    pretrained.save(model, Task{}, name);
}

}  // namespace

TEST_CASE("the flag writes where it is given, and else nothing") {
    const scratch::Folder folder;
    const Gpt2            model{std::uint64_t{1}};
    const std::string     to = folder / "model";
    run(model, {});
    CHECK(scratch::names_in(folder.path()).empty());
    for (const std::string name : {"", "round 3"}) {
        run(model, {"--save-pretrained", to.c_str()}, name);
        Gpt2 read{std::uint64_t{2}};
        load_pretrained(read, name.empty() ? to : to + "/" + name, Reverse{});
        CHECK(std::equal(model.weights().begin(), model.weights().end(), read.weights().begin()));
    }
}

TEST_CASE("a model that no stock class computes is a bad flag, with the reason") {
    const scratch::Folder folder;
    const Biased          model{std::uint64_t{1}};
    const std::string     to = folder / "model";
    run(model, {});
    CHECK_THROWS_WITH_AS(
        run(model, {"--save-pretrained", to.c_str()}),
        doctest::Contains("wanted none: use Learned, Sinusoidal, Rope or NoPe (GPT-2 and Llama add "
                          "no biases to scores"),
        BadFlag);
    CHECK(scratch::names_in(folder.path()).empty());
}

TEST_CASE("a folder that cannot be made is a bad flag, with the flag's name") {
    const scratch::Folder folder;
    const std::string     file = folder / "file";
    scratch::write(file, "");
    CHECK_THROWS_WITH_AS(run(Gpt2{std::uint64_t{1}}, {"--save-pretrained", file.c_str()}),
                         doctest::Contains("--save-pretrained: folder: cannot be made; got '"), BadFlag);
}

TEST_CASE("positions that a task names are a bad flag, where the model reads any") {
    const scratch::Folder folder;
    const std::string     to = folder / "model";
    CHECK_THROWS_WITH_AS(run<Placed>(Gpt2{std::uint64_t{1}}, {"--save-pretrained", to.c_str()}),
                         doctest::Contains("wanted none: use a task without `place`"), BadFlag);
    CHECK(scratch::names_in(folder.path()).empty());
    run<Placed>(Transformer<tiny, NoPe, Stacked<2>, Llama>{std::uint64_t{1}},
                {"--save-pretrained", to.c_str()});
    CHECK(!scratch::names_in(to).empty());
}

TEST_CASE("a disk that is full leaves the model that was there, whole") {
    const scratch::Folder folder;
    const Gpt2            one{std::uint64_t{1}}, two{std::uint64_t{2}};
    save_pretrained(folder.path(), one, Reverse{});
    const auto names = scratch::names_in(folder.path());
    {
        const scratch::SmallDisk disk{8'000};  // the weights do not fit
        CHECK_THROWS_WITH_AS(save_pretrained(folder.path(), two, Reverse{}),
                             doctest::Contains("cannot be written"), Error);
    }
    CHECK(scratch::names_in(folder.path()) == names);
    Gpt2 read{std::uint64_t{3}};
    load_pretrained(read, folder.path(), Reverse{});
    CHECK(std::equal(one.weights().begin(), one.weights().end(), read.weights().begin()));
    scratch::write(folder / "model.safetensors.tmp12345.0", "what a killed process left");
    save_pretrained(folder.path(), two, Reverse{});
    CHECK(scratch::names_in(folder.path()) == names);
}
