// A positional scheme of one's own on half a page: scores get a learned number per head for every octave of the
// distance, 0, 1, 2 to 3, 4 to 7, ... . The library makes the table, its gradient and its place in decoding from one
// function of the distance. Beside it, copying is learned without positions and with rotations.

#include <bit>

#include "rung/experiment/device.hpp"
#include "rung/experiment/journal.hpp"
#include "rung/io/pretrained_flag.hpp"
#include "rung/rung.hpp"

using namespace rung;

struct Octaves {
    /// Where it acts: on the scores of queries and keys.
    static constexpr Site site = Site::score;
    /// What is learned: a number per head for each of so many features of a distance.
    static constexpr int features = 8;
    static double        feature(int f, int distance, Mask) {
               return int(std::bit_width(unsigned(std::abs(distance)))) == f;
    }
};

inline constexpr Shape shape{.vocab = Copy::vocab, .context = 64, .width = 64, .heads = 4};
template <class Position>
struct Copier : Transformer<shape, Position, Stacked<3>, Llama> {
    using Transformer<shape, Position, Stacked<3>, Llama>::Transformer;
};

int main(int argc, char** argv) {
    Common common;
    int    trained_to = 10, steps = 1'500;
    Flags  flags{"Teaches small transformers to copy, each told in its own way where a token stands."};
    common.add_to(flags);
    PretrainedFlag pretrained{common, flags};
    flags.add("trained-to", trained_to, "longest string in training", {.least = 1, .most = 24});
    flags.add("steps", steps, "training steps of each model", {.least = 1});

    return program(argc, argv, flags, common, [&](auto& ctx) {
        pretrained.check<Copier<NoPe>>(Copy{});
        Journal    journal{"your_own_position", "Copying, by three ways to tell positions", common, flags};
        const auto copied = [&]<class Position>(Position, std::string const& name) {
            Copier<Position> model{ctx};
            Trainer          trainer{ctx, model, {.epsilon = 1e-6}};
            train(trainer, Copy{}, Uniform{1, trained_to},
                  {.steps = steps, .peak = 1.5e-3, .watch = journal.watch(name)});
            pretrained.save(model, Copy{}, name);
            return std::pair{name, evaluate(ctx, model, Copy{}, {.to = trained_to + 5, .each = 512})};
        };
        std::vector<std::pair<std::string, Report>> reports;
        reports.push_back(copied(Octaves{}, "octaves"));
        reports.push_back(copied(NoPe{}, "no positions"));
        reports.push_back(copied(Rope<>{}, "rotations"));
        journal.finish(trained_to, reports);
    });
}
