#pragma once
// Products of row-major matrices by cuBLASLt. The library thinks in columns: what is a row-major (R, C) here is a
// column-major (C, R) there, so y = x w is asked for as yT = wT xT, and nothing is transposed in memory. A plan is made
// when its product is first asked for, before anything is captured; afterwards nothing allocates or waits.

#include <cublasLt.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <utility>

#include "rung/backend/cuda/check.cuh"
#include "rung/backend/cuda/device.hpp"

namespace rung::cuda {

inline void check(cublasStatus_t status, char const* what) {
    if (status != CUBLAS_STATUS_SUCCESS) fail({"cuda: ", what, ": ", cublasLtGetStatusString(status)});
}

inline cudaDataType_t data_type(Number number) { return number == Number::f32 ? CUDA_R_32F : CUDA_R_16BF; }

namespace detail {

template <class Handle, cublasStatus_t (*destroy)(Handle)>
struct LtDeleter {
    using pointer = Handle;
    void operator()(Handle handle) const { destroy(handle); }
};
template <class Handle, cublasStatus_t (*destroy)(Handle)>
using LtOwner = std::unique_ptr<void, LtDeleter<Handle, destroy>>;

using LtHandle     = LtOwner<cublasLtHandle_t, cublasLtDestroy>;
using LtOperation  = LtOwner<cublasLtMatmulDesc_t, cublasLtMatmulDescDestroy>;
using LtLayout     = LtOwner<cublasLtMatrixLayout_t, cublasLtMatrixLayoutDestroy>;
using LtPreference = LtOwner<cublasLtMatmulPreference_t, cublasLtMatmulPreferenceDestroy>;

}  // namespace detail

/// All products of a context. Not copyable: it owns the library's handle, its workspaces and the plans.
class Products {
public:
    static constexpr std::size_t workspace_bytes = std::size_t{32} << 20;  // what cuBLASLt wants on Hopper

    explicit Products(Choice choice = Choice::first) : choice_(choice) {
        cublasLtHandle_t handle = nullptr;
        check(cublasLtCreate(&handle), "cublasLtCreate");
        handle_.reset(handle);
    }

    /// result = [addend +] left right, through the epilogue.
    /// @param place  of streams that have products at the same time: each has a workspace
    void run(cudaStream_t stream, ProductShape const& shape, ProductPointers const& at, int place = 0) {
        const Where where{stream, workspace(place)};
        const Key   key{shape, Alignments(at)};
        auto        found = plans_.find(key);
        if (found == plans_.end()) found = plans_.emplace(key, make(where, shape, at)).first;
        auto& plan = found->second;
        point(plan, at);
        check(launch(where, plan, shape, at, plan.algorithm), "cublasLtMatmul");
    }

private:
    /// What a kernel may assume of addresses: part of what a plan is made for, like the sizes.
    struct Alignments {
        int  left, right, addend, result, bias, kept;
        bool in_place;

        explicit Alignments(ProductPointers const& at)
            : left(alignment(at.left)),
              right(alignment(at.right)),
              addend(alignment(at.addend ? at.addend : at.result)),
              result(alignment(at.result)),
              bias(alignment(at.bias)),
              kept(alignment(at.kept)),
              in_place(!at.addend || at.addend == at.result) {}
        auto tie() const { return std::tie(left, right, addend, result, bias, kept, in_place); }
        bool operator<(Alignments const& other) const { return tie() < other.tie(); }
    };
    using Key = std::pair<ProductShape, Alignments>;

    struct Plan {
        detail::LtOperation  operation;
        detail::LtLayout     first, second, result;  // in columns: the right factor, the left one, the result
        cublasLtMatmulAlgo_t algorithm{};
    };
    struct Where {
        cudaStream_t stream;
        void*        workspace;
    };
    struct Free {
        void operator()(void* memory) const { cudaDeviceSynchronize(), cudaFree(memory); }
    };
    using Room = std::unique_ptr<void, Free>;

    static Room room(std::size_t bytes, char const* what) {
        void* memory = nullptr;
        check(cudaMalloc(&memory, bytes), what);
        return Room(memory);
    }
    /// Taken when it is first asked for, which is before anything is captured.
    void* workspace(int place) {
        auto& own = workspaces_[place];
        if (!own) own = room(workspace_bytes, "workspace of products, 32 MB");
        return own.get();
    }

    template <class T>
    static void set(Plan& plan, cublasLtMatmulDescAttributes_t what, T const& value) {
        check(cublasLtMatmulDescSetAttribute(plan.operation.get(), what, &value, sizeof value),
              "product attribute");
    }
    static detail::LtLayout layout(cudaDataType_t type, int rows, int cols, int stride) {
        cublasLtMatrixLayout_t one = nullptr;
        check(cublasLtMatrixLayoutCreate(&one, type, std::uint64_t(rows), std::uint64_t(cols), stride),
              "layout");
        return detail::LtLayout(one);
    }

    void point(Plan& plan, ProductPointers const& at) {
        if (at.bias) set(plan, CUBLASLT_MATMUL_DESC_BIAS_POINTER, at.bias);
        if (at.kept) set(plan, CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, at.kept);
    }
    cublasStatus_t launch(Where const& where, Plan const& plan, ProductShape const& shape,
                          ProductPointers const& at, cublasLtMatmulAlgo_t const& algorithm) {
        const float one = 1, addend = shape.adds ? 1 : 0;
        return cublasLtMatmul(handle_.get(), plan.operation.get(), &one, at.right, plan.first.get(), at.left,
                              plan.second.get(), &addend, at.addend ? at.addend : at.result,
                              plan.result.get(), at.result, plan.result.get(), &algorithm, where.workspace,
                              workspace_bytes, where.stream);
    }

