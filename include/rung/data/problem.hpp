#pragma once
// What a prompt asks, however it is written: two prompts of one problem are no two problems.

#include <string>
#include <string_view>

#include "rung/task/digits.hpp"

namespace rung::detail {

/// Where a task says which two numbers a prompt is about, they, without zeros in front; else the prompt.
template <class Task>
std::string problem_of(std::string_view prompt) {
    if constexpr (requires { Task::numbers(prompt); }) {
        const auto [a, b] = Task::numbers(prompt);
        if (!a.empty() && !b.empty())
            return std::string(digits::trimmed(a)).append(" ").append(digits::trimmed(b));
    }
    return std::string(prompt);
}

}  // namespace rung::detail
