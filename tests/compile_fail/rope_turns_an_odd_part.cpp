// expect: Rope: .width / .heads must be even, because channels are rotated in pairs (and so
#include <rung/model/position/rope.hpp>
#include <rung/model/transformer.hpp>

#ifdef RUNG_FIXED
constexpr int percent = 50;
#else
constexpr int percent = 40;
#endif
template class rung::Transformer<rung::Shape{.vocab = 12, .context = 32, .width = 32, .heads = 4},
                                 rung::Rope<10'000, percent>>;
