#pragma once
// Writes safetensors (Hugging Face, 2022): 8 bytes that count those of a header, the header in JSON, the tensors' bytes
// end to end. The same tensors give the same file, to the last byte that of the reference implementation.

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rung/experiment/file.hpp"
#include "rung/experiment/json.hpp"
#include "rung/io/tensor.hpp"

namespace rung {

/// Texts about the file, in order; "format" is "pt" for whoever loads it into PyTorch.
using Metadata = std::vector<std::pair<std::string, std::string>>;

/// The file's bytes. The widest numbers come first, so that all of them are aligned; then it goes by name.
[[gnu::cold, gnu::noinline]] inline std::string safetensors(std::vector<Tensor> tensors,
                                                            Metadata const& metadata = {{"format", "pt"}}) {
    // By insertion: std::sort of tensors takes as long to compile as all the rest of this.
    const auto before = [](Tensor const& a, Tensor const& b) {
        return a.dtype != b.dtype ? a.dtype > b.dtype : a.name < b.name;
    };
    for (std::size_t i = 1; i < tensors.size(); ++i)
        for (std::size_t j = i; j > 0 && before(tensors[j], tensors[j - 1]); --j)
            std::swap(tensors[j], tensors[j - 1]);
    Json          header;
    std::uint64_t end = 0;
    if (!metadata.empty()) {
        Json texts;
        for (auto const& [name, text] : metadata) texts.set(name, text);
        header.set("__metadata__", texts);
    }
    std::string items = header.text();
    items.pop_back();  // tensors are appended by hand: Json looks for a name among all before it
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        auto const& [name, dtype, shape, bytes] = tensors[i];
        RUNG_CHECK(name != "__metadata__" && text::valid_utf8(name) == name, "safetensors: tensor '", name,
                   "': name; wanted UTF-8, and not __metadata__");
        RUNG_CHECK(i == 0 || tensors[i - 1].dtype != dtype || tensors[i - 1].name != name,
                   "safetensors: tensor '", name, "'; got two of that name, wanted one");
        const std::uint64_t size = bytes_of(name, *dtype, shape);
        RUNG_CHECK(size == bytes.size(), "safetensors: tensor '", name, "': bytes; got ", bytes.size(),
                   ", wanted ", size, ", those of ", shown(shape), " of ", dtype->name);
        const std::uint64_t begin = std::exchange(end, end + size);
        const Json          entry = Json{}
                               .set("dtype", dtype->name)
                               .set("shape", Json::array(shape))
                               .set("data_offsets", Json::array(std::vector{begin, end}));
        items.append(items.size() > 1 ? "," : "").append(text::quote_json(name));
        items.append(":").append(entry.text());
    }
    items.append("}");
    items.append((8 - items.size() % 8) % 8, ' ');

    const std::uint64_t size = items.size();
    std::string         file(8, '\0');
    file.reserve(8 + items.size() + std::size_t(end));
    std::memcpy(file.data(), &size, 8);
    file.append(items);
    for (Tensor const& tensor : tensors) file.append(tensor.bytes);
    return file;
}

inline void write_safetensors(std::string const& path, std::vector<Tensor> tensors,
                              Metadata const& metadata = {{"format", "pt"}}) {
    write_file(path, safetensors(std::move(tensors), metadata));
}

}  // namespace rung
