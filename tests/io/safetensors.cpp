// Safetensors: what is written is read back, what is wrong is refused with its name, and nothing that can be read harms.
#include "rung/io/safetensors_reader.hpp"

#include <doctest/doctest.h>

#include <set>

#include "experiment/scratch.hpp"
#include "io/corpus.hpp"
#include "rung/core/rng.hpp"

using namespace rung;

namespace {

std::string complaint(std::string_view file) try {
    parse_safetensors(file);
    return "";
} catch (Error const& error) {
    return error.what();
}

/// Tensors of all types, shapes and sizes, with names that need care.
struct RandomTensors {
    std::vector<Tensor> tensors;
    std::string         bytes = std::string(4096, '\0');

    explicit RandomTensors(std::uint32_t index) {
        Rng rng(11, Purpose::user, index);
        for (char& byte : bytes) byte = char(rng.below(256));
        const int count = int(rng.below(9));
        for (int i = 0; i < count; ++i) {
            Tensor& tensor = tensors.emplace_back();
            tensor.name    = "layer." + std::to_string(i) + std::string(1, "\"\\\n/ ."[rng.below(6)]);
            tensor.dtype   = &dtypes[rng.below(std::uint32_t(std::size(dtypes)))];
            const int rank = int(rng.below(4));
            for (int d = 0; d < rank; ++d) tensor.shape.push_back(rng.below(6));
            if (tensor.dtype->bits % 8 != 0) tensor.shape.push_back(4);  // whole bytes
            const std::uint64_t size = bytes_of(tensor.name, *tensor.dtype, tensor.shape);
            tensor.bytes             = std::string_view(bytes).substr(rng.below(1024), std::size_t(size));
        }
    }
};

}  // namespace

TEST_CASE("every file of the corpus is judged right, and its message names the tensor") {
    const auto            all = rung_test::corpus();
    std::set<std::string> names;
    int                   wrong = 0;
    for (auto const& one : all) {
        CAPTURE(one.name);
        CHECK(names.insert(one.name).second);
        auto const&       says = one.says;
        const std::string got  = complaint(one.file);
        CAPTURE(got);
        if (says.empty()) CHECK(got == "");
        wrong += !says.empty();
        if (!says.empty()) CHECK(got.starts_with("safetensors: "));
        for (auto const& words : says) CHECK(got.find(words) != got.npos);
    }
    CHECK(all.size() > 100);
    CHECK(wrong > 60);
}

TEST_CASE("tensors are read as they were written, and written again the file is the same") {
    for (std::uint32_t i = 0; i < 2'000; ++i) {
        CAPTURE(i);
        const RandomTensors   random(i);
        const Metadata        metadata{{"format", "pt"}, {"a \"name\"", "\xCE\xB1\n"}};
        const std::string     file = safetensors(random.tensors, metadata);
        const SafetensorsView view = parse_safetensors(file);
        CHECK(view.metadata == metadata);
        REQUIRE(view.tensors.size() == random.tensors.size());
        for (Tensor const& tensor : random.tensors) {
            Tensor const* const read = view.find(tensor.name);
            REQUIRE(read);
            CHECK(read->dtype == tensor.dtype);
            CHECK(read->shape == tensor.shape);
            CHECK(read->bytes == tensor.bytes);
            const auto at = std::size_t(read->bytes.data() - file.data());
            CHECK(at % std::size_t(std::max(1, tensor.dtype->bits / 8)) == 0);  // aligned in the file
        }
        CHECK(safetensors(view.tensors, view.metadata) == file);
    }
}

TEST_CASE("what cannot be read back is not written") {
    const float numbers[] = {1, 2};
    const auto  w         = tensor_of("w", {2}, numbers);
    CHECK_THROWS_WITH_AS(safetensors({w, w}), "safetensors: tensor 'w'; got two of that name, wanted one",
                         Error);
    Tensor odd = w;
    odd.shape  = {3};
    CHECK_THROWS_WITH_AS(safetensors({odd}),
                         "safetensors: tensor 'w': bytes; got 8, wanted 12, those of [3] of F32", Error);
    CHECK_THROWS_AS(safetensors({tensor_of("__metadata__", {2}, numbers)}), Error);
    CHECK_THROWS_AS(safetensors({tensor_of("\xFF", {2}, numbers)}), Error);
    CHECK_THROWS_AS(tensor_of("w", {std::uint64_t{1} << 62, 4}, numbers), Error);
}

