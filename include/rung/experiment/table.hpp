#pragma once
// A table as text.

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

namespace rung {

/// Columns as wide as their widest cell, flush right.
[[gnu::cold, gnu::noinline]] inline void print_table(std::FILE* out, std::vector<std::string> const& header,
                                                     std::vector<std::vector<std::string>> const& rows) {
    std::vector<std::size_t> widths(header.size());
    const auto               widen = [&](std::vector<std::string> const& cells) {
        for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], cells[i].size());
    };
    widen(header);
    for (auto const& row : rows) widen(row);
    const auto line = [&](std::vector<std::string> const& cells) {
        for (std::size_t i = 0; i < cells.size(); ++i)
            std::fprintf(out, "%s%*s", i ? "  " : "", int(widths[i]), cells[i].c_str());
        std::fputc('\n', out);
    };
    line(header);
    for (auto const& row : rows) line(row);
}

}  // namespace rung
