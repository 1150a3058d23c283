// Checkpoints of stock classes: what is written is read back into the same weights, what does not fit is told at once.
#include <doctest/doctest.h>

#include <fstream>

#include "experiment/scratch.hpp"
#include "rung/io/load_pretrained.hpp"
#include "rung/io/save_pretrained.hpp"
#include "rung/rung.hpp"
#include "rung/task/maze.hpp"

using namespace rung;

namespace {

constexpr Shape tiny{.vocab = Reverse::vocab, .context = 12, .width = 16, .heads = 4, .hidden = 24};
constexpr Shape grouped{
    .vocab = Reverse::vocab, .context = 12, .width = 16, .heads = 4, .kv_heads = 2, .hidden = 24};

struct BiasedLlama : Llama {
    static constexpr bool tied = true, biased = true;
    template <int C, int F>
    using Mlp = SwiGlu<C, F, true>;
};
using BareGpt = GptStyle<Bias::nowhere, Embeddings::separate>;
using Gpt2    = Transformer<tiny, Learned, Stacked<2>, Gpt>;
using Rotary  = Transformer<grouped, Rope<>, Stacked<2>, Llama>;

/// No two weights alike.
template <class Model>
Model numbered(float from = 1) {
    Model model{std::uint64_t{1}};
    for (Index i = 0; i < Model::parameters; ++i) model.weights()[i] = from + float(i) / 1024;
    return model;
}

template <class Model>
std::string complaint(std::string const& folder, PretrainedOptions options = {}) {
    Model       model  = numbered<Model>(-5);
    const auto  before = model.weights().copy();
    std::string what;
    try {
        load_pretrained(model, folder, options);
    } catch (Error const& error) {
        what = error.what();
    }
    if (!what.empty()) CHECK(std::equal(before.begin(), before.end(), model.weights().begin()));
    return what;
}

template <class Model>
void check_round_trip(PretrainedOptions options = {}) {
    const scratch::Folder folder;
    const Model           model = numbered<Model>();
    save_pretrained(folder.path(), model, Reverse{}, options);
    Model read{std::uint64_t{2}};
    load_pretrained(read, folder.path(), Reverse{}, options);
    CHECK(std::equal(model.weights().begin(), model.weights().end(), read.weights().begin()));

    // And what was read is written as the same files.
    const scratch::Folder again;
    save_pretrained(again.path(), read, Reverse{}, options);
    for (auto const& name : scratch::names_in(folder.path())) {
        CAPTURE(name);
        CHECK(scratch::read(folder / name) == scratch::read(again / name));
    }
    CHECK(scratch::names_in(folder.path()).size() == 6);
}

void replace(std::string const& path, std::string const& from, std::string const& to) {
    std::string       text = scratch::read(path);
    const std::size_t at   = text.find(from);
    REQUIRE(at != text.npos);
    scratch::write(path, text.replace(at, from.size(), to));
}

}  // namespace

TEST_CASE("a model is read back from its checkpoint, weight for weight, and written as the same files") {
    SUBCASE("GPT-2") { check_round_trip<Gpt2>(); }
    SUBCASE("without positions, biases and tied embeddings, which are zeros and a head there") {
        check_round_trip<Transformer<tiny, NoPe, Stacked<2>, BareGpt>>();
    }
    SUBCASE("with waves, which are a table there") {
        check_round_trip<Transformer<tiny, Sinusoidal<>, Stacked<1>, Gpt>>();
    }
    SUBCASE("Llama with grouped heads") { check_round_trip<Rotary>(); }
    SUBCASE("Llama, tied, with biases") {
        check_round_trip<Transformer<grouped, Rope<500, 100, 2, 4>, Stacked<2>, BiasedLlama>>();
    }
    SUBCASE("loops, which are layers one after another there") {
        check_round_trip<Transformer<grouped, NoPe, Looped<3, 2>, Llama>>();
        check_round_trip<Transformer<grouped, NoPe, Looped<3, 2>, Llama>>({.passes = 1});
        check_round_trip<Transformer<tiny, Learned, PreludeCoreCoda<1, 2, 1, 2, NoInjection>, Gpt>>();
    }
}

