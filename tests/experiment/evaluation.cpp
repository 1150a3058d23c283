#include "rung/experiment/evaluation.hpp"

#include <doctest/doctest.h>

#include "rung/tasks.hpp"
#include "scratch.hpp"
#include "support/small.hpp"

using namespace rung_test;

TEST_CASE(
    "evaluation: a grid has a cell for every pair, grey where nothing was asked, and a line where labels "
    "end") {
    Report report;
    for (int a = 1; a <= 5; a += 2)
        for (int b = 2; b <= 4; ++b)
            if (a != 5 || b != 4) report.scores.push_back({{a, b}, a + b, 10});
    std::swap(report.scores.front(), report.scores.back());  // in any order
    const std::string svg = grid_svg(report, {.first = "nodes", .second = "hops", .trained_to = {3, 3}});
    CHECK(scratch::xml_fault(svg) == "");
    CHECK(svg.find("nodes 3, hops 4: 70.0 %") != svg.npos);
    CHECK(svg.find("nodes 1, hops 2: 30.0 %") != svg.npos);
    CHECK(svg.find("nodes 5, hops 4: not measured") != svg.npos);
    CHECK(scratch::count(svg, "labels end here") == 1);
    CHECK(scratch::count(grid_svg(report), "labels end here") == 0);
    CHECK(has_two_axes(report));
    CHECK_FALSE(has_two_axes(Report{{{1, 1, 1}}}));
    CHECK(scratch::xml_fault(grid_svg(Report{})) == "");
    CHECK(scratch::xml_fault(digits_svg(DigitScores<Addition>{})) == "");
}

TEST_CASE("evaluation: grids, curves, digits, carries, slips, steps and mazes are shown on a page") {
    constexpr Shape shape{.vocab = Addition::vocab, .context = 32, .width = 16, .heads = 2};
    cpu::Context    ctx{{.threads = 1}};
    Transformer<shape, NoPe, Stacked<1>, Llama> model{ctx};
    const ByOperand<Addition>                   task;
    DigitScores                                 digits{task};
    CarryScores                                 carries{task};
    SlipCounts                                  slips{task};
    Page                                        page{"Sums"};
    const auto watch = [&](Answered const& a) { digits(a), carries(a), slips(a); };
    show(page, evaluate(ctx, model, task, {.to = {3, 2}, .each = 5, .watch = watch}), task, {1, 1});
    show(page, evaluate(ctx, model, Addition{}, {.to = 3, .each = 5}), Addition{}, 2);
    show(page, digits), show(page, carries), show(page, slips);
    StepScores steps{SubtractionIn<SimplifiedScratchpad>{}};
    MazeScores mazes{GridMaze{}};
    const auto truth = SubtractionIn<SimplifiedScratchpad>{}.example("128", "367"),
               maze  = GridMaze{}.example("#####\n#S E#\n#####");
    const Answer none{.text = "", .ended = true}, right{.text = "R", .ended = true};
    steps({3, 0, truth, none, false});
    mazes({{1, 2}, 0, maze, right, true}), mazes({{1, 2}, 1, maze, none, false});
    CHECK(mazes.counts().at({1, 2}).format == 2);
    CHECK(mazes.counts().at({1, 2}).moves == 1);  // one that makes no step goes nowhere
    show(page, steps), show(page, mazes);
    const std::string html = page.html();
    CHECK(scratch::xml_fault(html) == "");
    CHECK(scratch::count(html, "<figure>") == 4);
    CHECK(scratch::count(html, "<table") == 3);
    CHECK(scratch::count(html, "digits of a 3, digits of b 2: ") == 1);
    CHECK(scratch::count(html, "longest chain: 0") == 1);
    CHECK(scratch::count(html, "labels end here") == 2);
}
