// A small transformer learns to add numbers of 1 to 8 digits, written least significant digit first, and then climbs past
// them on labels of its own: one digit per round, answers kept when they are complete and the model is sure of them.
// After Lee et al., "Self-improving transformers overcome easy-to-hard and length generalization challenges", ICML 2025.

#include "rung/experiment/journal.hpp"
#include "rung/rung.hpp"

using namespace rung;

inline constexpr Shape shape{.vocab = Addition::vocab, .context = 96, .width = 64, .heads = 4};
struct Adder : Transformer<shape, NoPe, Stacked<3>, Llama> {
    using Transformer::Transformer;
};

int main() {}
