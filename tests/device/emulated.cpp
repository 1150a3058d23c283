// The emulated GPU itself: it shows what a real one would, sooner or later, and says what CUDA's runtime says.

#include "rung/backend/cuda/cuda.hpp"

#include <doctest/doctest.h>

#include "device/three.hpp"
#include "emulated/gpu.hpp"
#include "support/random.hpp"
#include "support/small.hpp"

using namespace rung_test;

namespace {

/// Works that the GPU is given, and waits of its streams for each other.
struct Given {
    long works, joins;
    bool operator==(Given const&) const = default;
};
Given given(cuda::Context<float>& gpu, auto&& ask) {
    const emulated::Gpu before = *emulated::gpu();
    ask(), gpu.wait();
    return {emulated::gpu()->works - before.works, emulated::gpu()->joins - before.joins};
}

/// The GPU as it is set here, until the end.
struct Setting {
    const emulated::Gpu before = *emulated::gpu();
    emulated::Gpu*      operator->() { return emulated::gpu(); }
    ~Setting() { *emulated::gpu() = before; }
};

struct Stream {
    explicit Stream(int priority = 0) {
        REQUIRE(!cudaStreamCreateWithPriority(&is, cudaStreamNonBlocking, priority));
    }
    ~Stream() { cudaStreamSynchronize(is), cudaStreamDestroy(is); }
    /// Notes its number when it is done.
    void note(std::vector<int>& in, int number) {
        REQUIRE(!emulated::enqueue(is, [&in, number] { in.push_back(number); }, {}));
    }
    cudaStream_t is = nullptr;
};
struct Event {
    Event() { cudaEventCreateWithFlags(&is, cudaEventDefault); }
    ~Event() { cudaEventDestroy(is); }
    cudaEvent_t is = nullptr;
};
void order(Stream& first, Stream& second, Event& by) {
    REQUIRE(!cudaEventRecord(by.is, first.is));
    REQUIRE(!cudaStreamWaitEvent(second.is, by.is));
}

}  // namespace

TEST_CASE("two branches that add to one sum are refused") {
    cuda::Context<float> gpu;
    Three                x;
    auto&                lane   = gpu.lane();
    const auto           add_up = [&] { add_column_sums(lane, x[0], Mat<float const>(x[1])); };
    beside(lane, add_up), join(lane), add_up(), beside(lane, add_up);
    CHECK_NOTHROW(gpu.wait());
    beside(lane, add_up), beside(lane, add_up);
    CHECK_THROWS_WITH_AS(gpu.wait(), doctest::Contains("two works change one place, neither after the other"),
                         Error);
    lane.queue.forget();
    beside(lane, add_up), add_up();
    CHECK_THROWS_AS(gpu.wait(), Error);
    lane.queue.forget();
}

TEST_CASE("a missing join comes out wrong") {
    cuda::Context<float> gpu;
    Three                x;
    auto&                lane = gpu.lane();
    fill(lane, x[0], 1);
    beside(lane, [&] { copy(lane, x[1], x[0]); });
    fill(lane, x[0], 2);
    gpu.wait();
    CHECK(x[1](0, 0) == 2);
    // And a branch that relies on an earlier one.
    fill(lane, x[0], 1);
    beside(lane, [&] { fill(lane, x[0], 3); });
    beside(lane, [&] { copy(lane, x[1], x[0]); });
    gpu.wait();
    CHECK(x[1](0, 0) == 1);
}

TEST_CASE("branches within branches are part of these, and empty ones are nothing") {
    cuda::Context<float> gpu;
    Three                x;
    auto&                lane = gpu.lane();
    CHECK(given(gpu, [&] { beside(lane, [] {}), join(lane); }) == Given{0, 0});
    CHECK(given(gpu, [&] { fill(lane, x[0], 1), join(lane), fill(lane, x[1], 1); }) == Given{2, 0});
    CHECK(given(gpu, [&] {
              beside(lane, [&] {
                  fill(lane, x[0], 4);
                  beside(lane, [&] { copy(lane, x[1], x[0]); });
                  join(lane);
              });
          }) == Given{2, 2});
    CHECK(x[1](0, 3) == 4);
}

TEST_CASE("streams do their works as late as may be, their own first") {
    std::vector<int> done;
    Stream           main(-5), one, two;
    Event            forked, joined;
    main.note(done, 0);
    order(main, one, forked), order(main, two, forked);
    one.note(done, 1), two.note(done, 2), main.note(done, 3);
    order(one, main, joined), order(two, main, joined);
    main.note(done, 4);
    CHECK(done.empty());
    SUBCASE("branches last") {
        cudaStreamSynchronize(main.is);
        CHECK(done == std::vector{0, 3, 2, 1, 4});
    }
    SUBCASE("branches first") {
        Setting gpu;
        gpu->branches_first = true;
        cudaStreamSynchronize(main.is);
        CHECK(done == std::vector{0, 2, 1, 3, 4});
    }
    SUBCASE("what nobody waits for") {
        cudaStreamSynchronize(one.is);
        CHECK(done == std::vector{0, 1});
    }
}

