#pragma once

#include "rung/backend/cuda/cuda.hpp"

namespace rung_test {

using namespace rung;

/// Three matrices that the host and the GPU share.
struct Three {
    Buffer<float> data{12, cuda::shared_memory()};
    Mat<float>    operator[](int i) { return {data.data() + 4 * i, 1, 4}; }
};

}  // namespace rung_test
