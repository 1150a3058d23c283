#pragma once
// Drawing primitives for our figures: one SVG element per call, all text escaped, no identifiers, so that any
// number of drawings can stand in one page.

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
};

/// A drawing on a white card, readable on a light page and on a dark one.
/// `style` is a list of attributes, as in `stroke="#222"`; `title` is what a reader sees who points at it.
class Svg {
public:
    Svg(double width, double height, std::string_view what) {
        out_ = R"(<svg xmlns="http://www.w3.org/2000/svg" role="img" style="max-width:100%;height:auto")"
               R"( font-family="Helvetica Neue, Helvetica, Arial, Liberation Sans, sans-serif")"
               R"( font-size="13" fill="#222")" +
               at("width", width) + at("height", height) + " viewBox=\"0 0 " + n(width) + " " + n(height) +
               "\" aria-label=\"" + text::escape_xml(what) + "\">\n";
        rect({0, 0, width, height}, R"(fill="#fff" rx="6")");
    }

    void line(Point a, Point b, std::string_view style) {
        element("line", at("x1", a.x) + at("y1", a.y) + at("x2", b.x) + at("y2", b.y), style, {});
    }
    void rect(Box box, std::string_view style, std::string_view title = {}) {
        element("rect", place(box), style, title);
    }
    void path(std::string_view d, std::string_view style, std::string_view title = {}) {
        element("path", " d=\"" + std::string{d} + "\"", style, title);
    }
    void text(Point p, std::string_view words, std::string_view style = {}) {
        markup(p, text::escape_xml(words), style);
    }
    /// Centred, and read upwards, as beside the axis at the left.
    void text_upwards(Point p, std::string_view words) {
        text(p, words, "text-anchor=\"middle\" transform=\"rotate(-90 " + n(p.x) + " " + n(p.y) + ")\"");
    }
    /// Text with elements of its own: nothing is escaped.
    void markup(Point p, std::string_view inner, std::string_view style = {}) {
        out_ += "<text" + at("x", p.x) + at("y", p.y) + " " + std::string{style} + ">";
        out_ += std::string{inner} + "</text>\n";
    }

    /// Until `end_clip`, whatever leaves the box is cut off.
    void begin_clip(Box box) {
        const std::string view = n(box.left) + " " + n(box.top) + " " + n(box.width) + " " + n(box.height);
        out_ += "<svg" + place(box) + " viewBox=\"" + view + "\">\n";
    }
    void end_clip() { out_ += "</svg>\n"; }

    std::string finish() && { return std::move(out_ += "</svg>\n"); }

    /// A coordinate, to a hundredth of a pixel.
    static std::string n(double value) {
        std::string out = text::fixed(value, 2);
        while (out.back() == '0') out.pop_back();
        if (out.back() == '.') out.pop_back();
        return out == "-0" ? "0" : out;
    }

private:
    static std::string at(std::string const& name, double value) {
        return " " + name + "=\"" + n(value) + "\"";
    }
    static std::string place(Box box) {
        return at("x", box.left) + at("y", box.top) + at("width", box.width) + at("height", box.height);
    }
    void element(std::string const& name, std::string const& place, std::string_view style,
                 std::string_view title) {
        out_ += "<" + name + place + " " + std::string{style};
        out_ += title.empty() ? "/>\n" : "><title>" + text::escape_xml(title) + "</title></" + name + ">\n";
    }

    std::string out_;
};

/// Roughly how wide a text comes out, in pixels; exact widths need the reader's font.
inline double text_width(std::string_view s, double size = 13) {
    int letters = 0;
    for (const char c : s) letters += (c & 0xC0) != 0x80;  // UTF-8: first bytes only
    return 0.55 * size * letters;
}

}  // namespace rung
