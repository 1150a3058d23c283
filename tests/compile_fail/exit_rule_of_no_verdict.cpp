// expect: Exit rule: add `rung::Verdict operator()(rung::Reading const&, rung::Judged&) const` (is yours missing
#include <rung/eval/exit/exit.hpp>

struct Mine {
#ifdef RUNG_FIXED
    rung::Verdict operator()(rung::Reading const&, rung::Judged&) const { return rung::Verdict::stop; }
#else
    bool operator()(rung::Reading const&, rung::Judged&) const { return true; }
#endif
};
const rung::AnyExit rule = Mine{};
