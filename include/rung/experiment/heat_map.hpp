#pragma once
// A table of shares as colours, self-contained SVG: accuracy by round (down) and length (across). The colours are
// viridis: even steps look even, in grey and to colour-blind readers too.

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "rung/core/check.hpp"
#include "rung/experiment/svg.hpp"

namespace rung {

/// viridis at `share` in [0, 1], as "#rrggbb".
inline std::string viridis(double share) {
    constexpr std::array<std::array<double, 3>, 11> table{{{68, 1, 84}, {72, 37, 118}, {65, 68, 135}, {53, 96, 141},
                                                           {42, 120, 142}, {33, 144, 140}, {34, 168, 132}, {67, 191, 113},
                                                           {122, 209, 81}, {187, 223, 39}, {253, 231, 37}}};
    constexpr char hex[] = "0123456789abcdef";
    const double   place = std::clamp(share, 0.0, 1.0) * 10;
    const auto     i     = std::min<std::size_t>(9, std::size_t(place));
    std::string    out   = "#";
    for (std::size_t c = 0; c < 3; ++c) {
        const int level = int(std::lround(table[i][c] + (place - double(i)) * (table[i + 1][c] - table[i][c])));
        (out += hex[level / 16]) += hex[level % 16];
    }
    return out;
}

struct HeatMapOptions {
    std::string              title{}, x{}, y{};
    std::vector<std::string> columns{};
    std::string              frontier{};  ///< what it means to be left of the line that `reached` draws
    double                   width = 680;
};

class HeatMap {
public:
    explicit HeatMap(HeatMapOptions options) : options_{std::move(options)} {}

    /// Appends a row of shares, NaN where nothing was measured. `reached` columns lie left of the frontier line.
    HeatMap& row(std::string label, std::vector<double> shares, int reached = 0) {
        const std::size_t columns = options_.columns.size();
        RUNG_CHECK(shares.size() == columns, "HeatMap::row: '", label, "'; got ", shares.size(), " cells, wanted ", columns);
        rows_.push_back({std::move(label), std::move(shares), std::size_t(std::clamp(reached, 0, int(columns)))});
        return *this;
    }

    std::string svg() const {
        const Grid grid = layout();
        Svg        out{options_.width, grid.bottom() + 56, options_.title};
        out.text({14, 25}, options_.title, R"(font-size="15" font-weight="600")");
        cells(out, grid);
        labels(out, grid);
        frontier(out, grid);
        scale(out, grid);
        return std::move(out).finish();
    }

private:
    struct Row {
        std::string         label;
        std::vector<double> shares;
        std::size_t         reached;
    };
    struct Grid {
        double      left, top, cell_width, cell_height;
        std::size_t rows, columns;

        double x(std::size_t column) const { return left + double(column) * cell_width; }
        double y(std::size_t row) const { return top + double(row) * cell_height; }
        double right() const { return x(columns); }
        double bottom() const { return y(rows); }
    };

    Grid layout() const {
        double widest = 0;
        for (Row const& row : rows_) widest = std::max(widest, text_width(row.label));
        const double left = 46 + widest, top = options_.frontier.empty() ? 44 : 66;
        const double columns = std::max(1.0, double(options_.columns.size())), rows = std::max(1.0, double(rows_.size()));
        const double cell_width = std::min(44.0, (options_.width - left - 92) / columns);
        return {left, top, cell_width, std::clamp(380 / rows, 5.0, 26.0), rows_.size(), options_.columns.size()};
    }

    /// 99.7 % is not 100.
    static std::string percent(double share) {
        const double rounded = std::round(100 * share);
        return text::fixed(share < 1 && rounded >= 100 ? 99 : rounded, 0);
    }

    void cells(Svg& out, Grid const& grid) const {
        const bool   room = grid.cell_width >= 24 && grid.cell_height >= 15;
        const double gap  = grid.cell_width >= 12 && grid.cell_height >= 12 ? -1 : 0.6;  // small cells overlap: no seams
        for (std::size_t r = 0; r < grid.rows; ++r)
            for (std::size_t c = 0; c < grid.columns; ++c) {
                const double      share = rows_[r].shares[c];
                const bool        known = std::isfinite(share);
                const std::string place = options_.y + " " + rows_[r].label + ", " + options_.x + " " + options_.columns[c];
                const std::string value = known ? text::fixed(100 * share, 1) + " %" : "not measured";
                const Box         box{grid.x(c), grid.y(r), grid.cell_width + gap, grid.cell_height + gap};
                out.rect(box, "fill=\"" + (known ? viridis(share) : "#ececec") + "\"", place + ": " + value);
                if (!known || !room) continue;
                const std::string ink = share < 0.6 ? "fill=\"#fff\"" : "fill=\"#111\"";
                out.text({box.left + box.width / 2, box.top + box.height / 2 + 4}, percent(share),
                         ink + R"( font-size="11" text-anchor="middle" pointer-events="none")");
            }
    }

    void labels(Svg& out, Grid const& grid) const {
        double widest = 0;
        for (auto const& label : options_.columns) widest = std::max(widest, text_width(label));
        const auto stride = [](double need, double have) { return std::size_t(std::max(1.0, std::ceil(need / have))); };
        for (std::size_t c = 0; c < grid.columns; c += stride(widest + 6, grid.cell_width))
            out.text({grid.x(c) + grid.cell_width / 2, grid.bottom() + 17}, options_.columns[c], R"(text-anchor="middle")");
        for (std::size_t r = 0; r < grid.rows; r += stride(14, grid.cell_height))
            out.text({grid.left - 8, grid.y(r) + grid.cell_height / 2 + 4.5}, rows_[r].label, R"(text-anchor="end")");
        out.text({(grid.left + grid.right()) / 2, grid.bottom() + 40}, options_.x, R"(text-anchor="middle")");
        out.text_upwards({20, (grid.top + grid.bottom()) / 2}, options_.y);
    }

    void frontier(Svg& out, Grid const& grid) const {
        if (options_.frontier.empty() || rows_.empty()) return;
        std::string d;
        for (std::size_t r = 0; r < grid.rows; ++r) {
            const std::string x = Svg::n(grid.x(rows_[r].reached)) + " ";
            d += (r == 0 ? "M" : "L") + x + Svg::n(grid.y(r)) + "L" + x + Svg::n(grid.y(r + 1));
        }
        out.path(d, R"(fill="none" stroke="#fff" stroke-width="4.5")");  // a light edge shows on every colour
        out.path(d + "M14 44h24", R"(fill="none" stroke="#D55E00" stroke-width="2.2")");
        out.text({44, 48.5}, options_.frontier);
    }

    static void scale(Svg& out, Grid const& grid) {
        constexpr int steps = 50;
        const double  left = grid.right() + 24, height = std::clamp(grid.bottom() - grid.top, 60.0, 160.0);
        const double  bottom = grid.top + height;
        for (int i = 0; i < steps; ++i)
            out.rect({left, bottom - height * (i + 1) / steps, 12, height / steps + 0.4},
                     "fill=\"" + viridis((i + 0.5) / steps) + "\"");
        for (const int share : {0, 50, 100})
            out.text({left + 18, bottom - height * share / 100 + 4.5}, std::to_string(share) + " %", R"(font-size="12")");
    }

    HeatMapOptions   options_;
    std::vector<Row> rows_;
};

}  // namespace rung
