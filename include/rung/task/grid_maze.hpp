#pragma once
// The shortest way through a maze of walls, drawn as text (Schwarzschild et al., "Can you learn an algorithm?", NeurIPS
// 2021, whose mazes are such pictures), from S to E in steps up, down, left and right, each to the next cell:
// "#####\n#S# #\n# # #\n#  E#\n#####=" -> "DR". Difficulties are the rows and columns of cells; between neighbours
// there is a wall or a way.

#include <algorithm>
#include <string>
#include <vector>

#include "rung/task/maze.hpp"
#include "rung/task/spanning_tree.hpp"
#include "rung/task/task.hpp"

namespace rung {

/// @tparam Walk  how the ways are drawn: DepthFirst, long corridors; or Wilson, all trees of ways equally often
template <class Walk>
struct GridMazeIn {
    static constexpr std::string_view                alphabet = "# SE\n=UDLR";
    static constexpr int                             vocab    = vocab_size(alphabet);
    static constexpr std::array<std::string_view, 2> axes{"rows", "columns"};
    struct Size {
        int rows = 0, columns = 0;
    };

    int  doors    = 0;     ///< pairs of neighbours, drawn at random, that get a way beside those of the tree
    bool shortest = true;  ///< whether an answer has to be; else any way will do

    Example sample(Rng& rng, Size size) const {
        RUNG_CHECK(size.rows >= 1 && size.columns >= 1 && size.rows <= 1000 && size.columns <= 1000 &&
                       size.rows * size.columns >= 2,
                   "GridMaze: rows and columns; got ", size.rows, " and ", size.columns,
                   ", wanted 1 to 1000, and at least two cells");
        const GridGraph   grid{size.rows, size.columns};
        const auto        cells = std::uint32_t(grid.size());
        std::vector<char> inside(cells, 0);
        Edges             edges;
        inside[rng.below(cells)] = 1;
        Walk::grow(grid, rng, inside, edges);
        for (int door = 0; door < doors; ++door) {
            const int cell = int(rng.below(cells));
            edges.push_back({cell, grid.neighbour(cell, int(rng.below(std::uint32_t(grid.degree(cell)))))});
        }
        const std::size_t width = std::size_t(2 * size.columns + 2);  // of a line with its end
        std::string       text;
        for (int row = 0; row <= 2 * size.rows; ++row) text.append(width - 1, '#') += '\n';
        const auto place = [&](int cell) {
            return std::size_t(2 * (cell / size.columns) + 1) * width +
                   std::size_t(2 * (cell % size.columns) + 1);
        };
        for (int cell = 0; cell < grid.size(); ++cell) text[place(cell)] = ' ';
        for (auto const& [a, b] : edges) text[(place(a) + place(b)) / 2] = ' ';
        const auto start = rng.below(cells), other = rng.below(cells - 1);
        text[place(int(start))]                    = 'S';
        text[place(int(other + (other >= start)))] = 'E';
        text.pop_back();
        return example(text);
    }
    /// The picture without its "=", with a shortest way.
    Example example(std::string_view picture) const {
        const Map map(picture);
        Example   all{std::string(picture) + "=", ""};
        for (std::size_t at = map.start; at != map.end;)
            for (const char step : steps) {
                const std::size_t next = map.after(at, step);
                if (next == at || map.far[next] + 1 != map.far[at]) continue;
                all.answer += step, at = next;
                break;
            }
        return all;
    }
    constexpr int longest(Size size) const {
        return (2 * size.rows + 1) * (2 * size.columns + 2) + size.rows * size.columns - 1;
    }
    bool correct(Example const& truth, std::string_view answer) const {
        const MazeScore all = score(truth, answer);
        return shortest ? all.path : all.moves && all.ends;
    }
    MazeScore score(Example const& truth, std::string_view answer) const {
        const Map   map(std::string_view(truth.prompt).substr(0, truth.prompt.size() - 1));
        std::size_t at = map.start;
        MazeScore   score{.format = answer.find_first_not_of(steps) == std::string_view::npos};
        if (!score.format) return score;
        score.moves = !answer.empty();
        for (const char step : answer) {
            const std::size_t next = map.after(at, step);
            score.moves            = score.moves && next != at;
            at                     = next;
        }
        score.ends = at == map.end;
        score.path = score.moves && score.ends && answer.size() == std::size_t(map.far[map.start]);
        return score;
    }
    std::string name() const { return concat(doors, shortest ? " doors, shortest" : " doors"); }

private:
    static constexpr std::string_view steps = "UDLR";

    struct Map {
        std::string_view text;
        std::size_t      width, start, end;
        std::vector<int> far;  ///< of every cell's place in the text, steps to the end

        explicit Map(std::string_view picture)
            : text(picture), width(picture.find('\n') + 1), start(picture.find('S')), end(picture.find('E')) {
            RUNG_CHECK(
                is_picture(), "GridMaze: picture; got '", text,
                "', wanted 2 * rows + 1 lines of 2 * columns + 1 characters, walls (#) around them and "
                "between four cells, one S and one E in cells");
            far.assign(text.size(), -1);
            std::vector<std::size_t> queue{end};
            far[end] = 0;
            for (std::size_t i = 0; i < queue.size(); ++i)
                for (const char step : steps) {
                    const std::size_t next = after(queue[i], step);
                    if (far[next] < 0) far[next] = far[queue[i]] + 1, queue.push_back(next);
                }
            RUNG_CHECK(far[start] >= 0, "GridMaze: way; got none from S to E in '", text, "'");
        }
        bool is_picture() const {
            const std::size_t lines = width == 0 ? 0 : (text.size() + 1) / width;
            if (width < 4 || width % 2 != 0 || lines < 3 || lines % 2 == 0 ||
                lines * width != text.size() + 1)
                return false;
            int starts = 0, ends = 0;
            for (std::size_t at = 0; at < text.size(); ++at) {
                const std::size_t row = at / width, column = at % width;
                const bool        cell = row % 2 == 1 && column % 2 == 1 && column + 1 < width;
                const char        c    = text[at];
                starts += c == 'S', ends += c == 'E';
                const bool edge  = row == 0 || row + 1 == lines || column == 0 || column + 2 == width,
                           post  = row % 2 == 0 && column % 2 == 0;
                const bool right = column + 1 == width ? c == '\n'
                                   : edge || post      ? c == '#'
                                   : cell              ? c == ' ' || c == 'S' || c == 'E'
                                                       : c == ' ' || c == '#';
                if (!right) return false;
            }
            return starts == 1 && ends == 1;
        }
        /// The cell after a step; the same where there is a wall.
        std::size_t after(std::size_t at, char step) const {
            const std::size_t one  = step == 'U' || step == 'D' ? width : 1;
            const bool        back = step == 'U' || step == 'L';
            const std::size_t wall = back ? at - one : at + one;
            return text[wall] == '#' ? at : back ? wall - one : wall + one;
        }
    };
};

using GridMaze        = GridMazeIn<DepthFirst>;
using UniformGridMaze = GridMazeIn<Wilson>;

}  // namespace rung