TEST_CASE("a loop of two passes is written as two layers, and its weights twice") {
    using Loop = Transformer<grouped, NoPe, Looped<2>, Llama>;
    const scratch::Folder folder;
    save_pretrained(folder.path(), numbered<Loop>(), Reverse{});
    const Safetensors file(folder / "model.safetensors");
    Tensor const*     first  = file.find("model.layers.0.mlp.up_proj.weight");
    Tensor const*     second = file.find("model.layers.1.mlp.up_proj.weight");
    REQUIRE((first && second));
    CHECK(first->bytes == second->bytes);
    CHECK(!file.find("model.layers.2.mlp.up_proj.weight"));
    CHECK(scratch::read(folder / "config.json").find("\"num_hidden_layers\":2") != std::string::npos);

    SUBCASE("it is read into a stack of two, but not the other way round") {
        using Stack = Transformer<grouped, NoPe, Stacked<2>, Llama>;
        CHECK(complaint<Stack>(folder.path()) == "");
        const scratch::Folder other;
        save_pretrained(other.path(), numbered<Stack>(), Reverse{});
        const std::string got = complaint<Loop>(other.path());
        CHECK(got.find(
                  "tensor 'model.layers.1.mlp.up_proj.weight': got numbers of its own, wanted those of the "
                  "layer that it shares") != got.npos);
        CHECK(got.find("model.layers.0.") == got.npos);
    }
    SUBCASE("passes are counted") {
        const std::string got = complaint<Loop>(folder.path(), {.passes = 3});
        CHECK(got.find("config.json: num_hidden_layers; got 2, wanted 3") != got.npos);
        CHECK(got.find("tensor 'model.layers.2.mlp.up_proj.weight': missing, wanted [24, 16]") != got.npos);
    }
}

TEST_CASE("GPT-2's matrices stand as ours, Llama's are turned over") {
    const auto              gpt2 = numbered<Gpt2>();
    const PretrainedTensors of_gpt2(anatomy_of<Gpt2>(), gpt2.weights().cdata());
    const auto              rotary = numbered<Rotary>();
    const PretrainedTensors of_rotary(anatomy_of<Rotary>(), rotary.weights().cdata());
    const auto              find = [](PretrainedTensors const& all, std::string const& name) {
        for (auto const& tensor : all.tensors())
            if (tensor.name == name) return std::pair(tensor.shape, *numbers_of(tensor));
        FAIL("no " << name);
        return std::pair(Dimensions{}, std::vector<float>{});
    };
    const auto offset = [](auto const& model, std::string const& name) {
        Index at = -1;
        model.for_each_weight(
            [&](std::string const& n, WeightSpec const&, Index o) { at = n == name ? o : at; });
        return at;
    };
    const auto [shape, numbers] = find(of_gpt2, "transformer.h.1.attn.c_attn.weight");
    const Index qkv             = offset(gpt2, "blocks.1.attention.qkv");
    CHECK(shape == Dimensions{16, 48});
    CHECK(numbers[2 * 48 + 5] == gpt2.weights()[qkv + 2 * 48 + 5]);

    const auto [of_v, v]    = find(of_rotary, "model.layers.1.self_attn.v_proj.weight");
    const Index grouped_qkv = offset(rotary, "blocks.1.attention.qkv");  // (16, 16 + 8 + 8)
    CHECK(of_v == Dimensions{8, 16});
    CHECK(v[5 * 16 + 2] == rotary.weights()[grouped_qkv + 2 * 32 + 24 + 5]);
}

