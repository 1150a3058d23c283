#include "rung/experiment/inspection.hpp"

#include <doctest/doctest.h>

#include "rung/backend/cpu/cpu.hpp"
#include "rung/model/depth/looped.hpp"
#include "scratch.hpp"

using namespace rung;

namespace {

const Vocab            vocab{"<&7"};
inline constexpr Shape shape{.vocab = 6, .context = 8, .width = 8, .heads = 2};

Inspection looped() {
    cpu::Context                                          ctx{{.threads = 1}};
    const Transformer<shape, NoPe, Looped<3>, GptStyle<>> model{ctx};
    return inspect(ctx, model, vocab, "<7&");
}
bool has(std::string const& svg, std::string const& words) { return svg.find(words) != std::string::npos; }

}  // namespace

TEST_CASE("inspection: every drawing is well-formed and names tokens and blocks") {
    const Inspection inside = looped();
    for (auto const& svg : {attention_svg(inside, 1, 0), norms_svg(inside), lens_svg(inside)}) {
        CHECK(scratch::xml_fault(svg) == "");
        for (auto const* label : {">▸<", ">&lt;<", ">7<", ">&amp;<", "pass 1, layer 0"})
            CHECK_MESSAGE(has(svg, label), label);
    }
    CHECK(scratch::xml_fault(distance_svg(inside)) == "");
}

TEST_CASE("inspection: a cell of attention says who looks at whom, and how much") {
    Inspection inside                = looped();
    inside.blocks[2].attention[1][2] = {0.25, 0.5, 0.25, 0};
    CHECK(has(attention_svg(inside, 2, 1), "<title>query 7, key &lt;: 50.0 %</title>"));
    CHECK(has(attention_svg(inside, 2, 1), "pass 2, layer 0, head 1"));
    CHECK_THROWS(attention_svg(inside, 3, 0));
}

TEST_CASE("inspection: a cell of the lens shows the likeliest token") {
    Inspection inside        = looped();
    inside.blocks[0].lens[1] = {5, "7", 0.9};
    CHECK(has(lens_svg(inside), "<title>after pass 0, layer 0, token &lt;: 7, 90.0 %</title>"));
}

TEST_CASE("inspection: norms are drawn as numbers, in parts of the largest") {
    Inspection inside = looped();
    inside.norms      = {{0, 1, 2, 3}, {40, 2, 2, 2}, {1, 1, 1, 1}, {1, 1, 1, 20}};
    const auto svg    = norms_svg(inside);
    CHECK(has(svg, "block pass 1, layer 0, token ▸: 40<"));
    CHECK(has(svg, "block last state, token &amp;: 20<"));
    CHECK_FALSE(has(svg, " %"));
}

TEST_CASE("inspection: distances begin with the second pass") {
    Inspection inside   = looped();
    inside.distances[1] = {0.1, 0.2, 0.3, 0.4}, inside.distances[2] = {0.01, 0.01, 0.01, 0.01};
    CHECK(has(distance_svg(inside), "mean over tokens, and range: 1, 0.25 [0.1, 0.4]"));
    CHECK(has(distance_svg(inside), "mean over tokens, and range: 2, 0.01 [0.01, 0.01]"));
}

TEST_CASE("inspection: a page shows all of it, a drawing per head") {
    const Inspection inside = looped();
    Page             page{"A loop"};
    const auto       html = show(page, inside).html();
    CHECK(scratch::count(html, "<svg xmlns") == 3 + 3 * 2);  // passes times heads
    CHECK(scratch::count(html, "<figure>") == 3 + 3);
    CHECK(has(html, "▸&lt;7&amp;"));
    const Transformer<shape> stack{1};
    cpu::Context             ctx{{.threads = 1}};
    Page                     other{"A stack"};
    CHECK_FALSE(has(show(other, inspect(ctx, stack, vocab, "77")).html(), "Distance"));
}
