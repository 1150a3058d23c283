// expect: Exit rule: add `rung::Verdict operator()(rung::Reading const&, rung::Judged&) const` (is yours missing
#include <rung/eval/exit/exit.hpp>

struct Mine {
#ifdef RUNG_FIXED
    rung::Verdict operator()(rung::Reading const&, rung::Judged&) const { return rung::Verdict::stop; }
#else
    rung::Verdict operator()(rung::Reading const&, rung::Judged&) { return rung::Verdict::stop; }
#endif
};
static_assert(rung::explain_exit<Mine>::ok);
