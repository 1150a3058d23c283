#pragma once
// A table of shares, or of other numbers, as colours, self-contained SVG: accuracy by round (down) and length (across).
// The colours are viridis: even steps look even, in grey and to colour-blind readers too.

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rung/core/check.hpp"
#include "rung/experiment/svg.hpp"

namespace rung {

/// viridis at `share` in [0, 1], as "#rrggbb".
inline std::string viridis(double share) {
    constexpr unsigned table[] = {0x440154, 0x482576, 0x414487, 0x35608d, 0x2a788e, 0x21908c,
                                  0x22a884, 0x43bf71, 0x7ad151, 0xbbdf27, 0xfde725};
    const double       place   = std::clamp(share, 0.0, 1.0) * 10;
    const int          i       = std::min(9, int(place));
    char               out[]   = "#rrggbb";
    for (int c = 0; c < 3; ++c) {
        const double low = table[i] >> (16 - 8 * c) & 255, high = table[i + 1] >> (16 - 8 * c) & 255;
        const auto   level = std::lround(low + (place - i) * (high - low));
        out[2 * c + 1]     = "0123456789abcdef"[level / 16];
        out[2 * c + 2]     = "0123456789abcdef"[level % 16];
    }
    return out;
}

/// "5", "10", ..., "40": names of columns.
inline std::vector<std::string> numbers(int first, int last, int step = 1) {
    std::vector<std::string> names;
    for (int i = first; i <= last; i += step) names.push_back(std::to_string(i));
    return names;
}

/// How the values of cells are written.
enum class CellText { percents, numbers };

struct HeatMapOptions {
    std::string              title{}, x{}, y{};
    std::vector<std::string> columns{};
    std::string              frontier{};  ///< what it means to be left of the line that `reached` draws
    double                   width = 680;
    double                   most  = 1;  ///< the value with the brightest colour
    CellText                 text  = CellText::percents;
};

class HeatMap {
public:
    explicit HeatMap(HeatMapOptions options) : options_{std::move(options)} {}

    /// Appends a row of shares, NaN where nothing was measured. `reached` columns lie left of the frontier.
    HeatMap& row(std::string label, std::vector<double> shares, int reached = 0) {
        const std::size_t columns = options_.columns.size();
        RUNG_CHECK(shares.size() == columns, "HeatMap::row: '", label, "'; got ", shares.size(),
                   " cells, wanted ", columns);
        const auto known = std::size_t(std::clamp(reached, 0, int(columns)));
        rows_.push_back(Row{std::move(label), std::move(shares), known, {}});
        return *this;
    }
    /// What is written into the cells of the row appended last, instead of their values.
    HeatMap& words(std::vector<std::string> words) {
        const std::size_t columns = options_.columns.size();
        RUNG_CHECK(!rows_.empty() && words.size() == columns, "HeatMap::words: words; got ", words.size(),
                   ", wanted ", columns, ", after a row");
        rows_.back().words = std::move(words);
        return *this;
    }

    [[gnu::cold, gnu::noinline]] std::string svg() const {
        const Grid grid = layout();
        Svg        out{options_.width, grid.bottom() + 56, options_.title};
        out.text({14, 25}, options_.title).set("font-size", 15).set("font-weight", "600");
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

        std::vector<std::string> words;
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
        const auto   rows = rows_.size(), columns = options_.columns.size();
        const double room = options_.width - left - 92;  // the rest is the scale's
        return {left,
                top,
                std::min(44.0, room / std::max(1.0, double(columns))),
                std::clamp(380 / std::max(1.0, double(rows)), 5.0, 26.0),
                rows,
                columns};
    }

    /// 99.7 % is not 100.
    static std::string percent(double share) {
        const double rounded = std::round(100 * share);
        return text::fixed(share < 1 && rounded >= 100 ? 99 : rounded, 0);
    }

    /// Of the colours, the place of a value.
    double level(double value) const { return options_.most > 0 ? value / options_.most : 0; }
    /// In a cell, where there is little room, and beside it.
    std::string brief(double value) const {
        return options_.text == CellText::percents ? percent(value) : std::string(text::brief(value));
    }
    std::string whole(double value) const {
        if (options_.text == CellText::numbers) return text::brief(value);
        return text::join({text::Digits{100 * value, std::chars_format::fixed, 1}, " %"});
    }

