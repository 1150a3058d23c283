// cuBLASLt on the emulated GPU: products of matrices that stand by columns, in double precision, rounded once. It refuses
// sizes, strides, addresses and epilogues that do not fit together.

#include <cmath>
#include <cstring>

#include "cublasLt.h"
#include "gpu.hpp"
#include "rung/core/scalar.hpp"

using namespace emulated;

struct cublasLtContext {};
struct cublasLtMatmulDescOpaque_t {
    cublasOperation_t  op_a = CUBLAS_OP_N, op_b = CUBLAS_OP_N;
    cublasLtEpilogue_t epilogue   = CUBLASLT_EPILOGUE_DEFAULT;
    void const*        bias       = nullptr;
    void*              aux        = nullptr;
    std::int64_t       aux_stride = 0;
};
struct cublasLtMatrixLayoutOpaque_t {
    cudaDataType_t type;
    std::int64_t   rows, cols, stride;

    std::size_t size() const { return type == CUDA_R_32F ? 4 : 2; }
    double      read(void const* from, std::int64_t row, std::int64_t col) const {
             const auto at = col * stride + row;
             return type == CUDA_R_32F ? double(static_cast<float const*>(from)[at])
                                       : double(rung::widen(static_cast<rung::bf16 const*>(from)[at]));
    }
    void write(void* to, std::int64_t row, std::int64_t col, double value) const {
        const auto at = col * stride + row;
        if (type == CUDA_R_32F) static_cast<float*>(to)[at] = float(value);
        else static_cast<rung::bf16*>(to)[at] = rung::narrow<rung::bf16>(float(value));
    }
    Range range(void const* at) const { return {at, std::size_t((cols - 1) * stride + rows) * size()}; }
};
struct cublasLtMatmulPreferenceOpaque_t {
    std::uint64_t workspace    = 0;
    std::uint32_t alignment[4] = {256, 256, 256, 256};
};

namespace {

using Desc   = cublasLtMatmulDescOpaque_t;
using Layout = cublasLtMatrixLayoutOpaque_t;

/// What an algorithm relies on.
struct Algorithm {
    int           number;
    std::uint32_t alignment[4];
    std::uint64_t workspace;
};
static_assert(sizeof(Algorithm) <= sizeof(cublasLtMatmulAlgo_t));

constexpr int   algorithms        = 2;
constexpr float costs[algorithms] = {3, 2};  // the first choice is not the fastest

bool of(cublasLtEpilogue_t epilogue, std::initializer_list<cublasLtEpilogue_t> some) {
    for (const auto one : some)
        if (one == epilogue) return true;
    return false;
}
bool has_bias(Desc const& desc) {
    return of(desc.epilogue,
              {CUBLASLT_EPILOGUE_BIAS, CUBLASLT_EPILOGUE_GELU_BIAS, CUBLASLT_EPILOGUE_GELU_AUX_BIAS});
}
bool has_gelu(Desc const& desc) {
    return of(desc.epilogue, {CUBLASLT_EPILOGUE_GELU, CUBLASLT_EPILOGUE_GELU_AUX, CUBLASLT_EPILOGUE_GELU_BIAS,
                              CUBLASLT_EPILOGUE_GELU_AUX_BIAS});
}
bool has_aux(Desc const& desc) {
    return of(desc.epilogue,
              {CUBLASLT_EPILOGUE_GELU_AUX, CUBLASLT_EPILOGUE_GELU_AUX_BIAS, CUBLASLT_EPILOGUE_DGELU});
}

/// Whether there is such a product.
bool fits(Desc const& desc, Layout const& a, Layout const& b, Layout const& d) {
    const bool turned_a = desc.op_a == CUBLAS_OP_T, turned_b = desc.op_b == CUBLAS_OP_T;
    if ((turned_a ? a.cols : a.rows) != d.rows || (turned_b ? b.rows : b.cols) != d.cols) return false;
    if ((turned_a ? a.rows : a.cols) != (turned_b ? b.cols : b.rows)) return false;
    for (auto const* one : {&a, &b, &d})
        if (one->rows < 1 || one->cols < 1 || one->stride < one->rows) return false;
    if (a.type != b.type || (d.type != a.type && d.type != CUDA_R_32F)) return false;
    if (has_bias(desc) && !desc.bias) return false;
    // Not in the documentation: rung does not rely on more.
    if (has_bias(desc) || has_gelu(desc) || has_aux(desc))
        for (auto const* one : {&a, &b, &d})
            if (std::size_t(one->stride) * one->size() % 16 != 0) return false;
    return !has_aux(desc) || (desc.aux && desc.aux_stride % 8 == 0 && desc.aux_stride >= d.rows);
}
bool aligned(void const* at, std::uint32_t to) { return reinterpret_cast<std::uintptr_t>(at) % to == 0; }

// The approximation that cuBLASLt's documentation names.
double tanh_of(double x) { return std::tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)); }
double gelu(double x) { return x / 2 * (1 + tanh_of(x)); }
double gelu_slope(double x) {
    const double t = tanh_of(x);
    return (1 + t + x * (1 - t * t) * 0.7978845608028654 * (1 + 3 * 0.044715 * x * x)) / 2;
}

