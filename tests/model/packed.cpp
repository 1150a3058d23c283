// A model's matrices packed for products: where they stand, and that nothing but speed depends on them.

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "rung/backend/cpu/cpu.hpp"
#include "rung/model/depth/looped.hpp"
#include "rung/model/depth/prelude_core_coda.hpp"
#include "rung/model/position/learned.hpp"
#include "rung/model/position/rope.hpp"
#include "rung/model/style/llama.hpp"
#include "rung/model/transformer.hpp"
#include "support/random.hpp"

using namespace rung_test;

namespace {

constexpr Shape odd{.vocab = 7, .context = 12, .width = 12, .heads = 2, .hidden = 20};
constexpr Shape even{.vocab = 40, .context = 12, .width = 32, .heads = 4};
using Tied     = Transformer<odd, Learned, Stacked<2>, Gpt>;
using Separate = Transformer<odd, NoPe, Stacked<2>, GptStyle<Bias::nowhere, Embeddings::separate>>;
using Loop     = Transformer<even, Rope<>, Looped<3, 2, AddInput>, Llama>;
using Core     = Transformer<even, Rope<>, PreludeCoreCoda<1, 1, 1, 2>, Llama>;

}  // namespace

TYPE_TO_STRING_AS("tied", Tied);
TYPE_TO_STRING_AS("separate", Separate);
TYPE_TO_STRING_AS("looped", Loop);
TYPE_TO_STRING_AS("a loop between a prelude and a coda", Core);
#define EVERY_MODEL Tied, Separate, Loop, Core

TEST_CASE_TEMPLATE("every multiplied matrix has a place, within the panels and apart from the others", Model,
                   EVERY_MODEL) {
    const auto places = Model::packed_places();
    struct Span {
        Index first, last;
    };
    std::vector<Span> spans;
    for (auto const& place : places) {
        CHECK(place.transposed_panels() == place.panels + panels_size(place.rows, place.cols));
        spans.push_back({place.panels, place.panels + panels_size(place.rows, place.cols)});
        spans.push_back(
            {place.transposed_panels(), place.transposed_panels() + panels_size(place.cols, place.rows)});
        // Room for any backend's packing: as many floats as the widest of ours take.
        CHECK(cpu::panels_of<float>(place.rows, place.cols) <= panels_size(place.rows, place.cols));
        CHECK(cpu::panels_of<bf16>(place.cols, place.rows) <= panels_size(place.cols, place.rows));
        CHECK(place.panels * Index(sizeof(float)) % 64 == 0);  // panels begin on cache lines
    }
    std::sort(spans.begin(), spans.end(), [](Span a, Span b) { return a.first < b.first; });
    for (std::size_t i = 1; i < spans.size(); ++i) CHECK(spans[i - 1].last <= spans[i].first);
    CHECK(spans.front().first >= 0);
    CHECK(spans.back().last <= Model::panels);

    std::size_t found = 0;
    Model::for_each_weight([&](std::string const& name, WeightSpec const& spec, Index offset) {
        CAPTURE(name);
        const auto place     = std::find_if(places.begin(), places.end(),
                                            [&](PackedPlace const& p) { return p.flat == offset; });
        const bool is_matrix = spec.rows > 1;
        const bool read_only =
            name == "embed.positions" || (name == "embed.tokens" && !std::is_same_v<Model, Tied>);
        REQUIRE((place != places.end()) == (is_matrix && !read_only));
        if (place == places.end()) return;
        CHECK(place->rows == spec.rows);
        CHECK(place->cols == spec.cols);
        ++found;
    });
    CHECK(found == places.size());
}

TEST_CASE_TEMPLATE("logits, gradients and cached logits have the same bits with packings and without", Model,
                   EVERY_MODEL) {
    const auto check = [](auto precision) {
        using P = decltype(precision);
        cpu::Context<P>  ctx{{.threads = 1}};
        const Model      model(std::uint64_t{3});
        const RandomRows rows({3, 1, 6}, Model::shape.vocab);
        Buffer<float>    panels(Model::panels), dw(Model::parameters), dw_packed(Model::parameters);
        pack(ctx, panels.data(), model.weights().cdata(), Model::packed_places());
        const Weights<float> plain{model.weights().cdata()}, packed{model.weights().cdata(), panels.cdata()};
        const auto           run = [&](Weights<float> w, Buffer<float>& gradient) {
            cpu::Lane<P>             lane;
            const auto               tape = Model::forward(lane, w, rows.view());
            const std::vector<float> logits(tape.logits.data, tape.logits.data + tape.logits.size());
            cross_entropy(lane, tape.logits, rows.targets.data(), 1.f);
            Model::backward(lane, w, gradient.data(), tape, rows.view());
            return logits;
        };
        CHECK(run(plain, dw) == run(packed, dw_packed));
        CHECK(bits_of(dw) == bits_of(dw_packed));

        const auto extended = [&](Weights<float> w) {
            cpu::Lane<P>                   lane;
            constexpr int                  H = Model::shape.heads, D = Model::shape.head_size();
            std::vector<CacheLayer<float>> cache(std::size_t(Model::blocks_of({})));
            for (auto& layer : cache) layer = {lane.arena.template take<float>(3 * H * 6, 2 * D), 6, H};
            const int        slots[] = {2, 0, 1}, past[] = {0, 0, 0};
            Sequences        fed = rows.view();
            std::vector<int> lasts;
            for (int b = 0; b < fed.count; ++b) lasts.push_back(fed.starts[b + 1] - 1);
            fed.graded = lasts.data(), fed.graded_count = fed.count;
            const auto logits = Model::extend(lane, w, cache, fed, {slots, past});
            return std::vector<float>(logits.data, logits.data + logits.size());
        };
        CHECK(extended(plain) == extended(packed));
    };
    check(float{});
    check(bf16{});
}

TEST_CASE("a product reads the packing and not the matrix beside it") {
    cpu::Context     ctx{{.threads = 1}};
    Loop             model(std::uint64_t{3});
    const RandomRows rows({5}, Loop::shape.vocab);
    Buffer<float>    panels(Loop::panels);
    pack(ctx, panels.data(), model.weights().cdata(), Loop::packed_places());
    const auto logits = [&] {
        cpu::Lane<float> lane;
        const auto out = Loop::forward(lane, {model.weights().cdata(), panels.cdata()}, rows.view()).logits;
        return std::vector<float>(out.data, out.data + out.size());
    };
    const auto before = logits();
    for (auto const& place : Loop::packed_places())
        std::fill_n(model.weights().data() + place.flat, place.rows * place.cols, 1e9f);
    CHECK(logits() == before);
}