TEST_CASE("every mismatch is named in one error, and the model stays as it was") {
    const scratch::Folder folder;
    save_pretrained(folder.path(), numbered<Gpt2>(), Reverse{});
    const std::string path = folder / "model.safetensors";
    const auto        edit = [&](auto&& change) {
        const Safetensors   file(path);
        std::vector<Tensor> tensors = file.tensors;
        change(tensors);
        const std::string bytes = safetensors(tensors);
        scratch::write(path, bytes);
    };
    const auto says = [&](std::vector<std::string> const& lines) {
        const std::string got = complaint<Gpt2>(folder.path());
        CAPTURE(got);
        CHECK(
            got.starts_with("load_pretrained: '" + folder.path() + "'; got what does not fit the model:\n"));
        CHECK(std::size_t(scratch::count(got, "\n    ")) == lines.size());
        for (auto const& line : lines) CHECK(got.find("\n    " + line) != got.npos);
    };
    const std::string   more(64, '\0');
    std::vector<Tensor> kept;
    SUBCASE("missing, unexpected, of another shape, of another type, and two settings") {
        edit([&](std::vector<Tensor>& tensors) {
            std::erase_if(tensors, [](Tensor const& t) { return t.name == "transformer.ln_f.bias"; });
            for (Tensor& tensor : tensors) {
                if (tensor.name == "transformer.h.0.ln_1.weight") tensor.shape = {4, 4};
                if (tensor.name == "transformer.h.0.ln_1.bias") tensor.dtype = dtype_of("I32");
            }
            tensors.push_back({"extra", dtype_of("F32"), {4, 4}, more});
        });
        replace(folder / "config.json", "\"n_head\":4", "\"n_head\":2");
        replace(folder / "config.json", "gelu_new", "gelu");
        says({"config.json: n_head; got 2, wanted 4",
              "config.json: activation_function; got \"gelu\", wanted \"gelu_pytorch_tanh\"",
              "tensor 'transformer.ln_f.bias': missing, wanted [16]",
              "tensor 'transformer.h.0.ln_1.weight': shape; got [4, 4], wanted [16]",
              "tensor 'transformer.h.0.ln_1.bias': dtype; got I32, wanted F32, BF16, F16 or F64",
              "tensor 'extra': unexpected, got [4, 4], wanted none"});
    }
    SUBCASE("a number that is not finite") {
        std::string numbers(16 * 4, '\0');
        const float wrong = NAN;
        std::memcpy(&numbers[3 * 4], &wrong, 4);
        edit([&](std::vector<Tensor>& tensors) {
            for (Tensor& tensor : tensors)
                if (tensor.name == "transformer.ln_f.bias") tensor.bytes = numbers;
        });
        says({"tensor 'transformer.ln_f.bias': number 3; got nan, wanted a finite one"});
        auto model                            = numbered<Gpt2>();
        model.weights()[Gpt2::parameters - 1] = INFINITY;
        CHECK_THROWS_WITH_AS(save_pretrained(folder.path(), model, Reverse{}),
                             doctest::Contains("; got inf, wanted a finite one"), Error);
    }
    SUBCASE("a head that is not the embedding's") {
        const std::string head(13 * 16 * 4 + (Reverse::vocab - 13) * 16 * 4, '\0');
        edit([&](std::vector<Tensor>& tensors) {
            tensors.push_back({"lm_head.weight", dtype_of("F32"), {std::uint64_t(Reverse::vocab), 16}, head});
        });
        says({"tensor 'lm_head.weight': got other numbers than the embedding's, to which the model ties it"});
    }
    SUBCASE("positions, where the model has none") {
        using None            = Transformer<tiny, NoPe, Stacked<2>, Gpt>;
        const std::string got = complaint<None>(folder.path());
        CHECK(got.find("tensor 'transformer.wpe.weight': got numbers that are not 0") != got.npos);
        CHECK(scratch::count(got, "\n    ") == 1);
    }
    SUBCASE("another class") {
        const std::string got = complaint<Rotary>(folder.path());
        CHECK(got.find("config.json: model_type; got \"gpt2\", wanted \"llama\"") != got.npos);
        CHECK(got.find("tensor 'model.norm.weight': missing, wanted [16]") != got.npos);
        CHECK(got.find("tensor 'transformer.ln_f.weight': unexpected") != got.npos);
    }
    SUBCASE("another tokenizer") {
        replace(folder / "tokenizer.json", "\"5\":8", "\"5\":9");
        Gpt2        model = numbered<Gpt2>();
        std::string got;
        try {
            load_pretrained(model, folder.path(), Reverse{});
        } catch (Error const& error) {
            got = error.what();
        }
        CHECK(got.find("\n    tokenizer.json: token \"5\"; got 9, wanted 8") != got.npos);
    }
}

