// Packings against a naive reading of their definition, at odd sizes, in views; and rounding to bf16 by brute force.

#include <doctest/doctest.h>

#include <limits>

#include "rung/backend/cpu/cpu.hpp"
#include "support/reference.hpp"

using namespace rung_test;

TYPE_TO_STRING_AS("bf16", bf16);

namespace {

using cpu::Precision, cpu::Strided;

float float_of(std::uint32_t bits) {
    float x;
    std::memcpy(&x, &bits, 4);
    return x;
}

/// x in every place of a vector.
void fill_with(Precision<bf16>::Reals& v, float x) {
    for (std::size_t i = 0; i < sizeof v / sizeof x; ++i) v[i] = x;
}

/// The nearest of the two bf16 numbers around x by distance, the even one of equals. Past the largest number the next
/// one is infinity, whose place is 2^128.
std::uint16_t nearest(float x) {
    std::uint32_t bits;
    std::memcpy(&bits, &x, 4);
    const std::uint32_t low = bits >> 16, high = low + 1;
    const auto          place = [](std::uint32_t half) {
        return (half & 0x7fff) == 0x7f80 ? std::copysign(0x1p128, half & 0x8000 ? -1.0 : 1.0)
                                                  : double(float_of(half << 16));
    };
    if (std::isinf(x)) return std::uint16_t(low);
    const double below = std::abs(double(x) - place(low)), above = std::abs(place(high) - double(x));
    return std::uint16_t(below < above ? low : above < below ? high : low % 2 == 0 ? low : high);
}

/// An element by definition: x(row, col), or the pair (row, row + 1) of what is there.
template <class P, class At>
auto element(At&& at, Index depth, Index depths, Index place) {
    if constexpr (Precision<P>::group == 1) return at(depth, place);
    else
        return std::uint32_t(nearest(at(2 * depth, place))) |
               (2 * depth + 1 < depths ? std::uint32_t(nearest(at(2 * depth + 1, place))) << 16 : 0u);
}

/// Room for n elements with a mark before and after, to see what is written.
template <class P>
struct Room {
    using Element                   = typename Precision<P>::Element;
    static constexpr Index   margin = 8;
    std::vector<Element>     all;
    static constexpr Element mark = Element(77777);

    explicit Room(Index n) : all(std::size_t(n + 2 * margin), mark) {}
    Element* data() { return all.data() + margin; }
    bool     intact() const {
            const auto untouched = [](Element x) { return x == mark; };
            return std::all_of(all.begin(), all.begin() + margin, untouched) &&
                   std::all_of(all.end() - margin, all.end(), untouched);
    }
};

template <class P, int W>
void check_panels(Strided<typename Precision<P>::Real> b) {
    constexpr Index width = W * cpu::TileSimd<typename Precision<P>::Real>::width;
    const Index     depth = cpu::depth_of<P>(b.rows), size = cpu::panels_of<P, W>(b.rows, b.cols);
    CHECK(size == depth * ((b.cols + width - 1) / width) * width);
    Room<P> room(size);
    cpu::pack_panels<P, W>(room.data(), b);
    Index wrong = 0;
    for (Index n = 0; n < b.cols; n += width)
        for (Index k = 0; k < depth; ++k)
            for (Index j = 0; j < width; ++j) {
                const auto at = [&](Index row, Index col) { return b.data[row * b.row + col * b.col]; };
                typename Precision<P>::Element wanted(0);
                if (n + j < b.cols) wanted = element<P>(at, k, b.rows, n + j);
                wrong += room.data()[n * depth + k * width + j] != wanted;
            }
    CHECK(wrong == 0);
    CHECK(room.intact());
}

template <class P, int height>
void check_strips(Mat<typename Precision<P>::Real const> x) {
    const Index depth = cpu::depth_of<P>(x.rows), pitch = cpu::strip_pitch<height>(depth);
    const Index strips = (x.cols + height - 1) / height;
    Room<P>     room(strips * pitch);
    cpu::pack_strips<P, height>(room.data(), x);
    Index wrong = 0;
    for (Index s = 0; s < strips; ++s)
        for (Index k = 0; k < depth; ++k)
            for (Index i = 0; i < height; ++i) {
                typename Precision<P>::Element wanted(0);
                if (s * height + i < x.cols) wanted = element<P>(x, k, x.rows, s * height + i);
                wrong += room.data()[s * pitch + k * height + i] != wanted;
            }
    CHECK(wrong == 0);
    CHECK(room.intact());
}

constexpr std::pair<Index, Index> sizes[] = {{1, 1},   {1, 40}, {2, 3},   {5, 7},   {7, 16},
                                             {8, 8},   {9, 17}, {16, 33}, {17, 31}, {24, 24},
                                             {33, 65}, {40, 1}, {64, 48}, {65, 6},  {3, 130}};

}  // namespace

