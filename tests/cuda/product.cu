// cuBLASLt's products against sums in double precision, with everything that an epilogue may do. Exits with 77 where
// there is no GPU.

#include <random>
#include <vector>

#include "program.cuh"
#include "rung/backend/cuda/product.cuh"

// Inside rung: Thrust has a global namespace cuda too.
namespace rung {
namespace {

template <class T>
struct Managed {
    T*    data = nullptr;
    Index rows, cols;
    int   off;

    /// @param off  numbers before the first: addresses that nothing but a number divides
    Managed(Index rows, Index cols, std::mt19937& random, int off = 0) : rows(rows), cols(cols), off(off) {
        cuda::check(cudaMallocManaged(&data, std::size_t(rows * cols + off) * sizeof(T)), "managed memory");
        data += off;
        for (Index i = 0; i < rows * cols; ++i)
            data[i] = narrow<T>(std::normal_distribution<float>()(random));
    }
    ~Managed() { cudaFree(data - off); }
    Managed(Managed const&) = delete;
    double at(Index i, Index j) const { return double(widen(data[i * cols + j])); }
};

// Not in the template below: there nvcc 13 forgets the type of a braced list.
void run(cuda::Products& lt, cuda::ProductShape const& shape, void const* left, void const* right,
         void* result, void const* bias = nullptr, void* kept = nullptr, void const* addend = nullptr) {
    lt.run(0, shape, {left, right, result, addend, bias, kept});
}

double tanh_of(double x) { return std::tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)); }
double gelu(double x) { return x / 2 * (1 + tanh_of(x)); }
double gelu_slope(double x) {
    const double t = tanh_of(x);
    return (1 + t + x * (1 - t * t) * 0.7978845608028654 * (1 + 3 * 0.044715 * x * x)) / 2;
}

