#pragma once
// A state on the disk: one file with a checksum, put in place whole, and the one before it. Whenever a process is
// killed, one of the two can be read.

#include <algorithm>
#include <cstdint>
#include <optional>

#include "rung/core/archive.hpp"
#include "rung/experiment/file.hpp"

namespace rung {

namespace detail {

/// 64 bits that any change to a single word changes: every step is a bijection.
[[gnu::cold, gnu::noinline]] inline std::uint64_t checksum(std::string_view bytes) {
    std::uint64_t sum = bytes.size();
    for (std::size_t at = 0; at < bytes.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data() + at, std::min<std::size_t>(8, bytes.size() - at));
        sum = (sum ^ word) * 0x9E3779B97F4A7C15u;
        sum ^= sum >> 32;
    }
    return sum;
}

}  // namespace detail

class CheckpointFile {
public:
    explicit CheckpointFile(std::string path) : path_{std::move(path)} {}

    std::string const& path() const { return path_; }
    std::string        before() const { return path_ + ".before"; }

    /// The state that was kept last, or where that file is damaged, the one before; nothing where none was ever kept.
    /// A damaged file is put aside as PATH.damaged. Throws where nothing of what is there can be read.
    /// @param say  told what was wrong with the newer one
    [[gnu::cold, gnu::noinline]] std::optional<std::string> read(std::FILE* say) const {
        std::string why;
        if (auto state = read(path_, why)) return state;
        std::string older;
        auto        state = read(before(), older);
        if (why.empty() && older.empty() && !state) return {};
        if (why.empty()) why = text::join({"'", path_, "': is missing"});
        if (!state)
            throw Error(text::join({"checkpoint: ", why, older.empty() ? "" : "; ", older,
                                    "; wanted one that can be read (remove them to begin anew)"}));
        std::fprintf(say, "checkpoint: %s; going on from the one before\n", why.c_str());
        std::rename(path_.c_str(), (path_ + ".damaged").c_str());
        return state;
    }

    /// Keeps a state, and the one that was kept last as the one before.
    [[gnu::cold, gnu::noinline]] void write(std::string_view state) const {
        const std::uint64_t numbers[] = {state.size(), detail::checksum(state)};
        std::string         bytes{magic};
        bytes.reserve(magic.size() + sizeof numbers + state.size());
        bytes.append(reinterpret_cast<char const*>(numbers), sizeof numbers).append(state);
        write_file(path_, bytes, before());
    }

private:
    static constexpr std::string_view magic = "rung checkpoint 1\n";

    static std::optional<std::string> read(std::string const& path, std::string& why) {
        auto bytes = read_file(path);
        if (!bytes) return {};
        const auto damaged = [&](std::initializer_list<std::string_view> what) {
            why = text::join({"'", path, "': ", text::join(what)});
            return std::nullopt;
        };
        std::uint64_t     numbers[2] = {};
        const std::size_t head       = magic.size() + sizeof numbers;
        if (!bytes->starts_with(std::string_view{magic}.substr(0, bytes->size())))
            return damaged({"is no checkpoint of this version of rung"});
        if (bytes->size() < head) return damaged({"is cut off"});
        std::memcpy(numbers, bytes->data() + magic.size(), sizeof numbers);
        bytes->erase(0, head);
        if (bytes->size() != numbers[0])
            return damaged({bytes->size() < numbers[0] ? "is cut off: " : "is too long: ", "got ",
                            text::number(bytes->size()), " bytes, wanted ", text::number(numbers[0])});
        if (detail::checksum(*bytes) != numbers[1]) return damaged({"is damaged: its checksum is another"});
        return bytes;
    }

    std::string path_;
};

/// A model, a trainer, voters, a climb: what it has come to, in a file that is put in place whole; one that was there
/// stays as PATH.before.
template <class T>
void save_state(T& value, std::string path) {
    CheckpointFile(std::move(path)).write(saved(value));
}
/// Brings it back to that; where the file is damaged or gone, to PATH.before, if that is there. Throws where there is
/// none, or that of something else, and the value stays what it was.
template <class T>
void load_state(T& value, std::string path) {
    auto bytes = CheckpointFile(path).read(stderr);
    RUNG_CHECK(bytes, "load_state: '", path, "'; got none, wanted a file that save_state() wrote");
    try {
        load(value, std::move(*bytes));
    } catch (Error const& error) {
        fail({"load_state: '", path, "': ", error.what()});
    }
}

}  // namespace rung
