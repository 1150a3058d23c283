#pragma once
// Causal attention with all heads, and its gradient, over 512 rows cut into sequences of one length.

#include "operation.hpp"

namespace rung::bench {

template <int size>
struct Attention {
    static constexpr Index n = 512;
    Index                  length, heads, width;
    Random                 qkv, out, lse;
    std::vector<int>       starts;
    Matrix                 p;
    explicit Attention(State const& state)
        : length(state.range(0)),
          heads(state.range(1)),
          width(heads * size),
          qkv(n, 3 * width, 1),
          out(n, width, 2),
          lse(n, heads, 3) {
        for (Index row = 0; row <= n; row += length) starts.push_back(int(row));
    }
    Sequences rows() const { return {nullptr, nullptr, starts.data(), int(starts.size()) - 1}; }
    auto      part(Random& of, Index first, Index which, Index head) {
             return of.block(first, length, which * width + head * size, size);
    }
    template <class Work>
    void each_head(Work&& work) {
        for (Index first = 0; first < n; first += length)
            for (Index head = 0; head < heads; ++head) work(first, head);
    }

    void rung(Lane& lane) { attention<size>(lane, out.view, lse.view, qkv.view, rows()); }
    void eigen() {
        const float scale = 1 / std::sqrt(float(size));
        each_head([&](Index first, Index head) {
            p.noalias() = part(qkv, first, 0, head) * part(qkv, first, 1, head).transpose();
            for (Index i = 0; i < length; ++i) {
                auto        seen = p.row(i).head(i + 1).array();
                const float top  = seen.maxCoeff() * scale;
                seen             = (seen * scale - top).exp();
                const float sum  = seen.sum();
                seen *= 1 / sum;
                lse.view(first + i, head) = top + std::log(sum);
                p.row(i).tail(length - i - 1).setZero();
            }
            part(out, first, 0, head).noalias() = p * part(qkv, first, 2, head);
        });
    }
    Mat<float> result() { return out.view; }
    Cost       cost() const { return {2.0 * double(n * width * (length + 1)), 16.0 * double(n * width)}; }
};

template <int size>
struct AttentionGradient : Attention<size> {
    using Base = Attention<size>;
    using Base::n, Base::heads, Base::width, Base::length, Base::qkv, Base::out, Base::lse, Base::p,
        Base::rows, Base::part, Base::each_head;
    Random dout, dqkv;
    Matrix ds;
    explicit AttentionGradient(State const& state) : Base(state), dout(n, width, 4), dqkv(n, 3 * width, 5) {
        Base::eigen();
    }
    void rung(Lane& lane) {
        attention_backward<size>(lane, dqkv.view, dout.view, out.view, lse.view, qkv.view, rows());
    }
    void eigen() {
        const float scale = 1 / std::sqrt(float(size));
        each_head([&](Index first, Index head) {
            const auto q = part(qkv, first, 0, head), k = part(qkv, first, 1, head),
                       v  = part(qkv, first, 2, head);
            const auto dy = part(dout, first, 0, head), y = part(out, first, 0, head);
            p.noalias()  = q * k.transpose();
            ds.noalias() = dy * v.transpose();
            for (Index i = 0; i < length; ++i) {
                auto        seen  = p.row(i).head(i + 1).array();
                auto        slope = ds.row(i).head(i + 1).array();
                const float mean  = dy.row(i).dot(y.row(i));
                seen              = (seen * scale - lse.view(first + i, head)).exp();
                slope             = seen * (slope - mean) * scale;
                p.row(i).tail(length - i - 1).setZero();
                ds.row(i).tail(length - i - 1).setZero();
            }
            part(dqkv, first, 0, head).noalias() = ds * k;
            part(dqkv, first, 1, head).noalias() = ds.transpose() * q;
            part(dqkv, first, 2, head).noalias() = p.transpose() * dy;
        });
    }
    Mat<float> result() { return dqkv.view; }
    Cost       cost() const { return {5.0 * double(n * width * (length + 1)), 32.0 * double(n * width)}; }
};

/// One new token of each of 128 sequences over a cache that holds `length` tokens, its own among them.
template <int size>
struct CachedAttention {
    static constexpr Index batch = 128;
    Index                  length, heads, width;
    Random                 qkv, out, cache;
    std::vector<int>       starts, slots, past;
    Row                    p;
    explicit CachedAttention(State const& state)
        : length(state.range(0)),
          heads(state.range(1)),
          width(heads * size),
          qkv(batch, 3 * width, 1),
          out(batch, width, 2),
          cache(batch * heads * length, 2 * size, 3) {
        for (int b = 0; b <= batch; ++b)
            starts.push_back(b), slots.push_back(b), past.push_back(int(length - 1));
    }
    void rung(Lane& lane) {
        const Sequences rows{nullptr, nullptr, starts.data(), int(batch)};
        cached_attention(lane, out.view, Mat<float const>(qkv.view), {cache.view, length, int(heads)}, rows,
                         {slots.data(), past.data()}, int(heads));
    }
    void eigen() {
        const float scale = 1 / std::sqrt(float(size));
        for (Index b = 0; b < batch; ++b)
            for (Index h = 0; h < heads; ++h) {
                const Index at                              = (b * heads + h) * length;
                cache.block(at + length - 1, 1, 0, size)    = qkv.block(b, 1, width + h * size, size);
                cache.block(at + length - 1, 1, size, size) = qkv.block(b, 1, 2 * width + h * size, size);
                p = ((qkv.block(b, 1, h * size, size) * cache.block(at, length, 0, size).transpose()) * scale)
                        .array();
                p = (p - p.maxCoeff()).exp();
                p /= p.sum();
                out.block(b, 1, h * size, size).noalias() = p.matrix() * cache.block(at, length, size, size);
            }
    }
    Mat<float> result() { return out.view; }
    Cost       cost() const {
              const double seen = double(batch * width * length);
              return {4 * seen, 8 * seen};
    }
};

}  // namespace rung::bench
