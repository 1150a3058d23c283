// How often the host looks at what a GPU writes. On an emulated GPU, or on a real one.

#include "rung/backend/cuda/cuda.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "support/emulated.hpp"
#include "support/small.hpp"

using namespace rung_test;

TEST_CASE(
    "many prompts in few places: the host looks at their answers, which are the CPU's, once in several "
    "tokens") {
    using Model = SmallModel<Learned, Stacked<2>, Gpt>;
    cpu::Context  cpu{{.threads = 1}};
    cuda::Context gpu{{}};
    Model         here{cpu}, there{gpu};
    Trainer       one{cpu, here};
    train(one, Reverse{}, Uniform{12, 12},
          {.steps = 150, .batch = 24, .peak = 1e-2});  // all end at one place
    std::copy_n(here.weights().begin(), here.weights().size(), there.weights().begin());
    const Vocab         vocab{Reverse::alphabet};
    const DecodeOptions options{.limit = 24, .group = 32};
    const auto          want    = decode(cpu, here, vocab, small_prompts(300), options);
    const int           before  = emulated::gpu() ? emulated::gpu()->waits : 0;
    const auto          got     = decode(gpu, there, vocab, small_prompts(300), options);
    int                 written = 0, ended = 0;
    for (std::size_t i = 0; i < want.size(); ++i) {
        CHECK(got[i].text == want[i].text);
        CHECK(got[i].ended == want[i].ended);
        written += want[i].tokens, ended += want[i].ended;
    }
    CHECK(ended > 100);
    if (emulated::gpu())  // at one token a look it would be more than written / 32
        CHECK(emulated::gpu()->waits - before < written / 32 / 2);
}
