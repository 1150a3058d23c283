// Inside a model: probabilities, norms, lens and distances are those that its own formulas give.

#include "rung/eval/inspect.hpp"

#include <map>
#include <string>

#include "rung/model/depth/adaptors.hpp"
#include "rung/model/depth/looped.hpp"
#include "rung/model/depth/prelude_core_coda.hpp"
#include "rung/model/position/alibi.hpp"
#include "rung/model/position/coupled.hpp"
#include "rung/model/position/fire.hpp"
#include "rung/model/position/kerple.hpp"
#include "rung/model/position/learned.hpp"
#include "rung/model/position/randomised.hpp"
#include "rung/model/position/rope.hpp"
#include "rung/model/position/t5.hpp"
#include "support/gradients.hpp"
#include "support/small.hpp"
#include "support/styles.hpp"

using namespace rung_test;

namespace {

const Vocab            vocab{"abcd"};
inline constexpr Shape tiny{.vocab = 7, .context = 12, .width = 16, .heads = 4, .kv_heads = 2, .hidden = 20};
const std::vector<int> tokens{1, 3, 4, 6, 3, 5, 2};

struct SeesAll : Llama {
    static constexpr Mask mask = Mask::none;
};

template <class Position, class Depth = Stacked<2>, class Style = Llama>
using Of = Transformer<tiny, Position, Depth, Style>;

template <class Model>
Inspection inside_of(Buffer<double> const& w, Run const& run = {}) {
    cpu::Lane<double> lane;
    return inspect_with<Model>(lane, w.cdata(), vocab, tokens, run);
}

RandomRows the_tokens() {
    RandomRows rows({int(tokens.size())}, tiny.vocab);
    rows.tokens = tokens;
    return rows;
}

/// Every row of every map, sums of what the mask leaves and the largest of what it does not.
void check_rows(Inspection const& inside, Mask mask, double tolerance = 1e-9) {
    for (auto const& block : inside.blocks) {
        CAPTURE(block.name);
        CHECK(int(block.attention.size()) == tiny.heads);
        for (auto const& map : block.attention)
            for (std::size_t t = 0; t < map.size(); ++t) {
                double sum = 0, hidden = 0, least = 1;
                for (std::size_t q = 0; q < map.size(); ++q) {
                    const bool sees = mask == Mask::none || q <= t;
                    (sees ? sum : hidden) += map[t][q];
                    if (sees) least = std::min(least, map[t][q]);
                }
                CHECK(sum == doctest::Approx(1).epsilon(tolerance));
                CHECK(hidden == 0);
                CHECK(least > 0);
            }
    }
}

void check_guesses(std::vector<Guess> const& lens, std::vector<double> const& logits) {
    for (std::size_t t = 0; t < lens.size(); ++t) {
        const auto row = logits.begin() + std::ptrdiff_t(t) * tiny.vocab, end = row + tiny.vocab;
        const auto top = std::max_element(row, end);
        double     sum = 0;
        for (auto at = row; at != end; ++at) sum += std::exp(*at);
        CHECK(lens[t].token == int(top - row));
        CHECK(lens[t].symbol == vocab.symbol(int(top - row)));
        CHECK(lens[t].probability == doctest::Approx(std::exp(*top) / sum));
    }
}

}  // namespace

TEST_CASE_TEMPLATE("every query shares out 1 among the keys it sees, whatever is added to its scores",
                   Position, NoPe, Rope<>, Learned, Alibi, T5<>, Kerple, Fire<8, 6>) {
    check_rows(inside_of<Of<Position>>(weights_of<Of<Position>>()), Mask::causal);
    using Open = Of<Position, Looped<2>, SeesAll>;
    check_rows(inside_of<Open>(weights_of<Open>()), Mask::none);
    using Normed = Of<Position, Stacked<1>, Gemma>;
    check_rows(inside_of<Normed>(weights_of<Normed>()), Mask::causal);
}

