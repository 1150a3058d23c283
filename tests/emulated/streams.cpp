// Streams, events and graphs: one web of works that wait for others. It is done as late as may be: when the host waits,
// and of what a work waits for, first its own stream, then what is beside it, the last first.

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "gpu.hpp"

namespace emulated {
namespace {

struct Capture;

struct Work {
    std::function<void()>              make;
    std::vector<std::shared_ptr<Work>> needs;  ///< first what comes before in its stream, if anything
    std::map<int, long>      after;      ///< of every stream, how many works this one and those before it are
    std::shared_ptr<Capture> part_of{};  ///< also when that is over
    int                      stream = 0;
    float                    cost = 0, ended = 0;  // milliseconds
    bool                     done = false;
};
using Works = std::vector<std::shared_ptr<Work>>;

bool comes_after(Work const& work, Work const& earlier) {
    const auto known = work.after.find(earlier.stream);
    return known != work.after.end() && known->second >= earlier.after.at(earlier.stream);
}

/// Who changed what, of those that a later one might not wait for.
class Writers {
public:
    bool agree(std::shared_ptr<Work> const& work, std::vector<Range> const& changes) {
        for (auto const& change : changes) {
            const auto begin = static_cast<char const*>(change.at), end = begin + change.bytes;
            bool       fine = true;
            std::erase_if(all_, [&](Writer const& other) {
                if (other.end <= begin || end <= other.begin) return false;
                fine = fine && comes_after(*work, *other.work);
                return begin <= other.begin && other.end <= end;
            });
            if (!fine) return false;
            all_.push_back({begin, end, work});
        }
        if (all_.size() > many) all_.erase(all_.begin(), all_.end() - many / 2);
        return true;
    }
    void clear() { all_.clear(); }

private:
    static constexpr std::ptrdiff_t many = 64;
    struct Writer {
        char const *          begin, *end;
        std::shared_ptr<Work> work;
    };
    std::vector<Writer> all_;
};

struct Capture {
    cudaStream_t origin;
    Works        works{};
    Writers      writers{};
    bool         spoilt = false, over = false;
};

cudaError_t last_error = cudaSuccess;
float       now        = 0;
Writers     writers;

std::set<cudaStream_t>& streams() {
    static std::set<cudaStream_t> all;
    return all;
}
cudaStream_t default_stream();
cudaStream_t at(cudaStream_t stream) { return stream ? stream : default_stream(); }

void finish(std::shared_ptr<Work> const& target) {
    if (target->done) return;
    let_host_reach(true);
    for (Works open{target}; !open.empty();) {
        const auto work  = open.back();
        auto       needs = work->needs;
        if (needs.size() > 1) std::reverse(needs.begin() + !gpu()->branches_first, needs.end());
        const auto first =
            std::find_if(needs.begin(), needs.end(), [](auto const& one) { return !one->done; });
        if (first != needs.end()) {
            open.push_back(*first);
            continue;
        }
        open.pop_back();
        if (work->done) continue;
        work->done = true, work->needs.clear();
        if (work->make) work->make();
        now += work->cost, work->ended = now;
    }
    if (!gpu()->at_once) let_host_reach(false);  // or every single work would open and close it
}

}  // namespace

Gpu* gpu() {
    static Gpu one{.at_once = std::getenv("EMULATED_AT_ONCE") != nullptr};
    return &one;
}

cudaError_t status(cudaError_t error) {
    if (error != cudaSuccess) last_error = error;
    return error;
}
bool refused(char const* call) {
    if (std::strcmp(call, gpu()->refuses) != 0) return false;
    gpu()->refuses = "";
    return true;
}

}  // namespace emulated

using namespace emulated;

struct CUstream_st {
    int                      number;
    bool                     main;
    std::shared_ptr<Work>    last{};     ///< of what it was asked for
    Works                    waits{};    ///< what the next work needs, too
    std::shared_ptr<Capture> capture{};  ///< that it is part of
    std::shared_ptr<Work>    last_before{};
    Works                    waits_before{};

    bool busy() const { return last && !last->done; }
    /// A work after all that it was asked for.
    std::shared_ptr<Work> add() {
        static std::map<int, long> count;

        const auto work = std::make_shared<Work>();
        if (last) work->needs.push_back(last);
        for (auto& one : waits) work->needs.push_back(one);
        waits.clear();
        for (auto const& one : work->needs)
            for (auto const& [other, works] : one->after)
                work->after[other] = std::max(work->after[other], works);
        work->stream = number, work->after[number] = ++count[number];
        work->part_of = capture;
        if (capture) capture->works.push_back(work);
        return last = work;
    }
    void take_part(std::shared_ptr<Capture> const& in) {
        capture = in, last_before = std::exchange(last, nullptr), waits_before = std::exchange(waits, {});
    }
    void leave() {
        capture = nullptr, last = std::exchange(last_before, nullptr),
        waits = std::exchange(waits_before, {});
    }
};
struct CUevent_st {
    std::shared_ptr<Work> work;
};
struct CUgraph_st {
    Works works;
};
struct CUgraphExec_st {
    Works works;
};

