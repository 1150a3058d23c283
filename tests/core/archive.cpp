#include "rung/core/archive.hpp"

#include <doctest/doctest.h>
#include <limits>

using namespace rung;

namespace {

enum class Colour { red, green };

struct Inner {
    int         number = 0;
    std::string text;
    void        archive(auto& all) { all(number, text); }
};

/// A member of every kind.
struct Everything {
    bool                             yes    = false;
    double                           real   = 0;
    Colour                           colour = Colour::red;
    std::string                      text;
    std::vector<float>               numbers;
    std::vector<bool>                bits;
    std::vector<Inner>               inner;
    std::optional<Inner>             maybe, never = Inner{1, "x"};
    std::pair<int, std::string>      two;
    std::array<std::vector<long>, 2> lists;
    Buffer<float>                    buffer{3};

    void archive(auto& all) {
        all(yes, real, colour, text, numbers, bits, inner, maybe, never, two, lists, buffer);
    }
};

template <class T>
void read(std::string bytes, T& value) {
    Archive all(std::move(bytes));
    all(value);
    all.end();
}

Everything example() {
    Everything e;
    e.yes = true, e.real = std::numeric_limits<double>::denorm_min(), e.colour = Colour::green;
    e.text    = std::string("a\0b", 3);
    e.numbers = {1.5f, -0.0f}, e.bits = {true, false, true};
    e.inner = {{7, "seven"}, {8, ""}}, e.maybe = Inner{9, "nine"}, e.never.reset();
    e.two = {-1, "minus"}, e.lists = {std::vector<long>{1L << 40}, {}};
    for (Index i = 0; i < 3; ++i) e.buffer[i] = float(i) + 0.25f;
    return e;
}

}  // namespace

TEST_CASE("archive: members of every kind are read back as they were written") {
    Everything        before = example(), after;
    const std::string bytes  = saved(before);
    read(bytes, after);
    CHECK(after.real == before.real);
    CHECK(after.text == before.text);
    CHECK(after.bits == before.bits);
    CHECK(after.inner.at(0).text == "seven");
    CHECK(after.maybe.value().number == 9);
    CHECK_FALSE(after.never.has_value());
    CHECK(after.lists == before.lists);
    CHECK(after.buffer[2] == 2.25f);
    CHECK(saved(after) == bytes);
}

TEST_CASE("archive: bytes that end early are refused wherever they end") {
    Everything        e     = example();
    const std::string bytes = saved(e);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        Everything after;
        CHECK_THROWS_AS(read(bytes.substr(0, size), after), Error);
    }
}

TEST_CASE("archive: load() of bytes that do not fit leaves the value as it was") {
    Everything        value = example(), other;
    const std::string bytes = saved(value), before = saved(other);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        CHECK_THROWS_AS(load(other, bytes.substr(0, size)), Error);
        CHECK(saved(other) == before);
    }
    CHECK_THROWS_AS(load(other, bytes + "x"), Error);
    CHECK(saved(other) == before);
    load(other, bytes);
    CHECK(saved(other) == bytes);
}

TEST_CASE("archive: bytes that are left over are refused") {
    Everything e = example(), after;
    CHECK_THROWS_WITH_AS(read(saved(e) + "x", after), doctest::Contains("got 1 bytes more"), Error);
}

TEST_CASE("archive: a size that the bytes cannot hold asks for no memory") {
    std::vector<double> list;
    std::vector<Inner>  inner;
    const std::string   huge(8, '\x7f');
    CHECK_THROWS_WITH_AS(read(huge, list), doctest::Contains("Archive: elements"), Error);
    CHECK_THROWS_WITH_AS(read(huge, inner), doctest::Contains("Archive: elements"), Error);
}

TEST_CASE("archive: a buffer of another size is the state of another model") {
    Buffer<float> three(3), four(4);
    CHECK_THROWS_WITH_AS(read(saved(three), four), doctest::Contains("got 3, wanted 4"), Error);
}

TEST_CASE("archive: a mark is read past where it comes next, and left out where it does not") {
    int     number = 7;
    Archive written;
    CHECK(written.mark("mark"));
    written(number);
    for (std::string const& bytes : {written.bytes(), written.bytes().substr(4)}) {
        Archive all(bytes);
        number = 0;
        CHECK(all.mark("mark") == (bytes.size() == 8));
        all(number), all.end();
        CHECK(number == 7);
    }
}
