#pragma once
// What went wrong in wrong numbers, class by class of task/errors.hpp.
//
//     SlipCounts slips{task};
//     evaluate(ctx, model, task, {.to = 20, .watch = std::ref(slips)});
//     std::cout << slips;

#include <algorithm>
#include <array>
#include <iomanip>
#include <map>
#include <ostream>

#include "rung/eval/evaluate.hpp"
#include "rung/task/errors.hpp"

namespace rung {

/// Of a task that is an ArithmeticIn.
template <class Task>
class SlipCounts {
    static_assert(
        requires(std::string_view text) {
            Task::sign;
            Task::numbers(text);
            Task::format::number(text);
        },
        "SlipCounts: a task of two numbers in a full format (AdditionIn<Reversed>), whose digits and carries "
        "tell what went wrong; other tasks have no classes of errors");

public:
    using Counts = std::array<int, slip_names.size()>;  ///< by Slip

    explicit SlipCounts(Task task = {}) : task_(task) {}

    void operator()(Answered const& answered) {
        Slip slip = slip_of(task_, answered.truth, answered.answer.text);
        if (slip == Slip::none && !answered.right) slip = Slip::format_break;  // right, and it went on
        ++counts_[answered.difficulty][std::size_t(slip)];
    }

    std::map<Difficulty, Counts> const& counts() const { return counts_; }
    /// Of all difficulties.
    int count(Slip slip) const {
        int sum = 0;
        for (auto const& [difficulty, counts] : counts_) sum += counts[std::size_t(slip)];
        return sum;
    }

private:
    Task                         task_;
    std::map<Difficulty, Counts> counts_;
};

/// Classes that no answer is in are left out.
template <class Task>
std::ostream& operator<<(std::ostream& out, SlipCounts<Task> const& slips) {
    const auto columns = [&](auto&& print) {
        for (std::size_t slip = 0; slip < slip_names.size(); ++slip)
            if (slips.count(Slip(slip)) > 0) print(slip);
        out << '\n';
    };
    out << "difficulty";
    columns([&](std::size_t slip) { out << "  " << slip_names[slip]; });
    for (auto const& [difficulty, counts] : slips.counts()) {
        out << std::setw(10) << difficulty.text();
        columns([&, &all = counts](std::size_t slip) {
            out << "  " << std::setw(int(slip_names[slip].size())) << all[slip];
        });
    }
    return out;
}

}  // namespace rung