    [[gnu::cold, gnu::noinline]] void cells(Svg& out, Grid const& grid) const {
        const double numbers = options_.text == CellText::percents ? 24 : 32;  // pixels that they need
        // Between large cells a hairline; small ones overlap a little, or their seams would show.
        const double more = grid.cell_width >= 12 && grid.cell_height >= 12 ? -1 : 0.6;
        for (std::size_t r = 0; r < grid.rows; ++r)
            for (std::size_t c = 0; c < grid.columns; ++c) {
                auto const&       words = rows_[r].words;
                const double      share = rows_[r].shares[c];
                const bool        known = std::isfinite(share);
                const std::string value = known ? whole(share) : "not measured";
                const std::string word  = words.empty() ? "" : words[c] + ", ";
                const Box         box{grid.x(c), grid.y(r), grid.cell_width + more, grid.cell_height + more};
                out.rect(box).set("fill", known ? viridis(level(share)) : "#ececec");
                out.title(text::join({options_.y, " ", rows_[r].label, ", ", options_.x, " ",
                                      options_.columns[c], ": ", word, value}));
                const double need = words.empty() ? numbers : text_width(words[c], 11) + 2;
                if (!known || grid.cell_width < need || grid.cell_height < 15) continue;
                const Point middle = box.middle();
                out.text({middle.x, middle.y + 4}, words.empty() ? brief(share) : words[c]);
                out.set("fill", level(share) < 0.6 ? "#fff" : "#111");
                out.set("font-size", 11).set("text-anchor", "middle").set("pointer-events", "none");
            }
    }

    [[gnu::cold, gnu::noinline]] void labels(Svg& out, Grid const& grid) const {
        double widest = 0;
        for (auto const& label : options_.columns) widest = std::max(widest, text_width(label));
        const auto   stride = [](double need, double have) { return std::size_t(1 + need / have); };
        const double x = grid.cell_width / 2, y = grid.cell_height / 2 + 4.5;
        for (std::size_t c = 0; c < grid.columns; c += stride(widest + 6, grid.cell_width))
            out.text({grid.x(c) + x, grid.bottom() + 17}, options_.columns[c]).set("text-anchor", "middle");
        for (std::size_t r = 0; r < grid.rows; r += stride(14, grid.cell_height))
            out.text({grid.left - 8, grid.y(r) + y}, rows_[r].label).set("text-anchor", "end");
        const Point middle{(grid.left + grid.right()) / 2, (grid.top + grid.bottom()) / 2};
        out.text({middle.x, grid.bottom() + 40}, options_.x).set("text-anchor", "middle");
        out.text_upwards({20, middle.y}, options_.y);
    }

    [[gnu::cold, gnu::noinline]] void frontier(Svg& out, Grid const& grid) const {
        if (options_.frontier.empty() || rows_.empty()) return;
        std::string d;
        for (std::size_t r = 0; r < grid.rows; ++r) {
            const double x = grid.x(rows_[r].reached);
            pen_to(d, r == 0 ? "M" : "L", {x, grid.y(r)});
            pen_to(d, "L", {x, grid.y(r + 1)});
        }
        const auto draw = [&](std::string_view colour, double width) {
            out.path(d).set("fill", "none").set("stroke", colour).set("stroke-width", width);
        };
        draw("#fff", 4.5);  // a light edge shows on every colour
        draw("#D55E00", 2.2);
        out.line({14, 44}, {38, 44}).set("stroke", "#D55E00").set("stroke-width", 2.2);
        out.text({44, 48.5}, options_.frontier);
    }

    [[gnu::cold, gnu::noinline]] void scale(Svg& out, Grid const& grid) const {
        constexpr int steps = 50;
        const double  left = grid.right() + 24, height = std::clamp(grid.bottom() - grid.top, 60.0, 160.0);
        const double  bottom = grid.top + height, step = height / steps;
        for (int i = 0; i < steps; ++i)
            out.rect({left, bottom - step * (i + 1), 12, step + 0.4}).set("fill", viridis((i + 0.5) / steps));
        for (const double share : {0.0, 0.5, 1.0}) {
            std::string words = brief(share * options_.most);
            if (options_.text == CellText::percents) words += " %";
            out.text({left + 18, bottom - height * share + 4.5}, words).set("font-size", 12);
        }
    }

    HeatMapOptions   options_;
    std::vector<Row> rows_;
};

}  // namespace rung
