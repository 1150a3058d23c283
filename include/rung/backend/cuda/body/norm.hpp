#pragma once
// Norms of rows and their gradients. N: registers for rows of up to 128 N values; T is what activations are stored in;
// statistics, gains, biases and their gradients are floats.

#include "rung/backend/cuda/group.hpp"

namespace rung::cuda {

inline constexpr float norm_epsilon = 1e-5f;  // as on the CPU

/// Whether dx is read with the rest, which is one wait for memory less: if there are registers for it.
template <int N>
inline constexpr bool reads_ahead = N <= 8;

/// y = (x - mean) / deviation * gain + bias. stats (rows, 2): mean, 1 / deviation. bias may be null.
template <int N, class T>
struct LayerNorm {
    static constexpr int warps = 1;

    T const*     x;
    T*           y;
    float*       stats;
    float const *gain, *bias;
    int          width;

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index row) const {
        Row<N, G> r, scale, offset;
        r.load(g, x + row * width, width), scale.load(g, gain, width);
        if (bias) offset.load(g, bias, width);
        float total = 0;
        r.all([&](float& a) { total += a; });
        const float mean   = g.reduce(total, Plus{}) / float(width);
        float       square = 0;
        r.each(g, width, [&](float& a) { a -= mean, square += a * a; });
        const float inv = 1 / ::sqrtf(g.reduce(square, Plus{}) / float(width) + norm_epsilon);
        r.all([&](float& a, float b) { a = a * inv * b; }, scale);
        if (bias) r.all([&](float& a, float b) { a += b; }, offset);
        r.store(g, y + row * width, width);
        if (g.rank() == 0) stats[2 * row] = mean, stats[2 * row + 1] = inv;
    }
};

/// dx += gradient through the norm.
template <int N, class T>
struct LayerNormBackward {
    static constexpr int warps = 1;

    T const *    dy, *x;
    T*           dx;
    float const *stats, *gain;
    int          width;

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index row) const {
        const float mean = stats[2 * row], inv = stats[2 * row + 1];
        Row<N, G>   d, r, to, scale;
        d.load(g, dy + row * width, width), r.load(g, x + row * width, width);
        if (reads_ahead<N>) to.load(g, dx + row * width, width);
        scale.load(g, gain, width);
        d.all([&](float& slope, float b) { slope *= b; }, scale);
        float total = 0, along = 0;
        r.all([&](float& a, float slope) { a = (a - mean) * inv, total += slope, along += slope * a; }, d);
        total = g.reduce(total, Plus{}) / float(width), along = g.reduce(along, Plus{}) / float(width);
        if (!reads_ahead<N>) to.load(g, dx + row * width, width);
        to.all([&](float& a, float slope, float xhat) { a += (slope - total - xhat * along) * inv; }, d, r);
        to.store(g, dx + row * width, width);
    }
};

/// y = x / rms(x) * gain. stats (rows): 1 / rms.
template <int N, class T>
struct RmsNorm {
    static constexpr int warps = 1;

    T const*     x;
    T*           y;
    float*       stats;
    float const* gain;
    int          width;

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index row) const {
        Row<N, G> r, scale;
        r.load(g, x + row * width, width), scale.load(g, gain, width);
        float square = 0;
        r.all([&](float& a) { square += a * a; });
        const float inv = 1 / ::sqrtf(g.reduce(square, Plus{}) / float(width) + norm_epsilon);
        r.all([&](float& a, float b) { a = a * inv * b; }, scale);
        r.store(g, y + row * width, width);
        if (g.rank() == 0) stats[row] = inv;
    }
};

template <int N, class T>
struct RmsNormBackward {
    static constexpr int warps = 1;

    T const *    dy, *x;
    T*           dx;
    float const *stats, *gain;
    int          width;

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index row) const {
        const float inv = stats[row];
        Row<N, G>   d, r, to, scale;
        d.load(g, dy + row * width, width), r.load(g, x + row * width, width);
        if (reads_ahead<N>) to.load(g, dx + row * width, width);
        scale.load(g, gain, width);
        d.all([&](float& slope, float b) { slope *= b; }, scale);
        float along = 0;
        r.all([&](float& a, float slope) { along += slope * a; }, d);
        along = g.reduce(along, Plus{}) * inv * inv / float(width);
        if (!reads_ahead<N>) to.load(g, dx + row * width, width);
        to.all([&](float& a, float slope, float b) { a += (slope - b * along) * inv; }, d, r);
        to.store(g, dx + row * width, width);
    }
};

/// x = x / rms(x) * gain of each head, in place; an item is a head of a row, short enough to be read twice.
/// normed (rows, heads * size): x / rms; stats (rows, heads): 1 / rms.
template <class T>
struct HeadNorm {
    static constexpr int warps = 1;

    T *          x, *normed;
    float*       stats;
    float const* gain;
    int          heads, size, stride, normed_stride, stats_stride;

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        const Index row    = item / heads;
        const int   head   = int(item % heads);
        T* const    at     = x + row * stride + head * size;
        T* const    to     = normed + row * normed_stride + head * size;
        float       square = 0;
        for (int j = g.rank(); j < size; j += G::size) square += widen(at[j]) * widen(at[j]);
        const float inv = 1 / ::sqrtf(g.reduce(square, Plus{}) / float(size) + norm_epsilon);
        for (int j = g.rank(); j < size; j += G::size) {
            const float v = widen(at[j]) * inv;
            to[j] = narrow<T>(v), at[j] = narrow<T>(v * gain[j]);
        }
        if (g.rank() == 0) stats[row * stats_stride + head] = inv;
    }
};

/// The gradient d becomes that of HeadNorm's input, in place.
template <class T>
struct HeadNormBackward {
    static constexpr int warps = 1;

    T*           d;
    T const*     normed;
    float const *stats, *gain;
    int          heads, size, stride, normed_stride, stats_stride;

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        const Index    row   = item / heads;
        const int      head  = int(item % heads);
        T* const       at    = d + row * stride + head * size;
        T const* const xhat  = normed + row * normed_stride + head * size;
        float          along = 0;
        for (int j = g.rank(); j < size; j += G::size) along += widen(at[j]) * widen(xhat[j]) * gain[j];
        const float mean = g.reduce(along, Plus{}) / float(size), inv = stats[row * stats_stride + head];
        for (int j = g.rank(); j < size; j += G::size)
            at[j] = narrow<T>((widen(at[j]) * gain[j] - widen(xhat[j]) * mean) * inv);
    }
};

}  // namespace rung::cuda
