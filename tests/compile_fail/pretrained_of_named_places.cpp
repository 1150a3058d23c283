// expect: save_pretrained: use a task without `place`
#include <rung/io/save_pretrained.hpp>
#include <rung/model/position/learned.hpp>
#include <rung/task/reverse.hpp>

struct Numbered : rung::Reverse {
    int place(std::string_view text) const { return int(text.size()) % 8; }
};
#ifdef RUNG_FIXED
using Task = rung::Reverse;
#else
using Task = Numbered;
#endif
constexpr rung::Shape shape{.vocab = rung::Reverse::vocab, .context = 32, .width = 16, .heads = 2};
using Model = rung::Transformer<shape, rung::Learned, rung::Stacked<2>>;
void f(Model const& model) { rung::save_pretrained("folder", model, Task{}); }
