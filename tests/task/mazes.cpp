// Mazes: their trees are trees, drawn as often as they should be, their paths the only or the shortest ones.

#include <doctest/doctest.h>

#include <map>
#include <numeric>
#include <set>

#include "rung/data/pack.hpp"
#include "rung/task/grid_maze.hpp"
#include "rung/task/maze.hpp"
#include "support/chi_square.hpp"

using namespace rung;
using rung_test::chi_square;

TYPE_TO_STRING_AS("the paper's walk", PaperWalk);
TYPE_TO_STRING_AS("Wilson's", Wilson);
TYPE_TO_STRING_AS("depth first", DepthFirst);

namespace {

Rng stream(std::uint32_t index) { return Rng(1, Purpose::user, 0, index); }

/// Labels of a prompt's nodes and their neighbours, read without the library's help.
std::map<int, std::set<int>> map_of(std::string const& prompt) {
    std::map<int, std::set<int>> map;
    int                          node = 0, number = 0;
    for (std::size_t i = prompt.find('#') + 1; i < prompt.size(); ++i) {
        const char c = prompt[i];
        if (c >= '0' && c <= '9') number = 10 * number + c - '0';
        else {
            if (c == ':') node = number;
            else map[node].insert(number);
            number = 0;
        }
    }
    return map;
}
std::vector<int> path_of(std::string const& answer) {
    std::vector<int> path{0};
    for (const char c : answer) {
        if (c == '>') path.push_back(0);
        else path.back() = 10 * path.back() + c - '0';
    }
    return path;
}
std::string without_end(std::string const& prompt) { return prompt.substr(0, prompt.size() - 1); }

template <class Walk>
Edges tree_of(int nodes, int hops, Rng& rng) {
    std::vector<char> inside(std::size_t(nodes), 0);
    Edges             edges;
    for (int node = 0; node <= hops; ++node) {
        inside[std::size_t(node)] = 1;
        if (node > 0) edges.push_back({node - 1, node});
    }
    Walk::grow(CompleteGraph{nodes}, rng, inside, edges);
    for (auto& [a, b] : edges)
        if (a > b) std::swap(a, b);
    std::sort(edges.begin(), edges.end());
    return edges;
}

}  // namespace

TEST_CASE_TEMPLATE("a maze is a tree of distinct labels, and its answer the only path of so many hops", T,
                   PaperWalk, Wilson) {
    const MazeIn<T> task;
    for (std::uint32_t i = 0; i < 200; ++i) {
        Rng           rng   = stream(i);
        const int     nodes = rng.between(2, 99), hops = rng.between(1, nodes - 1);
        const Example maze = task.sample(rng, {.nodes = nodes, .hops = hops});
        const auto    map  = map_of(maze.prompt);
        const auto    path = path_of(maze.answer);
        CHECK(int(map.size()) == nodes);
        int              ends = 0;
        std::vector<int> queue{path.front()};
        std::set<int>    seen{path.front()};
        for (std::size_t n = 0; n < queue.size(); ++n)
            for (const int next : map.at(queue[n]))
                if (seen.insert(next).second) queue.push_back(next);
        for (auto const& [node, others] : map) {
            ends += int(others.size());
            CHECK((node >= 1 && node <= 99));
            for (const int other : others) CHECK(map.at(other).count(node) == 1);
        }
        CHECK(ends == 2 * (nodes - 1));
        CHECK(int(seen.size()) == nodes);  // connected, and one edge fewer than nodes: a tree
        CHECK(int(path.size()) == hops + 1);
        CHECK(std::set<int>(path.begin(), path.end()).size() == path.size());
        for (std::size_t n = 1; n < path.size(); ++n) CHECK(map.at(path[n - 1]).count(path[n]) == 1);
        CHECK(
            maze.prompt.starts_with(std::to_string(path.front()) + ">" + std::to_string(path.back()) + "#"));
        CHECK(task.example(without_end(maze.prompt)) == maze);
        CHECK(tokens_in<MazeIn<T>>(maze.prompt) == 6 * nodes);
        CHECK(tokens_in<MazeIn<T>>(maze.answer) == 2 * hops + 1);
        CHECK(encode(vocab_of<MazeIn<T>>(), maze).tokens.size() == std::size_t(6 * nodes + 2 * hops + 3));
    }
}

