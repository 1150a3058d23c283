#pragma once
// Norms of rows and their gradients. Width D; T is what activations are stored in; statistics, gains, biases and
// their gradients are floats.

#include "rung/backend/cuda/group.hpp"

namespace rung::cuda {

inline constexpr float norm_epsilon = 1e-5f;  // as on the CPU

/// y = (x - mean) / deviation * gain + bias. stats (N, 2): mean, 1 / deviation. bias may be null.
template <int D, class T>
struct LayerNorm {
    T const*     x;
    T*           y;
    float*       stats;
    float const *gain, *bias;

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index row) const {
        Row<D, G> r, scale, offset;
        r.load(g, x + row * D);
        float total = 0;
        r.each(g, [&](float& a) { total += a; });
        const float mean   = g.reduce(total, Plus{}) / D;
        float       square = 0;
        r.each(g, [&](float& a) { a -= mean, square += a * a; });
        const float inv = 1 / ::sqrtf(g.reduce(square, Plus{}) / D + norm_epsilon);
        scale.load(g, gain);
        r.each(
            g, [&](float& a, float b) { a = a * inv * b; }, scale);
        if (bias) {
            offset.load(g, bias);
            r.each(
                g, [&](float& a, float b) { a += b; }, offset);
        }
        r.store(g, y + row * D);
        if (g.rank() == 0) stats[2 * row] = mean, stats[2 * row + 1] = inv;
    }
};

/// dx += gradient through the norm.
template <int D, class T>
struct LayerNormBackward {
    T const *    dy, *x;
    T*           dx;
    float const *stats, *gain;

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index row) const {
        const float mean = stats[2 * row], inv = stats[2 * row + 1];
        Row<D, G>   d, r, to;
        d.load(g, dy + row * D), r.load(g, gain);
        d.each(
            g, [&](float& slope, float b) { slope *= b; }, r);
        r.load(g, x + row * D);
        float total = 0, along = 0;
        r.each(
            g, [&](float& a, float slope) { a = (a - mean) * inv, total += slope, along += slope * a; }, d);
        total = g.reduce(total, Plus{}) / D, along = g.reduce(along, Plus{}) / D;
        to.load(g, dx + row * D);
        to.each(
            g, [&](float& a, float slope, float xhat) { a += (slope - total - xhat * along) * inv; }, d, r);
        to.store(g, dx + row * D);
    }
};

/// y = x / rms(x) * gain. stats (N): 1 / rms.
template <int D, class T>
struct RmsNorm {
    T const*     x;
    T*           y;
    float*       stats;
    float const* gain;

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index row) const {
        Row<D, G> r, scale;
        r.load(g, x + row * D);
        float square = 0;
        r.each(g, [&](float& a) { square += a * a; });
        const float inv = 1 / ::sqrtf(g.reduce(square, Plus{}) / D + norm_epsilon);
        scale.load(g, gain);
        r.each(
            g, [&](float& a, float b) { a = a * inv * b; }, scale);
        r.store(g, y + row * D);
        if (g.rank() == 0) stats[row] = inv;
    }
};

template <int D, class T>
struct RmsNormBackward {
    T const *    dy, *x;
    T*           dx;
    float const *stats, *gain;

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index row) const {
        const float inv = stats[row];
        Row<D, G>   d, r, to;
        d.load(g, dy + row * D), r.load(g, gain);
        d.each(
            g, [&](float& slope, float b) { slope *= b; }, r);
        r.load(g, x + row * D);
        float along = 0;
        r.each(
            g, [&](float& a, float slope) { along += slope * a; }, d);
        along = g.reduce(along, Plus{}) * inv * inv / D;
        to.load(g, dx + row * D);
        to.each(
            g, [&](float& a, float slope, float b) { a += (slope - b * along) * inv; }, d, r);
        to.store(g, dx + row * D);
    }
};

}  // namespace rung::cuda
