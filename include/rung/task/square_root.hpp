#pragma once
// "sqrt(7.3174)=" -> "2.705", or by four of Newton's steps. Difficulty is the decimals of the number, which is below 10
// ("Teaching arithmetic to small transformers", Lee et al., ICLR 2024).

#include "rung/task/decimal.hpp"

namespace rung {

struct SquareRootFunction {
    static constexpr std::string_view name = "sqrt", marks = "Input:\nTarge<sch>x_ 1/2*(+),END";
    static constexpr double           first = 0, last = 9.9999;
    static constexpr int              longest =
        12 + 6 + 2 + 8 + 10 + 4 + 3 + 4 * (1 + 10 + 6 + 1 + 6 + 1 + 6 + 2 + 6 + 6 + 6) + 7 + 11 + 6;

    static double of(double x) { return std::sqrt(x); }
    /// The rows of the scratchpad, the last without its end; returns what it came to.
    static std::string write_steps(std::string& out, double x) {
        const double      root   = std::sqrt(x);
        double            value  = root >= 1 ? std::floor(root) : 0.1;
        std::string       latest = root >= 1 ? std::to_string(int(root)) : "0.1";
        const std::string number = detail::shortest(x);
        out.append("x_0=").append(latest);
        for (int i = 1; i <= 4; ++i) {
            const int         units = detail::ten_thousandths((value + x / value) / 2);
            const std::string next = detail::decimal(units), now = std::to_string(i);
            out.append("\nx_").append(now).append(": 1/2*(").append(latest).append("+").append(number);
            out.append("/").append(latest).append(")=").append(next).append(", x_").append(now);
            out.append("=").append(next);
            value = units / 1e4, latest = next;
        }
        return latest;
    }
};

template <class Format>
using SquareRootIn = FunctionIn<SquareRootFunction, Format>;
using SquareRoot   = SquareRootIn<Plain>;

}  // namespace rung
