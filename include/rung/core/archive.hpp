#pragma once
// State that outlives a process. A type names its members once, and is written and read by the same function:
//
//     struct Level {
//         int                 level = 1;
//         std::vector<double> scores;
//         void archive(auto& all) { all(level, scores); }
//     };

#include <array>
#include <bit>
#include <concepts>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "rung/core/buffer.hpp"
#include "rung/core/check.hpp"

namespace rung {

class Archive;

template <class T>
concept Archived = requires(T value, Archive& all) {
    value.archive(all);
};

/// Bytes that state is written to, or read from. Numbers are as the machine holds them; sizes come before what is of
/// any size, so that bytes of another state are refused and never overrun.
class Archive {
    static_assert(std::endian::native == std::endian::little,
                  "Archive: this machine is big-endian, and files would not travel");

public:
    /// Writes.
    Archive() = default;
    /// Reads.
    explicit Archive(std::string bytes) : bytes_(std::move(bytes)), reads_(true) {}

    bool reads() const { return reads_; }

    template <class... T>
    Archive& operator()(T&... members) {
        (one(members), ...);
        return *this;
    }

    /// Bytes that say what follows: writes them, or reads past them where they come next. False: something else does,
    /// as in states of versions that did not write them.
    [[gnu::cold, gnu::noinline]] bool mark(std::string_view text) {
        if (!reads_) bytes_ += text;
        else if (std::string_view(bytes_).substr(at_).starts_with(text)) at_ += text.size();
        else return false;
        return true;
    }

    /// What was written.
    std::string const& bytes() const { return bytes_; }
    /// Throws unless all has been read.
    void end() const {
        RUNG_CHECK(!reads_ || at_ == bytes_.size(), "Archive: end; got ", bytes_.size() - at_,
                   " bytes more, wanted none (is this the state of something else?)");
    }

private:
    [[gnu::cold, gnu::noinline]] void raw(void* data, std::size_t size) {
        if (!reads_) {
            bytes_.append(static_cast<char const*>(data), size);
            return;
        }
        RUNG_CHECK(size <= bytes_.size() - at_, "Archive: the next value; got ", bytes_.size() - at_,
                   " bytes, wanted ", size, " (is this the state of something else?)");
        if (size > 0) std::memcpy(data, bytes_.data() + at_, size);
        at_ += size;
    }
    /// The number of elements that follow, each of at least `least` bytes.
    [[gnu::cold, gnu::noinline]] std::size_t count(std::size_t now, std::size_t least) {
        std::uint64_t size = now;
        raw(&size, sizeof size);
        RUNG_CHECK(!reads_ || size <= (bytes_.size() - at_) / least, "Archive: elements; got ", size,
                   ", wanted at most the ", bytes_.size() - at_,
                   " bytes that are left (is this the state of something else?)");
        return std::size_t(size);
    }

    template <class T>
    void one(T& value) {
        if constexpr (Archived<T>) {
            value.archive(*this);
        } else {
            static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>,
                          "Archive: give the type `void archive(auto& all) { all(its, members); }`");
            if constexpr (std::is_same_v<T, bool>) {
                auto byte = static_cast<unsigned char>(value);
                raw(&byte, 1);
                value = byte != 0;
            } else {
                raw(&value, sizeof value);
            }
        }
    }
    [[gnu::cold, gnu::noinline]] void one(std::string& text) {
        text.resize(count(text.size(), 1));
        raw(text.data(), text.size());
    }
    template <class T>
    [[gnu::cold, gnu::noinline]] void one(std::vector<T>& list) {
        const std::size_t size = count(list.size(), 1);
        if constexpr (std::is_same_v<T, bool>) {
            list.resize(size);
            for (std::size_t i = 0; i < size; ++i) {
                bool bit = list[i];
                one(bit);
                list[i] = bit;
            }
        } else if constexpr (std::is_arithmetic_v<T>) {
            RUNG_CHECK(!reads_ || size <= (bytes_.size() - at_) / sizeof(T), "Archive: elements; got ", size,
                       ", wanted at most the ", bytes_.size() - at_, " bytes that are left");
            list.resize(size);
            raw(list.data(), size * sizeof(T));
        } else {
            // What is read may claim more elements than it holds: memory is taken as they come.
            if (reads_) list.clear();
            for (std::size_t i = 0; i < size; ++i) {
                if (reads_) list.push_back(T{});
                one(list[i]);
            }
        }
    }
    template <class T>
    [[gnu::cold, gnu::noinline]] void one(std::optional<T>& maybe) {
        bool there = maybe.has_value();
        one(there);
        if (!there) return maybe.reset();
        if (!maybe) maybe.emplace();
        one(*maybe);
    }
    template <class A, class B>
    void one(std::pair<A, B>& two) {
        one(two.first), one(two.second);
    }
    template <class T, std::size_t N>
    void one(std::array<T, N>& all) {
        for (T& element : all) one(element);
    }
    /// A buffer keeps its size: of weights, it is the model's.
    template <class T>
    [[gnu::cold, gnu::noinline]] void one(Buffer<T>& buffer) {
        auto size = std::uint64_t(buffer.size());
        raw(&size, sizeof size);
        RUNG_CHECK(size == std::uint64_t(buffer.size()), "Archive: numbers; got ", size, ", wanted ",
                   buffer.size(), " (is this the state of another model?)");
        raw(buffer.data(), std::size_t(size) * sizeof(T));
    }

    std::string bytes_;
    std::size_t at_    = 0;
    bool        reads_ = false;
};

/// What a value has come to, as bytes.
template <class T>
std::string saved(T& value) {
    Archive all;
    all(value);
    return all.bytes();
}
/// Brings it back to that. Bytes that do not fit are refused, and the value stays what it was, for which its bytes of
/// now are held meanwhile.
template <class T>
void load(T& value, std::string bytes) {
    std::string now = saved(value);
    try {
        Archive all(std::move(bytes));
        all(value);
        all.end();
    } catch (...) {
        Archive back(std::move(now));
        back(value);
        throw;
    }
}

}  // namespace rung
