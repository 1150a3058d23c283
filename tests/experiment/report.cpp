#include "rung/experiment/report.hpp"

#include <doctest/doctest.h>

#include "rung/experiment/figure.hpp"
#include "scratch.hpp"

using namespace rung;

namespace {

std::string sample() {
    Figure loss{{.title = "Loss"}};
    loss.line({.name = "loss", .x = {1, 2}, .y = {3, 1}});
    Page page{"Reversing & <more>"};
    page.text("Plain <b>words</b>.")
        .heading("Result")
        .figure("Loss & step.", loss.svg())
        .figure("Again.", loss.svg());
    page.table("Exact match.", {"length", "share"}, {{"8", "100 %"}, {"12", "<3 %"}})
        .command("./quickstart --seed 1 > \"x\"");
    return page.html();
}

}  // namespace

TEST_CASE("page: it is well-formed, even as XML") { CHECK(scratch::xml_fault(sample()) == ""); }

TEST_CASE("page: it fetches nothing and runs nothing") {
    std::string       html  = sample();
    const std::string space = "http://www.w3.org/2000/svg";  // a name, not an address that anyone visits
    for (auto at = html.find(space); at != html.npos; at = html.find(space)) html.erase(at, space.size());
    for (const char* word : {"http", "<script", "<link", "<img", "@import", "url(", "src="})
        CHECK(html.find(word) == std::string::npos);
}

TEST_CASE("page: text from outside cannot become markup") {
    CHECK(sample().find("Plain &lt;b&gt;words&lt;/b&gt;.") != std::string::npos);
    CHECK(sample().find("<td>&lt;3 %</td>") != std::string::npos);
    CHECK(sample().find("--seed 1 &gt; &quot;x&quot;") != std::string::npos);
    CHECK(sample().find("<title>Reversing &amp; &lt;more&gt;</title>") != std::string::npos);
}

TEST_CASE("page: figures and tables are numbered by kind") {
    for (const char* name : {"Figure 1.", "Figure 2.", "Table 1."})
        CHECK(sample().find(name) != std::string::npos);
}

TEST_CASE("page: its parts stand in the order they were added") {
    const std::string html = sample();
    CHECK(html.find("Plain") < html.find("Result"));
    CHECK(html.find("Result") < html.find("Figure 1."));
    CHECK(html.find("Figure 2.") < html.find("Table 1."));
    CHECK(html.find("Table 1.") < html.find("quickstart"));
}

TEST_CASE("page: the drawings are inside") { CHECK(scratch::count(sample(), "</svg>") == 2 * 2); }

TEST_CASE("page: a table row of the wrong length is refused") {
    Page page{"t"};
    CHECK_THROWS_WITH_AS(page.table("Scores", {"a", "b"}, {{"1"}}), doctest::Contains("'Scores'"), Error);
}
