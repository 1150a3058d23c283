#pragma once
// "sin(-1.2311)=" -> "-0.9429", or by four terms of its series. Difficulty is the decimals of the angle, which is
// within a quarter turn of 0 ("Teaching arithmetic to small transformers", Lee et al., ICLR 2024).

#include "rung/task/decimal.hpp"

namespace rung {

struct SineFunction {
    static constexpr std::string_view name = "sin", marks = "Input:\nTarge<sch>x_ -1/3!*(^),+END";
    static constexpr double           first = -1.5707963267948966, last = -first;
    static constexpr int              longest = 11 + 7 + 2 + 8 + 10 + 4 + 7 + 4 * (1 + 30 + 7) + 7 + 11 + 7;

    static double of(double x) { return std::sin(x); }
    /// The rows of the scratchpad, the last without its end; returns what it came to.
    static std::string write_steps(std::string& out, double x) {
        int    units     = detail::ten_thousandths(x);
        double factorial = 1;
        out.append("x_0=").append(detail::decimal(units));
        for (int i = 1; i <= 4; ++i) {
            const int    k    = 2 * i + 1;
            const double sign = i % 2 ? -1 : 1;
            factorial *= double(k - 1) * k;
            units = detail::ten_thousandths(units / 1e4 + sign * (std::pow(x, k) / factorial));
            const std::string power = std::to_string(k), now = std::to_string(i);
            out.append("\nx_").append(now).append(": x_").append(std::to_string(i - 1));
            out.append(i % 2 ? " - 1/" : " + 1/").append(power).append("! * (x^").append(power);
            out.append(") , x_").append(now).append("=").append(detail::decimal(units));
        }
        return detail::decimal(units);
    }
};

template <class Format>
using SineIn = FunctionIn<SineFunction, Format>;
using Sine   = SineIn<Plain>;

}  // namespace rung
