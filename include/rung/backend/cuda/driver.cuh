#pragma once
// The GPU's side of a queue: a stream and others for what is beside it, their products, and events that tell how far
// they are.

#include "rung/backend/cuda/branches.hpp"
#include "rung/backend/cuda/product.cuh"

namespace rung::cuda {

struct Stream {
    explicit Stream(int priority) {
        check(cudaStreamCreateWithPriority(&is, cudaStreamNonBlocking, priority), "stream");
    }
    /// Also after an error, which has been thrown before.
    ~Stream() { cudaStreamSynchronize(is), cudaStreamDestroy(is); }
    Stream(Stream const&)            = delete;
    Stream& operator=(Stream const&) = delete;

    cudaStream_t is = nullptr;
};

class Driver {
public:
    static constexpr int events = 8;  // marks that are waited for

    explicit Driver(Choice choice) : products(choice) {}

    cudaStream_t stream() const { return streams[branches.place].is; }  ///< of the next call
    cudaStream_t main() const { return streams[0].is; }

    void fork() {
        check(cudaEventRecord(forked.is, main()), "fork");
        branches.fork();
        check(cudaStreamWaitEvent(stream(), forked.is), "fork");
    }
    void back() { branches.back(); }
    void join() {
        branches.join([this](int place) {
            check(cudaEventRecord(joined.is, streams[place].is), "join");
            check(cudaStreamWaitEvent(main(), joined.is), "join");
        });
    }

    Products products;
    Branches branches;
    Stream   streams[1 + Branches::most]{Stream(priority(true)), Stream(priority(false)),
                                         Stream(priority(false)), Stream(priority(false))};
    Event    forked, joined, marks[events];
    long     marked = 0;

private:
    /// The way on comes before what is beside it.
    static int priority(bool first) {
        int least = 0, greatest = 0;
        check(cudaDeviceGetStreamPriorityRange(&least, &greatest), "priorities of streams");
        return first ? greatest : least;
    }
};

}  // namespace rung::cuda
