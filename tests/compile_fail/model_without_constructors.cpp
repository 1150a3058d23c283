// expect: Transformer: give your model its constructors, `struct Mine : Transformer<...> { using Transformer::Transformer; };`
#include <rung/rung.hpp>
#include <rung/task/reverse.hpp>

using namespace rung;

inline constexpr Shape shape{.vocab = Reverse::vocab, .context = 32, .width = 16, .heads = 2};
struct Mine : Transformer<shape, NoPe, Stacked<1>, Llama> {
#ifdef RUNG_FIXED
    using Transformer::Transformer;
#endif
};

int main() {
    cpu::Context ctx{{}};
    Mine         model{ctx};
}
