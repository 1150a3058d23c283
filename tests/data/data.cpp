#include <doctest/doctest.h>

#include <set>

#include "rung/data/pack.hpp"
#include "rung/task/binary_addition.hpp"
#include "rung/task/copy.hpp"
#include "rung/task/digits.hpp"
#include "rung/task/maze.hpp"

using namespace rung;

namespace {
const Vocab vocab{Copy::alphabet};

Item item(std::string const& digits) { return encode(vocab, Copy{}.example(digits)); }
}  // namespace

TEST_CASE("every character has an id of its own after the three special tokens, and comes back") {
    std::vector<int> ids;
    vocab.append(ids, Copy::alphabet);
    CHECK(std::set<int>(ids.begin(), ids.end()).size() == Copy::alphabet.size());
    CHECK(ids.front() == Vocab::specials);
    CHECK(vocab.size() == Copy::vocab);
    CHECK(vocab.decode(ids) == Copy::alphabet);
}

TEST_CASE("every token has a character that shows it") {
    const Vocab spaced{"a 1"};
    CHECK(spaced.symbol(Vocab::begin) == "▸");
    CHECK(spaced.symbol(Vocab::specials) == "a");
    CHECK(spaced.symbol(Vocab::specials + 1) == "␣");
    CHECK_THROWS_AS(spaced.symbol(-1), Error);
    CHECK_THROWS_AS(spaced.symbol(spaced.size()), Error);
}

TEST_CASE("a character outside the alphabet is refused by name") {
    std::vector<int> ids;
    const auto       refuses = [&](auto const& text, char const* what) {
        CHECK_THROWS_WITH_AS(vocab.append(ids, text), doctest::Contains(what), Error);
    };
    refuses("12x", "Vocab: character 2 of '12x'; got 'x', wanted one of '0123456789='");
    refuses("1\n", "Vocab: character 1 of '1\\x0a'; got '\\x0a', wanted");
    refuses(std::string(100, '1') + "x" + std::string(100, '1'),
            "character 100 of '...1111111111111111x1111111111111111...'; got 'x'");
    refuses(std::string(17, '1') + "x", "character 17 of '...1111111111111111x'; got 'x'");
    refuses("x" + std::string(16, '1'), "character 0 of 'x1111111111111111'; got 'x'");
    CHECK_THROWS_WITH_AS(vocab.id('x'), "Vocab: character; got 'x', wanted one of '0123456789='", Error);
    CHECK_THROWS_AS(vocab.decode({99}), Error);
}

TEST_CASE("an alphabet with a character twice is refused") { CHECK_THROWS_AS(Vocab("aba"), Error); }

TEST_CASE("words are tokens of their own, and of those that fit the longest is read") {
    constexpr std::array<std::string_view, 3> words{"10", "1000", "ab"};
    const Vocab                               mixed{"10a ", words};
    CHECK(mixed.size() == Vocab::specials + 4 + 3);
    std::vector<int> ids;
    mixed.append(ids, "1000 100 1ab0");
    CHECK(ids == std::vector<int>{8, 6, 7, 4, 6, 3, 9, 4});
    CHECK(mixed.decode(ids) == "1000 100 1ab0");
    CHECK(mixed.count("1000 100 1ab0") == 8);
    CHECK(mixed.symbol(8) == "1000");
    CHECK_THROWS_AS(mixed.append(ids, "b"), Error);
    constexpr std::array<std::string_view, 2> twice{"10", "10"};
    constexpr std::array<std::string_view, 1> single{"1"};
    CHECK_THROWS_AS(Vocab("01", twice), Error);
    CHECK_THROWS_AS(Vocab("01", single), Error);
    CHECK(number_words<8, 11> == std::array<std::string_view, 4>{"8", "9", "10", "11"});
}

TEST_CASE("whatever tokens wrote can be read, by shorter words where the longest leave what is none") {
    const Vocab      numbers = vocab_of<Maze>();
    std::vector<int> read;
    numbers.append(read, "120>1030");
    CHECK(read.size() == 5);
    CHECK(numbers.decode({read[0]}) == "1");
    CHECK(numbers.decode({read[1]}) == "20");
    CHECK(numbers.decode({read[3]}) == "10");
    for (std::uint32_t i = 0; i < 2'000; ++i) {
        Rng              rng(1, Purpose::user, i);
        std::vector<int> wrote, again;
        for (int k = 0; k < 12; ++k) wrote.push_back(rng.between(Vocab::specials, numbers.size() - 1));
        const std::string text = numbers.decode(wrote);
        CHECK_NOTHROW(numbers.append(again, text));
        CHECK(numbers.decode(again) == text);
        const Item item = encode(numbers, {"6>63#6:63-63:6=", text}, Ended::yes,
                                 [](std::string_view so_far) { return maze_place(so_far); });
        CHECK_NOTHROW(pack({item}, Grade::answer, 64));
    }
    for (const std::string text : {"0", "100", "1>0", "12x"})
        CHECK_THROWS_WITH_AS(numbers.append(read, text), doctest::Contains("Vocab: character"), Error);
}

