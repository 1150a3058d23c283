#pragma once
// Spanning trees at random, of graphs that name the neighbours of a node: what mazes are made of.

#include <utility>
#include <vector>

#include "rung/core/rng.hpp"

namespace rung {

using Edges = std::vector<std::pair<int, int>>;

/// Every node beside every other.
struct CompleteGraph {
    int nodes = 0;

    int size() const { return nodes; }
    int degree(int) const { return nodes - 1; }
    int neighbour(int node, int k) const { return k < node ? k : k + 1; }
};

/// Cells row by row, each beside those above, below, left and right of it.
struct GridGraph {
    int rows = 0, columns = 0;

    int size() const { return rows * columns; }
    int degree(int cell) const {
        const int row = cell / columns, column = cell % columns;
        return (row > 0) + (row + 1 < rows) + (column > 0) + (column + 1 < columns);
    }
    int neighbour(int cell, int k) const {
        const int row = cell / columns, column = cell % columns;
        if (row > 0 && k-- == 0) return cell - columns;
        if (row + 1 < rows && k-- == 0) return cell + columns;
        if (column > 0 && k-- == 0) return cell - 1;
        return cell + 1;
    }
};

/// All trees that hold the edges so far equally often: walks from one node after another to the tree, without their
/// loops (Wilson, "Generating random spanning trees more quickly than the cover time", STOC 1996).
struct Wilson {
    /// @param edges   of one tree, or none; the others are added
    /// @param inside  of every node, whether it is in that tree, as at least one is
    template <class Graph>
    static void grow(Graph const& graph, Rng& rng, std::vector<char>& inside, Edges& edges) {
        std::vector<int> next(inside.size());
        for (int first = 0; first < graph.size(); ++first) {
            const auto in = [&](int node) -> char& { return inside[std::size_t(node)]; };
            const auto to = [&](int node) -> int& { return next[std::size_t(node)]; };
            for (int node = first; !in(node); node = to(node))
                to(node) = graph.neighbour(node, int(rng.below(std::uint32_t(graph.degree(node)))));
            for (int node = first; !in(node); node = to(node))
                in(node) = 1, edges.push_back({node, to(node)});
        }
    }
};

/// The walk of the self-improvement paper's mazes: each walk keeps to nodes that are new, and of each only the first
/// node may be walked to later. Always a tree, but not all trees equally often, though the paper names Wilson (Lee et
/// al., "Self-improving transformers", ICML 2025). Of complete graphs alone.
struct PaperWalk {
    static void grow(CompleteGraph const& graph, Rng& rng, std::vector<char>& inside, Edges& edges) {
        std::vector<int> current, remaining;
        for (int node = 0; node < graph.size(); ++node)
            (inside[std::size_t(node)] ? current : remaining).push_back(node);
        while (!remaining.empty()) {
            const int first = remaining.back();
            remaining.pop_back();
            for (int node = first;;) {
                const auto count  = std::uint32_t(current.size()),
                           all    = count + std::uint32_t(remaining.size());
                const auto choice = rng.below(all);
                if (choice < count) {
                    edges.push_back({node, current[choice]});
                    break;
                }
                const int next = std::exchange(remaining[choice - count], remaining.back());
                remaining.pop_back();
                edges.push_back({node, next});
                node = next;
            }
            current.push_back(first);
        }
        inside.assign(inside.size(), 1);
    }
};

/// On to a neighbour that is new while there is one, and back: long corridors.
struct DepthFirst {
    template <class Graph>
    static void grow(Graph const& graph, Rng& rng, std::vector<char>& inside, Edges& edges) {
        std::vector<int> path, fresh;
        for (int node = 0; node < graph.size(); ++node)
            if (inside[std::size_t(node)]) path.push_back(node);
        while (!path.empty()) {
            const int node = path.back();
            fresh.clear();
            for (int k = 0; k < graph.degree(node); ++k)
                if (!inside[std::size_t(graph.neighbour(node, k))]) fresh.push_back(graph.neighbour(node, k));
            if (fresh.empty()) {
                path.pop_back();
                continue;
            }
            const int next            = fresh[rng.below(std::uint32_t(fresh.size()))];
            inside[std::size_t(next)] = 1;
            edges.push_back({node, next});
            path.push_back(next);
        }
    }
};

}  // namespace rung
