// expect: add `std::string name() const`, a text that no other value of the type has
#include <rung/task/copy.hpp>
#include <rung/task/excluding.hpp>

struct Rule {
    double share = 0.5;
    bool   operator()(rung::Example const& example) const { return double(example.prompt.size()) < share; }
#ifdef RUNG_FIXED
    std::string name() const { return rung::detail::exact_text(share); }
#endif
};
std::string name = rung::Excluding<rung::Copy, Rule>{}.name();