TEST_CASE("an item has a place for every token, words among them, and an answer at once as many as tokens") {
    constexpr std::array<std::string_view, 1> words{"12"};
    const Vocab                               mixed{"12=", words};
    const auto                                size = [](std::string_view text) { return int(text.size()); };
    const Item                                one  = encode(mixed, {"12=", "12"}, Ended::yes, size);
    CHECK(one.tokens == std::vector<int>{Vocab::begin, 6, 5, 6, Vocab::end});
    CHECK(one.prompt == 3);
    CHECK(one.positions == std::vector<int>{0, 2, 3, 5});
    CHECK(encode_at_once(mixed, {"12=", "12"}, 1).targets == std::vector<int>{-1, -1, 6, 2});
    CHECK_THROWS_AS(encode_at_once(mixed, {"12=", "122"}, 1), Error);
}

TEST_CASE("difficulties are ordered, have a text, and a key of their own") {
    CHECK(Difficulty{7}.text() == "7");
    CHECK(Difficulty{5, 6}.text() == "5x6");
    CHECK(Difficulty{5} < Difficulty{5, 1});
    CHECK(Difficulty{5, 9} < Difficulty{6, 1});
    CHECK(Difficulty{1 << 20}.key() == 1 << 20);
    CHECK(Difficulty{5, 6}.key() != Difficulty{6, 5}.key());
    CHECK_THROWS_AS(Difficulty(-1).key(), Error);
    CHECK_THROWS_AS(Difficulty(1 << 20, 1).key(), Error);
    CHECK(Difficulty{7} + 1 == 8);
}

TEST_CASE("an item is begin, prompt, answer, end, and a cut-off answer has no end") {
    const Item whole = item("42");
    CHECK(whole.tokens == std::vector<int>{Vocab::begin, 7, 5, 13, 7, 5, Vocab::end});
    CHECK(whole.prompt == 4);
    CHECK(encode(vocab, {"42=", "4"}, Ended::no).tokens == std::vector<int>{Vocab::begin, 7, 5, 13, 7});
}

TEST_CASE("a batch is sorted by length and padded at the right, each input predicting the next token") {
    const Batch batch = pack({item("123"), item("4"), item("56")}, Grade::answer, 16);
    CHECK(batch.count == 3);
    CHECK(batch.longest == 8);
    CHECK(batch.lengths == std::vector<int>{4, 6, 8});
    CHECK(batch.rows == 18);
    const std::vector<int> first(batch.tokens.begin(), batch.tokens.begin() + 8);
    CHECK(first == std::vector<int>{Vocab::begin, 7, 13, 7, Vocab::pad, Vocab::pad, Vocab::pad, Vocab::pad});
    const std::vector<int> targets(batch.targets.begin(), batch.targets.begin() + 8);
    CHECK(targets == std::vector<int>{-1, -1, 7, Vocab::end, -1, -1, -1, -1});
    CHECK(batch.graded == 2 + 3 + 4);
}

TEST_CASE("grading everything grades the prompt too") {
    const Batch batch = pack({item("12"), item("3")}, Grade::everything, 16);
    CHECK(batch.graded == batch.rows);
    CHECK(batch.targets[0] == 6);
}

TEST_CASE("an empty batch and a sequence longer than the context are refused") {
    CHECK_THROWS_WITH_AS(pack({}, Grade::answer, 16), "pack: items; got none, wanted at least 1", Error);
    CHECK_THROWS_WITH_AS(pack({item("123456789")}, Grade::answer, 16),
                         "pack: longest sequence; got 20 tokens, wanted at most 16, the model's context",
                         Error);
}