TEST_CASE("a file on the disk is read back, and a missing one is an error with its name") {
    const scratch::Folder folder;
    const float           numbers[] = {1.5f, -0.0f};
    write_safetensors(folder / "a.safetensors", {tensor_of("w", {2}, numbers)});
    const Safetensors file(folder / "a.safetensors");
    REQUIRE(file.find("w"));
    CHECK(std::memcmp(file.find("w")->bytes.data(), numbers, sizeof numbers) == 0);
    CHECK(!file.find("x"));
    CHECK(scratch::names_in(folder.path()).size() == 1);
    try {
        Safetensors{folder / "b.safetensors"};
        FAIL("read a file that is not there");
    } catch (Error const& error) {
        CHECK(std::string(error.what()).find("b.safetensors' (No such file") != std::string::npos);
    }
}

TEST_CASE("a damaged file on the disk is an error with its name") {
    const scratch::Folder folder;
    const float           numbers[] = {1.5f, -0.0f};
    const std::string path = folder / "a.safetensors", whole = safetensors({tensor_of("w", {2}, numbers)});
    scratch::write(path, whole.substr(0, whole.size() - 4));
    CHECK_THROWS_WITH_AS(
        Safetensors{path},
        doctest::Contains(("'" + path + "': safetensors: tensor 'w': data_offsets; got 8").c_str()), Error);
    scratch::write(path, "random bytes");
    CHECK_THROWS_WITH_AS(Safetensors{path},
                         doctest::Contains("wanted at most 100000000 (is this a safetensors file?)"), Error);
}

// The long run of the same, with sanitizers, is tests/fuzz/run.sh.
TEST_CASE("200,000 damaged files are refused, or hold what they say") {
    const auto all = rung_test::corpus();
    Rng        rng(7, Purpose::user);
    int        read = 0;
    for (int i = 0; i < 200'000; ++i) {
        std::string file = all[rng.below(std::uint32_t(all.size()))].file;
        if (file.size() > 2'000) continue;
        const int changes = 1 + int(rng.below(4));
        for (int c = 0; c < changes && !file.empty(); ++c) {
            const std::size_t at   = rng.below(std::uint32_t(file.size()));
            const auto        kind = rng.below(5);
            if (kind == 0) file[at] = char(rng.below(256));
            if (kind == 1) file[at] = "{}[]\",:-0123456789"[rng.below(18)];
            if (kind == 2) file.erase(at, 1 + rng.below(4));
            if (kind == 3) file.insert(at, 1, "{}[]\",:-0123456789"[rng.below(18)]);
            if (kind == 4) {
                const auto& other = all[rng.below(std::uint32_t(all.size()))].file;
                if (!other.empty())
                    file.insert(at, other.substr(rng.below(std::uint32_t(other.size())), 1 + rng.below(32)));
            }
        }
        if (file.size() >= 8 && rng.below(4) > 0) {  // else few would get past the header's size
            const std::uint64_t size = file.rfind('}') == file.npos ? 0 : file.rfind('}') - 7;
            std::memcpy(file.data(), &size, 8);
        }
        SafetensorsView view;
        try {
            view = parse_safetensors(file);
        } catch (Error const&) {
            continue;
        }
        ++read;
        std::size_t sum = 0;
        for (Tensor const& tensor : view.tensors) {
            sum += tensor.bytes.size();
            const auto at = tensor.bytes.data() - file.data();
            REQUIRE((at >= 8 && std::size_t(at) + tensor.bytes.size() <= file.size()));
        }
        std::uint64_t header = 0;
        std::memcpy(&header, file.data(), 8);
        REQUIRE(8 + header + sum == file.size());
        REQUIRE(complaint(safetensors(view.tensors, view.metadata)) == "");
    }
    CHECK(read > 2'000);  // or nothing but the size of headers would have been tried
}
