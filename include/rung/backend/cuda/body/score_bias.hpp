#pragma once
// Tables of biases from the weights of positional schemes, and back. They are small: simple lanes make them, and their
// gradients are sums that belong to one group each.

#include "rung/backend/cuda/group.hpp"
#include "rung/backend/fire.hpp"

namespace rung::cuda {

/// table (E, H) = features (E, F) w (F, H); an item is an entry and a head.
struct Combine {
    static constexpr int warps = 0;

    float const *features, *w;
    float*       table;
    int          count, heads;  ///< F, H

    RUNG_HD void operator()(Index item) const {
        const Index e = item / heads, h = item % heads;
        float       sum = 0;
        for (int f = 0; f < count; ++f) sum += features[e * count + f] * w[f * heads + h];
        table[item] = sum;
    }
};
/// dw += featuresT dtable; an item is a feature and a head.
struct CombineBackward {
    static constexpr int warps = 1;

    float const *features, *dtable;
    float*       dw;
    int          entries, count, heads;

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        const Index f = item / heads, h = item % heads;
        float       sum = 0;
        for (Index e = g.rank(); e < entries; e += G::size)
            sum += features[e * count + f] * dtable[e * heads + h];
        sum = g.reduce(sum, Plus{});
        if (g.rank() == 0) dw[item] += sum;
    }
};

/// table (E, H) = -r1 log(1 + r2 distance), rates exp(w), w (2, H); an item is an entry and a head.
struct Kerple {
    static constexpr int warps = 0;

    float const* w;
    float*       table;
    int          heads, reach;

    RUNG_HD void operator()(Index item) const {
        const Index e = item / heads, h = item % heads, d = e < reach ? reach - 1 - e : e - reach + 1;
        table[item] = -::expf(w[h]) * ::log1pf(::expf(w[heads + h]) * float(d));
    }
};
/// dw (2, H) += its gradient; an item is a head.
struct KerpleBackward {
    static constexpr int warps = 1;

    float const *w, *dtable;
    float*       dw;
    int          entries, heads, reach;

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index h) const {
        const float r1 = ::expf(w[h]), r2 = ::expf(w[heads + h]);
        float       first = 0, second = 0;
        for (Index e = g.rank(); e < entries; e += G::size) {
            const float d  = r2 * float(e < reach ? reach - 1 - e : e - reach + 1),
                        dy = dtable[e * heads + h] * r1;
            first -= dy * ::log1pf(d), second -= dy * d / (1 + d);
        }
        first = g.reduce(first, Plus{}), second = g.reduce(second, Plus{});
        if (g.rank() == 0) dw[h] += first, dw[heads + h] += second;
    }
};

/// FireNet as bodies read it.
template <class T>
struct FireAt {
    T * scales, *in, *in_bias, *out;
    int hidden, heads;  ///< W, H

    /// What reaches hidden unit k.
    RUNG_HD float input(float x, int k) const { return x * in[k] + in_bias[k]; }
};

/// table (reach^2, H); an item is a pair and a head.
struct Fire {
    static constexpr int warps = 0;

    FireAt<float const> net;
    float*              table;
    FireUnits           units;
    int                 reach;
    Mask                mask;

    RUNG_HD void operator()(Index item) const {
        const int   h = int(item % net.heads);
        const Index p = item / net.heads / reach, q = item / net.heads % reach;
        float       sum = 0;
        if (mask == Mask::none || q <= p) {
            const FireInput<float> of(net.scales, units, p, q);
            for (int k = 0; k < net.hidden; ++k)
                sum += Larger{}(net.input(of.x, k), 0.f) * net.out[k * net.heads + h];
        }
        table[item] = sum;
    }
};

/// Over all pairs where hidden unit k is awake: sums (W, H, 4) of dtable, and of dtable times x and x's two slopes. All
/// else of the gradient follows from them. An item is a unit and a head.
struct FireSums {
    static constexpr int warps = 8;

    FireAt<float const> net;
    float const*        dtable;
    float*              sums;
    FireUnits           units;
    int                 reach;
    Mask                mask;

    Index              items() const { return Index{net.hidden} * net.heads; }
    RUNG_HD static int shared() { return warps * 4 * int(sizeof(float)); }

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        const int   k = int(item / net.heads), h = int(item % net.heads);
        const Index pairs = Index{reach} * reach;
        float of[4] = {}, *const waiting = g.template shared<float>();
        for (Index e = g.rank(); e < pairs; e += G::size) {
            const Index p = e / reach, q = e % reach;
            if (mask == Mask::causal && q > p) continue;
            const FireInput<float> at(net.scales, units, p, q);
            if (!(net.input(at.x, k) > 0)) continue;
            const float dy = dtable[e * net.heads + h];
            of[0] += dy, of[1] += dy * at.x, of[2] += dy * at.by_rate, of[3] += dy * at.by_threshold;
        }
        RUNG_UNROLL for (int i = 0; i < 4; ++i) {
            of[i] = g.warp().reduce(of[i], Plus{});
            if (g.warp().rank() == 0) waiting[g.rank() / 32 * 4 + i] = of[i];
        }
        g.sync();
        for (int i = g.rank(); i < 4; i += G::size) {
            float all = 0;
            for (int w = 0; w < G::warps; ++w) all += waiting[w * 4 + i];
            sums[item * 4 + i] = all;
        }
    }
};

/// The gradient of the weights from those sums: an item is a hidden unit, or, after them, the scales.
struct FireBackward {
    static constexpr int warps = 0;

    FireAt<float const> net;
    FireAt<float>       d;
    float const*        sums;

    RUNG_HD void operator()(Index unit) const {
        const int k = int(unit);
        if (k == net.hidden) return scales();
        for (int h = 0; h < net.heads; ++h) {
            float const* const of  = sums + (k * net.heads + h) * 4;
            const float        out = net.out[k * net.heads + h];
            d.out[k * net.heads + h] += net.in[k] * of[1] + net.in_bias[k] * of[0];
            d.in_bias[k] += out * of[0], d.in[k] += out * of[1];
        }
    }

private:
    RUNG_HD void scales() const {
        for (int i = 0; i < 2; ++i)
            for (int k = 0; k < net.hidden; ++k)
                for (int h = 0; h < net.heads; ++h)
                    d.scales[i] +=
                        net.in[k] * net.out[k * net.heads + h] * sums[(k * net.heads + h) * 4 + 2 + i];
    }
};

}  // namespace rung::cuda
