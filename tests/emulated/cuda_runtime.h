#pragma once
// What rung calls of CUDA's runtime, for a GPU that is emulated on the host: stands before the toolkit's header where the
// library's device.cuh is compiled without nvcc. Of its rules those that rung could break.

#include <cstddef>

enum cudaError_t {
    cudaSuccess,
    cudaErrorInvalidValue,
    cudaErrorMemoryAllocation,
    cudaErrorInsufficientDriver,
    cudaErrorNoDevice,
    cudaErrorNoKernelImageForDevice,
    cudaErrorInvalidResourceHandle,
    cudaErrorCapturedEvent,
    cudaErrorStreamCaptureUnsupported,
    cudaErrorStreamCaptureInvalidated,
    cudaErrorStreamCaptureMerge,
    cudaErrorStreamCaptureUnmatched,
    cudaErrorStreamCaptureUnjoined,
    cudaErrorStreamCaptureIsolation,
    cudaErrorUnknown,  ///< two writers of one place, of which none waits for the other
};
char const* cudaGetErrorString(cudaError_t);
cudaError_t cudaGetLastError();  ///< the last that any call returned, once

struct cudaDeviceProp {
    char name[256];
    int  major, minor;
};
cudaError_t cudaGetDeviceCount(int*);
cudaError_t cudaGetDevice(int*);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp*, int device);
cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest);
cudaError_t cudaDeviceSynchronize();

inline constexpr unsigned cudaMemAttachGlobal = 1;
cudaError_t               cudaMalloc(void**, std::size_t bytes);
cudaError_t               cudaMallocHost(void**, std::size_t bytes);
cudaError_t               cudaMallocManaged(void**, std::size_t bytes, unsigned flags = cudaMemAttachGlobal);
template <class T>
cudaError_t cudaMallocManaged(T** data, std::size_t bytes) {
    return cudaMallocManaged(reinterpret_cast<void**>(data), bytes);
}
cudaError_t cudaFree(void*);
cudaError_t cudaFreeHost(void*);
cudaError_t cudaMemset(void*, int byte, std::size_t count);

using cudaStream_t                              = struct CUstream_st*;
using cudaEvent_t                               = struct CUevent_st*;
inline constexpr unsigned cudaStreamNonBlocking = 1, cudaEventDefault = 0, cudaEventDisableTiming = 2;
enum cudaMemcpyKind { cudaMemcpyDefault = 4 };
cudaError_t cudaMemcpyAsync(void* to, void const* from, std::size_t bytes, cudaMemcpyKind, cudaStream_t);

cudaError_t cudaStreamCreateWithPriority(cudaStream_t*, unsigned flags, int priority);
cudaError_t cudaStreamDestroy(cudaStream_t);
cudaError_t cudaStreamSynchronize(cudaStream_t);
using cudaHostFn_t = void (*)(void*);
cudaError_t cudaLaunchHostFunc(cudaStream_t, cudaHostFn_t, void* argument);
cudaError_t cudaStreamWaitEvent(cudaStream_t, cudaEvent_t, unsigned flags = 0);

cudaError_t cudaEventCreateWithFlags(cudaEvent_t*, unsigned flags);
cudaError_t cudaEventDestroy(cudaEvent_t);
cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t);
cudaError_t cudaEventSynchronize(cudaEvent_t);
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t from, cudaEvent_t to);

using cudaGraph_t     = struct CUgraph_st*;
using cudaGraphExec_t = struct CUgraphExec_st*;
enum cudaStreamCaptureMode { cudaStreamCaptureModeThreadLocal = 1 };
cudaError_t               cudaStreamBeginCapture(cudaStream_t, cudaStreamCaptureMode);
cudaError_t               cudaStreamEndCapture(cudaStream_t, cudaGraph_t*);
inline constexpr unsigned cudaGraphInstantiateFlagUseNodePriority = 8;
cudaError_t               cudaGraphInstantiate(cudaGraphExec_t*, cudaGraph_t, unsigned long long flags);
cudaError_t               cudaGraphDestroy(cudaGraph_t);
cudaError_t               cudaGraphExecDestroy(cudaGraphExec_t);
cudaError_t               cudaGraphLaunch(cudaGraphExec_t, cudaStream_t);
