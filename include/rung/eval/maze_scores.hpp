#pragma once
// What is right about answers to mazes: their format, their moves, their ends, and all of it.
//
//     MazeScores mazes{task};
//     evaluate(ctx, model, task, {.from = {8, 1}, .to = {8, 7}, .watch = std::ref(mazes)});
//     std::cout << mazes;

#include <concepts>
#include <iomanip>
#include <map>
#include <ostream>
#include <string_view>

#include "rung/eval/evaluate.hpp"
#include "rung/task/maze.hpp"

namespace rung {

/// Of the answers at one difficulty, those of which it holds.
struct MazeCounts {
    int answers = 0, format = 0, moves = 0, ends = 0, path = 0;
};

/// Of a task with a MazeScore. An answer that did not end is of no format.
template <class Task>
class MazeScores {
public:
    static_assert(
        requires(Task const task, Example const& truth, std::string_view answer) {
            { task.score(truth, answer) } -> std::same_as<MazeScore>;
        },
        "MazeScores: a task with `rung::MazeScore score(rung::Example const& truth, std::string_view answer) "
        "const`, as "
        "Maze and GridMaze have it");

    explicit MazeScores(Task task = {}) : task_(task) {}

    void operator()(Answered const& answered) {
        auto const&     answer = answered.answer;
        const MazeScore score  = answer.ended ? task_.score(answered.truth, answer.text) : MazeScore{};
        MazeCounts&     counts = counts_[answered.difficulty];
        ++counts.answers;
        counts.format += score.format, counts.moves += score.moves;
        counts.ends += score.ends, counts.path += score.path;
    }
    std::map<Difficulty, MazeCounts> const& counts() const { return counts_; }

private:
    Task                             task_;
    std::map<Difficulty, MazeCounts> counts_;
};

template <class Task>
std::ostream& operator<<(std::ostream& out, MazeScores<Task> const& scores) {
    out << "difficulty  answers  format   moves    ends    path\n";
    for (auto const& [difficulty, counts] : scores.counts()) {
        out << std::setw(10) << difficulty.text() << std::setw(9) << counts.answers;
        for (const int count : {counts.format, counts.moves, counts.ends, counts.path})
            out << std::setw(8) << count;
        out << '\n';
    }
    return out;
}

}  // namespace rung
