// Whole models whose positional schemes act on scores, whose query heads share keys, and whose style has no mask.

#include "rung/model/depth/adaptors.hpp"
#include "rung/model/depth/looped.hpp"
#include "rung/model/position/alibi.hpp"
#include "rung/model/position/fire.hpp"
#include "rung/model/position/kerple.hpp"
#include "rung/model/position/rope.hpp"
#include "rung/model/position/t5.hpp"
#include "rung/model/style/llama.hpp"
#include "support/gradients.hpp"

using namespace rung_test;

namespace {

constexpr Shape grouped{.vocab = 7, .context = 12, .width = 12, .heads = 6, .kv_heads = 2, .hidden = 20};

struct Reader : Gpt {
    static constexpr Mask mask = Mask::none;
};
struct LlamaReader : Llama {
    static constexpr Mask mask = Mask::none;
};

/// Logits of each sequence's last token, fed to the model a few tokens at a time.
template <class Model>
std::vector<double> by_cache(Buffer<double> const& w, std::vector<int> const& tokens, int chunk,
                             Index capacity) {
    constexpr Index                 KV = Model::shape.kv(), D = Model::shape.head_size();
    cpu::Lane<double>               lane;
    const int                       blocks = Model::blocks_of({});
    Random<>                        room(blocks * KV * capacity, 2 * D, 0);
    std::vector<CacheLayer<double>> cache;
    for (int i = 0; i < blocks; ++i)
        cache.push_back({room.view().slice(i * KV * capacity, KV * capacity), capacity, int(KV)});
    std::vector<double> logits;
    const int           all = int(tokens.size());
    for (int past = 0; past < all; past += chunk) {
        lane.reset();
        const int        n = std::min(chunk, all - past), starts[] = {0, n}, last = n - 1, slot = 0;
        std::vector<int> places;
        for (int i = 0; i < n; ++i) places.push_back(past + i);
        Sequences rows{tokens.data() + past, places.data(), starts, 1};
        rows.graded = &last, rows.graded_count = 1;
        const auto of = Model::extend(lane, Weights<double>(w.cdata()), cache, rows, {&slot, &past});
        logits.assign(of.data, of.data + of.size());
    }
    return logits;
}

template <class Model>
void check_cache() {
    const auto       w = weights_of<Model>();
    const RandomRows rows({11}, Model::shape.vocab);
    const auto       all = logits_of<Model>(w, rows);
    for (const int chunk : {1, 4, 11})
        for (const Index capacity : {11, 12, 20}) {
            const auto last = by_cache<Model>(w, rows.tokens, chunk, capacity);
            for (std::size_t i = 0; i < last.size(); ++i)
                CHECK(last[i] == doctest::Approx(all[all.size() - last.size() + i]).epsilon(1e-9));
        }
}

template <class Position>
using Mine = Transformer<odd, Position, Stacked<2>, Gpt>;

}  // namespace

TEST_CASE("gradients under schemes that act on scores") {
    check_gradients<Mine<Alibi>>();
    check_gradients<Mine<T5<8, 20>>>();
    check_gradients<Mine<Kerple>>();
    check_gradients<Mine<Fire<5, 8>>>();
}
TEST_CASE("gradients of a table that all passes of a loop share, computed again and left early too") {
    check_gradients<Transformer<odd, T5<8, 20>, NormBetween<Looped<3, 1, AddInput>>, Llama>>();
    check_gradients<Transformer<odd, Kerple, Looped<3, 2>, Gpt>>({.states = 2});
    RandomRows rows({3, 1, 6, 2}, odd.vocab);
    rows.passes = {4, 4, 2, 1};
    check_gradients<Transformer<odd, Fire<5, 8>, Looped<2, 1, AddInput>, Gpt>>(rows);
}
TEST_CASE("gradients of query heads that share keys and values") {
    check_gradients<Transformer<grouped, NoPe, Stacked<2>, Gpt>>();
    check_gradients<Transformer<grouped, Rope<>, Stacked<1>, Llama>>();
    check_gradients<Transformer<grouped, T5<8, 20>, Stacked<1>, Llama>>();
}
TEST_CASE("gradients without a mask") {
    check_gradients<Transformer<odd, T5<8, 20>, Stacked<2>, Reader>>();
    check_gradients<Transformer<grouped, Rope<>, Looped<2, 1>, LlamaReader>>();
    check_gradients<Transformer<odd, Fire<5, 8>, Stacked<1>, LlamaReader>>();
}

TEST_CASE("a cache gives the logits of the whole sequence") {
    check_cache<Mine<Alibi>>(), check_cache<Mine<T5<8, 20>>>();
    check_cache<Mine<Kerple>>(), check_cache<Mine<Fire<5, 8>>>();
    check_cache<Transformer<grouped, Rope<>, Looped<2, 1, AddInput>, Llama>>();
    check_cache<Transformer<grouped, Kerple, Stacked<2>, Llama>>();
}

TEST_CASE("without a mask early tokens see later ones, with one they do not") {
    const RandomRows rows({9}, 7);
    const auto       first_moves = [&]<class Model>(Model*) {
        const auto w        = weights_of<Model>();
        auto       other    = rows;
        other.tokens.back() = (other.tokens.back() + 1) % 7;
        return logits_of<Model>(w, rows).front() != logits_of<Model>(w, other).front();
    };
    CHECK(first_moves(static_cast<Transformer<odd, Alibi, Stacked<1>, Reader>*>(nullptr)));
    CHECK_FALSE(first_moves(static_cast<Transformer<odd, Alibi, Stacked<1>, Gpt>*>(nullptr)));
}

TEST_CASE("what is learned about scores comes last, by its own name") {
    std::vector<std::string> names;
    Mine<Kerple>::for_each_weight(
        [&](std::string const& name, WeightSpec const&, Index) { names.push_back(name); });
    CHECK(names.back() == "position.log_rates");
    CHECK(Mine<Kerple>::parameters == Mine<NoPe>::parameters + 2 * odd.heads);
    CHECK(Mine<Alibi>::parameters == Mine<NoPe>::parameters);
    CHECK(Mine<T5<>>::parameters == Mine<NoPe>::parameters + 32 * odd.heads);
    using Many = Transformer<grouped, NoPe, Stacked<2>, Gpt>;
    CHECK(Many::cache_bytes(10) == 2 * 2 * 4 * 10 * 4);
}

TEST_CASE("a sequence longer than the context is refused where a table would have to reach farther") {
    const auto w = weights_of<Mine<Alibi>>();
    CHECK_THROWS_WITH_AS(logits_of<Mine<Alibi>>(w, RandomRows({13}, 7)),
                         "Transformer: tokens of a sequence; got 13, wanted at most 12, the context", Error);
}