TEST_CASE("ragged rows are the batch without its padding") {
    const Batch  batch = pack({item("123"), item("4"), item("56")}, Grade::answer, 16);
    const Ragged ragged(batch, 1, 2, 4);
    const auto   rows = ragged.rows();
    CHECK(rows.count == 2);
    CHECK(rows.rows() == 14);
    CHECK(rows.starts[1] == 6);
    CHECK(rows.first_row == 4);
    CHECK(rows.positions[6] == 0);
    CHECK(rows.positions[13] == 7);
    for (int t = 0; t < 8; ++t) CHECK(rows.tokens[6 + t] == batch.tokens[std::size_t(2 * 8 + t)]);
    CHECK(std::count(rows.tokens, rows.tokens + 14, Vocab::pad) == 0);
}

TEST_CASE("ragged rows name those that are graded: some, all by a null pointer, none by an empty list") {
    const Batch  answers = pack({item("123"), item("4")}, Grade::answer, 16);
    const Ragged some(answers, 0, 2, 0);
    const auto   rows = some.rows();
    REQUIRE(rows.graded);
    REQUIRE(rows.graded_count == answers.graded);
    for (Index i = 0; i < rows.graded_count; ++i) {
        const int  row = rows.graded[i], b = row >= rows.starts[1];  // the shorter one comes first
        const auto at = std::size_t(b * answers.longest + row - rows.starts[b]);
        CHECK(some.rows().targets[i] == answers.targets[at]);
        CHECK(some.rows().targets[i] >= 0);
        CHECK((i == 0 || row > rows.graded[i - 1]));
    }
    const Batch  everything = pack({item("123"), item("4")}, Grade::everything, 16);
    const Ragged all(everything, 0, 2, 0);
    CHECK_FALSE(all.rows().graded);
    CHECK(all.rows().graded_count == everything.rows);
    const Ragged none(pack({{{1, 3, 4, 5}, 4}}, Grade::answer, 16), 0, 1, 0);
    CHECK(none.rows().graded);
    CHECK(none.rows().graded_count == 0);
}

TEST_CASE("pieces cover every sequence once, in order, within their limit") {
    std::vector<Item> items;
    for (int i = 0; i < 57; ++i) items.push_back(item(std::string(std::size_t(1 + i % 7), '5')));
    const Batch batch = pack(items, Grade::answer, 32);
    for (const int slices : {1, 3, 8, 64}) {
        int          next = 0;
        Index        row  = 0;
        const Pieces pieces(batch, slices, 40);
        for (int slice = 0; slice < slices; ++slice)
            for (auto const& piece : pieces.of(slice)) {
                CHECK(piece.first == next);
                CHECK(piece.first_row == row);
                Index rows = 0;
                for (int b = piece.first; b < piece.first + piece.count; ++b)
                    rows += batch.lengths[std::size_t(b)];
                CHECK(rows <= 40);
                next += piece.count, row += rows;
            }
        CHECK(next == batch.count);
        CHECK(row == batch.rows);
        std::size_t of_slices = 0;
        for (int slice = 0; slice < slices; ++slice) of_slices += pieces.of(slice).size();
        CHECK(pieces.all().size() == of_slices);
        CHECK(pieces.all().back().first + pieces.all().back().count == batch.count);
    }
}

TEST_CASE("a batch says how often its sequences loop") {
    const auto range = [](std::vector<int> passes) {
        Batch batch;
        batch.passes = std::move(passes);
        return batch.range_of_passes();
    };
    CHECK(range({}).most == 0);
    CHECK(range({3}).least == 3);
    CHECK(range({2, 5, 1}).least == 1);
    CHECK(range({2, 5, 1}).most == 5);
}

TEST_CASE("slices hold nearly the same number of rows") {
    std::vector<Item> items;
    for (int i = 0; i < 128; ++i) items.push_back(item(std::string(std::size_t(1 + i % 10), '5')));
    const Batch  batch = pack(items, Grade::answer, 32);
    const Pieces pieces(batch, 8, 512);
    for (int slice = 0; slice < 8; ++slice) {
        Index rows = 0;
        for (auto const& piece : pieces.of(slice))
            for (int b = piece.first; b < piece.first + piece.count; ++b)
                rows += batch.lengths[std::size_t(b)];
        CHECK(rows == doctest::Approx(double(batch.rows) / 8).epsilon(0.15));
    }
}

TEST_CASE(
    "an answer that is read at once is graded from the prompt's last token on, and ends fill its place") {
    const Item one = encode_at_once(vocab, {"42=", "42"}, 4);
    CHECK(one.tokens == std::vector<int>{Vocab::begin, 7, 5, 13, 2, 2, 2, 2});
    CHECK(one.targets == std::vector<int>{-1, -1, -1, 7, 5, 2, 2, 2});
    const Batch batch = pack({one}, Grade::answer, 16);
    CHECK(batch.tokens == one.tokens);
    CHECK(batch.targets == one.targets);
    CHECK(batch.graded == 5);
    CHECK_THROWS_AS(encode_at_once(vocab, {"42=", "42"}, 1), Error);
    CHECK_THROWS_AS(encode_at_once(vocab, {"", ""}, 1), Error);
    CHECK_THROWS_AS(pack({Item{{1, 3, 4}, 1, {-1, 3}}}, Grade::answer, 16), Error);
}

