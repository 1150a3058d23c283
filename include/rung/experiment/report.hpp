#pragma once
// A report that is one HTML file: style and drawings inside, no script, nothing fetched. It can be mailed.
//
//     Page page{"Reversing strings"};
//     page.text("Trained on lengths 1 to 8.").figure("Loss by step.", loss.svg());
//     write_file("report.html", page.html());

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rung/core/check.hpp"
#include "rung/experiment/text.hpp"

namespace rung {

class Page {
public:
    using Cells = std::vector<std::string>;

    explicit Page(std::string title) : title_{std::move(title)} {}

    [[gnu::cold, gnu::noinline]] Page& heading(std::string_view words) {
        return add({"<h2>", text::escape_xml(words), "</h2>\n"});
    }
    [[gnu::cold, gnu::noinline]] Page& text(std::string_view words) {
        return add({"<p>", text::escape_xml(words), "</p>\n"});
    }
    /// A command line or other output, as typed.
    [[gnu::cold, gnu::noinline]] Page& command(std::string_view line) {
        return add({"<pre>", text::escape_xml(line), "</pre>\n"});
    }
    /// `svg` goes in as it is: a drawing of ours, not text from elsewhere.
    [[gnu::cold, gnu::noinline]] Page& figure(std::string_view caption, std::string_view svg) {
        add({"<figure>\n", svg, "<figcaption><b>Figure ", text::number(++figures_), ".</b> "});
        return add({text::escape_xml(caption), "</figcaption>\n</figure>\n"});
    }
    [[gnu::cold, gnu::noinline]] Page& table(std::string_view caption, Cells const& header,
                                             std::vector<Cells> const& rows) {
        for (Cells const& row : rows)
            RUNG_CHECK(row.size() == header.size(), "Page::table: '", caption, "'; got a row of ", row.size(),
                       " cells, wanted ", header.size(), " as in the header");
        add({"<div class=\"wide\"><table>\n<caption><b>Table ", text::number(++tables_), ".</b> "});
        add({text::escape_xml(caption), "</caption>\n<thead>"})
            .line("th", header)
            .add({"</thead>\n<tbody>\n"});
        for (Cells const& row : rows) line("td", row).add({"\n"});
        return add({"</tbody>\n</table></div>\n"});
    }

    [[gnu::cold, gnu::noinline]] std::string html() const {
        constexpr char const* head  = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>)";
        const std::string     title = text::escape_xml(title_);
        return text::join({head, title, "</title>\n<style>\n", style(), "</style>\n</head>\n<body>\n<h1>",
                           title, "</h1>\n", body_, "</body>\n</html>\n"});
    }

private:
    [[gnu::cold, gnu::noinline]] Page& add(std::initializer_list<std::string_view> parts) {
        body_.append(text::join(parts));
        return *this;
    }
    Page& line(std::string_view tag, Cells const& cells) {
        add({"<tr>"});
        for (std::string const& cell : cells) add({"<", tag, ">", text::escape_xml(cell), "</", tag, ">"});
        return add({"</tr>"});
    }

    static char const* style() {
        return R"(:root {
  color-scheme: light dark;
  --ink: #1c1c1c; --paper: #fbfaf8; --rule: #d9d5cd; --soft: #6b675f; --code: #f1eee8;
}
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e3dd; --paper: #191a1c; --rule: #3b3c40; --soft: #a09c94; --code: #242528; }
}
body { max-width: 720px; margin: 3rem auto; padding: 0 1.2rem; color: var(--ink); background: var(--paper);
       font: 17px/1.55 Charter, "Bitstream Charter", "Iowan Old Style", Georgia, "DejaVu Serif", serif; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 1.2rem; }
h2 { font-size: 1.2rem; margin: 2.4rem 0 .6rem; }
figure { margin: 1.8rem 0; }
figure svg { display: block; margin: 0 auto; }
figcaption, caption { color: var(--soft); font-size: .88rem; text-align: left; margin: .6rem 0; }
caption { caption-side: top; }
.wide { overflow-x: auto; margin: 1.8rem 0; }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums;
        border-top: 2px solid var(--ink); border-bottom: 2px solid var(--ink); min-width: 50%; }
th, td { padding: .22rem .9rem; text-align: right; }
th:first-child, td:first-child { text-align: left; padding-left: .2rem; }
thead th { border-bottom: 1px solid var(--ink); font-weight: 600; }
pre { background: var(--code); border: 1px solid var(--rule); border-radius: 6px; padding: .7rem .9rem;
      overflow-x: auto;
      font: 13.5px/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
)";
    }

    std::string title_, body_;
    int         figures_ = 0, tables_ = 0;
};

}  // namespace rung
