// expect: Excluding: the rule needs `bool operator()(rung::Example const&) const`
#include <rung/task/copy.hpp>
#include <rung/task/excluding.hpp>

struct Rule {
#ifdef RUNG_FIXED
    bool operator()(rung::Example const&) const { return false; }
#else
    bool operator()(rung::Example const&) { return false; }
#endif
};
rung::Excluding<rung::Copy, Rule> task;
