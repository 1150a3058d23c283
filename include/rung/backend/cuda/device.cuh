#pragma once
// The definitions behind device.hpp, for nvcc. Exactly one .cu of a program includes this and needs nothing else:
// bodies are instantiated from the list below, whatever models the program has. CMake's rung::cuda brings such a file.

#include "rung/backend/cuda/body/activation.hpp"
#include "rung/backend/cuda/body/bias.hpp"
#include "rung/backend/cuda/body/cached.hpp"
#include "rung/backend/cuda/body/columns.hpp"
#include "rung/backend/cuda/body/embedding.hpp"
#include "rung/backend/cuda/body/flash.hpp"
#include "rung/backend/cuda/body/loop.hpp"
#include "rung/backend/cuda/body/loss.hpp"
#include "rung/backend/cuda/body/norm.hpp"
#include "rung/backend/cuda/body/pointwise.hpp"
#include "rung/backend/cuda/body/score_bias.hpp"
#include "rung/backend/cuda/body/update.hpp"
#include "rung/backend/cuda/device.hpp"
#include "rung/backend/cuda/driver.cuh"
#include "rung/backend/cuda/launch.cuh"

namespace rung::cuda {

Found find_device() {
    int               count = 0;
    const cudaError_t found = cudaGetDeviceCount(&count);
    if (found != cudaSuccess) return {false, concat("no GPU that CUDA can use: ", cudaGetErrorString(found))};
    if (count == 0) return {false, "no GPU"};
    int current = 0;
    check(cudaGetDevice(&current), "current GPU");
    cudaDeviceProp device{};
    check(cudaGetDeviceProperties(&device, current), "properties of the GPU");
    const std::string name = concat(device.name, ", compute capability ", device.major, '.', device.minor);
    if (device.major < 8)
        return {false, concat(name, ": too old; wanted at least 8.0, for products of bf16 numbers")};
    const cudaError_t built = built_for_this_gpu<CrossEntropy<float>>();
    if (built != cudaSuccess) {
        cudaGetLastError();  // or the next launch would report it
        return {false, concat(name, ": this program was built for other GPUs (", cudaGetErrorString(built),
                              "); build it with CMAKE_CUDA_ARCHITECTURES=", device.major, device.minor)};
    }
    return {true, name};
}

class Graph {
public:
    /// Branches keep the priority of their streams.
    explicit Graph(cudaGraph_t calls) {
        check(cudaGraphInstantiate(&ready, calls, cudaGraphInstantiateFlagUseNodePriority), "graph");
    }
    ~Graph() { cudaGraphExecDestroy(ready); }
    Graph(Graph const&)            = delete;
    Graph& operator=(Graph const&) = delete;