TEST_CASE("attention is the softmax that a page of formulas gives") {
    using Model                                = Of<Alibi, Stacked<1>>;
    const auto                               w = weights_of<Model>();
    std::map<std::string, Mat<double const>> by_name;
    Model::for_each_weight([&](std::string const& name, WeightSpec const& spec, Index offset) {
        by_name[name] = {w.cdata() + offset, spec.rows, spec.cols};
    });
    const auto E = by_name.at("embed.tokens"), gain = by_name.at("blocks.0.norm1.gain"),
               W          = by_name.at("blocks.0.attention.qkv");
    constexpr int       C = tiny.width, D = tiny.head_size();
    std::vector<double> u;  // (T, qkv)
    for (const int token : tokens) {
        double squares = 0;
        for (int c = 0; c < C; ++c) squares += E(token, c) * E(token, c);
        for (int j = 0; j < tiny.qkv(); ++j) {
            double sum = 0;
            for (int c = 0; c < C; ++c)
                sum += E(token, c) / std::sqrt(squares / C + 1e-5) * gain(0, c) * W(c, j);
            u.push_back(sum);
        }
    }
    const auto inside = inside_of<Model>(w);
    const auto at     = [&](std::size_t t, int column) {
        return u[t * std::size_t(tiny.qkv()) + std::size_t(column)];
    };
    for (int h = 0; h < tiny.heads; ++h)
        for (std::size_t t = 0; t < tokens.size(); ++t) {
            std::vector<double> e;
            double              sum = 0;
            for (std::size_t q = 0; q <= t; ++q) {
                double score = 0;
                for (int c = 0; c < D; ++c) score += at(t, h * D + c) * at(q, C + h / 2 * D + c);
                e.push_back(std::exp(score / std::sqrt(double(D)) + Alibi::bias(h, tiny.heads, int(t - q))));
                sum += e.back();
            }
            for (std::size_t q = 0; q <= t; ++q)
                CHECK(inside.blocks[0].attention[std::size_t(h)][t][q] == doctest::Approx(e[q] / sum));
        }
}

TEST_CASE_TEMPLATE("the last block's lens is what the model says, and blocks are named as they run", Depth,
                   Stacked<3>, Looped<3>, NormBetween<Looped<3, 2, AddInput>>,
                   PassEmbedding<Looped<2, 1, ConcatInput>>,
                   StartFrom<Start::random, Looped<2, 1, GateInput>>,
                   NormBetween<PreludeCoreCoda<1, 2, 1, 3>>) {
    using Model       = Of<Rope<>, Depth, Gemma>;  // capped logits, too
    using Order       = typename Model::Order;
    const auto w      = weights_of<Model>();
    const auto inside = inside_of<Model>(w);
    const auto logits = logits_of<Model>(w, the_tokens());
    check_guesses(inside.blocks.back().lens, logits);
    REQUIRE(inside.logits.size() == tokens.size());
    for (std::size_t i = 0; i < logits.size(); ++i)
        CHECK(inside.logits[i / tiny.vocab][i % tiny.vocab] == doctest::Approx(logits[i]));
    CHECK(inside.passes == Depth::passes);
    CHECK(inside.distances.size() == std::size_t(Depth::passes));
    CHECK(inside.norms.size() == inside.blocks.size() + 1);
    REQUIRE(int(inside.blocks.size()) == Order::blocks(Depth::passes));
    for (int i = 0; i < int(inside.blocks.size()); ++i) {
        auto const& block = inside.blocks[std::size_t(i)];
        CHECK(block.pass == Order::pass(i, Depth::passes));
        CHECK(block.layer == Order::layer(i, Depth::passes));
        CHECK(block.lens.size() == tokens.size());
        REQUIRE(block.stream.size() == tokens.size());
        if (i + 1 == int(inside.blocks.size()) || inside.blocks[std::size_t(i) + 1].pass != block.pass)
            continue;
        for (std::size_t t = 0; t < tokens.size(); ++t) {  // what the next block reads
            double square = 0;
            for (const double x : block.stream[t]) square += x * x;
            CHECK(inside.norms[std::size_t(i) + 1][t] == doctest::Approx(std::sqrt(square)));
        }
    }
    check_rows(inside, Mask::causal);
}

TEST_CASE_TEMPLATE("after every pass the lens and the state are those of a loop of as many passes", Depth,
                   Looped<4>, Looped<4, 2, AddInput>, NormBetween<Looped<4, 1, AddInput>>,
                   PassEmbedding<NormBetween<PreludeCoreCoda<1, 1, 0, 4>>>) {
    using Model       = Of<NoPe, Depth>;
    const auto w      = weights_of<Model>();
    const auto inside = inside_of<Model>(w);
    const auto rows   = the_tokens();
    const auto states = [&](int passes) {
        cpu::Lane<double> lane;
        const auto        tape = Model::forward(lane, w.cdata(), rows.view(), {.passes = passes});
        return std::vector<double>(tape.x.data, tape.x.data + tape.x.size());
    };
    CHECK(std::isnan(inside.distances[0][0]));
    for (int passes = 1; passes <= 4; ++passes) {
        auto const& last = inside.blocks[std::size_t(Model::Order::first(passes) - 1)];
        check_guesses(last.lens, logits_of<Model>(w, rows, {.passes = passes}));
        if (passes == 1) continue;
        const auto x = states(passes), before = states(passes - 1);
        for (std::size_t t = 0; t < tokens.size(); ++t) {
            double moved = 0, length = 0;
            for (std::size_t i = t * tiny.width; i < (t + 1) * tiny.width; ++i)
                moved += (x[i] - before[i]) * (x[i] - before[i]), length += x[i] * x[i];
            CHECK(inside.distances[std::size_t(passes - 1)][t] == doctest::Approx(std::sqrt(moved / length)));
        }
    }
    const auto x      = states(4);
    double     length = 0;
    for (std::size_t i = 0; i < tiny.width; ++i) length += x[i] * x[i];
    CHECK(inside.norms.back()[0] == doctest::Approx(std::sqrt(length)));
}

