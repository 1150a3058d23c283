// Included by both units: the sum over one row of a product.
#include "rung/backend/cpu/cpu.hpp"

double RUNG_PRODUCT() {
    using namespace rung;
    cpu::Lane<float> lane;
    Buffer<float>    x(7 * 17), w(17 * 33), y(7 * 33);
    for (float& value : x) value = 1;
    for (float& value : w) value = 0.5f;
    matmul(lane, Mat<float>(y.data(), 7, 33), Mat<float const>(x.data(), 7, 17),
           Packed<float>(Mat<float const>(w.data(), 17, 33)));
    double sum = 0;
    for (Index j = 0; j < 33; ++j) sum += double(y[3 * 33 + j]);
    return sum;
}
