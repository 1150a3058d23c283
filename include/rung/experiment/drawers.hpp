#pragma once
// Examples for a step, drawn while the step before computes. A CPU that computes has no more than one thread to spare
// for it; beside a device many are idle, and it would wait for one.

#include <algorithm>
#include <thread>
#include <vector>

#include "rung/core/parallel.hpp"
#include "rung/data/encode.hpp"

namespace rung::detail {

class Drawers {
public:
    static constexpr int most = 8, each = 8;  // threads, and items that one of them draws at a time

    /// Fewer threads where the system has no more.
    explicit Drawers(int threads) : workers_(at_most(threads)) {}

    /// How many threads, beside what this trainer learns on.
    template <class Trainer>
    static int beside() {
        return Trainer::ahead > 1 ? std::clamp(int(std::thread::hardware_concurrency()) - 1, 1, most) : 1;
    }

    /// draw(i) for 0 .. count - 1, by several threads at the same time; throws what the first throws that does.
    template <class Draw>
    std::vector<Item> draw(int count, Draw const& draw) {
        std::vector<Item> items(static_cast<std::size_t>(count));
        workers_.run((count + each - 1) / each, [&](int slice, int) {
            for (int i = slice * each; i < std::min(count, (slice + 1) * each); ++i)
                items[std::size_t(i)] = draw(i);
        });
        return items;
    }

private:
    static Workers at_most(int threads) try { return Workers(threads); } catch (Error const&) {
        return Workers(1);
    }

    Workers workers_;
};

}  // namespace rung::detail