TEST_CASE_TEMPLATE("panels hold columns in groups, every group a run of rows, zero where there is no column",
                   P, float, double, bf16) {
    for (auto const& size : sizes) {
        const auto rows = size.first, cols = size.second;
        CAPTURE(rows);
        CAPTURE(cols);
        const Framed<typename Precision<P>::Real> b(rows, cols, 1);
        check_panels<P, 2>(b.view());
        check_panels<P, 1>(b.view());
        check_panels<P, 2>(Strided<typename Precision<P>::Real>(b.view()).transposed());
        check_panels<P, 1>(Strided<typename Precision<P>::Real>(b.view()).transposed());
    }
}

TEST_CASE_TEMPLATE("strips hold rows of the transpose in groups, zero where there is no row", P, float,
                   double, bf16) {
    for (auto const& size : sizes) {
        const auto rows = size.first, cols = size.second;
        CAPTURE(rows);
        CAPTURE(cols);
        const Framed<typename Precision<P>::Real> x(rows, cols, 1);
        check_strips<P, cpu::Tile<P>::tall>(x);
        check_strips<P, 4>(x);
    }
}

TEST_CASE("rows are packed in pairs, the last one with zero where their length is odd") {
    for (auto const& size : sizes) {
        const auto rows = size.first, cols = size.second;
        CAPTURE(cols);
        const Framed<> x(rows, cols, 1);
        const Index    depth = (cols + 1) / 2;
        Room<bf16>     room(rows * depth);
        cpu::pack_rows<bf16>(room.data(), x);
        Index      wrong = 0;
        const auto at    = [&](Index place, Index row) { return x.view()(row, place); };
        for (Index i = 0; i < rows; ++i)
            for (Index k = 0; k < depth; ++k)
                wrong += room.data()[i * depth + k] != element<bf16>(at, k, cols, i);
        CHECK(wrong == 0);
        CHECK(room.intact());
    }
}

TEST_CASE("a model's matrices are packed both ways into their places, whatever the number of threads") {
    for (const int threads : {1, 3}) {
        cpu::Context<bf16>             ctx{{.threads = threads}};
        const Random<float>            weights(1, 7 * 9 + 33 * 20, 1);
        const std::vector<PackedPlace> places{{7, 9, 0, 0},
                                              {33, 20, 63, panels_size(7, 9) + panels_size(9, 7)}};
        const Index                    size = places[1].panels + panels_size(33, 20) + panels_size(20, 33);
        Buffer<float>                  panels(size);
        pack(ctx, panels.data(), weights.data.data(), places);
        for (auto const& place : places) {
            const Strided<float> w(
                Mat<float const>(weights.data.data() + place.flat, place.rows, place.cols));
            for (const bool transposed : {false, true}) {
                const auto                 b = transposed ? w.transposed() : w;
                std::vector<std::uint32_t> wanted(std::size_t(cpu::panels_of<bf16>(b.rows, b.cols)));
                cpu::pack_panels<bf16>(wanted.data(), b);
                float const* at = panels.data() + (transposed ? place.transposed_panels() : place.panels);
                CHECK(std::memcmp(at, wanted.data(), wanted.size() * 4) == 0);
            }
        }
    }
}

TEST_CASE(
    "rounding to bf16 is to the nearest, ties to even, for every sign, exponent and kind of remainder") {
    Index wrong = 0, wrong_vector = 0;
    for (std::uint32_t half = 0; half < 0x10000; ++half)
        for (const std::uint32_t rest : {0u, 1u, 0x4000u, 0x7fffu, 0x8000u, 0x8001u, 0xc000u, 0xffffu}) {
            const float               x = float_of(half << 16 | rest);
            Precision<bf16>::Elements rounded;
            Precision<bf16>::Reals    every;
            fill_with(every, x);
            Precision<bf16>::round(rounded, every);
            const auto scalar = round_to_bf16(x);
            wrong_vector +=
                std::isnan(x) ? !std::isnan(float_of(rounded[0] & 0xffff0000u)) : rounded[0] >> 16 != scalar;
            wrong +=
                std::isnan(x) ? !std::isnan(float_of(std::uint32_t(scalar) << 16)) : scalar != nearest(x);
        }
    CHECK(wrong == 0);
    CHECK(wrong_vector == 0);
    CHECK(round_to_bf16(1 + 0x1p-8f) == 0x3f80);      // a tie, to the even one below
    CHECK(round_to_bf16(1 + 3 * 0x1p-8f) == 0x3f82);  // and above
    CHECK(round_to_bf16(std::numeric_limits<float>::max()) == 0x7f80);
    CHECK(round_to_bf16(-std::numeric_limits<float>::infinity()) == 0xff80);
    CHECK(round_to_bf16(-0.f) == 0x8000);
}
