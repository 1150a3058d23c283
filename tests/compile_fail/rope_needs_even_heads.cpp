// expect: Rope: .width / .heads must be even
#include <rung/model/position/rope.hpp>
#include <rung/model/transformer.hpp>

#ifdef RUNG_FIXED
constexpr int heads = 2;
#else
constexpr int heads = 4;
#endif
template class rung::Transformer<rung::Shape{.vocab = 12, .context = 32, .width = 12, .heads = heads},
                                 rung::Rope<>>;
