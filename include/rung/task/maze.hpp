#pragma once
// The way through a maze that is a tree of numbered nodes: "6>63#39:63-6:34-52:63-34:6,66-66:63,34-63:52,39,66=" ->
// "6>34>66>63", the start and the end, the neighbours of every node, and the only path ("Self-improving transformers",
// Lee et al., ICML 2025). Difficulties are the nodes and the hops of the path. Every number is one token.

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "rung/core/shuffle.hpp"
#include "rung/task/digits.hpp"
#include "rung/task/spanning_tree.hpp"
#include "rung/task/task.hpp"

namespace rung {

/// What is right about an answer to a maze.
struct MazeScore {
    bool format = false;  ///< it can be read at all
    bool moves  = false;  ///< it makes steps, and all go along edges, or through no wall
    bool ends   = false;  ///< it goes from the start to the end
    bool path   = false;  ///< all this, and there is no shorter way
};

/// @tparam Walk  how the tree is drawn: PaperWalk; or Wilson, all trees and paths of a difficulty equally often
template <class Walk>
struct MazeIn {
    static constexpr std::string_view                alphabet = "123456789>#:,-=";
    static constexpr auto const&                     words    = number_words<10, 99>;
    static constexpr int                             vocab    = vocab_size(alphabet) + int(words.size());
    static constexpr std::array<std::string_view, 2> axes{"nodes", "hops"};
    struct Size {
        int nodes = 0, hops = 0;
    };

    Example sample(Rng& rng, Size size) const {
        RUNG_CHECK(size.hops >= 1 && size.hops < size.nodes && size.nodes <= 99, "Maze: nodes and hops; got ",
                   size.nodes, " and ", size.hops, ", wanted at most 99 nodes and 1 to nodes - 1 hops");
        const auto        count = std::size_t(size.nodes);
        std::vector<char> inside(count, 0);
        Edges             edges;
        edges.reserve(count - 1);
        for (int node = 0; node <= size.hops; ++node) {
            inside[std::size_t(node)] = 1;
            if (node > 0) edges.push_back({node - 1, node});
        }
        Walk::grow(CompleteGraph{size.nodes}, rng, inside, edges);
        std::vector<int> labels(99), order(count);
        std::iota(labels.begin(), labels.end(), 1);
        std::iota(order.begin(), order.end(), 0);
        choose(rng, labels, count), choose(rng, order, count);
        std::vector<std::vector<int>> beside(count);
        const auto                    label = [&](int node) { return labels[std::size_t(node)]; };
        for (auto const& [a, b] : edges) {
            beside[std::size_t(a)].push_back(label(b));
            beside[std::size_t(b)].push_back(label(a));
        }
        Example all;
        all.prompt.reserve(9 * count);
        put(all.prompt, label(0)), all.prompt += '>', put(all.prompt, label(size.hops));
        char before = '#';
        for (const int node : order) {
            auto& others = beside[std::size_t(node)];
            choose(rng, others, others.size());
            all.prompt += std::exchange(before, '-'), put(all.prompt, label(node));
            char comma = ':';
            for (const int other : others) all.prompt += std::exchange(comma, ','), put(all.prompt, other);
        }
        all.prompt += '=';
        for (int node = 0; node <= size.hops; ++node) {
            if (node > 0) all.answer += '>';
            put(all.answer, label(node));
        }
        return all;
    }
    /// The maze of a prompt without its "=", with its path.
    Example example(std::string_view maze) const {
        const Map        map = read(maze);
        std::vector<int> from(100, 0), queue{map.start};
        from[std::size_t(map.start)] = map.start;
        for (std::size_t i = 0; i < queue.size(); ++i)
            for (const int next : map.beside[std::size_t(queue[i])])
                if (from[std::size_t(next)] == 0) from[std::size_t(next)] = queue[i], queue.push_back(next);
        RUNG_CHECK(from[std::size_t(map.end)] != 0, "Maze: path; got none from ", map.start, " to ", map.end);
        std::vector<int> path{map.end};
        while (path.back() != map.start) path.push_back(from[std::size_t(path.back())]);
        Example all{std::string(maze) + "=", ""};
        for (std::size_t i = path.size(); i-- > 0;) {
            put(all.answer, path[i]);
            if (i > 0) all.answer += '>';
        }
        return all;
    }
    constexpr int longest(Size size) const { return 6 * size.nodes + 2 * size.hops + 1; }
    bool correct(Example const& truth, std::string_view answer) const { return score(truth, answer).path; }

    MazeScore score(Example const& truth, std::string_view answer) const {
        MazeScore              score;
        const Map              map  = read(std::string_view(truth.prompt).substr(0, truth.prompt.size() - 1));
        const std::vector<int> path = labels_of(answer, '>');
        score.format                = !path.empty();
        if (!score.format) return score;
        score.ends  = path.front() == map.start && path.back() == map.end;
        score.moves = path.size() > 1;
        for (std::size_t i = 1; i < path.size(); ++i) {
            auto const& next = map.beside[std::size_t(path[i - 1])];
            score.moves      = score.moves && std::find(next.begin(), next.end(), path[i]) != next.end();
        }
        const auto hops = std::count(truth.answer.begin(), truth.answer.end(), '>');
        score.path      = score.moves && score.ends && int(path.size()) == int(hops) + 1;
        return score;
    }

private:
    struct Map {
        int                           start = 0, end = 0;
        std::vector<std::vector<int>> beside = std::vector<std::vector<int>>(100);
    };

