#include "rung/experiment/tensorboard.hpp"

#include <doctest/doctest.h>
#include <string>
#include <vector>

#include "scratch.hpp"

using namespace rung;

namespace {

template <class Number>
Number take(std::string_view& bytes) {
    Number out{};
    REQUIRE(bytes.size() >= sizeof out);
    std::memcpy(&out, bytes.data(), sizeof out);
    bytes.remove_prefix(sizeof out);
    return out;
}
std::uint64_t varint(std::string_view& bytes) {
    std::uint64_t n = 0;
    for (int shift = 0;; shift += 7) {
        const auto byte = take<unsigned char>(bytes);
        n |= std::uint64_t(byte & 0x7F) << shift;
        if (byte < 0x80) return n;
    }
}

struct Event {
    int           session = 0;
    double        time    = 0;
    std::uint64_t step    = 0;
    std::string   version{}, tag{};
    float         value = 0;
};

std::string_view part(std::string_view& bytes) {
    const std::uint64_t size = varint(bytes);
    REQUIRE(bytes.size() >= size);
    const auto out = bytes.substr(0, size);
    bytes.remove_prefix(size);
    return out;
}
void read_value(std::string_view bytes, Event& event) {
    while (!bytes.empty()) {
        const auto key = varint(bytes);
        if (key == (1 << 3 | 2)) event.tag = part(bytes);
        else if (key == (2 << 3 | 5)) event.value = take<float>(bytes);
        else FAIL("field of Value: " << key);
    }
}
std::vector<Event> read_events(std::string_view bytes) {
    std::vector<Event> events;
    while (!bytes.empty()) {
        const auto head = bytes.substr(0, 8);
        const auto size = take<std::uint64_t>(bytes);
        CHECK(take<std::uint32_t>(bytes) == masked_crc32c(head));
        REQUIRE(bytes.size() >= size + 4);
        auto body = bytes.substr(0, size);
        bytes.remove_prefix(size);
        CHECK(take<std::uint32_t>(bytes) == masked_crc32c(body));
        Event& event = events.emplace_back();
        while (!body.empty()) {
            const auto key = varint(body);
            if (key == (1 << 3 | 1)) event.time = take<double>(body);
            else if (key == (2 << 3)) event.step = varint(body);
            else if (key == (3 << 3 | 2)) event.version = part(body);
            else if (key == (5 << 3 | 2)) {
                auto summary = part(body);
                CHECK(varint(summary) == (1 << 3 | 2));
                read_value(part(summary), event);
                CHECK(summary.empty());
            } else if (key == (7 << 3 | 2)) {
                auto session = part(body);
                CHECK(varint(session) == (1 << 3));
                event.session = int(varint(session));
            } else FAIL("field of Event: " << key);
        }
    }
    return events;
}

}  // namespace

TEST_CASE("tensorboard: checksums are those of RFC 3720") {
    std::string up(32, '\0'), down(32, '\0');
    for (int i = 0; i < 32; ++i) up[std::size_t(i)] = char(i), down[std::size_t(i)] = char(31 - i);
    CHECK(crc32c(std::string(32, '\0')) == 0x8A9136AA);
    CHECK(crc32c(std::string(32, '\xff')) == 0x62A8AB43);
    CHECK(crc32c(up) == 0x46DD794E);
    CHECK(crc32c(down) == 0x113FDB5C);
    CHECK(crc32c("123456789") == 0xE3069283);
    CHECK(crc32c("") == 0);
}

TEST_CASE("tensorboard: a record is framed as TensorFlow frames it") {
    // Rotated right by 15 and moved by a constant: 0xE3069283 is 0x2507C60D, and 0xC78AB0E5 with 0xA282EAD8.
    CHECK(masked_crc32c("123456789") == 0xC78AB0E5);
    const std::string record = framed_record("123456789");
    CHECK(record.size() == 8 + 4 + 9 + 4);
    CHECK(record.substr(0, 8) == std::string("\x09\0\0\0\0\0\0\0", 8));
    CHECK(record.substr(12, 9) == "123456789");
    CHECK(record.substr(21) == "\xE5\xB0\x8A\xC7");
}

TEST_CASE("tensorboard: what was written is read back, the version first") {
    const scratch::Folder folder;
    {
        EventFile events{folder / "run"};
        events.scalar("loss", 0, 2.5);
        events.scalar("exact_match/8", 300, 0.125);
        events.scalar(std::string(200, 'x'), 1ull << 40, -1e30);
    }
    const auto names = scratch::names_in(folder / "run");
    REQUIRE(names.size() == 1);
    CHECK(names[0].starts_with("events.out.tfevents."));
    const auto events = read_events(scratch::read(folder / ("run/" + names[0])));
    REQUIRE(events.size() == 5);
    CHECK(events[0].version == "brain.Event:2");
    CHECK(events[0].time > 1.6e9);
    CHECK(events[1].session == 1);  // from this step on, nothing of an earlier file counts
    CHECK(events[1].step == 0);
    CHECK(events[2].tag == "loss");
    CHECK(events[2].step == 0);
    CHECK(events[2].value == 2.5f);
    CHECK(events[3].tag == "exact_match/8");
    CHECK(events[3].step == 300);
    CHECK(events[3].value == 0.125f);
    CHECK(events[4].tag == std::string(200, 'x'));
    CHECK(events[4].step == 1ull << 40);
    CHECK(events[4].value == -1e30f);
}

TEST_CASE("tensorboard: without a folder nothing is written") {
    const auto before = scratch::names_in(".");
    EventFile  events{""};
    events.scalar("loss", 1, 1);
    CHECK(scratch::names_in(".") == before);
}
