// What can this GPU do at most? Copies within its memory, also within memory that the host shares, where weights and
// moments are, and square products, the median of ten each by the GPU's own
// clock, as one line of JSON. Exits with 77 where there is no GPU.

#include <cstdint>
#include <iostream>

#include "../clock.hpp"
#include "rung/backend/cuda/launch.cuh"
#include "rung/backend/cuda/product.cuh"
#include "rung/core/buffer.hpp"
#include "rung/experiment/json.hpp"

// Inside rung: Thrust has a global namespace cuda too.
namespace rung {
namespace {

/// Numbers from -1 to 1 without order: a GPU that multiplies zeros stays cool and is faster than one at work.
template <class T>
struct Scatter {
    T* to;

    __device__ void operator()(Index i) const {
        std::uint32_t x = std::uint32_t(i) * 2654435761u;
        x               = (x ^ x >> 15) * 2246822519u;
        to[i]           = narrow<T>(float(x >> 8) / float(1 << 23) - 1);
    }
};

/// Seconds of what `work` queues: the middle of ten, after one that does not count.
template <class Work>
double timed(cudaStream_t stream, Work&& work) {
    const cuda::Event   begin(cudaEventDefault), end(cudaEventDefault);
    std::vector<double> times;
    work();
    for (int i = 0; i < 10; ++i) {
        cuda::check(cudaEventRecord(begin.is, stream), "event");
        work();
        cuda::check(cudaEventRecord(end.is, stream), "event");
        cuda::check(cudaEventSynchronize(end.is), "work on the GPU");
        float milliseconds = 0;
        cuda::check(cudaEventElapsedTime(&milliseconds, begin.is, end.is), "event");
        times.push_back(double(milliseconds) / 1e3);
    }
    return bench::median(times);
}

/// Operations per second of a product of two matrices of n rows and columns.
template <class T>
double product_rate(cudaStream_t stream, int n) {
    const Index count = Index(n) * n;
    Buffer<T>   left(count, cuda::device_memory()), right(count, cuda::device_memory()),
        result(count, cuda::device_memory());
    cuda::Products products(cuda::Choice::fastest);
    for (T* to : {left.data(), right.data()}) cuda::for_lanes(stream, count, Scatter<T>{to});
    cuda::ProductShape    shape{.rows          = n,
                                .cols          = n,
                                .depth         = n,
                                .left_stride   = n,
                                .right_stride  = n,
                                .result_stride = n,
                                .factors       = cuda::number_of<T>(),
                                .result        = cuda::number_of<T>()};
    cuda::ProductPointers at;
    at.left = left.data(), at.right = right.data(), at.result = result.data();
    return 2.0 * n * n * n / timed(stream, [&] { products.run(stream, shape, at); });
}

/// Bytes per second, those read and those written together.
double copy_rate(cudaStream_t stream, Index count, Memory const& memory) {
    const Buffer<char> from(count, memory);
    Buffer<char>       to(count, memory);
    const auto         copy = [&] {
        cuda::check(cudaMemcpyAsync(to.data(), from.data(), std::size_t(count), cudaMemcpyDefault, stream),
                            "copy");
    };
    return 2.0 * double(count) / timed(stream, copy);
}

int measure() {
    const cuda::Found found = cuda::find_device();
    if (!found.usable) {
        std::cerr << found.what << std::endl;
        return 77;
    }
    cudaDeviceProp device{};
    int            driver = 0, runtime = 0;
    cuda::check(cudaGetDeviceProperties(&device, 0), "properties of the GPU");
    cuda::check(cudaDriverGetVersion(&driver), "version"),
        cuda::check(cudaRuntimeGetVersion(&runtime), "version");
    cudaStream_t stream = nullptr;
    cuda::check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "stream");
    const double f32   = product_rate<float>(stream, 8192);  // first: it takes long enough to wake the GPU up
    const double bf16s = product_rate<bf16>(stream, 8192);
    const double copies = copy_rate(stream, Index{1} << 30, cuda::device_memory());
    const double shared = copy_rate(stream, Index{1} << 30, cuda::shared_memory());
    std::cout << Json{}
                     .set("device", found.what)
                     .set("memory_bytes", device.totalGlobalMem)
                     .set("cache_bytes", device.l2CacheSize)
                     .set("processors", device.multiProcessorCount)
                     .set("driver", driver)
                     .set("runtime", runtime)
                     .set("cublaslt", cublasLtGetVersion())
                     .set("copy_bytes_per_second", copies)
                     .set("shared_copy_bytes_per_second", shared)
                     .set("bf16_flops", bf16s)
                     .set("f32_flops", f32)
              << std::endl;
    cudaStreamDestroy(stream);
    return 0;
}

}  // namespace
}  // namespace rung

int main() {
    try {
        return rung::measure();
    } catch (std::exception const& error) {
        std::cerr << error.what() << std::endl;
        return 1;
    }
}