TEST_CASE("a list is captured with the streams that it forks, and may be started many times") {
    std::vector<int> done;
    Stream           main(-5), side;
    Event            forked, joined;
    cudaGraph_t      graph = nullptr;
    cudaGraphExec_t  ready = nullptr;
    const auto begin = [&] { REQUIRE(!cudaStreamBeginCapture(main.is, cudaStreamCaptureModeThreadLocal)); };
    const auto end   = [&] { return cudaStreamEndCapture(main.is, &graph); };
    SUBCASE("whole") {
        main.note(done, 9);
        begin(), main.note(done, 0), order(main, side, forked);
        side.note(done, 1), main.note(done, 2), order(side, main, joined), main.note(done, 3);
        REQUIRE(!end());
        REQUIRE(!cudaGraphInstantiate(&ready, graph, 0));
        cudaGraphDestroy(graph);
        for (int i = 0; i < 2; ++i) {
            REQUIRE(!cudaGraphLaunch(ready, main.is));
            main.note(done, 8);
        }
        CHECK(done.empty());
        cudaStreamSynchronize(main.is);
        CHECK(done == std::vector{9, 0, 2, 1, 3, 8, 0, 2, 1, 3, 8});
        cudaGraphExecDestroy(ready);
    }
    SUBCASE("with a stream that it does not join") {
        begin(), order(main, side, forked), side.note(done, 1);
        CHECK(end() == cudaErrorStreamCaptureUnjoined);
    }
    SUBCASE("with one that it did not fork") {
        side.note(done, 1);
        REQUIRE(!cudaEventRecord(joined.is, side.is));
        begin(), main.note(done, 0);
        CHECK(cudaStreamWaitEvent(main.is, joined.is) == cudaErrorStreamCaptureIsolation);
        CHECK(end() == cudaErrorStreamCaptureInvalidated);
    }
    SUBCASE("with what allocates or waits") {
        void* memory = nullptr;
        begin(), main.note(done, 0);
        CHECK(cudaMalloc(&memory, 8) == cudaErrorStreamCaptureUnsupported);
        CHECK(cudaDeviceSynchronize() == cudaErrorStreamCaptureUnsupported);
        CHECK(end() == cudaErrorStreamCaptureInvalidated);
    }
    SUBCASE("and its events are nothing to others") {
        begin();
        REQUIRE(!cudaEventRecord(forked.is, main.is));
        CHECK(cudaEventSynchronize(forked.is) == cudaErrorCapturedEvent);
        CHECK(end() == cudaErrorStreamCaptureInvalidated);
        CHECK(cudaStreamWaitEvent(side.is, forked.is) == cudaErrorCapturedEvent);
    }
    cudaGetLastError();
    main.note(done, 7), cudaStreamSynchronize(main.is);
    CHECK(done.back() == 7);
}

TEST_CASE("copies stay within memory that the GPU reaches") {
    void *one = nullptr, *two = nullptr;
    REQUIRE(!cudaMalloc(&one, 100));
    REQUIRE(!cudaMallocHost(&two, 100));
    char elsewhere[100] = {};
    CHECK(cudaMemcpyAsync(one, two, 100, cudaMemcpyDefault, nullptr) == cudaSuccess);
    CHECK(cudaMemcpyAsync(one, two, 101, cudaMemcpyDefault, nullptr) == cudaErrorInvalidValue);
    CHECK(cudaMemcpyAsync(one, elsewhere, 100, cudaMemcpyDefault, nullptr) == cudaErrorInvalidValue);
    CHECK(cudaGetLastError() == cudaErrorInvalidValue);
    CHECK(cudaGetLastError() == cudaSuccess);
    cudaDeviceSynchronize(), cudaFree(one), cudaFreeHost(two);
}

TEST_CASE("why there is no GPU to be used is said in words") {
    Setting gpu;
    CHECK(cuda::find_device().what == "emulated GPU, compute capability 9.0");
    SUBCASE("no driver") {
        gpu->driver = false;
        CHECK_THROWS_WITH_AS(cuda::Context<float>(),
                             "cuda::Context: no GPU that CUDA can use: CUDA driver version is insufficient "
                             "for CUDA runtime version",
                             Error);
    }
    SUBCASE("no device") {
        gpu->devices = 0;
        CHECK_THROWS_WITH_AS(cuda::Context<float>(), "cuda::Context: no GPU", Error);
    }
    SUBCASE("an old one") {
        gpu->major = 7, gpu->minor = 5;
        CHECK_THROWS_WITH_AS(
            cuda::Context<float>(),
            "cuda::Context: emulated GPU, compute capability 7.5: too old; wanted at least 8.0, for "
            "products of bf16 numbers",
            Error);
    }
    SUBCASE("one that the program was not built for") {
        gpu->built = false;
        CHECK_THROWS_WITH_AS(
            cuda::Context<float>(),
            "cuda::Context: emulated GPU, compute capability 9.0: this program was built for other GPUs "
            "(no kernel image is available for execution on the device); build it with "
            "CMAKE_CUDA_ARCHITECTURES=90",
            Error);
    }
}

