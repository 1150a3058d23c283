// The way through a maze, a tree whose edges are listed in no order. Models that were shown short ways, or small mazes,
// climb to longer ways, or larger mazes. In the paper labels that nobody checks spoil the climb, and a vote of several
// models keeps it clean, about as well as a verifier that follows the way and needs no answer either.
// After Lee et al., "Self-improving transformers overcome easy-to-hard and length generalization challenges", ICML 2025
// (30 nodes and 1 to 9 hops, then to 30 hops; 10 to 30 nodes at 9 hops, then to 60); `--paper` has their sizes.
// By default nine nodes and 1 to 4 hops, then to 8. Models of this size walk on past the longest way they were shown if
// places do not count the steps: see ListedMaze.

#include "rung/curriculum/shaped.hpp"
#include "rung/curriculum/weighted.hpp"
#include "rung/experiment/device.hpp"
#include "rung/experiment/journal.hpp"
#include "rung/io/pretrained_flag.hpp"
#include "rung/rung.hpp"
#include "rung/task/maze.hpp"

using namespace rung;

/// What belongs to a node has one place, so that the model learns to search, not where in a text to look.
struct ListedMaze : Maze {
    int place(std::string_view text) const { return maze_place(text); }
};

inline constexpr Shape shape{.vocab = Maze::vocab, .context = 224, .width = 64, .heads = 2};
inline constexpr Shape paper_shape{
    .vocab = Maze::vocab, .context = 640, .width = 384, .heads = 6, .hidden = 1536};
struct Walker : Transformer<shape, Rope<100>, Stacked<4>, Llama> {
    using Transformer::Transformer;
};
struct PaperWalker : Transformer<paper_shape, NoPe, Stacked<6>, Llama> {
    using Transformer::Transformer;
};

struct Settings {
    std::string axis  = "hops";
    int         nodes = 9, hops = 4, further = 4, voters = 2;
    int         steps = 4'000, round_steps = 300, prompts = 2'000, batch = 64;
    double      peak = 2e-3, round_peak = 5e-4, fewer = 0.5, least = 1;
    bool        paper = false;
};

/// What the paper does along each axis.
Settings published(std::string const& axis) {
    const bool hops = axis == "hops";
    return {.axis        = axis,
            .nodes       = 30,
            .hops        = 9,
            .further     = hops ? 20 : 10,
            .voters      = 3,
            .steps       = hops ? 25'000 : 12'000,
            .round_steps = hops ? 5'000 : 4'000,
            .prompts     = hops ? 50'000 : 150'000,
            .batch       = 1'024,
            .peak        = 5e-4,
            .round_peak  = 2e-4,
            .fewer       = 1,
            .least       = 0.6,
            .paper       = true};
}

/// A way from the start to the end along edges: what anybody can check without knowing it.
bool leads_there(std::string const& prompt, std::string const& way) {
    const MazeScore score = Maze{}.score({prompt, ""}, way);
    return score.moves && score.ends;
}

/// Paths of three nodes first, then ever larger mazes among smaller ones.
auto growing(Settings const& s, int steps) {
    return Shaped{{3, 1}, {s.nodes, s.hops}, [=](Difficulty maze, int step) {
                      const double grown = std::min(1.0, step / (0.6 * steps));
                      const int    most  = 3 + int(grown * (s.nodes - 3) + 0.5);
                      if (maze.first > most || maze.second >= maze.first) return 0.0;
                      return (maze.first == most ? 3.0 : 1.0) * std::pow(s.fewer, maze.second - 1);
                  }};
}

/// Every token is graded until mazes are grown, because the lists tell every edge twice; then the ways alone.
template <class Models, class Task, class Curriculum>
void teach(Models& voters, Task const& task, Curriculum const& mazes, Settings const& s, Journal& journal) {
    const double peak  = s.peak;
    const int    first = s.steps - s.steps / 4, rest = s.steps / 4;
    train(voters, task, growing(s, first),
          {.steps = first,
           .batch = s.batch,
           .grade = Grade::everything,
           .rate  = [=](int step) { return peak * std::min(1.0, (step + 1) / 500.0); },
           .watch = journal.watch("grow")});
    if (rest > 0)
        train(voters, task, mazes,
              {.steps = rest,
               .batch = s.batch,
               .rate  = [=](int step) { return peak * std::min(1.0, 2.0 * (rest - step) / rest); },
               .watch = journal.watch("train")});
}

/// One hop more each round, or the next three numbers of nodes.
InOrder further(Settings const& s) {
    InOrder order;
    for (int round = 1; round <= s.further; ++round)
        if (s.axis == "hops") order.rounds.push_back({{s.nodes, s.hops + round}});
        else
            order.rounds.push_back({{s.nodes + 3 * round - 2, s.hops},
                                    {s.nodes + 3 * round - 1, s.hops},
                                    {s.nodes + 3 * round, s.hops}});
    return order;
}

