// What is asked of a model by the task that it was trained on: its vocabulary, and the ids that it names.

#include <doctest/doctest.h>

#include "rung/eval/decode.hpp"
#include "rung/eval/inspect.hpp"
#include "rung/eval/think.hpp"
#include "rung/rung.hpp"

using namespace rung;

namespace {

struct Placed : Copy {
    int shift = 3;
    int place(std::string_view text) const { return digit_place(text) + (text.empty() ? 0 : shift); }
};

inline constexpr Shape shape{.vocab = Copy::vocab, .context = 24, .width = 16, .heads = 2};
using Model = Transformer<shape, Learned, Stacked<2>, Gpt>;

bool same(Answer const& a, Answer const& b) { return a.text == b.text && a.confidence == b.confidence; }

}  // namespace

TEST_CASE("a task brings its vocabulary and its ids") {
    cpu::Context                   ctx{{.threads = 1}};
    const Model                    model{ctx};
    const Placed                   task;
    const Vocab                    vocab = vocab_of<Placed>();
    const std::vector<std::string> asked{"1234=", "98="};
    const Place                    place = place_of(task);

    const auto bare = decode(ctx, model, vocab, asked, {.limit = 6});
    const auto want = decode(ctx, model, vocab, asked, {.limit = 6, .place = place});
    const auto got  = decode(ctx, model, task, asked, {.limit = 6});
    for (std::size_t i = 0; i < asked.size(); ++i) {
        CHECK(same(got[i], want[i]));
        CHECK_FALSE(same(got[i], bare[i]));
    }
    CHECK(same(decode(ctx, model, Copy{}, asked, {.limit = 6})[1], bare[1]));

    const auto at_once = answer_at_once(ctx, model, vocab, asked, 4, {}, place);
    CHECK(same(answer_at_once(ctx, model, task, asked, 4)[0], at_once[0]));
    CHECK_FALSE(same(answer_at_once(ctx, model, vocab, asked, 4)[0], at_once[0]));
}

TEST_CASE("a look inside has the ids of the task") {
    cpu::Context ctx{{.threads = 1}};
    const Model  model{ctx};
    const Placed task;
    const Vocab  vocab  = vocab_of<Placed>();
    const auto   inside = inspect(ctx, model, task, "12=");
    const auto   tokens = encode(vocab, {"12=", ""}, Ended::no).tokens;
    CHECK(inside.norms == inspect(ctx, model, vocab, tokens, {}, {0, 4, 5, 3}).norms);
    CHECK(inside.norms != inspect(ctx, model, vocab, "12=").norms);
    CHECK(inspect(ctx, model, Copy{}, "12=").norms == inspect(ctx, model, vocab, "12=").norms);
    CHECK(inspect(ctx, model, task, "12=", {}, Opening::nothing).symbols.size() == 3);
    CHECK_THROWS_WITH_AS(inspect(ctx, model, vocab, tokens, {}, {0, 1}),
                         "inspect: positions; got 2, wanted 4, one of each token", Error);
}
