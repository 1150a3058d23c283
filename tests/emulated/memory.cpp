// The emulated GPU's properties and its memory: the host's, filled with NaN, where copies must stay within what was taken.

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <new>

#include "gpu.hpp"

using namespace emulated;

namespace {

constexpr std::align_val_t alignment{256};

struct Taken {
    std::size_t bytes;
    bool        of_gpu;
};
std::map<char*, Taken>& taken() {
    static std::map<char*, Taken> all;
    return all;
}

cudaError_t take(void** data, std::size_t bytes, bool of_gpu = true) {
    if (const auto error = outside_capture()) return status(error);
    std::size_t all = bytes;
    for (auto const& [at, other] : taken()) all += other.of_gpu ? other.bytes : 0;
    *data = of_gpu && all > gpu()->memory ? nullptr : ::operator new(bytes, alignment, std::nothrow);
    if (!*data) return status(cudaErrorMemoryAllocation);
    std::memset(*data, 0xff, bytes);
    taken()[static_cast<char*>(*data)] = {bytes, of_gpu};
    return cudaSuccess;
}
/// Whoever frees must have waited: the runtime does not promise to.
cudaError_t give(void* data) {
    if (!data) return cudaSuccess;
    if (const auto error = outside_capture()) return status(error);
    const auto found = taken().find(static_cast<char*>(data));
    if (found == taken().end()) return status(cudaErrorInvalidValue);
    if (busy()) std::fputs("emulated GPU: memory is freed that work may still use\n", stderr), std::abort();
    std::memset(data, 0xff, found->second.bytes);
    taken().erase(found);
    ::operator delete(data, alignment);
    return cudaSuccess;
}

}  // namespace

bool emulated::reaches(void const* at, std::size_t bytes) {
    auto const byte  = static_cast<char*>(const_cast<void*>(at));
    auto       above = taken().upper_bound(byte);
    if (above == taken().begin()) return false;
    --above;
    return byte + bytes <= above->first + above->second.bytes;
}

cudaError_t cudaGetDeviceCount(int* count) {
    if (!gpu()->driver) return status(cudaErrorInsufficientDriver);
    *count = gpu()->devices;
    return cudaSuccess;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* of, int device) {
    if (device >= gpu()->devices) return status(cudaErrorInvalidValue);
    std::strcpy(of->name, "emulated GPU");
    of->major = gpu()->major, of->minor = gpu()->minor;
    return cudaSuccess;
}

cudaError_t cudaMalloc(void** data, std::size_t bytes) { return take(data, bytes); }
cudaError_t cudaMallocHost(void** data, std::size_t bytes) { return take(data, bytes, false); }
cudaError_t cudaMallocManaged(void** data, std::size_t bytes, unsigned) { return take(data, bytes); }
cudaError_t cudaFree(void* data) { return give(data); }
cudaError_t cudaFreeHost(void* data) { return give(data); }
cudaError_t cudaMemset(void* data, int byte, std::size_t count) {
    if (const auto error = outside_capture()) return status(error);
    if (!reaches(data, count)) return status(cudaErrorInvalidValue);
    return enqueue(nullptr, [=] { std::memset(data, byte, count); }, {{data, count}});
}
/// Memory that was not taken here a real GPU copies too, but not while the host goes on.
cudaError_t cudaMemcpyAsync(void* to, void const* from, std::size_t bytes, cudaMemcpyKind,
                            cudaStream_t stream) {
    if (!reaches(to, bytes) || !reaches(from, bytes)) return status(cudaErrorInvalidValue);
    return enqueue(stream, [=] { std::memcpy(to, from, bytes); }, {{to, bytes}});
}
