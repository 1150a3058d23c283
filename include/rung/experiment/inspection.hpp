#pragma once
// Drawings of what eval/inspect.hpp sees inside a model, self-contained SVG, and all of them on a page.
//
//     show(page, inspect(ctx, model, vocab, "12+34="));

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "rung/eval/inspect.hpp"
#include "rung/experiment/figure.hpp"
#include "rung/experiment/heat_map.hpp"
#include "rung/experiment/report.hpp"

namespace rung {

namespace detail {
/// Wide enough that a character stands under each column.
inline double width_for(std::size_t tokens, double labels) {
    return std::clamp(150 + labels + 16 * double(tokens), 320.0, 1200.0);
}
}  // namespace detail

/// Where a head of a block looks: a query in each row, its keys across.
/// @param block  in the order in which blocks ran
inline std::string attention_svg(Inspection const& inside, int block, int head) {
    auto const& of = inside.blocks.at(std::size_t(block));
    HeatMap     map{{.title   = of.name + ", head " + std::to_string(head),
                     .x       = "key",
                     .y       = "query",
                     .columns = inside.symbols,
                     .width   = detail::width_for(inside.symbols.size(), 8)}};
    auto const& rows = of.attention.at(std::size_t(head));
    for (std::size_t t = 0; t < rows.size(); ++t) map.row(inside.symbols[t], rows[t]);
    return map.svg();
}

/// The length of the residual stream that each block reads, and of what the last one leaves.
inline std::string norms_svg(Inspection const& inside) {
    double most = 0;
    for (auto const& row : inside.norms) most = std::max(most, *std::max_element(row.begin(), row.end()));
    HeatMap map{{.title   = "Norm of the residual stream",
                 .x       = "token",
                 .y       = "block",
                 .columns = inside.symbols,
                 .width   = detail::width_for(inside.symbols.size(), 110),
                 .most    = most,
                 .text    = CellText::numbers}};
    for (std::size_t i = 0; i < inside.norms.size(); ++i)
        map.row(i < inside.blocks.size() ? inside.blocks[i].name : "last state", inside.norms[i]);
    return map.svg();
}

/// The likeliest token after each block, in a cell as bright as it is probable.
inline std::string lens_svg(Inspection const& inside) {
    HeatMap map{{.title   = "Logit lens: the likeliest next token",
                 .x       = "token",
                 .y       = "after",
                 .columns = inside.symbols,
                 .width   = detail::width_for(inside.symbols.size(), 110)}};
    for (auto const& block : inside.blocks) {
        std::vector<double>      probabilities;
        std::vector<std::string> symbols;
        for (auto const& guess : block.lens)
            probabilities.push_back(guess.probability), symbols.push_back(guess.symbol);
        map.row(block.name, probabilities).words(symbols);
    }
    return map.svg();
}

/// How far each pass moves the state, relative to its length: the mean over tokens, and the least and the most of any.
inline std::string distance_svg(Inspection const& inside) {
    Series moved{.name = "mean over tokens, and range"};
    for (std::size_t p = 1; p < inside.distances.size(); ++p) {
        auto const& row = inside.distances[p];
        double      sum = 0;
        for (const double d : row) sum += d;
        moved.x.push_back(double(p)), moved.y.push_back(sum / double(row.size()));
        moved.low.push_back(*std::min_element(row.begin(), row.end()));
        moved.high.push_back(*std::max_element(row.begin(), row.end()));
    }
    Figure figure{{.title   = "Distance from the state of the pass before",
                   .x       = "pass",
                   .y       = "|x - x before| / |x|",
                   .y_scale = AxisScale::log}};
    return figure.line(std::move(moved)).svg();
}

/// Adds all drawings to a page.
inline Page& show(Page& page, Inspection const& inside) {
    std::string text;
    for (auto const& symbol : inside.symbols) text += symbol;
    page.heading("Inside the model").text("What it does with these tokens:").command(text);
    page.figure("What the last norm and the head would say after each block.", lens_svg(inside));
    if (inside.passes > 1)
        page.figure("How far each pass moves the state: a loop that settles falls to 0.",
                    distance_svg(inside));
    page.figure("The norm of what each block reads, and of what the last one leaves.", norms_svg(inside));
    for (std::size_t b = 0; b < inside.blocks.size(); ++b) {
        std::string heads;
        for (std::size_t h = 0; h < inside.blocks[b].attention.size(); ++h)
            heads += attention_svg(inside, int(b), int(h));
        page.figure("Attention of " + inside.blocks[b].name + ", a drawing per head.", heads);
    }
    return page;
}

}  // namespace rung