TEST_CASE("a batch that the GPU's memory does not hold is refused, and smaller ones still learn") {
    Setting              gpu;
    cuda::Context<float> ctx;
    SmallModel<>         model{ctx};
    Trainer              trainer{ctx, model};
    trainer.step(small_batch(0, 4), 1e-3);
    gpu->memory = std::size_t{256} << 20;  // half of it for products
    CHECK_THROWS_WITH_AS(trainer.step(small_batch(0, 20'000), 1e-3),
                         doctest::Contains("memory; got out of memory, wanted "), Error);
    CHECK(trainer.step(small_batch(0, 4), 1e-3).rows > 0);
}

TEST_CASE(
    "the fastest of a product's algorithms is taken where that is asked for, and no bit depends on it") {
    using cuda::Choice;
    const auto weights = [](Choice choice) {
        cuda::Context<float> gpu{{.choice = choice}};
        SmallModel<>         model{gpu};
        Trainer              trainer{gpu, model};
        trainer.step(small_batch(0), 1e-3);
        CHECK(emulated::gpu()->algorithm == (choice == Choice::fastest));
        return bits_of(model.weights());
    };
    CHECK(weights(Choice::first) == weights(Choice::fastest));
}

TEST_CASE(
    "a product that adds to its result adds once, however many algorithms are tried, and leaves nothing "
    "behind") {
    Setting              gpu;
    cuda::Context<float> ctx{{.choice = cuda::Choice::fastest}};
    Three                x;
    Buffer<float>        sums(16, ctx.memory());
    const auto           add = [&](Index rows) {
        add_matmul_tn(ctx.lane(), Mat<float>(sums.data(), rows, 4), Mat<float const>(x[0].data, 1, rows),
                                Mat<float const>(x[1]));
        ctx.wait();
    };
    fill(ctx.lane(), x[0], 2), fill(ctx.lane(), x[1], 3);
    add(1);  // takes the workspace, too
    const int before = gpu->pieces;
    CHECK(sums[0] == 6);
    gpu->refuses = "cudaMalloc";
    CHECK_THROWS_WITH_AS(add(4), "cuda: a result to try products on: out of memory", Error);
    CHECK(gpu->pieces == before);
    add(4);
    CHECK(sums[0] == 12);
    CHECK(sums[15] == 6);
    CHECK(gpu->algorithm == 1);
    CHECK(gpu->pieces == before);
}

TEST_CASE("plans differ by alignments that kernels differ by, and by no others") {
    const auto at = [](std::uintptr_t address) { return cuda::alignment(reinterpret_cast<void*>(address)); };
    CHECK(at(4096) == 16);
    CHECK(at(4096 + 16) == 16);
    CHECK(at(4096 + 8) == 8);
    CHECK(at(4096 + 12) == 4);
    CHECK(at(4096 + 2) == 2);
    CHECK(at(4096 + 1) == 1);
    CHECK(at(0) == 16);
}

TEST_CASE("lists that cannot become graphs are made call by call, and what failed is not told again") {
    const auto weights = [](char const* refused) {
        Setting              gpu;
        cuda::Context<float> ctx;
        SmallModel<>         model{ctx};
        Trainer              trainer{ctx, model};
        trainer.step(small_batch(0), 1e-3);
        gpu->refuses = refused;
        for (int step = 0; step < 8; ++step) trainer.step(small_batch(0, step % 2 ? 4 : 20), 1e-3);
        CHECK(ctx.replays() == (cuda::knows_calls ? *refused ? 3 : 6 : 0));  // one of two lists is refused
        if (*refused) CHECK(ctx.lane().queue.why_not().find("out of memory") != std::string::npos);
        CHECK(std::string_view(gpu->refuses) == "");
        return bits_of(model.weights());
    };
    const auto want = weights("");
    if (cuda::knows_calls)
        for (auto const call : {"cudaStreamBeginCapture", "cudaStreamEndCapture", "cudaGraphInstantiate"}) {
            CAPTURE(call);
            CHECK(weights(call) == want);
        }
}

TEST_CASE("want of memory is told once, and the next step is taken") {
    Setting              gpu;
    cuda::Context<float> ctx;
    SmallModel<>         model{ctx};
    Trainer              trainer{ctx, model};
    gpu->refuses = "cudaMalloc";
    CHECK_THROWS_WITH_AS(trainer.step(small_batch(0), 1e-3), doctest::Contains("out of memory"), Error);
    CHECK(trainer.step(small_batch(0), 1e-3).rows > 0);
}

TEST_CASE("what the host writes too late is not uploaded by a GPU that does all at once") {
    for (const bool at_once : {false, true}) {
        Setting gpu;
        gpu->at_once = at_once;
        cuda::Context<float> ctx;
        Buffer<float>        got(1, ctx.memory());
        auto&                lane = ctx.lane();
        const auto           room = lane.upload_room<float>(1);
        *room.here                = 1;
        lane.queue.copy(got.data(), room.there, sizeof(float));
        lane.submit();
        *room.here = 2;
        lane.wait();
        CHECK(got[0] == (at_once ? 1 : 2));
    }
}
