#pragma once
// The widest vector of the machine the program is compiled for, through the compilers' vector extension.

#include <cstring>

#include "rung/core/view.hpp"

#if defined(__AVX512F__)
#define RUNG_VECTOR_BYTES 64
#elif defined(__AVX__)
#define RUNG_VECTOR_BYTES 32
#else
#define RUNG_VECTOR_BYTES 16
#endif

namespace rung::cpu {

template <class Real>
struct Simd {
    static constexpr int width = RUNG_VECTOR_BYTES / int(sizeof(Real));
    typedef Real         Vector __attribute__((vector_size(RUNG_VECTOR_BYTES)));

    // By reference: a vector by value has another calling convention with and without AVX.
    static void load(Vector& v, Real const* p) { std::memcpy(&v, p, sizeof v); }
    static void store(Real* p, Vector const& v) { std::memcpy(p, &v, sizeof v); }
};

}  // namespace rung::cpu