/// x (N, K), w (K, M), y (N, M), with w and the bias `off` numbers past an aligned address, as weights of odd sizes stand.
template <class T>
void products(cuda::Products& lt, int N, int K, int M, double tolerance, int off = 0) {
    std::mt19937 random(1);
    Managed<T>   x(N, K, random), w(K, M, random, off), y(N, M, random), kept(N, M, random), dx(N, K, random),
        bias(1, M, random), stream(N, M, random);
    Managed<float>     dw(K, M, random);
    std::vector<float> before(dw.data, dw.data + K * M);
    const auto         type  = cuda::number_of<T>();
    const auto         check = [&](char const* name, auto const& got, auto wanted, auto... size) {
        Apart apart;
        cuda::check(cudaDeviceSynchronize(), name);
        for (Index i = 0; i < got.rows; ++i)
            for (Index j = 0; j < got.cols; ++j) apart.add(got.at(i, j), wanted(i, j), size(i, j)...);
        char title[64];
        std::snprintf(title, sizeof title, "%-20s %d x %d x %d", name, N, K, M);
        report(title, apart, tolerance);
    };
    const auto forward = [&](Index i, Index j) {
        double sum = 0;
        for (Index k = 0; k < K; ++k) sum += x.at(i, k) * w.at(k, j);
        return sum;
    };
    const auto biased = [&](Index i, Index j) { return forward(i, j) + bias.at(0, j); };

    cuda::ProductShape shape{.rows          = N,
                             .cols          = M,
                             .depth         = K,
                             .left_stride   = K,
                             .right_stride  = M,
                             .result_stride = M,
                             .factors       = type,
                             .result        = type};
    run(lt, shape, x.data, w.data, y.data);
    check("y = x w", y, forward);
    // Epilogues only where rung asks for them.
    constexpr int four = 16 / int(sizeof(T));
    const bool    fits = K % four == 0 && M % four == 0 && off % four == 0;
    if (fits) {
        shape.epilogue = cuda::Epilogue::bias;
        run(lt, shape, x.data, w.data, y.data, bias.data);
        check("y = x w + bias", y, biased);
        run(lt, shape, x.data, w.data, y.data, stream.data);
        check("the same plan, another bias", y,
              [&](Index i, Index j) { return forward(i, j) + stream.at(0, j); });
    }
    shape.adds = true;
    run(lt, shape, x.data, w.data, y.data, bias.data, nullptr, stream.data);
    check("y = stream + x w + bias", y,
          [&](Index i, Index j) { return stream.at(i, j) + (fits ? biased(i, j) : forward(i, j)); });
    shape.adds = false;
    if (sizeof(T) == 2 && fits) {
        shape.epilogue = cuda::Epilogue::gelu_bias, shape.kept_stride = M;
        run(lt, shape, x.data, w.data, y.data, bias.data, kept.data);
        check("y = gelu(x w + bias)", y, [&](Index i, Index j) { return gelu(biased(i, j)); });
        check("what gelu keeps", kept, biased);
        shape.epilogue = cuda::Epilogue::gelu;
        run(lt, shape, x.data, w.data, y.data, nullptr, kept.data);
        check("y = gelu(x w)", y, [&](Index i, Index j) { return gelu(forward(i, j)); });
        shape.kept_stride = 0;
        run(lt, shape, x.data, w.data, y.data);
        check("the same, not kept", y, [&](Index i, Index j) { return gelu(forward(i, j)); });
        shape.epilogue = cuda::Epilogue::gelu_bias;
        run(lt, shape, x.data, w.data, y.data, bias.data);
        check("with a bias", y, [&](Index i, Index j) { return gelu(biased(i, j)); });
    }
    const cuda::ProductShape back{.rows             = N,
                                  .cols             = K,
                                  .depth            = M,
                                  .right_transposed = true,
                                  .left_stride      = M,
                                  .right_stride     = M,
                                  .result_stride    = K,
                                  .factors          = type,
                                  .result           = type};
    const auto               backward = [&](Index i, Index k) {
        double sum = 0;
        for (Index j = 0; j < M; ++j) sum += y.at(i, j) * w.at(k, j);
        return sum;
    };
    run(lt, back, y.data, w.data, dx.data);
    check("dx = dy wT", dx, backward);
    if (sizeof(T) == 2 && fits) {
        auto through     = back;
        through.epilogue = cuda::Epilogue::gelu_backward, through.kept_stride = K;
        run(lt, through, y.data, w.data, dx.data, nullptr, x.data);
        // The library may take tanh.approx, off by 2^-11: for x down to -4, where the slope is next to nothing, that
        // makes 5e-3 of slope, whatever it multiplies.
        check(
            "dx = dy wT gelu'(x)", dx,
            [&](Index i, Index k) { return backward(i, k) * gelu_slope(x.at(i, k)); },
            [&](Index i, Index k) { return std::abs(backward(i, k)) / 2; });
    }
    const cuda::ProductShape gradient{.rows            = K,
                                      .cols            = M,
                                      .depth           = N,
                                      .left_transposed = true,
                                      .left_stride     = K,
                                      .right_stride    = M,
                                      .result_stride   = M,
                                      .factors         = type,
                                      .result          = cuda::Number::f32,
                                      .adds            = true};
    run(lt, gradient, x.data, y.data, dw.data);
    check("dw += xT dy", dw, [&](Index k, Index j) {
        double sum = double(before[std::size_t(k * M + j)]);
        for (Index i = 0; i < N; ++i) sum += x.at(i, k) * y.at(i, j);
        return sum;
    });
}

void every_product() {
    cuda::Products first, fastest(cuda::Choice::fastest);
    const auto     one = [&](auto type, int N, int K, int M, double tolerance, int off = 0) {
        for (auto* lt : {&first, &fastest})
            attempt([&] { products<decltype(type)>(*lt, N, K, M, tolerance, off); });
    };
    one(float{}, 37, 33, 65, 1e-5), one(float{}, 64, 128, 384, 1e-5), one(float{}, 24, 18, 72, 1e-5, 1);
    one(bf16{}, 8, 16, 8, 1e-2), one(bf16{}, 40, 72, 24, 1e-2);
#ifdef __CUDACC__
    one(bf16{}, 256, 384, 1536, 1e-2);  // a minute on an emulated GPU
#endif
    one(bf16{}, 1, 8, 32, 1e-2), one(bf16{}, 37, 64, 256, 1e-2);  // any rows, as decoding has them
    one(bf16{}, 37, 33, 65, 1e-2), one(bf16{}, 24, 18, 72, 1e-2, 1), one(bf16{}, 24, 18, 72, 1e-2, 2);
    one(bf16{}, 24, 18, 72, 1e-2, 4), one(float{}, 1, 1, 1, 1e-5);
}

}  // namespace
}  // namespace rung

int main() { return rung::on_gpu(rung::every_product); }
