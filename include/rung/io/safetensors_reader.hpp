#pragma once
// Reads safetensors from anywhere. A file is refused unless every byte of it is accounted for, by the format's own
// rules and some more: no name twice, nothing but numbers and names where they belong.

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "rung/experiment/file.hpp"
#include "rung/io/safetensors.hpp"

namespace rung {

namespace detail {

/// What a header says, event by event: an object of objects, whose members are a text or a list of whole numbers. The
/// first thing that does not fit ends it.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
public:
    std::vector<Tensor>                                  tensors;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> offsets;
    Metadata                                             metadata;

    bool null() override { return misplaced("null"); }
    bool boolean(bool) override { return misplaced("a truth value"); }
    bool number_integer(number_integer_t) override { return misplaced("a number below 0"); }
    bool number_float(number_float_t, string_t const& text) override { return misplaced(text); }
    bool binary(binary_t&) override { return misplaced("bytes"); }
    bool number_unsigned(number_unsigned_t number) override {
        if (!numbers_) return misplaced("a number");
        numbers_->push_back(number);
        return true;
    }
    bool string(string_t& text) override {
        if (depth_ == 2 && in_metadata_) return metadata.emplace_back(key_, text), true;
        if (depth_ != 2 || numbers_ || key_ != "dtype") return misplaced("a text");
        tensors.back().dtype = dtype_of(text);
        return tensors.back().dtype || fail({"dtype; got '", text, "', wanted one of the format's types"});
    }
    bool start_object(std::size_t) override {
        if (depth_ > 1 || numbers_) return misplaced("an object");
        if (++depth_ == 1) return true;
        keys_.clear();
        in_metadata_ = key_ == "__metadata__";
        if (!in_metadata_) tensors.push_back({key_, nullptr, {}, {}}), shape_.reset(), place_.reset();
        return true;
    }
    bool end_object() override {
        if (depth_ == 2 && !in_metadata_) {
            if (!tensors.back().dtype) return fail({"dtype; got none, wanted one"});
            if (!shape_) return fail({"shape; got none, wanted one"});
            if (!place_ || place_->size() != 2) return fail({"data_offsets; wanted a begin and an end"});
            tensors.back().shape = std::move(*shape_);
            offsets.emplace_back((*place_)[0], (*place_)[1]);
        }
        in_metadata_ = false;
        --depth_;
        return true;
    }
    bool start_array(std::size_t) override {
        if (depth_ != 2 || in_metadata_ || numbers_) return misplaced("a list");
        if (key_ == "shape") numbers_ = &shape_.emplace();
        if (key_ == "data_offsets") numbers_ = &place_.emplace();
        return numbers_ || misplaced("a list");
    }
    bool end_array() override { return numbers_ = nullptr, true; }
    bool key(string_t& name) override {
        auto& seen = depth_ == 1 ? names_ : keys_;
        key_       = name;
        if (seen.insert(name).second) {
            const bool known =
                depth_ == 1 || in_metadata_ || name == "dtype" || name == "shape" || name == "data_offsets";
            return known || fail({"member '", name, "'; wanted dtype, shape and data_offsets"});
        }
        return depth_ == 1 ? fail({"tensor '", name, "'; got two of that name, wanted one"})
                           : fail({"member '", name, "'; got it twice, wanted it once"});
    }
    bool parse_error(std::size_t at, std::string const&, nlohmann::detail::exception const&) override {
        return fail({"JSON; got something else at byte ", at, " of the header"});
    }

private:
    bool misplaced(std::string_view what) {
        if (depth_ == 0) return fail({"got ", what, ", wanted an object"});
        return fail({depth_ == 1 || in_metadata_ ? "" : "member ", "'", key_, "'; got ", what, ", wanted ",
                     depth_ == 1              ? "an object"
                     : in_metadata_           ? "a text"
                     : key_ == "dtype"        ? "a type's name"
                     : key_ == "data_offsets" ? "two whole numbers of at least 0"
                                              : "whole numbers of at least 0"});
    }
    [[noreturn]] bool fail(std::initializer_list<Part> what) const {
        std::string where = "safetensors: ";
        if (depth_ == 0) where += "header: ";
        else if (depth_ == 2 && in_metadata_) where += "__metadata__: ";
        else if (depth_ == 2) where += "tensor '" + tensors.back().name + "': ";
        throw Error(where + join(what));
    }

