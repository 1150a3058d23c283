#pragma once
// Drawing for our figures: an element per call, its attributes set on it in turn, all text escaped. No identifiers,
// so that any number of drawings can stand in one page.
//
//     out.rect({0, 0, 10, 10}).set("fill", "#fff").title("length 8: 99 %");

#include <string>
#include <string_view>
#include <utility>

#include "rung/experiment/text.hpp"

namespace rung {

struct Point {
    double x, y;
};
struct Box {
    double left, top, width, height;

    double right() const { return left + width; }
    double bottom() const { return top + height; }
    Point  middle() const { return {left + width / 2, top + height / 2}; }
};

/// A drawing on a white card, readable on a light page and on a dark one.
class Svg {
public:
    Svg(double width, double height, std::string_view what) {
        start("svg").set("xmlns", "http://www.w3.org/2000/svg").set("role", "img");
        set("aria-label", text::escape_xml(what)).set("style", "max-width:100%;height:auto");
        set("font-family", "Helvetica Neue, Helvetica, Arial, Liberation Sans, sans-serif");
        set("font-size", 13).set("fill", "#222").set("width", width).set("height", height);
        view({0, 0, width, height});
        rect({0, 0, width, height}).set("fill", "#fff").set("rx", 6);
    }

    Svg& line(Point a, Point b) {
        return start("line").set("x1", a.x).set("y1", a.y).set("x2", b.x).set("y2", b.y);
    }
    Svg& rect(Box box) { return start("rect").place(box); }
    Svg& path(std::string_view d) { return start("path").set("d", d); }
    Svg& text(Point p, std::string_view words) { return markup(p, text::escape_xml(words)); }
    /// Text with elements of its own: nothing is escaped.
    Svg& markup(Point p, std::string_view inner) {
        start("text").set("x", p.x).set("y", p.y);
        inner_ = inner;
        return *this;
    }
    /// Centred, and read upwards, as beside the axis at the left.
    void text_upwards(Point p, std::string_view words) {
        const std::string turn = text::join({"rotate(-90 ", number(p.x), " ", number(p.y), ")"});
        text(p, words).set("transform", turn).set("text-anchor", "middle");
    }

    /// An attribute of the element begun last.
    [[gnu::noinline]] Svg& set(std::string_view name, std::string_view value) {
        out_.append(" ").append(name).append("=\"").append(value).append("\"");
        return *this;
    }
    Svg& set(std::string_view name, double value) { return set(name, number(value)); }
    /// What a reader sees who points at the element begun last.
    Svg& title(std::string_view words) {
        inner_ = text::join({"<title>", text::escape_xml(words), "</title>"});
        return *this;
    }

    /// Until `end_clip`, whatever leaves the box is cut off.
    void begin_clip(Box box) { start("svg").place(box).view(box); }
    void end_clip() {
        end();
        out_.append("</svg>\n");
    }
    std::string finish() && {
        end_clip();
        return std::move(out_);
    }

    /// A coordinate, to a hundredth of a pixel.
    static std::string number(double value) {
        std::string out = text::fixed(value, 2);
        while (out.back() == '0') out.pop_back();
        if (out.back() == '.') out.pop_back();
        return out == "-0" ? "0" : out;
    }

private:
    [[gnu::noinline]] Svg& start(std::string_view name) {
        end();
        out_.append("<").append(name_ = name);
        return *this;
    }
    /// Ends the element begun last, unless it is one that holds others.
    [[gnu::noinline]] void end() {
        if (inner_.empty()) out_.append(name_.empty() ? "" : "/>\n");
        else out_.append(text::join({">", inner_, "</", name_, ">\n"}));
        inner_.clear();
        name_ = {};
    }
    Svg& place(Box box) {
        return set("x", box.left).set("y", box.top).set("width", box.width).set("height", box.height);
    }
    /// The stretch of the plane that an <svg> shows; after it come the elements inside.
    void view(Box box) {
        const std::string x = number(box.left), y = number(box.top);
        set("viewBox", text::join({x, " ", y, " ", number(box.width), " ", number(box.height)}));
        out_.append(">\n");
        name_ = {};
    }

    std::string      out_, inner_;
    std::string_view name_;
};

/// The pen of an SVG path: "M" moves, "L" draws.
[[gnu::noinline]] inline std::string pen(std::string_view command, Point p) {
    return text::join({command, Svg::number(p.x), " ", Svg::number(p.y)});
}

/// Roughly how wide a text comes out, in pixels; exact widths need the reader's font.
inline double text_width(std::string_view s, double size = 13) {
    int letters = 0;
    for (const char c : s) letters += (c & 0xC0) != 0x80;  // UTF-8: first bytes only
    return 0.55 * size * letters;
}

}  // namespace rung
