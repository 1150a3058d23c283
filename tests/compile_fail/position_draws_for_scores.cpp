// expect: Position: draw ids for Learned, Sinusoidal or Rope, because schemes that act on score measure places
#include <rung/model/position/alibi.hpp>
#include <rung/model/position/randomised.hpp>
#include <rung/model/position/rope.hpp>
#include <rung/model/transformer.hpp>

constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64, .heads = 4};
#ifdef RUNG_FIXED
using Mine = rung::Randomised<rung::Rope<>, 64>;
#else
using Mine = rung::Randomised<rung::Alibi, 64>;
#endif
template class rung::Transformer<shape, Mine>;
