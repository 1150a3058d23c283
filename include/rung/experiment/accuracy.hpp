#pragma once
// Drawings of reports, self-contained SVG: a curve with its intervals where difficulty has one axis, a heat map where
// it has two.

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "rung/eval/score.hpp"
#include "rung/experiment/figure.hpp"
#include "rung/experiment/heat_map.hpp"

namespace rung {

/// Whether some difficulty has two axes.
inline bool has_two_axes(Report const& report) {
    return std::any_of(report.scores.begin(), report.scores.end(),
                       [](Score const& score) { return score.difficulty.second != 0; });
}

/// Exact match by difficulty as a line; a band is its intervals.
[[gnu::cold, gnu::noinline]] inline Series accuracy_series(std::string name, Report const& report,
                                                           Stroke stroke = Stroke::solid) {
    Series s{.name = std::move(name), .stroke = stroke};
    for (auto const& score : report.scores) {
        const auto [low, high] = score.interval();
        s.x.push_back(score.difficulty), s.y.push_back(score.exact_match());
        s.low.push_back(low), s.high.push_back(high);
    }
    return s;
}

struct GridOptions {
    std::string title = "Exact match", first = "first",
                second    = "second";  ///< the axes' names: a task's `axes`
    Difficulty trained_to = {};        ///< hardest with true labels; none: no line is drawn
};

/// Exact match by two difficulties, the first down, the second across. What was not asked is grey.
[[gnu::cold, gnu::noinline]] inline std::string grid_svg(Report const&      report,
                                                         GridOptions const& options = {}) {
    std::vector<int> firsts, seconds;
    for (auto const& score : report.scores)
        firsts.push_back(score.difficulty.first), seconds.push_back(score.difficulty.second);
    for (auto* list : {&firsts, &seconds}) {
        std::sort(list->begin(), list->end());
        list->erase(std::unique(list->begin(), list->end()), list->end());
    }
    HeatMapOptions map_options{.title = options.title, .x = options.second, .y = options.first};
    for (const int second : seconds) map_options.columns.push_back(std::to_string(second));
    if (options.trained_to != Difficulty{}) map_options.frontier = "labels end here";
    HeatMap map{map_options};
    auto    scores = report.scores;
    std::sort(scores.begin(), scores.end(),
              [](Score const& a, Score const& b) { return a.difficulty < b.difficulty; });
    auto next = scores.begin();
    for (const int first : firsts) {
        std::vector<double> shares;
        int                 reached = 0;
        for (const int second : seconds) {
            const Difficulty cell{first, second};
            const bool       known = next != scores.end() && next->difficulty == cell;
            shares.push_back(known ? (next++)->exact_match() : std::nan(""));
            reached += cell.within(options.trained_to);
        }
        map.row(std::to_string(first), shares, reached);
    }
    return map.svg();
}

}  // namespace rung