template <class Task, class Model, class Context>
void climb(Context& ctx, Settings const& s, std::string const& only, Common const& common, Flags const& flags,
           PretrainedFlag const& pretrained) {
    pretrained.check<Model>(Task{});
    const bool hops = s.axis == "hops";
    check_flag(s.hops + hops < s.nodes, "--hops: got ", s.hops, ", wanted at most ", s.nodes - 1 - hops,
               " with ", s.nodes, " nodes");
    check_flag(!hops || s.hops + s.further < s.nodes, "--further: got ", s.further, ", wanted at most ",
               s.nodes - 1 - s.hops, " with ", s.nodes, " nodes and ", s.hops, " hops");
    const int  few   = hops ? s.nodes : s.hops + 1;
    const auto mazes = Weighted::exponential({few, hops ? 1 : s.hops}, {s.nodes, s.hops}, hops ? s.fewer : 1);
    const Difficulty last = hops ? Difficulty(s.nodes, std::min(s.hops + s.further + 2, s.nodes - 1))
                                 : Difficulty(s.nodes + 3 * s.further + 3, s.hops);
    const int        room = (Model::shape.context - 3 - 2 * s.hops) / 6 - s.nodes - 3;  // for more nodes
    check_flag(hops || 3 * s.further <= room, "--further: got ", s.further, ", wanted at most ", room / 3,
               " with ", s.nodes, " nodes: six tokens each, a context of ", Model::shape.context);
    Journal journal{"maze", "Longer ways than any it was shown: " + s.axis, common, flags};
    std::vector<std::pair<std::string, Report>> after;

    auto voters = make_voters<Model>(ctx, only == "all" || only == "vote" ? s.voters : 1,
                                     {.epsilon = s.paper ? 1e-12 : 1e-6});
    if (s.paper)
        train(voters, Task{}, mazes,
              {.steps = s.steps, .batch = s.batch, .peak = s.peak, .watch = journal.watch("train")});
    else teach(voters, Task{}, mazes, s, journal);
    const std::string taught = saved(voters);  // every climb begins here

    const auto run = [&](std::string const& name, auto& who, LabelFilter const& filter) {
        if (only != "all" && only != name) return;
        load(voters, taught);
        const auto rounds =
            self_improve(who, Task{}, mazes, filter,
                         {.rounds          = (s.paper ? 1 : 6) * s.further,
                          .prompts         = s.prompts,
                          .steps           = s.round_steps,
                          .batch           = s.batch,
                          .peak            = s.round_peak,
                          .warmup          = s.round_steps / 10,
                          .reset_optimizer = s.paper,
                          .grade           = Grade::answer,
                          .schedule        = further(s),
                          .replay          = HalfNewest{.first  = hops ? 1.0 : s.nodes - few + 1.0,
                                                        .enough = s.paper ? 0 : s.prompts / 4},
                          .watchdog        = s.paper ? Watchdog(Collapse{}) : Watchdog(hold_until_kept(0.5)),
                          .test            = {.from = {few, hops ? 1 : s.hops}, .to = last, .each = 128},
                          .watch           = journal.watch_climb(name),
                          .watch_round     = journal.watch_round(name)});
        pretrained.save(voters[0].model(), Task{}, name);
        if (after.empty()) after.emplace_back("before", rounds.front().before);
        after.emplace_back(name, rounds.back().after);
    };
    run("none", voters[0], NoFilter{});
    run("vote", voters, Agreement{.least = s.least});
    run("verifier", voters[0], Verifier{leads_there});
    journal.finish({s.nodes, s.hops}, after);
}

int main(int argc, char** argv) {
    Common      common;
    Settings    s;
    std::string only = "all";
    Flags flags{"Climbs to longer ways through mazes, by labels that are unchecked, voted on, or verified."};
    common.add_to(flags);
    PretrainedFlag pretrained{common, flags};
    flags.add("axis", s.axis, "what grows", {"hops", "nodes"});
    flags.add("filter", only, "which climb", {"all", "none", "vote", "verifier"});
    flags.add("nodes", s.nodes, "of the largest maze with a true label", {.least = 3, .most = 20});
    flags.add("hops", s.hops, "of the longest way with a true label", {.least = 1, .most = 10});
    flags.add("further", s.further, "times one hop, or three nodes, past these", {.least = 1});
    flags.add("voters", s.voters, "models that vote", {.least = 2, .most = 100});
    flags.add("agree", s.least, "share of them that must agree", {.least = 0, .most = 1});
    flags.add("steps", s.steps, "training steps on true labels", {.least = 1});
    flags.add("round-steps", s.round_steps, "training steps per round", {.least = 1});
    flags.add("prompts", s.prompts, "labelled per round, for each model", {.least = 1});
    flags.add("paper", s.paper, "the published sizes, for a GPU: instead of flags but axis and filter");
    return program(argc, argv, flags, common, [&](auto& ctx) {
        if (s.paper)
            flags.refuse_beside("--paper", {"nodes", "hops", "further", "voters", "agree", "steps",
                                            "round-steps", "prompts"});
        if (s.paper) climb<Maze, PaperWalker>(ctx, published(s.axis), only, common, flags, pretrained);
        else climb<ListedMaze, Walker>(ctx, s, only, common, flags, pretrained);
    });
}
