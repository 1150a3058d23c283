#pragma once
// The rounds of climbs, each under its name, and the figures that papers draw of them: accuracy by round, quality of
// labels, the frontier against rounds and against compute.

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "rung/curriculum/round.hpp"
#include "rung/experiment/accuracy.hpp"
#include "rung/experiment/report.hpp"
#include "rung/experiment/text.hpp"

namespace rung {

class Climbs {
public:
    struct Climb {
        std::string        name;
        std::vector<Round> rounds;

        void archive(auto& all) { all(name, rounds); }
    };

    void archive(auto& all) { all(climbs_); }
    bool empty() const { return climbs_.empty(); }
    /// Of the climb of that name, so far.
    std::size_t rounds(std::string const& name) const {
        for (auto const& climb : climbs_)
            if (climb.name == name) return climb.rounds.size();
        return 0;
    }
    [[gnu::cold, gnu::noinline]] void add(std::string const& name, Round const& round) {
        for (auto& climb : climbs_)
            if (climb.name == name) {
                RUNG_CHECK(round.round > climb.rounds.back().round, "Journal: climb '", name, "'; got round ",
                           round.round, " after round ", climb.rounds.back().round,
                           ", wanted a name of its own for each climb: watch_climb(name), watch_round(name)");
                return climb.rounds.push_back(Round(round));
            }
        climbs_.push_back({name, {round}});
    }
    std::size_t rounds() const {
        std::size_t sum = 0;
        for (auto const& climb : climbs_) sum += climb.rounds.size();
        return sum;
    }

    /// All of it on a page.
    [[gnu::cold, gnu::noinline]] void show(Page& page) const {
        for (auto const& climb : climbs_) {
            const std::string of     = climb.name.empty() ? "" : ": " + climb.name;
            bool              tested = false, grid = false;
            for (auto const& round : climb.rounds)
                tested = tested || !round.after.scores.empty(), grid = grid || has_two_axes(round.after);
            if (tested && !grid)
                page.figure("Exact match by round and difficulty" + of + ".", map(climb.rounds));
            else if (tested)
                page.figure("Exact match by both difficulties after the last round" + of + ".",
                            grid_svg(last_test(climb.rounds)));
            page.table("Labels by round" + of + ".", header(), rows(climb.rounds));
        }
        page.figure(
            "Labels that were kept: precision, and what the models' trust in them says without the truth.",
            quality());
        page.figure("Frontier at 99 % by round.",
                    frontier("round", [](Round const& r) { return double(r.round); }));
        page.figure(
            "Frontier at 99 % by compute of the climb: labelling, training, asking.",
            frontier(
                "floating-point operations / 1e12", [](Round const& r) { return r.flops / 1e12; }, true));
    }

private:
    static Report const& last_test(std::vector<Round> const& rounds) {
        const auto last = std::find_if(rounds.rbegin(), rounds.rend(),
                                       [](Round const& r) { return !r.after.scores.empty(); });
        return last->standing();
    }
    [[gnu::cold, gnu::noinline]] static Page::Cells header() {
        return {"round", "difficulty", "labelled", "kept", "precision", "recall", "trust", "sign", "ruling"};
    }
    [[gnu::cold, gnu::noinline]] static std::vector<Page::Cells> rows(std::vector<Round> const& rounds) {
        std::vector<Page::Cells> all;
        for (auto const& round : rounds)
            for (auto const& count : round.labels)
                all.push_back(
                    {std::to_string(round.round), count.difficulty.text(), std::to_string(count.labelled),
                     std::to_string(count.kept), count.kept > 0 ? text::fixed(count.precision(), 3) : "-",
                     text::fixed(count.recall(), 3), count.kept > 0 ? text::fixed(count.trust, 3) : "-",
                     round.sign, std::string(ruling_name(round.ruling)) + (round.ends ? ", the end" : "")});
        return all;
    }
    [[gnu::cold, gnu::noinline]] static std::string map(std::vector<Round> const& rounds) {
        Report const& first =
            rounds.front().before.scores.empty() ? last_test(rounds) : rounds.front().before;
        HeatMapOptions options{
            .title = "Exact match", .x = "difficulty", .y = "round", .frontier = "labelled so far"};
        for (auto const& score : first.scores) options.columns.push_back(score.difficulty.text());
        HeatMap    heat{options};
        const auto row = [&](std::string label, Report const& report, Difficulty hardest) {
            std::vector<double> shares;
            int                 reached = 0;
            for (auto const& column : first.scores) {
                const Score score = report.at(column.difficulty);
                shares.push_back(score.count > 0 ? score.exact_match() : std::nan(""));
                reached += column.difficulty <= hardest;
            }
            heat.row(std::move(label), shares, reached);
        };
        row("0", rounds.front().before, rounds.front().hardest);
        Difficulty labelled = rounds.front().hardest;
        for (auto const& round : rounds) {
            if (!waits(round.ruling)) labelled = std::max(labelled, round.difficulty);
            if (!round.after.scores.empty()) row(std::to_string(round.round), round.standing(), labelled);
        }
        return heat.svg();
    }
    [[gnu::cold, gnu::noinline]] std::string quality() const {
        Figure figure{{.title = "Labels", .x = "round", .y = "share", .y_range = {0, 1}}};
        for (auto const& [name, rounds] : climbs_) {
            Series precision{.name = name.empty() ? "precision" : name};
            Series trust{.name = name.empty() ? "trust" : name + ", trust", .stroke = Stroke::dashed};
            for (auto const& round : rounds) {
                if (round.total().kept == 0) continue;
                precision.x.push_back(round.round), precision.y.push_back(round.total().precision());
                trust.x.push_back(round.round), trust.y.push_back(round.total().trust);
            }
            figure.line(std::move(precision)).line(std::move(trust));
        }
        return figure.svg();
    }
    /// @param sums  each place is the sum of those so far
    [[gnu::cold, gnu::noinline]] std::string frontier(std::string across, double (*place)(Round const&),
                                                      bool        sums = false) const {
        const bool grid = has_two_axes(climbs_.front().rounds.front().before);
        Figure     figure{{.title = "Frontier",
                           .x     = std::move(across),
                           .y     = grid ? "difficulties at 99 %" : "difficulty at 99 %"}};
        for (auto const& [name, rounds] : climbs_) {
            Series line{.name = name.empty() ? "frontier" : name};
            double sum = 0;
            if (!rounds.front().before.scores.empty())
                line.x.push_back(0), line.y.push_back(rounds.front().before.reach());
            for (auto const& round : rounds) {
                sum = sums ? sum + place(round) : place(round);
                if (round.after.scores.empty()) continue;
                line.x.push_back(sum), line.y.push_back(round.standing().reach());
            }
            figure.line(std::move(line));
        }
        return figure.svg();
    }

    std::vector<Climb> climbs_;
};

}  // namespace rung