TEST_CASE(
    "files as others write them are read: no prefix, half precision, old masks, tied heads, settings left "
    "out") {
    const scratch::Folder folder;
    const auto            model = numbered<Gpt2>(0);  // with few digits
    save_pretrained(folder.path(), model, Reverse{});
    std::vector<std::string> held;
    held.reserve(200);
    std::vector<Tensor> tensors;
    const Safetensors   file(folder / "model.safetensors");
    for (Tensor tensor : file.tensors) {
        tensor.name = tensor.name.substr(std::string_view("transformer.").size());
        if (tensor.name == "wte.weight") {
            tensors.push_back(tensor);
            tensor.name = "lm_head.weight";
        } else if (tensor.name.ends_with("ln_1.weight")) {
            auto&      bytes   = held.emplace_back();
            const auto numbers = *numbers_of(tensor);
            for (const float x : numbers) {
                const double wide = x;
                bytes.append(reinterpret_cast<char const*>(&wide), 8);
            }
            tensor.dtype = dtype_of("F64"), tensor.bytes = bytes;
        }
        tensors.push_back(tensor);
    }
    const std::string mask(12 * 12, '\1');
    tensors.push_back({"h.0.attn.bias", dtype_of("BOOL"), {1, 1, 12, 12}, mask});
    const std::string bytes = safetensors(tensors);
    scratch::write(folder / "model.safetensors", bytes);
    scratch::write(folder / "config.json",
                   concat(R"({"model_type":"gpt2","n_embd":16,"n_head":4,"n_layer":2,)",
                          R"("n_inner":24,"vocab_size":)", Reverse::vocab, "}"));
    Gpt2 read{std::uint64_t{2}};
    load_pretrained(read, folder.path());
    CHECK(std::equal(model.weights().begin(), model.weights().end(), read.weights().begin()));
}

TEST_CASE("settings of rotations are read from both of their places") {
    using Stretched = Transformer<grouped, Rope<500, 100, 2>, Stacked<1>, Llama>;
    const scratch::Folder folder;
    save_pretrained(folder.path(), numbered<Stretched>(), Reverse{});
    const std::string config = scratch::read(folder / "config.json");
    CHECK(config.find(R"("rope_scaling":{"type":"linear","factor":2.0})") != config.npos);
    CHECK(config.find(R"("rope_parameters":{"rope_type":"linear","factor":2.0,"rope_theta":500.0})") !=
          config.npos);
    CHECK(complaint<Stretched>(folder.path()) == "");
    replace(folder / "config.json", "rope_parameters", "other");
    CHECK(complaint<Stretched>(folder.path()) == "");
    replace(folder / "config.json", "\"factor\":2.0", "\"factor\":4.0");
    const std::string got = complaint<Stretched>(folder.path());
    CHECK(got.find("config.json: factor of rope_parameters or rope_scaling; got 4.0, wanted 2.0") !=
          got.npos);
    CHECK(got.find("NoPe") == got.npos);
    using Turning = Transformer<grouped, Rope<500>, Stacked<1>, Llama>;
    using Still   = Transformer<grouped, NoPe, Stacked<1>, Llama>;
    CHECK(complaint<Turning>(folder.path()).find("rope_scaling; got 4.0, wanted 1.0") != got.npos);
    CHECK(
        complaint<Still>(folder.path()).find("got 4.0, wanted 1e+30 (1e+30 is NoPe's: the angles vanish)") !=
        got.npos);
}

TEST_CASE("half precision is widened exactly") {
    CHECK(from_half(0x3C00) == 1.0f);
    CHECK(from_half(0xC000) == -2.0f);
    CHECK(from_half(0x7BFF) == 65504.0f);
    CHECK(from_half(0x0001) == std::ldexp(1.0f, -24));
    CHECK(from_half(0x03FF) == std::ldexp(1023.0f, -24));
    CHECK(from_half(0x0400) == std::ldexp(1.0f, -14));
    CHECK(from_half(0x8000) == 0.0f);
    CHECK(std::signbit(from_half(0x8000)));
    CHECK(from_half(0x7C00) == INFINITY);
    CHECK(std::isnan(from_half(0x7C01)));
    const std::uint16_t brain[] = {0x3F80, 0xC040};
    const Tensor        tensor{"w", dtype_of("BF16"), {2}, {reinterpret_cast<char const*>(brain), 4}};
    CHECK(*numbers_of(tensor) == std::vector{1.0f, -3.0f});
}

TEST_CASE("norms divide by what the config says") { CHECK(stock_epsilon == cpu::norm_epsilon); }

