// expect: Sinusoidal: .width must be even
#include <rung/model/position/sinusoidal.hpp>
#include <rung/model/transformer.hpp>

#ifdef RUNG_FIXED
constexpr int width = 12;
#else
constexpr int width = 13;
#endif
template class rung::Transformer<rung::Shape{.vocab = 12, .context = 32, .width = width}, rung::Sinusoidal<>>;
