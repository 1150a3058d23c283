#pragma once
// Numbers that host and device see.

#include <functional>
#include <random>
#include <vector>

#include "rung/backend/cuda/launch.cuh"

// Inside rung: Thrust has a global namespace cuda too.
namespace rung {

inline float widen(int x) { return float(x); }
inline float widen(double x) { return float(x); }

/// Numbers that host and device see, the same every time it is rewound.
class Numbers {
public:
    Numbers() { cuda::check(cudaMallocManaged(&data_, size), "managed memory"); }
    ~Numbers() { cudaFree(data_); }
    Numbers(Numbers const&)            = delete;
    Numbers& operator=(Numbers const&) = delete;

    void rewind() { used_ = 0, random_.seed(1), results_.clear(); }

    template <class T>
    T* normal(Index count, float scale = 1) {
        T* const to = take<T>(count);
        for (Index i = 0; i < count; ++i)
            to[i] = narrow<T>(scale * std::normal_distribution<float>()(random_));
        return to;
    }
    float* squares(Index count) {
        float* const to = normal<float>(count);
        for (Index i = 0; i < count; ++i) to[i] *= to[i];
        return to;
    }
    /// For results: NaN until they are there.
    double* doubles(Index count) {
        double* const to = take<double>(count);
        std::fill(to, to + count, NAN);
        return to;
    }
    bool* flags(std::initializer_list<bool> values) {
        bool* const to = take<bool>(Index(values.size()));
        std::copy(values.begin(), values.end(), to);
        return to;
    }
    int* below(int limit, Index count) {
        int* const to = take<int>(count);
        for (Index i = 0; i < count; ++i) to[i] = int(random_() % unsigned(limit));
        return to;
    }
    /// The same, with one in four not graded.
    int* targets(int limit, Index count) {
        int* const to = below(limit, count);
        for (Index i = 0; i < count; i += 4) to[i] = -1;
        return to;
    }
    template <class T>
    T* copy(std::vector<T> const& values) {
        T* const to = take<T>(Index(values.size()));
        std::copy(values.begin(), values.end(), to);
        return to;
    }
    /// What is compared afterwards: `count` numbers from here on.
    template <class T>
    T* result(T* at, Index count) {
        results_.push_back([at, count] {
            return std::vector<float>([&] {
                std::vector<float> wide;
                for (Index i = 0; i < count; ++i) wide.push_back(widen(at[i]));
                return wide;
            }());
        });
        return at;
    }
    std::vector<float> results() const {
        std::vector<float> all;
        for (auto const& one : results_)
            for (const float x : one()) all.push_back(x);
        return all;
    }

private:
    static constexpr std::size_t size = 64 << 20;

    template <class T>
    T* take(Index count) {
        used_       = (used_ + 255) / 256 * 256;
        T* const at = reinterpret_cast<T*>(static_cast<char*>(data_) + used_);
        used_ += std::size_t(count) * sizeof(T);
        if (used_ > size) fail({"Numbers: no room"});
        return at;
    }

    void*                                            data_ = nullptr;
    std::size_t                                      used_ = 0;
    std::mt19937                                     random_{1};
    std::vector<std::function<std::vector<float>()>> results_;
};

/// One of two, rewound.
inline Numbers& numbers(int which) {
    static Numbers both[2];
    both[which].rewind();
    return both[which];
}

}  // namespace rung
