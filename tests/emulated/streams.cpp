// Streams and events. Works are done as late as may be: when the host waits.

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "works.hpp"

namespace emulated {
namespace {

cudaError_t last_error = cudaSuccess;
float       now        = 0;
Writers     writers;

cudaStream_t default_stream() {
    static CUstream_st one{0, true};
    return &one;
}
bool capturing() {
    return std::any_of(streams().begin(), streams().end(), [](auto stream) { return stream->capture; });
}
/// The host waits for it.
void wait_for(std::shared_ptr<Work> const& work) {
    if (!work || work->done) return;
    ++gpu()->waits;
    finish(work);
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

std::set<cudaStream_t>& streams() {
    static std::set<cudaStream_t> all;
    return all;
}
cudaStream_t at(cudaStream_t stream) { return stream ? stream : default_stream(); }
bool         spoilt(cudaStream_t stream) { return at(stream)->capture && at(stream)->capture->spoilt; }

void count_busy() {
    int busy = 0;
    for (auto const stream : streams()) busy += stream->main && stream->busy();
    gpu()->most_at_once = std::max(gpu()->most_at_once, busy);
}
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

using namespace emulated;

char const* cudaGetErrorString(cudaError_t error) {
    constexpr char const* texts[] = {
        "no error",
        "invalid argument",
        "out of memory",
        "CUDA driver version is insufficient for CUDA runtime version",
        "no CUDA-capable device is detected",
        "no kernel image is available for execution on the device",
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
cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t f, void* argument) {
    return enqueue(stream, [=] { f(argument); }, {});
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

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
    return *event = new CUevent_st, cudaSuccess;
}
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
