// The emulated GPU's properties and its memory: filled with NaN, out of the host's reach where it is the GPU's own, and
// copies must stay within what was taken.

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <new>
#include <utility>

#include "gpu.hpp"

using namespace emulated;

namespace {

constexpr std::align_val_t alignment{256};

enum class Kind { gpu, managed, pinned };
struct Taken {
    std::size_t bytes, mapped;
    Kind        kind;
};
std::map<char*, Taken>& taken() {
    static std::map<char*, Taken> all;
    return all;
}

/// Addresses of the GPU's own memory, none of them used twice.
class Region {
public:
    char* take(std::size_t bytes) {
        if (begin_ == MAP_FAILED || bytes > size - used_) return nullptr;
        char* const at = begin_ + used_;
        used_ += bytes;
        if (open_) ::mprotect(at, bytes, PROT_READ | PROT_WRITE);
        return at;
    }
    void give(char* at, std::size_t bytes) { ::madvise(at, bytes, MADV_DONTNEED); }
    void open(bool may) {
        if (std::exchange(open_, may) != may && used_ > 0)
            ::mprotect(begin_, used_, may ? PROT_READ | PROT_WRITE : PROT_NONE);
    }
    bool is_open() const { return open_; }

private:
    static constexpr std::size_t size = std::size_t{1} << 38;

    char* begin_ = static_cast<char*>(
        ::mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    std::size_t used_ = 0;
    bool        open_ = false;
};
Region& region() {
    static Region one;
    return one;
}

constexpr std::size_t poisoned = std::size_t{1} << 22;  // bytes of each piece, at most: more takes long

cudaError_t take(void** data, std::size_t bytes, Kind kind) {
    if (const auto error = outside_capture()) return status(error);
    if (bytes == 0 && kind == Kind::managed) return status(cudaErrorInvalidValue);
    std::size_t all = bytes;
    for (auto const& [at, other] : taken()) all += other.kind == Kind::gpu ? other.bytes : 0;
    if (refused("cudaMalloc") || (kind == Kind::gpu && all > gpu()->memory))
        return status(cudaErrorMemoryAllocation);
    const auto        page   = std::size_t(::sysconf(_SC_PAGESIZE));
    const std::size_t mapped = (bytes / page + 1) * page;
    char* const       at     = kind == Kind::gpu ? region().take(mapped)
                                                 : static_cast<char*>(::operator new(bytes, alignment, std::nothrow));
    if (!at) return status(cudaErrorMemoryAllocation);
    const bool open = region().is_open();
    region().open(true);
    std::memset(at, 0xff, std::min(bytes, poisoned));
    region().open(open);
    taken()[at] = {bytes, mapped, kind};
    *data       = at;
    ++gpu()->pieces;
    return cudaSuccess;
}
/// Whoever frees must have waited: the runtime does not promise to.
cudaError_t give(void* data, bool pinned) {
    if (!data) return cudaSuccess;
    if (const auto error = outside_capture()) return status(error);
    const auto found = taken().find(static_cast<char*>(data));
    if (found == taken().end() || (found->second.kind == Kind::pinned) != pinned)
        return status(cudaErrorInvalidValue);
    if (busy()) std::fputs("emulated GPU: memory is freed that work may still use\n", stderr), std::abort();
    if (found->second.kind == Kind::gpu) region().give(found->first, found->second.mapped);
    else ::operator delete(data, alignment);
    taken().erase(found), --gpu()->pieces;
    return cudaSuccess;
}

}  // namespace

bool emulated::reaches(void const* at, std::size_t bytes) {
    if (bytes == 0) return true;
    auto const byte  = static_cast<char*>(const_cast<void*>(at));
    auto       above = taken().upper_bound(byte);
    if (above == taken().begin()) return false;
    --above;
    return byte + bytes <= above->first + above->second.bytes;
}
void emulated::let_host_reach(bool may) { region().open(may); }

cudaError_t cudaGetDeviceCount(int* count) {
    if (!gpu()->driver) return status(cudaErrorInsufficientDriver);
    *count = gpu()->devices;
    return cudaSuccess;
}
cudaError_t cudaGetDevice(int* device) { return *device = 0, cudaSuccess; }
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* of, int device) {
    if (device >= gpu()->devices) return status(cudaErrorInvalidValue);
    std::strcpy(of->name, "emulated GPU");
    of->major = gpu()->major, of->minor = gpu()->minor;
    return cudaSuccess;
}

cudaError_t cudaMalloc(void** data, std::size_t bytes) { return take(data, bytes, Kind::gpu); }
cudaError_t cudaMallocHost(void** data, std::size_t bytes) { return take(data, bytes, Kind::pinned); }
/// As much as the host has: what does not fit in the GPU's memory stays in the host's.
cudaError_t cudaMallocManaged(void** data, std::size_t bytes, unsigned) {
    return take(data, bytes, Kind::managed);
}
cudaError_t cudaFree(void* data) { return give(data, false); }
cudaError_t cudaFreeHost(void* data) { return give(data, true); }
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
