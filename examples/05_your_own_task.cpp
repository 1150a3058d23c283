// A task of one's own in four members: a clock that is set forward again and again, "23:45+30+07=" -> "00:22". Difficulty
// is the number of times. What is wrong with a task the compiler says, by the name of the missing member.

#include "rung/experiment/device.hpp"
#include "rung/experiment/journal.hpp"
#include "rung/io/pretrained_flag.hpp"
#include "rung/rung.hpp"

using namespace rung;

struct Clock {
    /// Every character that prompts and answers may hold.
    static constexpr std::string_view alphabet = "0123456789:+=";

    /// One problem of a difficulty: all that is random comes from `rng`, so that problems can be named by numbers.
    Example sample(Rng& rng, int difficulty) const {
        int         minutes = rng.between(0, 24 * 60 - 1);
        std::string prompt  = time(minutes);
        for (int i = 0; i < difficulty; ++i) {
            const int more = rng.between(0, 59);
            prompt += '+' + two_digits(more);
            minutes += more;
        }
        return {prompt + '=', time(minutes)};
    }
    /// Characters of the longest prompt and answer of a difficulty.
    int longest(int difficulty) const { return 5 + 3 * difficulty + 1 + 5; }

    /// What counts as right, if that is not the very same text: here, an hour may be written with one digit.
    bool correct(Example const& truth, std::string_view answer) const {
        return answer == truth.answer || (truth.answer[0] == '0' && answer == truth.answer.substr(1));
    }

private:
    static std::string two_digits(int n) { return {char('0' + n / 10), char('0' + n % 10)}; }
    static std::string time(int minutes) {
        return two_digits(minutes / 60 % 24) + ':' + two_digits(minutes % 60);
    }
};

inline constexpr Shape shape{.vocab = vocab_size(Clock::alphabet), .context = 32, .width = 64, .heads = 4};
struct Reader : Transformer<shape, Rope<>, Stacked<3>, Llama> {
    using Transformer::Transformer;
};

int main(int argc, char** argv) {
    Common common;
    int    trained_to = 3, steps = 3'000;
    Flags  flags{"Teaches a small transformer to set a clock forward."};
    common.add_to(flags);
    PretrainedFlag pretrained{common, flags};
    flags.add("trained-to", trained_to, "additions in the hardest training problem", {.least = 1, .most = 5});
    flags.add("steps", steps, "training steps", {.least = 1});

    return program(argc, argv, flags, common, [&](auto& ctx) {
        pretrained.check<Reader>(Clock{});
        Journal    journal{"your_own_task", "Setting a clock forward", common, flags};
        Reader     model{ctx};
        const auto test   = EvaluateOptions{.to = trained_to + 1, .each = 512};
        const auto before = evaluate(ctx, model, Clock{}, test);
        train(ctx, model, Clock{}, Uniform{1, trained_to},
              {.steps = steps, .peak = 2e-3, .watch = journal.watch("train")});
        pretrained.save(model, Clock{});
        journal.finish(trained_to, {{"before", before}, {"after", evaluate(ctx, model, Clock{}, test)}});
    });
}
