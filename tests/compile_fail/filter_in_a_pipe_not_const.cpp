// expect: Filter: add `std::vector<bool> operator()(std::vector<rung::Candidate> const&) const`
#include <rung/curriculum/filter.hpp>

#ifdef RUNG_FIXED
struct Mine {
    std::vector<bool> operator()(std::vector<rung::Candidate> const& c) const {
        return std::vector<bool>(c.size());
    }
};
#else
struct Mine {
    std::vector<bool> operator()(std::vector<rung::Candidate> const& c) {
        return std::vector<bool>(c.size());
    }
};
#endif
const auto both = rung::NoFilter{} | Mine{};