namespace emulated {
namespace {

cudaStream_t default_stream() {
    static CUstream_st one{0, true};
    return &one;
}
bool capturing() {
    return std::any_of(streams().begin(), streams().end(), [](auto stream) { return stream->capture; });
}
bool spoilt(cudaStream_t stream) { return at(stream)->capture && at(stream)->capture->spoilt; }
void count_busy() {
    int busy = 0;
    for (auto const stream : streams()) busy += stream->main && stream->busy();
    gpu()->most_at_once = std::max(gpu()->most_at_once, busy);
}
/// The host waits for it.
void wait_for(std::shared_ptr<Work> const& work) {
    if (!work || work->done) return;
    ++gpu()->waits;
    finish(work);
}

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

bool busy() {
    return default_stream()->busy() ||
           std::any_of(streams().begin(), streams().end(), [](auto stream) { return stream->busy(); });
}

cudaError_t outside_capture() {
    if (!capturing()) return cudaSuccess;
    for (auto const stream : streams())
        if (stream->capture) stream->capture->spoilt = true;
    return cudaErrorStreamCaptureUnsupported;
}

bool is_main(cudaStream_t stream) { return at(stream)->main; }

cudaError_t enqueue(cudaStream_t stream, std::function<void()> make, std::vector<Range> changes, float cost) {
    const auto capture = at(stream)->capture;
    if (spoilt(stream)) return status(cudaErrorStreamCaptureInvalidated);
    const auto work = at(stream)->add();
    work->make = std::move(make), work->cost = cost;
    if (!capture) ++gpu()->works, count_busy();
    if (!(capture ? capture->writers : writers).agree(work, changes)) return status(cudaErrorUnknown);
    if (!capture && gpu()->at_once) finish(work);
    return cudaSuccess;
}

}  // namespace emulated

char const* cudaGetErrorString(cudaError_t error) {
    constexpr char const* texts[] = {
        "no error",
        "invalid argument",
        "out of memory",
        "CUDA driver version is insufficient for CUDA runtime version",
        "no CUDA-capable device is detected",
        "no kernel image is available for execution on the device",
        "invalid configuration argument",
        "invalid resource handle",
        "operation not permitted on an event last recorded in a capturing stream",
        "operation not permitted when stream is capturing",
        "operation failed due to a previous error during capture",
        "attempt to merge different capture sequences",
        "the capture was not initiated in this stream",
        "capturing stream has unjoined work",
        "dependency created on uncaptured work in another stream",
        "emulated GPU: two works change one place, neither after the other"};
    return texts[error];
}
cudaError_t cudaGetLastError() { return std::exchange(last_error, cudaSuccess); }

cudaError_t cudaDeviceSynchronize() {
    if (const auto error = outside_capture()) return status(error);
    for (auto const stream : streams()) wait_for(stream->last);
    wait_for(default_stream()->last);
    writers.clear();
    return cudaSuccess;
}
cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
    *least = 0, *greatest = -5;
    return cudaSuccess;
}

cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned flags, int priority) {
    static int count = 0;
    if (flags != cudaStreamNonBlocking || priority > 0 || priority < -5) return status(cudaErrorInvalidValue);
    *stream = new CUstream_st{++count, priority == -5};
    streams().insert(*stream);
    return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
    if (streams().erase(stream) == 0) return status(cudaErrorInvalidResourceHandle);
    delete stream;
    return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
    if (at(stream)->capture) return status(outside_capture());
    wait_for(at(stream)->waits.empty() ? at(stream)->last : at(stream)->add());
    return cudaSuccess;
}
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
    if (!event->work) return cudaSuccess;
    const auto from = event->work->part_of;
    if (from && from->over) return status(cudaErrorCapturedEvent);
    if (spoilt(stream) || (from && from->spoilt)) return status(cudaErrorStreamCaptureInvalidated);
    if (from && !at(stream)->capture) at(stream)->take_part(from);
    if (at(stream)->capture != from) {
        at(stream)->capture->spoilt = true;
        if (from) from->spoilt = true;
        return status(from ? cudaErrorStreamCaptureMerge : cudaErrorStreamCaptureIsolation);
    }
    ++gpu()->joins;
    at(stream)->waits.push_back(event->work);
    return cudaSuccess;
}

cudaError_t cudaEventCreate(cudaEvent_t* event) { return *event = new CUevent_st, cudaSuccess; }
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) { return cudaEventCreate(event); }
cudaError_t cudaEventDestroy(cudaEvent_t event) { return delete event, cudaSuccess; }
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
    if (spoilt(stream)) return status(cudaErrorStreamCaptureInvalidated);
    event->work = at(stream)->add();
    return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
    if (event->work && event->work->part_of) {
        event->work->part_of->spoilt = true;
        return status(cudaErrorCapturedEvent);
    }
    wait_for(event->work);
    return cudaSuccess;
}
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t from, cudaEvent_t to) {
    if (!from->work || !to->work || !from->work->done || !to->work->done)
        return status(cudaErrorInvalidResourceHandle);
    *milliseconds = to->work->ended - from->work->ended;
    return cudaSuccess;
}

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
