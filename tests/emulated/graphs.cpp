// Lists of works that are captured, checked as CUDA does, and started whole.

#include <algorithm>

#include "works.hpp"

using namespace emulated;

struct CUgraph_st {
    Works works;
};
struct CUgraphExec_st {
    Works works;
};

namespace {

/// Of a list with all that its works wait for.
void note_size(Works const& works) {
    int                        size = 0, longest = 0;
    std::map<Work const*, int> chain;
    for (auto const& work : works) {
        int& own = chain[work.get()];
        for (auto const& one : work->needs) own = std::max(own, chain.at(one.get()));
        own += work->make != nullptr, size += work->make != nullptr;
        longest = std::max(longest, own);
    }
    if (size > gpu()->captured) gpu()->captured = size, gpu()->chain = longest;
}

}  // namespace

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
    if (refused("cudaStreamBeginCapture")) return status(cudaErrorMemoryAllocation);
    if (!stream || stream->capture) return status(cudaErrorStreamCaptureUnsupported);
    stream->take_part(std::make_shared<Capture>(Capture{stream}));
    return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
    *graph             = nullptr;
    const auto capture = stream->capture;
    if (!capture || capture->origin != stream) return status(cudaErrorStreamCaptureUnmatched);
    const auto end = stream->add();
    for (auto const other : streams())
        if (other->capture == capture) other->leave();
    capture->over     = true, capture->writers.clear();
    const Works works = std::exchange(capture->works, {});
    if (capture->spoilt) return status(cudaErrorStreamCaptureInvalidated);
    if (refused("cudaStreamEndCapture")) return status(cudaErrorMemoryAllocation);
    for (auto const& work : works)
        if (!comes_after(*end, *work)) return status(cudaErrorStreamCaptureUnjoined);
    note_size(works);
    *graph = new CUgraph_st{works};
    return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* ready, cudaGraph_t graph, unsigned long long) {
    if (refused("cudaGraphInstantiate")) return status(cudaErrorMemoryAllocation);
    *ready = new CUgraphExec_st{graph->works};
    return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) { return delete graph, cudaSuccess; }
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph) { return delete graph, cudaSuccess; }
cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t stream) {
    if (at(stream)->capture) return status(outside_capture());
    const auto                                   begin = at(stream)->add();
    std::map<Work const*, std::shared_ptr<Work>> copies;
    for (auto const& work : graph->works) {
        const auto copy = std::make_shared<Work>(*work);
        copy->part_of = nullptr, copy->needs.clear(), copy->after = begin->after;
        for (auto const& one : work->needs) copy->needs.push_back(copies.at(one.get()));
        if (copy->needs.empty()) copy->needs.push_back(begin);
        gpu()->works += work->make != nullptr;
        copies.emplace(work.get(), copy);
    }
    at(stream)->waits.push_back(
        copies.at(graph->works.back().get()));  // the capture's end, after all the others
    const auto end = at(stream)->add();
    count_busy();
    if (gpu()->at_once) finish(end);
    return cudaSuccess;
}