    Plan make(Where const& where, ProductShape const& s, ProductPointers const& at) {
        Plan                 plan;
        cublasLtMatmulDesc_t operation = nullptr;
        check(cublasLtMatmulDescCreate(&operation, CUBLAS_COMPUTE_32F, CUDA_R_32F), "product");
        plan.operation.reset(operation);
        set(plan, CUBLASLT_MATMUL_DESC_TRANSA, s.right_transposed ? CUBLAS_OP_T : CUBLAS_OP_N);
        set(plan, CUBLASLT_MATMUL_DESC_TRANSB, s.left_transposed ? CUBLAS_OP_T : CUBLAS_OP_N);
        constexpr cublasLtEpilogue_t epilogues[][2] = {
            {CUBLASLT_EPILOGUE_DEFAULT},
            {CUBLASLT_EPILOGUE_BIAS},
            {CUBLASLT_EPILOGUE_GELU, CUBLASLT_EPILOGUE_GELU_AUX},
            {CUBLASLT_EPILOGUE_GELU_BIAS, CUBLASLT_EPILOGUE_GELU_AUX_BIAS},
            {CUBLASLT_EPILOGUE_DGELU, CUBLASLT_EPILOGUE_DGELU}};
        set(plan, CUBLASLT_MATMUL_DESC_EPILOGUE, epilogues[int(s.epilogue)][s.kept_stride > 0]);
        if (s.kept_stride > 0) set(plan, CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, std::int64_t{s.kept_stride});
        plan.first  = s.right_transposed ? layout(data_type(s.factors), s.depth, s.cols, s.right_stride)
                                         : layout(data_type(s.factors), s.cols, s.depth, s.right_stride);
        plan.second = s.left_transposed ? layout(data_type(s.factors), s.rows, s.depth, s.left_stride)
                                        : layout(data_type(s.factors), s.depth, s.rows, s.left_stride);
        plan.result = layout(data_type(s.result), s.cols, s.rows, s.result_stride);
        point(plan, at);  // candidates depend on how pointers are aligned

        cublasLtMatmulPreference_t made = nullptr;
        check(cublasLtMatmulPreferenceCreate(&made), "preference");
        const detail::LtPreference preference(made);
        check(cublasLtMatmulPreferenceSetAttribute(made, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                                                   &workspace_bytes, sizeof workspace_bytes),
              "preference");
        const Alignments aligned(at);
        const auto       assume = [&](cublasLtMatmulPreferenceAttributes_t what, int bytes) {
            const auto least = std::uint32_t(bytes);
            check(cublasLtMatmulPreferenceSetAttribute(made, what, &least, sizeof least), "preference");
        };
        assume(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, aligned.right);
        assume(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, aligned.left);
        assume(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, aligned.addend);
        assume(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, aligned.result);

        std::array<cublasLtMatmulHeuristicResult_t, 8> candidates{};
        int                                            count = 0;

        const cublasStatus_t status = cublasLtMatmulAlgoGetHeuristic(
            handle_.get(), plan.operation.get(), plan.first.get(), plan.second.get(), plan.result.get(),
            plan.result.get(), made, int(candidates.size()), candidates.data(), &count);
        if (status != CUBLAS_STATUS_SUCCESS || count == 0)
            fail({"cuda: product: rows, cols, depth; got ", s.rows, ", ", s.cols, ", ", s.depth,
                  ", for which cuBLASLt has no algorithm (", cublasLtGetStatusString(status),
                  "); addresses are multiples of ", aligned.left, ", ", aligned.right, ", ", aligned.addend,
                  ", ", aligned.result, " bytes"});
        plan.algorithm = candidates[0].algo;
        if (choice_ == Choice::fastest) choose(where, plan, s, at, candidates.data(), count);
        return plan;
    }

    /// The fastest of the candidates, each run a few times on the real operands, while no other context is at work.
    void choose(Where const& where, Plan& plan, ProductShape const& s, ProductPointers at,
                cublasLtMatmulHeuristicResult_t const* candidates, int count) {
        Room zeros;
        if (s.adds && (!at.addend || at.addend == at.result)) {
            // The real result would be added to every time. In place here too, as the algorithm has to work there.
            zeros = room(s.result_bytes(), "a result to try products on");
            check(cudaMemset(zeros.get(), 0, s.result_bytes()), "zeros");
            at.result = zeros.get(), at.addend = nullptr;
        }
        check(cudaDeviceSynchronize(), "product");
        const Event begin(cudaEventDefault), end(cudaEventDefault);
        float       best = INFINITY;
        for (int i = 0; i < count; ++i) {
            bool works = candidates[i].state == CUBLAS_STATUS_SUCCESS &&
                         launch(where, plan, s, at, candidates[i].algo) == CUBLAS_STATUS_SUCCESS;
            check(cudaEventRecord(begin.is, where.stream), "event");
            for (int run = 0; run < 10 && works; ++run)
                works = launch(where, plan, s, at, candidates[i].algo) == CUBLAS_STATUS_SUCCESS;
            check(cudaEventRecord(end.is, where.stream), "event"),
                check(cudaEventSynchronize(end.is), "product");
            float milliseconds = 0;
            check(cudaEventElapsedTime(&milliseconds, begin.is, end.is), "event");
            if (!works) cudaGetLastError();  // or the next launch would report it
            if (works && milliseconds < best) best = milliseconds, plan.algorithm = candidates[i].algo;
        }
    }

    Choice              choice_;
    detail::LtHandle    handle_;
    std::map<int, Room> workspaces_;
    std::map<Key, Plan> plans_;
};

}  // namespace rung::cuda