/// Rows of op(x), or of its columns, that stand together.
std::vector<double> gathered(Layout const& x, void const* from, bool by_rows) {
    const auto          count = by_rows ? x.rows : x.cols, depth = by_rows ? x.cols : x.rows;
    std::vector<double> all(std::size_t(count * depth));
    for (std::int64_t i = 0; i < count; ++i)
        for (std::int64_t k = 0; k < depth; ++k)
            all[std::size_t(i * depth + k)] = by_rows ? x.read(from, i, k) : x.read(from, k, i);
    return all;
}

struct Product {
    Desc        desc;
    Layout      a, b, d;
    float       alpha, beta;
    void const *at_a, *at_b, *at_c;
    void*       at_d;

    void operator()() const {
        const auto left  = gathered(a, at_a, desc.op_a == CUBLAS_OP_N),
                   right = gathered(b, at_b, desc.op_b == CUBLAS_OP_T);
        const auto depth = desc.op_a == CUBLAS_OP_N ? a.cols : a.rows;
        Layout     aux = d, bias = d;
        aux.stride = desc.aux_stride, bias.stride = 0;
        for (std::int64_t col = 0; col < d.cols; ++col)
            for (std::int64_t row = 0; row < d.rows; ++row) {
                double const *x = left.data() + row * depth, *y = right.data() + col * depth;
                double        sum = 0;
                for (std::int64_t k = 0; k < depth; ++k) sum += x[k] * y[k];
                sum *= double(alpha);
                if (beta != 0) sum += double(beta) * d.read(at_c, row, col);
                if (has_bias(desc)) sum += bias.read(desc.bias, row, 0);
                if (desc.epilogue == CUBLASLT_EPILOGUE_DGELU) sum *= gelu_slope(aux.read(desc.aux, row, col));
                else if (has_aux(desc)) aux.write(desc.aux, row, col, sum);
                d.write(at_d, row, col, has_gelu(desc) ? gelu(sum) : sum);
            }
    }
};

}  // namespace

char const* cublasLtGetStatusString(cublasStatus_t status) {
    constexpr char const* texts[] = {"CUBLAS_STATUS_SUCCESS", "CUBLAS_STATUS_INVALID_VALUE",
                                     "CUBLAS_STATUS_NOT_SUPPORTED"};
    return texts[status];
}

cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) {
    return *handle = new cublasLtContext, CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) { return delete handle, CUBLAS_STATUS_SUCCESS; }
cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* desc, cublasComputeType_t, cudaDataType_t) {
    return *desc = new Desc, CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t desc) {
    return delete desc, CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t desc, cublasLtMatmulDescAttributes_t which,
                                              void const* value, std::size_t bytes) {
    const auto set = [&](auto& to) {
        if (bytes != sizeof to) return CUBLAS_STATUS_INVALID_VALUE;
        std::memcpy(&to, value, bytes);
        return CUBLAS_STATUS_SUCCESS;
    };
    switch (which) {
        case CUBLASLT_MATMUL_DESC_TRANSA:
            return set(desc->op_a);
        case CUBLASLT_MATMUL_DESC_TRANSB:
            return set(desc->op_b);
        case CUBLASLT_MATMUL_DESC_EPILOGUE:
            return set(desc->epilogue);
        case CUBLASLT_MATMUL_DESC_BIAS_POINTER:
            return set(desc->bias);
        case CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER:
            return set(desc->aux);
        case CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD:
            return set(desc->aux_stride);
    }
    return CUBLAS_STATUS_INVALID_VALUE;
}
cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* layout, cudaDataType_t type,
                                          std::uint64_t rows, std::uint64_t cols, std::int64_t stride) {
    return *layout = new Layout{type, std::int64_t(rows), std::int64_t(cols), stride}, CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout) {
    return delete layout, CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* preference) {
    return *preference = new cublasLtMatmulPreferenceOpaque_t, CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference) {
    return delete preference, CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t           preference,
                                                    cublasLtMatmulPreferenceAttributes_t which,
                                                    void const* value, std::size_t bytes) {
    const bool of_workspace = which == CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES;
    if (bytes != (of_workspace ? sizeof(std::uint64_t) : sizeof(std::uint32_t)))
        return CUBLAS_STATUS_INVALID_VALUE;
    if (of_workspace) std::memcpy(&preference->workspace, value, bytes);
    else
        std::memcpy(&preference->alignment[which - CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES], value, bytes);
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t desc,
                                              cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                              cublasLtMatrixLayout_t, cublasLtMatrixLayout_t   d,
                                              cublasLtMatmulPreference_t preference, int wanted,
                                              cublasLtMatmulHeuristicResult_t* results, int* count) {
    if (!fits(*desc, *a, *b, *d)) return CUBLAS_STATUS_NOT_SUPPORTED;
    for (*count = 0; *count < algorithms && *count < wanted; ++*count) {
        Algorithm one{*count, {}, preference->workspace};
        std::memcpy(one.alignment, preference->alignment, sizeof one.alignment);
        results[*count] = {{}, preference->workspace, CUBLAS_STATUS_SUCCESS};
        std::memcpy(&results[*count].algo, &one, sizeof one);
    }
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t desc, void const* alpha,
                              void const* at_a, cublasLtMatrixLayout_t a, void const* at_b,
                              cublasLtMatrixLayout_t b, void const* beta, void const* at_c,
                              cublasLtMatrixLayout_t c, void* at_d, cublasLtMatrixLayout_t d,
                              cublasLtMatmulAlgo_t const* algo, void* workspace, std::size_t workspace_bytes,
                              cudaStream_t stream) {
    Algorithm one;
    std::memcpy(&one, algo, sizeof one);
    const Product product{
        *desc, *a,   *b,   *d,  *static_cast<float const*>(alpha), *static_cast<float const*>(beta),
        at_a,  at_b, at_c, at_d};
    bool fine = fits(*desc, *a, *b, *d) && one.workspace <= workspace_bytes && aligned(workspace, 16) &&
                aligned(at_a, one.alignment[0]) && aligned(at_b, one.alignment[1]) &&
                aligned(at_c, one.alignment[2]) && aligned(at_d, one.alignment[3]) &&
                (at_c != at_d || (c->stride == d->stride && c->type == d->type));
    std::vector<Range> changes{d->range(at_d), {workspace, workspace_bytes}};
    if (has_aux(*desc) && desc->epilogue != CUBLASLT_EPILOGUE_DGELU) {
        Layout aux = *d;
        aux.stride = desc->aux_stride;
        changes.push_back(aux.range(desc->aux));
    }
    for (auto const& range : changes) fine = fine && reaches(range.at, range.bytes);
    for (auto const& [layout, from] : {std::pair{a, at_a}, {b, at_b}, {c, at_c}})
        fine = fine && reaches(from, layout->range(from).bytes);
    if (!fine) return CUBLAS_STATUS_INVALID_VALUE;
    gpu()->algorithm = one.number;
    return enqueue(stream, product, changes, costs[one.number]) == cudaSuccess ? CUBLAS_STATUS_SUCCESS
                                                                               : CUBLAS_STATUS_INVALID_VALUE;
}
