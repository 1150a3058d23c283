// What libFuzzer gives to the reader of safetensors; see run.sh. A file that is read must hold what it says, and be
// written and read again.
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "io/corpus.hpp"
#include "rung/io/safetensors_reader.hpp"

namespace {

void demand(bool true_) {
    if (!true_) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    const std::string_view file(reinterpret_cast<char const*>(data), size);
    rung::SafetensorsView  view;
    try {
        view = rung::parse_safetensors(file);
    } catch (rung::Error const&) {
        return 0;
    }
    std::uint64_t bytes = 0, touched = 0;
    for (rung::Tensor const& tensor : view.tensors) {
        bytes += tensor.bytes.size();
        for (const char c : tensor.bytes) touched += std::uint8_t(c);  // a wild view ends here
    }
    std::uint64_t header = 0;
    std::memcpy(&header, data, 8);
    demand(8 + header + bytes == size && touched <= 255 * bytes);
    const std::string again = rung::safetensors(view.tensors, view.metadata);
    const auto        read  = rung::parse_safetensors(again);
    demand(read.tensors.size() == view.tensors.size() && read.metadata == view.metadata);
    demand(rung::safetensors(read.tensors, read.metadata) == again);
    return 0;
}

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

/// Mutates, and mostly corrects the header's size, without which few inputs would get past it.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
    size = LLVMFuzzerMutate(data, size, most);
    if (size < 8 || seed % 8 == 0) return size;
    std::uint64_t header = 0;
    for (std::size_t at = size; at-- > 8 && header == 0;)
        if (data[at] == '}') header = at - 7;
    std::memcpy(data, &header, 8);
    return size;
}

/// Where the corpus is to be written as files, it is.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
    char const* const folder = std::getenv("RUNG_CORPUS");
    if (!folder) return 0;
    int number = 0;
    for (auto const& one : rung_test::corpus())
        if (one.file.size() < 4096)
            rung::write_file(std::string(folder) + "/" + std::to_string(number++), one.file);
    return 0;
}
