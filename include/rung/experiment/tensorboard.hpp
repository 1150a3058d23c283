#pragma once
// Scalars as TensorBoard reads them: a file of records, each a protocol buffer `Event`, written by hand. Of
// tensorflow/core/util/event.proto and framework/summary.proto that is:
//     Event   { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5; }
//     Summary { repeated Value value = 1; }    Value { string tag = 1; float simple_value = 2; }

#include <chrono>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "rung/experiment/file.hpp"
#include "rung/experiment/text.hpp"

namespace rung {

/// CRC-32C (Castagnoli) of RFC 3720.
[[gnu::cold, gnu::noinline]] inline std::uint32_t crc32c(std::string_view bytes) {
    std::uint32_t crc = ~0u;
    for (const char byte : bytes) {
        crc ^= static_cast<unsigned char>(byte);
        for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78u : 0);
    }
    return ~crc;
}

/// As records carry it: a checksum of bytes that hold checksums would be weak otherwise.
inline std::uint32_t masked_crc32c(std::string_view bytes) {
    const std::uint32_t crc = crc32c(bytes);
    return (crc >> 15 | crc << 17) + 0xA282EAD8u;
}

namespace detail {

/// Fields of a protocol buffer, one after another.
class ProtoFields {
public:
    ProtoFields& number(unsigned field, std::uint64_t n) { return varint(field << 3).varint(n); }
    ProtoFields& real(unsigned field, double x) { return varint(field << 3 | 1).fixed(&x, sizeof x); }
    ProtoFields& single(unsigned field, float x) { return varint(field << 3 | 5).fixed(&x, sizeof x); }
    ProtoFields& text(unsigned field, std::string_view s) {
        varint(field << 3 | 2).varint(s.size());
        bytes.append(s);
        return *this;
    }

    std::string bytes{};

private:
    [[gnu::cold, gnu::noinline]] ProtoFields& varint(std::uint64_t n) {
        for (; n >= 0x80; n >>= 7) bytes.push_back(char(n | 0x80));
        bytes.push_back(char(n));
        return *this;
    }
    ProtoFields& fixed(void const* data, std::size_t size) {  // little-endian, as the machines are
        bytes.append(static_cast<char const*>(data), size);
        return *this;
    }
};

}  // namespace detail

/// Length, its checksum, the bytes, their checksum (TFRecord).
[[gnu::cold, gnu::noinline]] inline std::string framed_record(std::string_view bytes) {
    const std::uint64_t size = bytes.size();
    std::string         out(sizeof size, '\0');
    std::memcpy(out.data(), &size, sizeof size);
    const std::uint32_t checks[] = {masked_crc32c(out), masked_crc32c(bytes)};
    out.append(reinterpret_cast<char const*>(&checks[0]), 4).append(bytes);
    return out.append(reinterpret_cast<char const*>(&checks[1]), 4);
}

/// An event file in a folder: `tensorboard --logdir FOLDER` shows it, beside those of other runs. A record is complete
/// the moment `scalar` returns. Where there is no folder nothing is written.
class EventFile {
public:
    EventFile() = default;
    /// A new file; a run that goes on after it was stopped writes another. Its first event, and the first after
    /// go_back(), tells TensorBoard to forget the steps from there on.
    [[gnu::cold, gnu::noinline]] explicit EventFile(std::string const& folder) {
        if (folder.empty()) return;
        char host[256] = "";
        if (::gethostname(host, sizeof host - 1) != 0 || *host == '\0') std::strcpy(host, "localhost");
        const std::string time = text::number(std::int64_t(now()));
        make_folder(folder);
        const std::string name =
            text::join({folder, "/events.out.tfevents.", time, ".", host, ".", text::number(::getpid())});
        file_ = File{name, O_WRONLY | O_CREAT | O_APPEND};
        file_.write(framed_record(detail::ProtoFields{}.real(1, now()).text(3, "brain.Event:2").bytes));
    }

    /// The next event is of a step that others of this run may have had already.
    void go_back() { begins_ = true; }
    /// One number of one curve.
    /// @param tag  its name; a slash makes a group: "exact_match/8"
    [[gnu::cold, gnu::noinline]] void scalar(std::string_view tag, std::uint64_t step, double value) {
        if (!file_.is_open()) return;
        if (std::exchange(begins_, false)) {
            detail::ProtoFields start, session;
            session.number(1, 1);  // SessionLog: START
            start.real(1, now()).number(2, step).text(7, session.bytes);
            file_.write(framed_record(start.bytes));
        }
        detail::ProtoFields one, all, event;
        one.text(1, tag).single(2, float(value));
        all.text(1, one.bytes);
        event.real(1, now()).number(2, step).text(5, all.bytes);
        file_.write(framed_record(event.bytes));
    }

private:
    static double now() {
        return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    }

    File file_{};
    bool begins_ = true;
};

}  // namespace rung