    static void put(std::string& out, int label) {
        if (label >= 10) out += char('0' + label / 10);
        out += char('0' + label % 10);
    }
    /// Labels between such characters; none unless all of the text is of that form.
    static std::vector<int> labels_of(std::string_view text, char between) {
        std::vector<int> labels{0};
        for (const char c : text) {
            int& last = labels.back();
            if (c == between && last > 0) labels.push_back(0);
            else if (c >= '0' + (last == 0) && c <= '9' && last < 10) last = 10 * last + c - '0';
            else return {};
        }
        if (labels.back() == 0) return {};
        return labels;
    }
    static Map read(std::string_view maze) {
        const auto refuse = [&](bool right) {
            RUNG_CHECK(right, "Maze: prompt; got '", maze,
                       "', wanted the like of 6>63#6:63-63:6, every edge once at both its nodes");
        };
        const std::size_t hash = maze.find('#');
        refuse(hash != std::string_view::npos && !maze.ends_with('-'));
        const auto ends = labels_of(maze.substr(0, hash), '>');
        refuse(ends.size() == 2);
        Map map{ends[0], ends[1]};
        for (std::string_view rest = maze.substr(hash + 1); !rest.empty();) {
            const std::string_view node  = rest.substr(0, rest.find('-'));
            const std::size_t      colon = node.find(':');
            refuse(colon != std::string_view::npos);
            const auto label  = labels_of(node.substr(0, colon), ','),
                       others = labels_of(node.substr(colon + 1), ',');
            refuse(label.size() == 1 && !others.empty() && map.beside[std::size_t(label[0])].empty());
            map.beside[std::size_t(label[0])] = others;
            rest.remove_prefix(std::min(node.size() + 1, rest.size()));
        }
        const auto edges = [&](int from, int to) {
            auto const& others = map.beside[std::size_t(from)];
            return std::count(others.begin(), others.end(), to);
        };
        refuse(map.start != map.end);
        for (int node = 0; node < 100; ++node)
            for (const int other : map.beside[std::size_t(node)])
                refuse(other != node && edges(node, other) == 1 && edges(other, node) == 1);
        return map;
    }
};

using Maze        = MazeIn<PaperWalk>;
using UniformMaze = MazeIn<Wilson>;

/// A maze asked from its end to its start, for reworded(): "6>63#...=" is "63>6#...=". Throws on a prompt of another
/// form.
inline std::string turned_maze(std::string const& prompt, int = 1) {
    const auto arrow = prompt.find('>'), hash = prompt.find('#');
    RUNG_CHECK(arrow < hash && hash != std::string::npos, "turned_maze: prompt; got '", prompt,
               "', wanted the like of 6>63#6:63-63:6=");
    return prompt.substr(arrow + 1, hash - arrow - 1) + ">" + prompt.substr(0, arrow) + prompt.substr(hash);
}
/// What an answer to that says of the maze itself: of "63>66>6" it is "6>66>63".
inline std::string turned_way(std::string const&, std::string const& way, int = 1) {
    std::string back;
    auto        end = way.size();
    for (auto at = way.size(); at-- > 0;)
        if (way[at] == '>') back += way.substr(at + 1, end - at - 1) + ">", end = at;
    return back + way.substr(0, end);
}

/// For a maze that names its places, as digit_place() for numbers: 0 up to the "#", then the number, from 1, of the
/// entry of the list, which a node shares with its neighbours, and of the "=" one more. A node of the way, and the ">"
/// after it, has the place of its own entry; 0 if there is none. So what to look up is at the same place, and places do
/// not tell how many steps were made (Cho et al., "Position coupling", NeurIPS 2024).
inline int maze_place(std::string_view text) {
    const auto hash = text.find('#'), equals = text.find('=');
    if (hash == std::string_view::npos || hash + 1 >= std::min(equals, text.size())) return 0;
    std::string_view list    = text.substr(hash + 1, equals - hash - 1);
    const int        entries = 1 + int(std::count(list.begin(), list.end(), '-'));
    if (equals == std::string_view::npos) return entries;
    std::string_view way = text.substr(equals + 1);
    if (way.empty()) return entries + 1;
    if (way.back() == '>') way.remove_suffix(1);
    const auto node = way.substr(way.rfind('>') + 1);
    for (int entry = 1; entry <= entries; ++entry) {
        const auto rest = std::min(list.find('-'), list.size());
        if (list.substr(0, std::min(list.find(':'), rest)) == node) return entry;
        list.remove_prefix(std::min(rest + 1, list.size()));
    }
    return 0;
}

}  // namespace rung
