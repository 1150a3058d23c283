#pragma once
// Drawing for our figures: an element per call, its attributes set on it in turn, all text escaped. No identifiers,
// so that any number of drawings can stand in one page.
//
//     out.rect({0, 0, 10, 10}).set("fill", "#fff").title("length 8: 99 %");

#include <cmath>
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

    [[gnu::cold, gnu::noinline]] Svg& line(Point a, Point b) {
        return start("line").set("x1", a.x).set("y1", a.y).set("x2", b.x).set("y2", b.y);
    }
    [[gnu::cold, gnu::noinline]] Svg& rect(Box box) { return start("rect").place(box); }
    [[gnu::cold, gnu::noinline]] Svg& path(std::string_view d) { return start("path").set("d", d); }
    [[gnu::cold, gnu::noinline]] Svg& text(Point p, std::string_view words) {
        return markup(p, text::escape_xml(words));
    }
    /// Text with elements of its own: nothing is escaped.
    [[gnu::cold, gnu::noinline]] Svg& markup(Point p, std::string_view inner) {
        start("text").set("x", p.x).set("y", p.y);
        inner_ = inner;
        return *this;
    }
    /// Centred, and read upwards, as beside the axis at the left.
    [[gnu::cold, gnu::noinline]] void text_upwards(Point p, std::string_view words) {
        text(p, words).set("text-anchor", "middle");
        set("transform", text::join({"rotate(-90 ", coordinate(p.x), " ", coordinate(p.y), ")"}));
    }

    /// An attribute of the element begun last.
    [[gnu::cold, gnu::noinline]] Svg& set(std::string_view name, std::string_view value) {
        out_.append(" ").append(name).append("=\"").append(value).append("\"");
        return *this;
    }
    [[gnu::cold, gnu::noinline]] Svg& set(std::string_view name, double value) {
        return set(name, coordinate(value));
    }
    /// What a reader sees who points at the element begun last.
    [[gnu::cold, gnu::noinline]] Svg& title(std::string_view words) {
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

    /// A number of pixels, to a tenth: finer than a screen shows.
    static text::Digits coordinate(double value) { return text::number(std::round(10 * value) / 10 + 0.0); }

private:
    [[gnu::cold, gnu::noinline]] Svg& start(std::string_view name) {
        end();
        out_.append("<").append(name);
        name_ = name;
        return *this;
    }
    /// Ends the element begun last, unless it is one that holds others.
    [[gnu::cold, gnu::noinline]] void end() {
        if (!inner_.empty()) out_.append(text::join({">", inner_, "</", name_, ">\n"}));
        else if (!name_.empty()) out_.append("/>\n");
        inner_.clear();
        name_ = {};
    }
    [[gnu::cold, gnu::noinline]] Svg& place(Box box) {
        return set("x", box.left).set("y", box.top).set("width", box.width).set("height", box.height);
    }
    /// The stretch of the plane that an <svg> shows; after it come the elements inside.
    [[gnu::cold, gnu::noinline]] void view(Box box) {
        set("viewBox", text::join({coordinate(box.left), " ", coordinate(box.top), " ", coordinate(box.width),
                                   " ", coordinate(box.height)}));
        out_.append(">\n");
        name_ = {};
    }

    std::string      out_, inner_;
    std::string_view name_;
};

/// Moves the pen of an SVG path ("M") or draws a line ("L") to a point.
[[gnu::cold, gnu::noinline]] inline void pen_to(std::string& path, std::string_view command, Point p) {
    path.append(command).append(Svg::coordinate(p.x)).append(" ").append(Svg::coordinate(p.y));
}

/// Roughly how wide a text comes out, in pixels; exact widths need the reader's font.
[[gnu::cold, gnu::noinline]] inline double text_width(std::string_view s, double size = 13) {
    int letters = 0;
    for (const char c : s) letters += (c & 0xC0) != 0x80;  // UTF-8: first bytes only
    return 0.55 * size * letters;
}

}  // namespace rung