TEST_CASE("the papers' own mazes") {
    CHECK(Maze{}.example("6>63#39:63-6:34-52:63-34:6,66-66:63,34-63:52,39,66").answer == "6>34>66>63");
    CHECK(Maze{}.example("78>94#88:43,10-10:88-19:78,40-13:40,94-40:13,19-78:19-94:43,13-43:88,94").answer ==
          "78>19>40>13>94");
    CHECK(longest(Maze{}, {30, 1}) + 2 == 185);
    CHECK(longest(Maze{}, {30, 29}) + 2 == 241);
    CHECK(longest(Maze{}, {99, 9}) + 2 == 615);
}

TEST_CASE("an answer to a maze is scored for its format, its moves and its ends") {
    const Example truth = Maze{}.example("6>63#39:63-6:34-52:63-34:6,66-66:63,34-63:52,39,66");
    const auto    score = [&](std::string_view answer) {
        const MazeScore all = Maze{}.score(truth, answer);
        return std::string(all.format ? "format " : "") + (all.moves ? "moves " : "") +
               (all.ends ? "ends " : "") + (all.path ? "path" : "");
    };
    CHECK(score("6>34>66>63") == "format moves ends path");
    CHECK(score("6>34>6>34>66>63") == "format moves ends ");
    CHECK(score("6>34>66") == "format moves ");
    CHECK(score("6>63") == "format ends ");
    CHECK(score("34>66") == "format moves ");
    for (const auto broken : {"", "6>", ">6", "6>>34", "06>34", "6:34", "6>100", "6>34>66>63="})
        CHECK(score(broken) == "");
}

TEST_CASE("mazes that cannot be are refused") {
    Rng rng = stream(0);
    CHECK_THROWS_AS((Maze{}.sample(rng, {.nodes = 4, .hops = 4})), Error);
    CHECK_THROWS_AS((Maze{}.sample(rng, {.nodes = 100, .hops = 4})), Error);
    CHECK_THROWS_AS(Maze{}.example("6>63"), Error);
    CHECK_THROWS_AS(Maze{}.example("6>63#6:34-34:6"), Error);
    for (auto const* maze : {"6>63#6:63", "6>63#6:63-63:6-", "6>63#6:63-6:63-63:6", "6>63#6:6,63-63:6",
                             "6>63#6:63,63-63:6", "6>6#6:63-63:6", "6>63#6:100-63:6", "6>63#6:63-63:", ""})
        CHECK_THROWS_WITH_AS(Maze{}.example(maze), doctest::Contains("Maze: prompt; got '"), Error);
    CHECK(Maze{}.example("6>63#6:63-63:6").answer == "6>63");
    CHECK(GridMaze{}.example("#####\n#S E#\n#####") == Example{"#####\n#S E#\n#####=", "R"});
    for (auto const* picture :
         {"###\n#S#\n###", "#####\n#S E#\n####", "#####\n#S E \n#####", "#####\n#SSE#\n#####",
          "#####\n#S S#\n#####", "#####\n#SEE#\n#####", "#####\n#E E#\n#####", "#####\n#S E#\n# ###",
          "#####\n##S##\n#E  #", "#####\n#S#E#\n#   #\n#   #\n#####", "#####\n#S  #\n# # #\n#  x#\n#####",
          "#####\n#S# \n# #E#\n#   #\n#####", "####\n#SE#\n####", "#####\n#S E#\n#####\n", "\n\n\n", ""})
        CHECK_THROWS_WITH_AS(GridMaze{}.example(picture), doctest::Contains("GridMaze: picture; got '"),
                             Error);
    CHECK_THROWS_AS(GridMaze{}.example("#####\n#S#E#\n#####"), Error);
    CHECK_THROWS_AS((GridMaze{}.sample(rng, {.rows = 1, .columns = 1})), Error);
}