TEST_CASE("a tokenizer has every token under its id, and words before characters, the longest first") {
    const std::string text = tokenizer_json(vocab_of<Maze>()).text();
    CHECK(text.find(R"("vocab":{"<pad>":0,"<bos>":1,"<eos>":2,"1":3,)") != text.npos);
    CHECK(text.find(R"("10":18,"11":19)") != text.npos);
    CHECK(text.find(R"("Regex":"\\x31\\x30|\\x31\\x31|)") != text.npos);
    CHECK(text.find(R"(|\\x39\\x39|[\\s\\S]")") != text.npos);
    constexpr std::string_view of_two[] = {"ab", "abc"};
    const std::string          words    = tokenizer_json(Vocab{"abc", of_two}).text();
    CHECK(words.find(R"("\\x61\\x62\\x63|\\x61\\x62|[\\s\\S]")") != words.npos);
}

TEST_CASE("what a tokenizer or a model cannot be written as is refused before a file is made") {
    const scratch::Folder folder;
    CHECK_THROWS_WITH_AS(tokenizer_json(Vocab{"a\xE9"}),
                         "save_pretrained: alphabet; got byte 233, wanted ASCII", Error);
    CHECK_THROWS_WITH_AS(save_pretrained(folder.path(), numbered<Gpt2>(), Vocab{"ab"}),
                         doctest::Contains("tokens of the vocabulary; got 5, wanted"), Error);
    CHECK(scratch::names_in(folder.path()).empty());
}

TEST_CASE("a damaged config is an error with its path") {
    const scratch::Folder folder;
    save_pretrained(folder.path(), numbered<Gpt2>(), Reverse{});
    for (std::string const text : {"", "[]", "{", "{\"model_type\":", "\xFF", "null"}) {
        CAPTURE(text);
        scratch::write(folder / "config.json", text);
        const std::string got = complaint<Gpt2>(folder.path());
        CHECK(got.find("config.json'; got something else, wanted an object of JSON") != got.npos);
    }
    scratch::write(folder / "config.json",
                   R"({"model_type":7,"n_embd":"a","rope_scaling":3,"vocab_size":[]})");
    CHECK(complaint<Gpt2>(folder.path()).find("model_type; got 7") != std::string::npos);
    scratch::write(folder / "config.json",
                   R"({"model_type":"llama","rope_scaling":3,"num_attention_heads":"x"})");
    CHECK(complaint<Rotary>(folder.path()).find("num_attention_heads; got \"x\"") != std::string::npos);
}

TEST_CASE("values in each other are refused, however many") {
    const scratch::Folder folder;
    save_pretrained(folder.path(), numbered<Gpt2>(), Reverse{});
    scratch::write(folder / "config.json", "{\"n_head\":" + std::string(400'000, '['));
    CHECK(complaint<Gpt2>(folder.path()).find("got values in each other, wanted at most 32 deep") !=
          std::string::npos);
}

TEST_CASE("a config or a tokenizer damaged anywhere is an error of ours, or changes nothing that counts") {
    const scratch::Folder folder;
    const auto            model = numbered<Rotary>();
    save_pretrained(folder.path(), model, Reverse{});
    const std::string          texts[] = {scratch::read(folder / "config.json"),
                                          scratch::read(folder / "tokenizer.json")};
    char const* const          names[] = {"config.json", "tokenizer.json"};
    constexpr std::string_view parts[] = {"null", "{}", "[]", "\"x\"", "-1", "1e999", "{", "]", ",", "\xFF"};
    Rng                        rng(5, Purpose::user);
    int                        refused = 0;
    for (int i = 0; i < 500; ++i) {
        const auto  which = rng.below(2);
        std::string text  = texts[which];
        const auto  at    = rng.below(std::uint32_t(text.size()));
        const auto  end   = std::min(text.size(), text.find_first_of(",}]", at));
        if (rng.chance(0.5)) text.replace(at, end - at, parts[rng.below(10)]);
        else text[at] = char(rng.below(256));
        scratch::write(folder / names[which], text);
        Rotary read{std::uint64_t{2}};
        try {
            load_pretrained(read, folder.path(), Reverse{});
            CHECK(std::equal(model.weights().begin(), model.weights().end(), read.weights().begin()));
        } catch (Error const&) {
            ++refused;
        }  // any other exception fails the test
        scratch::write(folder / names[which], texts[which]);
    }
    CHECK(refused > 150);
    CHECK(refused < 500);
}
