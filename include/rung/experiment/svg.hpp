#pragma once
// Drawing primitives for our figures: one SVG element per call, all text escaped, no identifiers, so that any number of
// drawings can stand in one page.

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
};

/// A drawing on a white card, readable on a light page and on a dark one.
class Svg {
public:
    Svg(double width, double height, std::string_view what) {
        const std::string w = text::number(width), h = text::number(height);
        out_ = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + w + "\" height=\"" + h + "\" viewBox=\"0 0 " + w +
               " " + h + "\" role=\"img\" aria-label=\"" + text::escape_xml(what) + "\" style=\"max-width:100%;height:auto\"" +
               " font-family=\"Helvetica Neue, Helvetica, Arial, Liberation Sans, sans-serif\" font-size=\"13\" fill=\"#222\">\n";
        rect({0, 0, width, height}, "fill=\"#fff\" rx=\"6\"");
    }

    /// Below, `style` is a list of attributes, as in `stroke="#222"`.
    void line(Point a, Point b, std::string_view style) {
        element("line", "x1=" + q(a.x) + " y1=" + q(a.y) + " x2=" + q(b.x) + " y2=" + q(b.y), style);
    }
    /// `title` is what a reader sees who points at it.
    void rect(Box box, std::string_view style, std::string_view title = {}) {
        element("rect", "x=" + q(box.left) + " y=" + q(box.top) + " width=" + q(box.width) + " height=" + q(box.height), style, title);
    }
    void path(std::string_view d, std::string_view style, std::string_view title = {}) {
        element("path", "d=\"" + std::string{d} + "\"", style, title);
    }
    void text(Point at, std::string_view words, std::string_view style = {}) { markup(at, text::escape_xml(words), style); }
    /// Centred text that reads upwards, for the axis at the left.
    void text_upwards(Point at, std::string_view words) {
        text(at, words, "text-anchor=\"middle\" transform=\"rotate(-90 " + n(at.x) + " " + n(at.y) + ")\"");
    }
    /// Text that may hold elements of its own; nothing is escaped.
    void markup(Point at, std::string_view inner, std::string_view style = {}) {
        ((((out_ += "<text x=" + q(at.x) + " y=" + q(at.y)) += ' ') += style) += '>') += inner;
        out_ += "</text>\n";
    }
    /// Until `end_clip`, whatever leaves the box is cut off.
    void begin_clip(Box b) {
        const std::string size = " width=" + q(b.width) + " height=" + q(b.height);
        out_ += "<svg x=" + q(b.left) + " y=" + q(b.top) + size + " viewBox=\"" + n(b.left) + " " + n(b.top) + " " + n(b.width) +
                " " + n(b.height) + "\">\n";
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
    static std::string q(double value) { return "\"" + n(value) + "\""; }

    void element(std::string_view name, std::string const& geometry, std::string_view style, std::string_view title = {}) {
        ((((((out_ += '<') += name) += ' ') += geometry) += ' ') += style);
        if (title.empty()) out_ += "/>\n";
        else (((out_ += "><title>" + text::escape_xml(title) + "</title></") += name) += ">\n");
    }

    std::string out_;
};

/// Roughly how wide a text comes out, in pixels; exact widths need the reader's font.
inline double text_width(std::string_view s, double size = 13) {
    int letters = 0;
    for (const char c : s) letters += (static_cast<unsigned char>(c) & 0xC0) != 0x80;  // continuation bytes draw nothing
    return 0.55 * size * letters;
}

}  // namespace rung
