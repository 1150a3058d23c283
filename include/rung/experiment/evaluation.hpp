#pragma once
// Drawings of what is counted in answers, and all of them on a page.
//
//     show(page, evaluate(ctx, model, task, {.to = {20, 20}}), task);   // a heat map; of one axis a curve
//     show(page, digits), show(page, carries), show(page, slips), show(page, steps), show(page, mazes);

#include <string>
#include <vector>

#include "rung/eval/carry_scores.hpp"
#include "rung/eval/digit_scores.hpp"
#include "rung/eval/maze_scores.hpp"
#include "rung/eval/slip_counts.hpp"
#include "rung/eval/step_scores.hpp"
#include "rung/experiment/accuracy.hpp"
#include "rung/experiment/report.hpp"

namespace rung {

/// @param task  whose axes name those of a grid
template <class Task>
Page& show(Page& page, Report const& report, Task const&, Difficulty trained_to = {}) {
    if (!has_two_axes(report)) {
        Figure figure{
            {.title = "Accuracy by difficulty", .x = "difficulty", .y = "exact match", .y_range = {0, 1}}};
        if (trained_to != Difficulty{}) figure.marker(trained_to, "labels end here");
        return page.figure("Exact match by difficulty; the band is its 95 % intervals (Wilson).",
                           figure.line(accuracy_series("exact match", report)).svg());
    }
    GridOptions options{.trained_to = trained_to};
    if constexpr (HasAxes<Task>) options.first = Task::axes[0], options.second = Task::axes[1];
    const std::string each = std::to_string(report.scores.front().count);
    return page.figure("Exact match on " + each + " fresh problems a cell.", grid_svg(report, options));
}

/// Of numbers of each length a row, of each place a column.
template <class Task>
std::string digits_svg(DigitScores<Task> const& scores) {
    HeatMap map{{.title   = "Right digits by place",
                 .x       = "place, from 0",
                 .y       = "digits of the number",
                 .columns = numbers(0, scores.longest() - 1)}};
    for (int length = 1; length <= scores.longest(); ++length) {
        const Report        report = scores.of_length(length);
        std::vector<double> shares(std::size_t(scores.longest()), std::nan(""));
        for (auto const& score : report.scores)
            shares[std::size_t(score.difficulty.first)] = score.exact_match();
        if (!report.scores.empty()) map.row(std::to_string(length), shares);
    }
    return map.svg();
}
template <class Task>
Page& show(Page& page, DigitScores<Task> const& scores) {
    return page.figure("Answers with the right digit at each place, 0 the units.", digits_svg(scores));
}

template <class Task>
Page& show(Page& page, CarryScores<Task> const& scores) {
    Figure figure{{.title = "Accuracy by carries", .x = "carries", .y = "exact match", .y_range = {0, 1}}};
    figure.line(accuracy_series("longest chain", scores.by_chain()));
    figure.line(accuracy_series("in all", scores.by_count(), Stroke::dashed));
    return page.figure("Exact match by carries; bands are 95 % intervals (Wilson).", figure.svg());
}

/// A row a difficulty; a column a class that some answer is in.
template <class Task>
Page& show(Page& page, SlipCounts<Task> const& slips) {
    Page::Cells              header{"difficulty"};
    std::vector<Page::Cells> rows;
    for (std::size_t slip = 0; slip < slip_names.size(); ++slip)
        if (slips.count(Slip(slip)) > 0) header.emplace_back(slip_names[slip]);
    for (auto const& [difficulty, counts] : slips.counts()) {
        auto& row = rows.emplace_back(Page::Cells{difficulty.text()});
        for (std::size_t slip = 0; slip < slip_names.size(); ++slip)
            if (slips.count(Slip(slip)) > 0) row.push_back(std::to_string(counts[slip]));
    }
    return page.table("What went wrong in how many answers.", header, rows);
}

template <class Task>
Page& show(Page& page, StepScores<Task> const& scores) {
    std::vector<Page::Cells> rows;
    for (auto const& [difficulty, counts] : scores.counts()) {
        const auto share = [all = counts.answers](double part) { return text::fixed(part / all, 3); };
        rows.push_back({difficulty.text(), std::to_string(counts.answers), share(counts.final),
                        share(counts.every), share(counts.steps)});
    }
    return page.table(
        "Shares of answers that end in the right number, that are right in every step, and of their "
        "steps those before the first wrong one.",
        {"difficulty", "answers", "final number", "every step", "steps before a wrong one"}, rows);
}

template <class Task>
Page& show(Page& page, MazeScores<Task> const& scores) {
    std::vector<Page::Cells> rows;
    for (auto const& [difficulty, counts] : scores.counts()) {
        auto& row = rows.emplace_back(Page::Cells{difficulty.text()});
        for (const int count : {counts.answers, counts.format, counts.moves, counts.ends, counts.path})
            row.push_back(std::to_string(count));
    }
    return page.table(
        "Answers that can be read, that make possible steps alone, that go from the start to the end, and "
        "that "
        "are a shortest way.",
        {"difficulty", "answers", "format", "moves", "ends", "path"}, rows);
}

}  // namespace rung