TEST_CASE("Wilson's walks draw every tree that holds the path equally often, the paper's do not") {
    // Of 5 nodes there are 5^3 trees, of which 2/5 hold a given edge.
    const auto statistic = [](auto walk) {
        std::map<Edges, double> count;
        for (std::uint32_t i = 0; i < 50'000; ++i) {
            Rng rng = stream(i);
            ++count[tree_of<decltype(walk)>(5, 1, rng)];
        }
        if (std::is_same_v<decltype(walk), Wilson>) CHECK(count.size() == 50);
        std::vector<double> counts;
        for (auto const& [tree, times] : count) counts.push_back(times);
        return chi_square(counts);
    };
    CHECK(statistic(Wilson{}) < 4);
    CHECK(statistic(PaperWalk{}) > 100);
}

TEST_CASE(
    "Wilson's walks draw every tree of a grid equally often, and depth-first search makes long corridors") {
    const auto draw = [](auto walk, GridGraph grid, std::uint32_t index) {
        Rng               rng = stream(index);
        std::vector<char> inside(std::size_t(grid.size()), 0);
        Edges             edges;
        inside[rng.below(std::uint32_t(grid.size()))] = 1;
        decltype(walk)::grow(grid, rng, inside, edges);
        for (auto& [a, b] : edges)
            if (a > b) std::swap(a, b);
        std::sort(edges.begin(), edges.end());
        return edges;
    };
    std::map<Edges, double> count;
    for (std::uint32_t i = 0; i < 20'000; ++i) ++count[draw(Wilson{}, {2, 3}, i)];
    CHECK(count.size() == 15);  // by Kirchhoff's theorem
    std::vector<double> counts;
    for (auto const& [tree, times] : count) counts.push_back(times);
    CHECK(chi_square(counts) < 4);
    const auto dead_ends = [&](auto walk) {
        int ends = 0;
        for (std::uint32_t i = 0; i < 20; ++i) {
            std::vector<int> degree(400);
            for (auto const& [a, b] : draw(walk, {20, 20}, i))
                ++degree[std::size_t(a)], ++degree[std::size_t(b)];
            CHECK(std::accumulate(degree.begin(), degree.end(), 0) == 2 * 399);
            ends += int(std::count(degree.begin(), degree.end(), 1));
        }
        return ends;
    };
    CHECK(dead_ends(DepthFirst{}) < 0.5 * dead_ends(Wilson{}));
}

TEST_CASE("the paper's walk leaves as many neighbours as the paper's own") {
    const std::vector<double> paper{3020, 4262, 1172, 419,
                                    102,  21,   4};  // nodes of degree 1 to 7, of 300 mazes of 30
    std::vector<double>       ours(7);
    for (std::uint32_t i = 0; i < 30'000; ++i) {
        Rng              rng = stream(i);
        std::vector<int> degree(30);
        for (auto const& [a, b] : tree_of<PaperWalk>(30, 9, rng))
            ++degree[std::size_t(a)], ++degree[std::size_t(b)];
        for (const int d : degree)
            if (d <= 7) ours[std::size_t(d - 1)] += 0.01;
    }
    CHECK(chi_square(paper, ours) < 4);
}

TEST_CASE_TEMPLATE("a grid's answer leads from S to E, and no shorter one does", T, DepthFirst, Wilson) {
    for (const int doors : {0, 8})
        for (std::uint32_t i = 0; i < 100; ++i) {
            GridMazeIn<T> task{.doors = doors};
            Rng           rng     = stream(i);
            const Example maze    = task.sample(rng, {.rows = 4, .columns = 5});
            const auto    picture = without_end(maze.prompt);
            CHECK(std::count(picture.begin(), picture.end(), '\n') == 8);
            CHECK(task.example(picture) == maze);
            CHECK(task.correct(maze, maze.answer));
            // All ways of walking a step less fail: cells that can be reached, by breadth.
            const std::size_t     width = 12;
            std::set<std::size_t> reached{picture.find('S')};
            for (std::size_t step = 0; step < maze.answer.size(); ++step) {
                CHECK(reached.count(picture.find('E')) == 0);
                std::set<std::size_t> next;
                for (const auto at : reached)
                    for (const auto by : {std::size_t(1), width}) {
                        if (picture[at + by] != '#') next.insert(at + 2 * by);
                        if (picture[at - by] != '#') next.insert(at - 2 * by);
                    }
                reached = next;
            }
            CHECK(reached.count(picture.find('E')) == 1);
        }
}

TEST_CASE("where several ways lead through a grid, any counts, or any of the shortest") {
    GridMaze          task;
    const std::string open = "#######\n#S    #\n# # # #\n#    E#\n#######";
    const Example     maze = task.example(open);
    CHECK(maze.answer.size() == 3);
    for (const auto answer : {"DRR", "RDR", "RRD"}) CHECK(task.correct(maze, answer));
    CHECK_FALSE(task.correct(maze, "DRLRR"));
    CHECK_FALSE(task.correct(maze, "URDR"));
    CHECK_FALSE(task.correct(maze, "DR"));
    CHECK_FALSE(task.correct(maze, ""));
    task.shortest = false;
    CHECK(task.correct(maze, "DRLRR"));
    CHECK_FALSE(task.correct(maze, "DDRR"));
    CHECK_FALSE(task.correct(maze, "RRDL"));
}

TEST_CASE("a maze's tokens have the place of their entry of the list") {
    //                             6>63#39:63-6:34=
    const std::vector<int> want = {0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3};
    const std::string_view text = "6>63#39:63-6:34=";
    for (std::size_t n = 1; n <= text.size(); ++n) CHECK(maze_place(text.substr(0, n)) == want[n - 1]);
    CHECK(maze_place("") == 0);
    for (const std::string_view no_maze : {"=", "#", "#=", "=#", "6>6", "--", "#=-", "#-=6", "#-=>", "#:=6"})
        CHECK(maze_place(no_maze) >= 0);
}

TEST_CASE("a node of a way has the place of its own entry, wherever in the way it is") {
    const auto place = [](std::string const& way) {
        return maze_place("6>63#39:63-6:34-52:63-34:6,66-66:63,34-63:52,39,66=" + way);
    };
    std::vector<int> places;
    for (const std::string way : {"6", "6>", "6>34", "6>34>", "6>34>66", "6>34>66>", "6>34>66>63"})
        places.push_back(place(way));
    CHECK(places == std::vector<int>{2, 2, 4, 4, 5, 5, 6});
    CHECK(place("63>66>34>6") == 2);
    for (const std::string nowhere : {">", "7", "6>3", "6>39:", "6>>", "6-", "="}) CHECK(place(nowhere) == 0);
}

TEST_CASE("a maze that is asked from its end has the way back for an answer") {
    for (std::uint32_t i = 0; i < 200; ++i) {
        Rng           rng(1, Purpose::user, i);
        const Example maze   = Maze{}.sample(rng, {3 + int(i % 20), 1 + int(i % 3) % (2 + int(i % 20))});
        std::string   turned = turned_maze(maze.prompt);
        CHECK(turned != maze.prompt);
        CHECK(turned_maze(turned) == maze.prompt);
        turned.pop_back();
        CHECK(turned_way(maze.prompt, Maze{}.example(turned).answer) == maze.answer);
    }
    const auto way = [](std::string const& text) { return turned_way("", text); };
    CHECK(way("6>34>66") == "66>34>6");
    CHECK(way("") == "");
    CHECK(way(">") == ">");
    CHECK(way("6>>7>") == ">7>>6");
    CHECK(way("12:3") == "12:3");
    CHECK_THROWS_WITH_AS(turned_maze("6#7>8="), doctest::Contains("got '6#7>8='"), Error);
}
