#pragma once
// Causal attention in single precision, a block per query or key and head. Simple on purpose: it is for checks and for
// small models; flash.hpp is the fast one. The weights of one row of probabilities live in shared memory.

#include "rung/backend/cuda/body/loss.hpp"

namespace rung::cuda {

/// Where a row's sequence begins and ends: rows of (N, 2).
using Bounds = int const*;

namespace body {

RUNG_ANY_GROUP template <int D>
RUNG_HD float dot(float const* a, float const* b) {
    float sum = 0;
    for (int c = 0; c < D; ++c) sum += a[c] * b[c];
    return sum;
}

/// to[c] = sum over j of weight[j] x[j * stride + c], each lane its channels.
RUNG_ANY_GROUP template <int D, class G>
RUNG_HD void weighted_sum(G g, float* to, float const* weight, float const* x, Index stride, int count,
                          float share) {
    for (int c = g.rank(); c < D; c += G::size) {
        float sum = 0;
        for (int j = 0; j < count; ++j) sum += weight[j] * x[j * stride + c];
        to[c] = sum * share;
    }
}

}  // namespace body

/// out (N, C), lse (N, H) from qkv (N, 3 C); an item is a row and a head. Shared: a float per token of the longest
/// sequence.
template <int D>
struct Attention {
    float const* qkv;
    float *      out, *lse;
    Bounds       bounds;
    int          heads;

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        const Index  row = item / heads, stride = 3 * Index(heads) * D, first = bounds[2 * row];
        const int    h = int(item % heads), count = int(row - first) + 1;
        const float  scale = 1 / ::sqrtf(float(D));
        float const *q = qkv + row * stride + h * D, *k = qkv + first * stride + (heads + h) * D,
                    *v = k + heads * D;
        float* const p = g.template shared<float>();
        for (int j = g.rank(); j < count; j += G::size) p[j] = body::dot<D>(q, k + j * stride) * scale;
        g.sync();
        const float top = body::largest(g, p, count), sum = body::total(g, p, count, top);
        g.sync();
        for (int j = g.rank(); j < count; j += G::size) p[j] = ::exp2f((p[j] - top) * log2_e);
        g.sync();
        body::weighted_sum<D>(g, out + row * heads * D + h * D, p, v, stride, count, 1 / sum);
        if (g.rank() == 0) lse[item] = top + ::logf(sum);
    }
};

/// The part of dqkv that belongs to queries. dots (N, H): dout . out of each head.
template <int D>
struct AttentionQueryBackward {
    float const *qkv, *dout, *lse, *dots;
    float*       dqkv;
    Bounds       bounds;
    int          heads;

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        const Index  row = item / heads, stride = 3 * Index(heads) * D, first = bounds[2 * row];
        const int    h = int(item % heads), count = int(row - first) + 1;
        const float  scale = 1 / ::sqrtf(float(D));
        float const *q = qkv + row * stride + h * D, *k = qkv + first * stride + (heads + h) * D,
                    *v = k + heads * D, *d = dout + row * heads * D + h * D;
        float* const ds = g.template shared<float>();
        for (int j = g.rank(); j < count; j += G::size) {
            const float p = ::exp2f((body::dot<D>(q, k + j * stride) * scale - lse[item]) * log2_e);
            ds[j]         = p * (body::dot<D>(d, v + j * stride) - dots[item]);
        }
        g.sync();
        body::weighted_sum<D>(g, dqkv + row * stride + h * D, ds, k, stride, count, scale);
    }
};

/// The parts of dqkv that belong to keys and values. Shared: twice as many floats as the longest sequence.
template <int D>
struct AttentionKeyBackward {
    float const *qkv, *dout, *lse, *dots;
    float*       dqkv;
    Bounds       bounds;
    int          heads;

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        const Index  row = item / heads, stride = 3 * Index(heads) * D, width = Index(heads) * D;
        const int    h = int(item % heads), count = int(bounds[2 * row + 1] - row);
        const float  scale = 1 / ::sqrtf(float(D));
        float const *q = qkv + row * stride + h * D, *k = q + width, *v = k + width,
                    *d  = dout + row * width + h * D;
        float* const p  = g.template shared<float>();
        float* const ds = p + count;
        for (int i = g.rank(); i < count; i += G::size) {
            const Index at = item + Index(i) * heads;
            p[i]           = ::exp2f((body::dot<D>(q + i * stride, k) * scale - lse[at]) * log2_e);
            ds[i]          = p[i] * (body::dot<D>(d + i * width, v) - dots[at]);
        }
        g.sync();
        body::weighted_sum<D>(g, dqkv + row * stride + width + h * D, ds, q, stride, count, scale);
        body::weighted_sum<D>(g, dqkv + row * stride + 2 * width + h * D, p, d, width, count, 1);
    }
};

/// dots (N, H): dout . out of each head; an item is a row and a head.
template <int D, class T>
struct HeadDots {
    T const *dout, *out;
    float*   dots;

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        float sum = 0;
        for (int c = g.rank(); c < D; c += G::size)
            sum += widen(dout[item * D + c]) * widen(out[item * D + c]);
        sum = g.reduce(sum, Plus{});
        if (g.rank() == 0) dots[item] = sum;
    }
};

}  // namespace rung::cuda
