// Trains a small model of every kind that can be exported, and writes each as save_pretrained() does, with what it
// computes beside it, for transformers_check.py to compare:
//     oracle_export FOLDER
// A model's folder gets logits.safetensors, logits of texts of several lengths, and answers.jsonl, greedy answers.

#include <cstdio>
#include <fstream>

#include "io/corpus.hpp"
#include "oracle/models.hpp"
#include "rung/io/save_pretrained.hpp"

using namespace rung;

namespace {

template <class Model, class Task>
void write(std::string const& root, std::string const& name, Task const& task, Difficulty from, Difficulty to,
           int steps) {
    const std::string folder = root + "/" + name;
    cpu::Context      ctx{{.seed = 1}};
    Model             model{ctx};
    Trainer           trainer{ctx, model};
    train(trainer, task, Uniform{from, to}, {.steps = steps, .batch = 64, .peak = 2e-3});
    // Biases and gains that training has hardly moved would hide that they were left out.
    Rng rng(3, Purpose::user);
    Model::for_each_weight([&](std::string const&, WeightSpec const& spec, Index offset) {
        if (spec.rows == 1)
            for (Index i = 0; i < spec.size(); ++i) model.weights()[offset + i] += float(0.05 * rng.normal());
    });
    save_pretrained(folder, model, task);

    const Vocab              vocab = vocab_of<Task>();
    std::vector<std::string> prompts;
    std::uint32_t            drawn = 0;
    const auto               draw  = [&](auto&& next) {
        Rng       each(9, Purpose::user, drawn++);
        const int first  = each.between(from.first, to.first);
        const int second = from.second > 0 ? each.between(from.second, to.second) : 0;
        next(sample(task, each, Difficulty{first, second}));
    };
    while (prompts.size() < 1'000) draw([&](Example const& one) { prompts.push_back(one.prompt); });
    std::ofstream lines(folder + "/answers.jsonl");
    const auto    answers = decode(ctx, model, vocab, prompts);
    for (std::size_t i = 0; i < prompts.size(); ++i) {
        std::vector<int> tokens{Vocab::begin};
        vocab.append(tokens, prompts[i]);
        lines << Json{}
                     .set("prompt", prompts[i])
                     .set("tokens", Json::array(tokens))
                     .set("answer", answers[i].text)
                     .set("ended", answers[i].ended)
              << '\n';
    }

    std::vector<std::vector<float>> numbers;
    std::vector<std::vector<int>>   texts;
    cpu::Lane<float>                lane;
    for (int i = 0; i < 24; ++i) {
        auto& tokens = texts.emplace_back(1, Vocab::begin);
        draw([&](Example const& one) { vocab.append(tokens, one.prompt + one.answer); });
        // Texts of all lengths, the longest as long as the context.
        const std::size_t length = i == 0 ? Model::shape.context : tokens.size() * std::size_t(i) / 23 + 1;
        while (tokens.size() < length) tokens.push_back(tokens[tokens.size() % 7 + 1]);
        tokens.resize(length);
        std::vector<int> positions(length);
        for (std::size_t t = 0; t < length; ++t) positions[t] = int(t);
        const int starts[] = {0, int(length)};
        lane.reset();
        const auto logits = Model::forward(lane, model.weights().cdata(),
                                           Sequences{tokens.data(), positions.data(), starts, 1})
                                .logits;
        numbers.emplace_back(logits.data, logits.data + logits.size());
    }
    std::vector<Tensor> tensors;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const std::uint64_t length = texts[i].size(), V = std::uint64_t(Model::shape.vocab);
        tensors.push_back(tensor_of("logits." + std::to_string(i), {length, V}, numbers[i].data()));
        tensors.push_back({"tokens." + std::to_string(i),
                           dtype_of("I32"),
                           {length},
                           {reinterpret_cast<char const*>(texts[i].data()), 4 * texts[i].size()}});
    }
    write_safetensors(folder + "/logits.safetensors", tensors);
    std::fprintf(stderr, "%s: %ld weights\n", name.c_str(), long(Model::parameters));
}

/// The right and wrong files of the tests, and whether the reference implementation takes them.
void write_corpus(std::string const& folder) {
    make_folder(folder);
    std::ofstream lines(folder + "/corpus.jsonl");
    int           number = 0;
    for (auto const& one : rung_test::corpus()) {
        const std::string file = std::to_string(number++) + ".safetensors";
        write_file(folder + "/" + file, one.file);
        lines << Json{}.set("name", one.name).set("file", file).set("taken", one.says.empty() || one.lax)
              << '\n';
    }
}

}  // namespace

int main(int argc, char** argv) try {
    RUNG_CHECK(argc == 2, "oracle_export: got ", argc - 1, " arguments, wanted a folder");
    const std::string root = argv[1];
    write_corpus(root + "/corpus");
    rung_test::for_each_model(
        [&](auto type, auto const&... all) { write<typename decltype(type)::type>(root, all...); });
} catch (std::exception const& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