    cudaGraphExec_t ready = nullptr;
};

Owned<Driver> make_driver(Choice choice) { return Owned<Driver>(new Driver(choice)); }
template <class T>
void Drop<T>::operator()(T* one) const {
    delete one;
}
template struct Drop<Driver>;
template struct Drop<Graph>;

void start(Driver& driver, Recording const& calls) {
    driver.join();  // what the last list left, if it failed
    calls.run(driver);
}
void start(Driver& driver, Graph& graph) {
    driver.join();
    check(cudaGraphLaunch(graph.ready, driver.main()), "graph");
}
void synchronize(Driver& driver) {
    for (auto const& stream : driver.streams) check(cudaStreamSynchronize(stream.is), "work on the GPU");
}
long mark(Driver& driver) {
    driver.join();
    check(cudaEventRecord(driver.marks[++driver.marked % Driver::events].is, driver.main()), "mark");
    return driver.marked;
}
void wait_for(Driver& driver, long mark) {  // an event that was used again is a later one: that is enough
    check(cudaEventSynchronize(driver.marks[mark % Driver::events].is), "work on the GPU");
}

Owned<Graph> capture(Driver& driver, Recording const& calls) {
    driver.join();
    check(cudaStreamBeginCapture(driver.main(), cudaStreamCaptureModeThreadLocal), "capture");
    cudaGraph_t made = nullptr;
    try {
        calls.run(driver);
    } catch (...) {
        cudaStreamEndCapture(driver.main(), &made);
        if (made) cudaGraphDestroy(made);
        driver.branches = {};  // their streams are no longer captured
        cudaGetLastError();    // or the next launch would report it
        throw;
    }
    check(cudaStreamEndCapture(driver.main(), &made), "capture");
    struct Destroy {
        void operator()(CUgraph_st* graph) const { cudaGraphDestroy(graph); }
    };
    const std::unique_ptr<CUgraph_st, Destroy> owner(made);
    return Owned<Graph>(new Graph(made));
}

namespace detail {

/// Whatever is queued may still use it.
inline void free_after_work(void* data) {
    cudaDeviceSynchronize();
    cudaFree(data);
}

inline void taken(cudaError_t status, std::size_t bytes, char const* kind) {
    if (status == cudaSuccess) return;
    cudaGetLastError();  // or the next launch would report it
    fail({"cuda: ", kind, " memory; got ", cudaGetErrorString(status), ", wanted ", bytes, " bytes"});
}

}  // namespace detail

Memory const& device_memory() {
    static const Memory memory{[](std::size_t bytes) {
                                   void* data = nullptr;
                                   detail::taken(cudaMalloc(&data, bytes), bytes, "device");
                                   return data;
                               },
                               detail::free_after_work};
    return memory;
}
Memory const& shared_memory() {
    static const Memory memory{[](std::size_t bytes) {
                                   void* data = nullptr;
                                   detail::taken(cudaMallocManaged(&data, bytes), bytes, "shared");
                                   check(cudaMemset(data, 0, bytes), "zeros");
                                   check(cudaDeviceSynchronize(), "zeros");
                                   return data;
                               },
                               detail::free_after_work};
    return memory;
}
Memory const& pinned_memory() {
    static const Memory memory{[](std::size_t bytes) {
                                   void* data = nullptr;
                                   detail::taken(cudaMallocHost(&data, bytes), bytes, "pinned");
                                   return std::memset(data, 0, bytes);
                               },
                               [](void* data) {
                                   cudaDeviceSynchronize();
                                   cudaFreeHost(data);
                               }};
    return memory;
}

namespace detail {

inline void make(Driver& driver, Copy const& copy) {
    check(cudaMemcpyAsync(copy.to, copy.from, copy.bytes, cudaMemcpyDefault, driver.stream()), "copy");
}
inline void make(Driver& driver, Product const& product) {
    driver.products.run(driver.stream(), product.shape, product.at, driver.branches.place);
}
inline void make(Driver& driver, Fork const&) { driver.fork(); }
inline void make(Driver& driver, Back const&) { driver.back(); }
inline void make(Driver& driver, Join const&) { driver.join(); }
template <class Body>
void make(Driver& driver, Launch<Body> const& launch) {
    auto const& body = launch.body;
    if constexpr (Body::warps == 0) for_lanes(driver.stream(), launch.items, body);
    else if constexpr (requires { body.shared(); })
        for_blocks<Body::warps>(driver.stream(), launch.items, body.shared(), body);
    else if constexpr (Body::warps == 1) for_warps(driver.stream(), launch.items, body);
    else for_blocks<Body::warps>(driver.stream(), launch.items, 0, body);
}

}  // namespace detail

template <class Call>
void make(Driver& driver, void const* call) {
    detail::make(driver, *static_cast<Call const*>(call));
}

template void make<Copy>(Driver&, void const*);
template void make<Product>(Driver&, void const*);
template void make<Fork>(Driver&, void const*);
template void make<Back>(Driver&, void const*);
template void make<Join>(Driver&, void const*);

// Every body that an operation launches.
#define RUNG_BODY(...) template void make<Launch<__VA_ARGS__>>(Driver&, void const*);
#define RUNG_BODIES_OF(T) \
    RUNG_BODY(Add<T>) \
    RUNG_BODY(AddRow<T>) \
    RUNG_BODY(Fill<T>) \
    RUNG_ACTIVATION(gelu, T) \
    RUNG_ACTIVATION(silu, T) \
    RUNG_ACTIVATION(relu, T) \
    RUNG_ACTIVATION(relu_squared, T) \
    RUNG_BODY(SoftCap<T>) \
    RUNG_BODY(SoftCapBackward<T>) \
    RUNG_BODY(Dropped<T>) \
    RUNG_BODY(Mix<T>) \
    RUNG_BODY(MixBackward<T>) \
    RUNG_BODY(FillNormal<T>) \
    RUNG_BODY(Carry<T>) \
    RUNG_BODY(Embed<T, false>) \
    RUNG_BODY(Embed<T, true>) \
    RUNG_BODY(EmbedBackward<T>) \
    RUNG_BODY(Scatter<T>) \
    RUNG_BODY(Rotate<T>) \
    RUNG_BODY(AddSinusoids<T>) \
    RUNG_BODY(CrossEntropy<T>) \
    RUNG_BODY(Greedy<T>) \
    RUNG_BODY(ColumnSums<BiasTerm<T>>) \
    RUNG_BODY(ColumnSums<GainTerm<T, 1>>) \
    RUNG_BODY(ColumnSums<GainTerm<T, 2>>) \
    RUNG_BODY(ColumnSums<HeadGainTerm<T>>) \
    RUNG_BODY(HeadNorm<T>) \
    RUNG_BODY(HeadNormBackward<T>) \
    RUNG_BODY(Attention<T>) \
    RUNG_BODY(AttentionQueryBackward<T>) \
    RUNG_BODY(AttentionKeyBackward<T>) \
    RUNG_BODY(HeadDots<T>) \
    RUNG_BODY(BiasBackward<T>) \
    RUNG_BODY(Append<T>) \
    RUNG_BODY(CachedAttention<T, false>) \
    RUNG_BODY(CachedAttention<T, true>) \
    RUNG_NORMS_OF(1, T) \
    RUNG_NORMS_OF(2, T) \
    RUNG_NORMS_OF(3, T) \
    RUNG_NORMS_OF(4, T) \
    RUNG_NORMS_OF(6, T) \
    RUNG_NORMS_OF(8, T) \
    RUNG_NORMS_OF(16, T)
#define RUNG_ACTIVATION(A, T) \
    RUNG_BODY(Activate<Activation::A, T>) \
    RUNG_BODY(ActivateBackward<Activation::A, T>) \
    RUNG_BODY(ColumnSums<SlopeTerm<Activation::A, T>>) \
    RUNG_BODY(ActivateGate<Activation::A, T>) \
    RUNG_BODY(ActivateGateBackward<Activation::A, T>)
#define RUNG_NORMS_OF(N, T) \
    RUNG_BODY(LayerNorm<N, T>) \
    RUNG_BODY(LayerNormBackward<N, T>) \
    RUNG_BODY(RmsNorm<N, T>) \
    RUNG_BODY(RmsNormBackward<N, T>)
#define RUNG_FLASH_OF(D) \
    RUNG_FLASH(D, false) \
    RUNG_FLASH(D, true)
#define RUNG_FLASH(D, biased) \
    RUNG_BODY(FlashForward<D, biased>) \
    RUNG_BODY(FlashQueryBackward<D, biased>) \
    RUNG_BODY(FlashKeyBackward<D, biased>)

RUNG_BODIES_OF(float)
RUNG_BODIES_OF(bf16)
RUNG_FLASH_OF(16)
RUNG_FLASH_OF(32)
RUNG_FLASH_OF(64)
RUNG_FLASH_OF(128)
RUNG_BODY(Combine)
RUNG_BODY(CombineBackward)
RUNG_BODY(Kerple)
RUNG_BODY(KerpleBackward)
RUNG_BODY(Fire)
RUNG_BODY(FireSums)
RUNG_BODY(FireBackward)
RUNG_BODY(AddLosses)
RUNG_BODY(GoOn)
RUNG_BODY(Convert)
RUNG_BODY(SquaredNorm)
RUNG_BODY(AdamW)
RUNG_BODY(MoveTowards)

#undef RUNG_FLASH
#undef RUNG_FLASH_OF
#undef RUNG_NORMS_OF
#undef RUNG_ACTIVATION
#undef RUNG_BODIES_OF
#undef RUNG_BODY

}  // namespace rung::cuda