    int                             depth_       = 0;
    bool                            in_metadata_ = false;
    std::string                     key_;
    std::unordered_set<std::string> names_, keys_;
    std::optional<Dimensions>       shape_, place_;
    Dimensions*                     numbers_ = nullptr;  // the list that is being read
};

}  // namespace detail

/// A file's tensors in the order of their bytes, which belong to whoever gave them.
struct SafetensorsView {
    std::vector<Tensor> tensors;
    Metadata            metadata;

    /// That of a name, or null.
    Tensor const* find(std::string_view name) const {
        for (Tensor const& tensor : tensors)
            if (tensor.name == name) return &tensor;
        return nullptr;
    }
};

/// Headers are at most as long as the reference implementation lets them be.
inline constexpr std::uint64_t longest_header = 100'000'000;

/// Throws where the bytes are not a whole file and nothing else.
[[gnu::cold, gnu::noinline]] inline SafetensorsView parse_safetensors(std::string_view file) {
    std::uint64_t size = 0;
    RUNG_CHECK(file.size() >= 8, "safetensors: file; got ", file.size(), " bytes, wanted at least 8");
    std::memcpy(&size, file.data(), 8);
    RUNG_CHECK(size <= longest_header, "safetensors: header; got ", std::to_string(size),
               " bytes by the file's first 8, wanted at most ", longest_header,
               " (is this a safetensors file?)");
    RUNG_CHECK(size <= file.size() - 8, "safetensors: header; got ", file.size() - 8, " bytes, wanted ", size,
               ", as the file says");
    const std::string_view header = file.substr(8, std::size_t(size)), data = file.substr(8 + header.size());
    // The parser takes a NUL for the end of a text, and skips what marks a text as UTF-8.
    RUNG_CHECK(header.find('\0') == header.npos, "safetensors: header; got a NUL, wanted JSON");
    RUNG_CHECK(!header.starts_with("\xEF\xBB\xBF"),
               "safetensors: header; got a byte-order mark, wanted JSON");

    detail::HeaderReader read;
    nlohmann::json::sax_parse(header.begin(), header.end(), &read);

    std::vector<std::size_t> order(read.tensors.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return read.offsets[a] < read.offsets[b]; });
    SafetensorsView view{{}, std::move(read.metadata)};
    std::uint64_t   at = 0;  // where the tensors so far end
    for (const std::size_t i : order) {
        Tensor& tensor          = read.tensors[i];
        const auto [begin, end] = read.offsets[i];
        const auto refuse       = [&, begin = begin](std::string const& got, std::string const& wanted) {
            fail({"safetensors: tensor '", tensor.name, "': data_offsets; got ", got, std::to_string(begin),
                  ", wanted ", wanted});
        };
        if (begin > end) refuse("an end before its begin, ", "one that is not");
        if (begin != at)
            refuse(begin < at ? "an overlap, " : "a hole, ",
                   std::to_string(at) + ", where the tensor before it ends");
        RUNG_CHECK(end <= data.size(), "safetensors: tensor '", tensor.name, "': data_offsets; got ",
                   std::to_string(end), ", wanted at most ", data.size(), ", the bytes after the header");
        const std::uint64_t bytes = bytes_of(tensor.name, *tensor.dtype, tensor.shape);
        RUNG_CHECK(bytes == end - begin, "safetensors: tensor '", tensor.name, "': data_offsets; got ",
                   end - begin, " bytes, wanted ", bytes, ", those of ", shown(tensor.shape), " of ",
                   tensor.dtype->name);
        tensor.bytes = data.substr(std::size_t(begin), std::size_t(bytes));
        view.tensors.push_back(std::move(tensor));
        at = end;
    }
    RUNG_CHECK(at == data.size(), "safetensors: file; got ", data.size() - at,
               " bytes after the last tensor, wanted none");
    return view;
}

/// A file that was read, and its tensors.
class Safetensors : public SafetensorsView {
public:
    [[gnu::cold, gnu::noinline]] explicit Safetensors(std::string const& path)
        : bytes_(read_whole_file(path)) {
        try {
            static_cast<SafetensorsView&>(*this) = parse_safetensors(bytes_);
        } catch (...) {
            rethrow_from(join({"'", path, "': "}));
        }
    }
    Safetensors(Safetensors const&)            = delete;
    Safetensors& operator=(Safetensors const&) = delete;

private:
    std::string bytes_;
};

}  // namespace rung
