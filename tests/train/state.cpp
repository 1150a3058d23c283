#include <doctest/doctest.h>

#include "support/random.hpp"
#include "support/small.hpp"

using namespace rung_test;

namespace {

/// The state of a model after a step.
template <class Model>
std::string state_of() {
    cpu::Context ctx{{.threads = 1}};
    Model        model{ctx};
    Trainer      trainer{ctx, model};
    trainer.step(small_batch(0), 1e-3);
    return saved(trainer);
}
/// What a model says that is to go on from a state; nothing where it does.
template <class Model>
std::string said_of(std::string const& state) {
    cpu::Context      ctx{{.seed = 2, .threads = 1}};
    Model             model{ctx};
    Trainer           trainer{ctx, model};
    const std::string before = saved(trainer);
    try {
        load(trainer, state);
    } catch (Error const& error) {
        CHECK((saved(trainer) == before));
        return error.what();
    }
    CHECK((saved(trainer) == state));
    return "";
}

template <int heads, class Position, class Depth = Looped<2, 2>, int hidden = 64, int context = 40>
using Like = Transformer<
    Shape{.vocab = Reverse::vocab, .context = context, .width = 16, .heads = heads, .hidden = hidden},
    Position, Depth, Llama>;
using Model = Like<2, NoPe>;

}  // namespace

TEST_CASE("the state of another model is refused with what differs, though it has as many numbers") {
    using FourHeads = Like<4, NoPe>;
    using Turned    = Like<2, Rope<>>;
    static_assert(Model::parameters == FourHeads::parameters && Model::parameters == Turned::parameters);
    const std::string state = state_of<Model>(), where = "model of a state; got '",
                      other = "' (this is the state of another model)";
    CHECK(said_of<FourHeads>(state) == where + "2 heads', wanted '4 heads" + other);
    CHECK(said_of<Turned>(state) == where + "positions nowhere', wanted 'positions query_key" + other);
    CHECK(said_of<Like<2, NoPe, Looped<2>, 149>>(state) ==
          where + "blocks.0.mlp.gate_up 16 x 128', wanted 'blocks.0.mlp.gate_up 16 x 298" + other);
    CHECK(said_of<Like<2, NoPe, Looped<2, 3>>>(state) ==
          where + "norm.gain 1 x 16', wanted 'blocks.2.norm1.gain 1 x 16" + other);
    using Tied   = SmallModel<NoPe, Stacked<1>, Gpt>;
    using Untied = SmallModel<NoPe, Stacked<1>, GptStyle<Bias::everywhere, Embeddings::separate>>;
    CHECK(said_of<Untied>(state_of<Tied>()) == where + "no more', wanted 'unembed.weight 16 x 14" + other);
    CHECK(said_of<Tied>(state_of<Untied>()) == where + "unembed.weight 16 x 14', wanted 'no more" + other);
    std::string odd          = state;  // which nobody wrote
    odd[odd.find("no more")] = '\0';
    CHECK(said_of<Model>(odd).starts_with(where));
}

TEST_CASE("the state of a model goes into one that loops more often or is shown more") {
    const std::string state = state_of<Model>();
    CHECK(said_of<Model>(state) == "");
    CHECK(said_of<Like<2, NoPe, Looped<7, 2>>>(state) == "");
    CHECK(said_of<Like<2, NoPe, Looped<2, 2>, 64, 80>>(state) == "");
}

TEST_CASE("a model's weights are a state, too, which goes into another model of its kind and no other") {
    cpu::Context ctx{{.seed = 1, .threads = 1}}, elsewhere{{.seed = 2, .threads = 1}};
    Model        model{ctx}, copy{elsewhere};
    const auto   equal = [&] {
        return std::equal(copy.weights().begin(), copy.weights().end(), model.weights().begin());
    };
    CHECK_FALSE(equal());
    load(copy, saved(model));
    CHECK(equal());
    Like<4, NoPe> other{ctx};
    CHECK_THROWS_WITH_AS(load(other, saved(model)), doctest::Contains("model of a state; got '2 heads'"),
                         Error);
}

TEST_CASE("a model that was moved from is refused") {
    cpu::Context ctx{{.threads = 1}};
    Model        model{ctx};
    Trainer      trainer{ctx, model};
    const Model  moved = std::move(model);
    CHECK_THROWS_WITH_AS(pack(ctx, model), doctest::Contains("(was the model moved from?)"), Error);
    CHECK_NOTHROW(pack(ctx, moved));
    CHECK_THROWS_WITH_AS(trainer.step(small_batch(0), 1e-3), doctest::Contains("moved from"), Error);
}

TEST_CASE("a state of before states said whose they are is read") {
    std::string state = state_of<Model>(), old = state;
    old.erase(0, old.find("no more") + std::string("no more").size());
    cpu::Context ctx{{.seed = 2, .threads = 1}};
    Model        model{ctx};
    Trainer      trainer{ctx, model};
    load(trainer, old);
    CHECK((saved(trainer) == state));
}
