#pragma once
// Kinds of calls that a GPU makes: their names, and what a call of each multiplies, reads and writes, where that is
// known.

#include <cxxabi.h>
#include <dlfcn.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "rung/backend/cuda/cuda.hpp"

namespace rung::cuda {

/// What of its work no call knows.
struct Sizes {
    double rows, length;  ///< of a batch; tokens of a sequence
};

/// Of a call: operations of its products, bytes of all that it reads and writes, once each. 0: not known.
struct Work {
    double flops = 0, bytes = 0;
};

struct Kind {
    std::string name;
    Work        work{};
    auto        tie() const { return std::tie(name, work.flops, work.bytes); }
    bool        operator<(Kind const& other) const { return tie() < other.tie(); }
};

template <int N, class T>
Work work(LayerNorm<N, T> const& f, Index rows, Sizes const&) {
    return {.bytes = 2.0 * double(rows) * f.width * sizeof(T)};
}
template <int N, class T>
Work work(LayerNormBackward<N, T> const& f, Index rows, Sizes const&) {
    return {.bytes = 3.0 * double(rows) * f.width * sizeof(T)};
}
template <Activation A, class T>
Work work(Activate<A, T> const& f, Index, Sizes const&) {
    return {.bytes = 2.0 * f.size * sizeof(T)};
}
/// Of what their terms read and write.
template <Activation A, class T>
constexpr int matrices(SlopeTerm<A, T>) {
    return 3;
}
template <class T>
constexpr int matrices(GainTerm<T, 2>) {
    return 2;
}
template <class T>
constexpr int matrices(BiasTerm<T>) {
    return 1;
}
template <class Term>
Work work(ColumnSums<Term> const& f, Index, Sizes const&) {
    return {.bytes = matrices(f.term) * double(f.rows) * f.columns * sizeof(bf16)};
}
/// Products along half of the scores, for of causal attention the others are nothing, and matrices as large as queries.
template <int D>
Work attention(int products, int matrices, int heads, Sizes const& of) {
    const double one = of.rows * heads * D;
    return {products * 2 * one * (of.length + 1) / 2, matrices * one * sizeof(bf16)};
}
template <int D>
Work work(FlashForward<D> const& f, Index, Sizes const& of) {
    return attention<D>(2, 4, f.heads, of);
}
template <int D>
Work work(FlashQueryBackward<D> const& f, Index, Sizes const& of) {
    return attention<D>(3, 6, f.heads, of);
}
template <int D>
Work work(FlashKeyBackward<D> const& f, Index, Sizes const& of) {
    return attention<D>(4, 6, f.heads, of);
}
template <class T, bool at_once>
Work work(CachedAttention<T, at_once> const& f, Index rows_and_heads, Sizes const& of) {
    return {.bytes = 2.0 * double(rows_and_heads) * of.length * f.size * sizeof(T)};
}
template <class T>
Work work(CrossEntropy<T> const& f, Index rows, Sizes const&) {
    return {.bytes = 2.0 * double(rows) * f.vocab * sizeof(T)};
}
inline Work work(Convert const&, Index count, Sizes const&) {
    return {.bytes = double(count) * (sizeof(float) + sizeof(bf16))};
}
inline Work work(SquaredNorm const& f, Index, Sizes const&) {
    return {.bytes = double(f.count) * sizeof(float)};
}
inline Work work(AdamW const& f, Index, Sizes const&) {  // all but the gradient are written, too
    return {.bytes = 7.0 * double(f.count) * sizeof(float)};
}

using WorkOf = Work (*)(void const* launch, Sizes const&);
template <class... Bodies>
std::map<Recording::Run, WorkOf> works_of() {
    return {{make<Launch<Bodies>>, [](void const* at, Sizes const& of) {
                 auto const& launch = *static_cast<Launch<Bodies> const*>(at);
                 return work(launch.body, launch.items, of);
             }}...};
}

/// `void rung::cuda::make<rung::cuda::Launch<X> >(...)` without all but X.
inline std::string name_of(Recording::Run run) {
    Dl_info found{};
    if (!dladdr(reinterpret_cast<void*>(run), &found) || !found.dli_sname) return "a kernel";
    const std::unique_ptr<char, void (*)(void*)> whole(
        abi::__cxa_demangle(found.dli_sname, nullptr, nullptr, nullptr), std::free);
    std::string name = whole ? whole.get() : found.dli_sname;
    if (const auto first = name.find("Launch<"), last = name.rfind('('); first < last && last < name.npos) {
        name = name.substr(first + 7, last - first - 7);
        for (int closed = 0; closed < 2 && !name.empty(); name.pop_back()) closed += name.back() == '>';
        while (!name.empty() && name.back() == ' ') name.pop_back();
    }
    for (std::string_view const rooms : {"rung::cuda::", "rung::"})
        for (std::size_t at; (at = name.find(rooms)) != name.npos;) name.erase(at, rooms.size());
    return name;
}

inline Kind kind_of(Product const& product) {
    constexpr char const* epilogues[] = {"", ", bias", ", GELU", ", bias, GELU", ", slope of GELU"};
    auto const&           s           = product.shape;
    const double rows = s.rows, cols = s.cols, depth = s.depth, factor = s.factors == Number::f32 ? 4 : 2,
                 result = s.result == Number::f32 ? 4 : 2, results = 1.0 + s.adds + (s.kept_stride > 0);
    return {concat("product ", s.rows, " x ", s.cols, " of ", s.depth, s.left_transposed ? ", xT" : "",
                   s.right_transposed ? ", wT" : "", s.adds ? ", added" : "", epilogues[int(s.epilogue)]),
            {2 * rows * cols * depth, factor * depth * (rows + cols) + results * result * rows * cols}};
}
inline Kind kind_of(Recording::Run run, void const* arguments, Sizes const& sizes) {
    static const auto works =
        works_of<LayerNorm<1, bf16>, LayerNorm<2, bf16>, LayerNorm<3, bf16>, LayerNorm<4, bf16>,
                 LayerNorm<6, bf16>, LayerNorm<8, bf16>, LayerNorm<16, bf16>, LayerNormBackward<1, bf16>,
                 LayerNormBackward<2, bf16>, LayerNormBackward<3, bf16>, LayerNormBackward<4, bf16>,
                 LayerNormBackward<6, bf16>, LayerNormBackward<8, bf16>, LayerNormBackward<16, bf16>,
                 Activate<Activation::gelu, bf16>, ColumnSums<SlopeTerm<Activation::gelu, bf16>>,
                 ColumnSums<GainTerm<bf16, 2>>, ColumnSums<BiasTerm<bf16>>, FlashForward<16>,
                 FlashQueryBackward<16>, FlashKeyBackward<16>, FlashForward<32>, FlashQueryBackward<32>,
                 FlashKeyBackward<32>, FlashForward<64>, FlashQueryBackward<64>, FlashKeyBackward<64>,
                 CachedAttention<bf16, true>, CachedAttention<bf16, false>, CrossEntropy<bf16>, Convert,
                 SquaredNorm, AdamW>();
    if (run == make<Product>) return kind_of(*static_cast<Product const*>(arguments));
    if (run == make<Copy>) {
        const auto bytes = static_cast<Copy const*>(arguments)->bytes;
        return {concat("copy of ", bytes, " bytes")};  // most of them cross the bus
    }
    const auto known = works.find(run);
    return {name_of(run), known == works.end() ? Work{} : known->second(arguments, sizes)};
}

}  // namespace rung::cuda