TEST_CASE(
    "a binary sum at once is the looped paper's row: its answer begins at the equals sign and fills its "
    "place") {
    const BinaryAddition task;
    const Vocab          bits   = vocab_of<BinaryAddition>();
    const Example        sum    = task.example("101", "011");
    const int            places = longest(task, 3) - int(sum.prompt.size());
    const Item           row    = encode_at_once(bits, sum, places);
    const int            none = -1, zero = bits.id('0'), one = bits.id('1'), end = Vocab::end;
    CHECK(places == 4);
    CHECK(row.targets ==
          std::vector<int>{none, none, none, none, none, none, none, none, one, zero, zero, zero, end});
}

TEST_CASE(
    "sequences that loop more often come first, whatever their length, and agree on it or say it of each") {
    std::vector<Item> items{item("123"), item("4"), item("56"), item("7")};
    items[0].passes = 2, items[1].passes = 2, items[2].passes = 5, items[3].passes = 3;
    const Batch batch = pack(items, Grade::answer, 16);
    CHECK(batch.passes == std::vector<int>{2, 3, 5, 2});
    const Ragged ragged(batch, 0, 4, 0);
    const auto   rows = ragged.rows();
    CHECK(ragged.passes() == 5);
    REQUIRE(rows.passes);
    CHECK(std::vector<int>(rows.passes, rows.passes + 4) == std::vector<int>{5, 3, 2, 2});
    CHECK(rows.starts[1] == 6);
    CHECK(rows.tokens[1] == vocab.id('5'));
    const Ragged alike(batch, 2, 1, 0);
    CHECK_FALSE(alike.rows().passes);
    CHECK(alike.passes() == 5);
    items[1].passes = 0;
    CHECK_THROWS_AS(pack(items, Grade::answer, 16), Error);
}

TEST_CASE("a task's ids are those of begin and of every character that is read") {
    const auto ids = [](Item const& item) { return item.positions; };
    CHECK(ids(encode(vocab, {"42=", "42"}, Ended::yes, digit_place)) == std::vector<int>{0, 1, 2, 0, 1, 2});
    CHECK(ids(encode(vocab, {"42=", "42"}, Ended::no, digit_place)) == std::vector<int>{0, 1, 2, 0, 1});
    CHECK(ids(encode_at_once(vocab, {"42=", "7"}, 3, digit_place)) == std::vector<int>{0, 1, 2, 0, 1, 2, 3});
    CHECK(ids(item("42")).empty());
}

TEST_CASE("a batch and its ragged rows keep the ids of each sequence") {
    const auto numbered = [](std::string const& text) {
        return encode(vocab, {text, "5"}, Ended::yes, digit_place);
    };
    const Batch batch = pack({numbered("123="), numbered("4=")}, Grade::answer, 16);
    Ragged      ragged(batch, 0, 2, 0);
    const auto  rows = ragged.rows();
    const auto  all  = [&] { return std::vector<int>(rows.positions, rows.positions + rows.rows()); };
    CHECK(batch.positions == std::vector<int>{0, 1, 0, 1, 0, 0, 0, 1, 2, 3, 0, 1});
    CHECK(all() == std::vector<int>{0, 1, 0, 1, 0, 1, 2, 3, 0, 1});
    ragged.change_positions([](int b, std::span<int> ids) {
        for (int& id : ids) id += 10 * b;
    });
    CHECK(all() == std::vector<int>{0, 1, 0, 1, 10, 11, 12, 13, 10, 11});
}

TEST_CASE("ids below 0, outside the context, of some tokens or of some items alone are refused") {
    const auto refused = [](std::vector<Item> const& items) {
        CHECK_THROWS_AS(pack(items, Grade::answer, 8), Error);
    };
    Item one = encode(vocab, {"42=", "4"}, Ended::yes, digit_place);
    CHECK_NOTHROW(pack({one}, Grade::answer, 8));
    refused({one, item("1")}), refused({item("1"), one});
    one.positions[2] = 8, refused({one});
    one.positions[2] = -1, refused({one});
    one.positions    = {0, 1}, refused({one});
}
