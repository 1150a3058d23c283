#pragma once
// Tokens that belong together share an id that their task names, such as the significance of a digit (Cho et al.,
// "Position coupling", NeurIPS 2024; McLeish et al., "Transformers can do arithmetic with the right embeddings",
// NeurIPS 2024). In training ids begin anywhere: those of sequences longer than any of training are known, too. Of a
// task that names none ids are places, and nothing is coupled: what is left is a shift of all places in training
// (Kiyono et al., "SHAPE", EMNLP 2021).

#include "rung/model/position/learned.hpp"

namespace rung {

/// @tparam Inner   what reads the ids: Learned, Sinusoidal<> or Rope<>
/// @tparam Offset  in training, ids above 0 grow by one random number of 0 .. Offset - 1, the same for a whole sequence
template <class Inner = Learned, int Offset = 100>
struct Coupled : Inner {
    static_assert(Offset > 0, "Coupled: the offset must be positive (100 is usual, 1 means none)");
    static_assert(!DrawsRows<Inner>,
                  "Coupled: take Learned, Sinusoidal or Rope, which draw nothing themselves");

    static constexpr int rows(int context) { return context + Offset - 1; }
    static void          draw(std::span<int> rows, Phase phase, Rng& rng) {
                 if (phase != Phase::training || rows.empty()) return;
        const int offset = int(rng.below(std::uint32_t(Offset)));
                 for (int& row : rows.subspan(1)) row += offset;
    }
};

/// A learned vector for the index of a digit within its number, 1, 2 and so on, and one, 0, for all that is no digit
/// (McLeish et al., 2024). Its ids are those of a task whose `place` is digit_place().
template <int Offset = 100>
using Abacus = Coupled<Learned, Offset>;

}  // namespace rung
