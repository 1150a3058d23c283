// expect: Depth: a loop that does not start from its input needs an injection, or it never sees it
#include <rung/model/depth/adaptors.hpp>
#include <rung/model/depth/looped.hpp>
#include <rung/model/transformer.hpp>

#ifdef RUNG_FIXED
using Inject = rung::AddInput;
#else
using Inject = rung::NoInjection;
#endif
constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64};
template class rung::Transformer<shape, rung::NoPe,
                                 rung::StartFrom<rung::Start::zero, rung::Looped<2, 1, Inject>>>;