TEST_CASE("a loop looks where the stack of its layers, written out, looks") {
    using Loop                     = Of<Rope<>, Looped<3, 2>>;
    using Stack                    = Of<Rope<>, Stacked<6>>;
    const auto                   w = weights_of<Loop>();
    Buffer<double>               unrolled(Stack::parameters);
    std::map<std::string, Index> places;
    Loop::for_each_weight(
        [&](std::string const& name, WeightSpec const&, Index offset) { places[name] = offset; });
    Stack::for_each_weight([&](std::string name, WeightSpec const& spec, Index offset) {
        if (name.rfind("blocks.", 0) == 0) name[7] = char('0' + (name[7] - '0') % 2);
        std::copy_n(w.cdata() + places.at(name), spec.size(), unrolled.data() + offset);
    });
    const auto loop = inside_of<Loop>(w), stack = inside_of<Stack>(unrolled);
    REQUIRE(loop.blocks.size() == stack.blocks.size());
    for (std::size_t i = 0; i < loop.blocks.size(); ++i) {
        CHECK(loop.blocks[i].attention == stack.blocks[i].attention);
        CHECK(loop.blocks[i].layer == stack.blocks[i].layer % 2);
    }
    CHECK(loop.norms == stack.norms);
    CHECK(loop.blocks[2].name == "pass 1, layer 0");
    CHECK(stack.blocks[2].name == "layer 2");
}

TEST_CASE_TEMPLATE("a model in any precision, by its text", Real, float, bf16) {
    cpu::Context<Real> ctx{{.threads = 1}};
    using Model = Of<T5<>, PreludeCoreCoda<1, 1, 1, 3>>;
    const Model model{ctx};
    const auto  inside = inspect(ctx, model, vocab, "abcab", {.passes = 4});
    CHECK(inside.symbols == std::vector<std::string>{"▸", "a", "b", "c", "a", "b"});
    CHECK(inside.passes == 4);
    check_rows(inside, Mask::causal, 1e-5);
    const auto item = encode_at_once(vocab, {"ab", ""}, 2);
    CHECK(inspect(ctx, model, vocab, item.tokens).symbols ==
          std::vector<std::string>{"▸", "a", "b", "↵", "↵"});
}

TEST_CASE(
    "ids look up what a scheme draws for a prompt that is read at once, and places where it draws nothing") {
    cpu::Context ctx{{.seed = 5, .threads = 1}};
    const auto   check = [&](auto const& model, std::vector<int> const& ids, std::vector<int> const& rows) {
        using Model = std::remove_cvref_t<decltype(model)>;
        cpu::Lane<float> lane;
        const auto       want = inspect_with<Model>(lane, model.weights().cdata(), vocab, tokens, {}, rows);
        const auto       got  = inspect(ctx, model, vocab, tokens, {}, ids);
        CHECK(got.norms == want.norms);
        CHECK(got.blocks[1].attention == want.blocks[1].attention);
    };
    using Drawn = Of<Randomised<Learned, 50>>;
    const Drawn model{ctx};
    const auto  rows = drawn_rows<Randomised<Learned, 50>>(int(tokens.size()), Phase::evaluation, 5, 0, 0);
    CHECK(rows.back() > int(tokens.size()));
    check(model, {}, rows);
    check(model, {0, 1, 1, 2, 2, 3, 3}, [](auto r) {
        return std::vector<int>{r[0], r[1], r[1], r[2], r[2], r[3], r[3]};
    }(drawn_rows<Randomised<Learned, 50>>(4, Phase::evaluation, 5, 0, 0)));
    check(Of<Learned>{ctx}, {}, {0, 1, 2, 3, 4, 5, 6});
    check(Of<Coupled<Learned, 9>>{ctx}, {0, 1, 1, 2, 2, 3, 3}, {0, 1, 1, 2, 2, 3, 3});
}

TEST_CASE("what does not fit the model is refused") {
    cpu::Context ctx{{.threads = 1}};
    Of<NoPe>     model{ctx};
    CHECK_THROWS_WITH_AS(inspect(ctx, model, vocab, "abababababab"), doctest::Contains("wanted 1 to 12"),
                         Error);
    CHECK_THROWS_WITH_AS(inspect(ctx, model, Vocab{"ab"}, "ab"), doctest::Contains("got 5 tokens"), Error);
    std::fill(model.weights().begin(), model.weights().end(), NAN);
    CHECK_THROWS_WITH_AS(inspect(ctx, model, vocab, "ab"), doctest::Contains("(are the weights finite?)"),
                         Error);
}
