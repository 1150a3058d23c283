#pragma once
// The GPU's side of a queue: a stream and others for what is beside it, their products, and events that tell how far
// they are.

#include <algorithm>
#include <cstdint>

#include "rung/backend/cuda/product.cuh"

namespace rung::cuda {

struct Event {
    Event() { check(cudaEventCreateWithFlags(&is, cudaEventDisableTiming), "event"); }
    ~Event() { cudaEventDestroy(is); }
    Event(Event const&)            = delete;
    Event& operator=(Event const&) = delete;

    cudaEvent_t is = nullptr;
};

class Driver {
public:
    static constexpr int events = 8, branches = 3;  // marks that are waited for, branches at the same time

    explicit Driver(Choice choice) : products(choice, 1 + branches) {
        int least = 0, greatest = 0;
        check(cudaDeviceGetStreamPriorityRange(&least, &greatest), "priorities of streams");
        for (auto& one : streams)  // the way on comes before what is beside it
            check(
                cudaStreamCreateWithPriority(&one, cudaStreamNonBlocking, &one == streams ? greatest : least),
                "stream");
    }
    ~Driver() {  // also after an error, which has been thrown before
        for (const cudaStream_t one : streams) cudaStreamSynchronize(one), cudaStreamDestroy(one);
    }
    Driver(Driver const&)            = delete;
    Driver& operator=(Driver const&) = delete;

    cudaStream_t stream() const { return streams[place]; }  ///< of the next call

    void fork(std::int64_t branch) {
        place = 1 + int(branch % branches), used = std::max(used, place);
        check(cudaEventRecord(forked.is, streams[0]), "fork");
        check(cudaStreamWaitEvent(stream(), forked.is), "fork");
    }
    void back() { place = 0; }
    void join() {
        back();
        for (; used > 0; --used) {
            check(cudaEventRecord(joined[used - 1].is, streams[used]), "join");
            check(cudaStreamWaitEvent(streams[0], joined[used - 1].is), "join");
        }
    }

    cudaStream_t streams[1 + branches] = {};
    Products     products;
    int   place = 0, used = 0;  ///< the stream of the next call, and the last with a branch since join()
    Event forked, joined[branches];
    Event marks[events];
    long  marked = 0;
};

}  // namespace rung::cuda
