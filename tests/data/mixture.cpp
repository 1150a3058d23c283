#include <doctest/doctest.h>

#include "rung/data/example_set.hpp"
#include "rung/data/mixture.hpp"
#include "rung/task/addition.hpp"
#include "rung/task/common_alphabet.hpp"
#include "rung/task/copy.hpp"
#include "rung/task/parity.hpp"
#include "support/chi_square.hpp"

using namespace rung;

namespace {

/// Always the same tokens.
struct Single {
    static constexpr int vocab = 14;
    int                  token = 3;

    Item draw(Rng& rng, int, Answering) const { return {{1, token, int(3 + rng.below(10))}, 1}; }
    int  longest() const { return token; }
};

}  // namespace

TEST_CASE("both halves of a million draws of a mixture have the stated weights, by step where they change") {
    const Single  a{3}, b{4}, c{5};
    const Mixture constant{{3, 0, 1}, a, b, c};
    const Mixture moving{[](int step) { return std::vector<double>{1, step / 10.0}; }, a, b};
    for (int half = 0; half < 2; ++half) {
        std::vector<double> seen(3), early(2), late(2);
        for (int i = half * 500'000; i < (half + 1) * 500'000; ++i) {
            Rng rng(1, Purpose::training, 0, std::uint32_t(i));
            ++seen[std::size_t(constant.draw(rng, 0, Answering::by_token).tokens[1] - 3)];
            if (i % 4) continue;
            ++early[std::size_t(moving.draw(rng, 10, Answering::by_token).tokens[1] - 3)];
            ++late[std::size_t(moving.draw(rng, 40, Answering::by_token).tokens[1] - 3)];
        }
        CHECK(seen[1] == 0);
        CHECK(std::abs(rung_test::chi_square({seen[0], seen[2]}, {375'000, 125'000})) < 5);
        CHECK(std::abs(rung_test::chi_square(early)) < 5);
        CHECK(std::abs(rung_test::chi_square(late, {25'000, 100'000})) < 5);
    }
    CHECK(constant.longest() == 5);
    static_assert(explain_source<std::remove_const_t<decltype(moving)>>::ok);
}

TEST_CASE("a mixture refuses weights that do not fit its sources") {
    Rng rng(1, Purpose::training);
    CHECK_THROWS_WITH_AS((Mixture{{1, 2}, Single{}}),
                         "Mixture: weights at step 0; got 2, wanted one for each of 1 sources", Error);
    CHECK_THROWS_AS((Mixture{{0, 0}, Single{}, Single{}}), Error);
    const Mixture fading{[](int step) { return std::vector<double>{1.0 - step}; }, Single{}};
    CHECK_THROWS_WITH_AS(fading.draw(rng, 2, Answering::by_token),
                         "Mixture: weight 0; got -1, wanted a number of at least 0", Error);
}

TEST_CASE("tasks in a common alphabet write the same text, in one vocabulary") {
    using Both   = CommonAlphabet<Copy, PlainAddition, Parity>;
    using Copies = InAlphabet<Copy, Both>;
    using Sums   = InAlphabet<PlainAddition, Both>;
    using Bits   = InAlphabet<Parity, Both>;
    CHECK(Both::alphabet == "0123456789=+");
    static_assert(Copies::vocab == Sums::vocab && vocab_size<Bits>() == Both::vocab);
    static_assert(explain_task<Copies>::ok && explain_task<Sums>::ok);
    CHECK(Sums{}.example("12", "3") == Example{"12+3=", "15"});
    CHECK(Sums{{.operands = Operands::mixed}}.longest(2) == PlainAddition{}.longest(2));
    CHECK(correct(Sums{}, {"12+3=", "15"}, "015"));
    const ExampleSet sums{Sums{}, std::vector<Example>{{"1+1=", "2"}}};
    const ExampleSet bits{Bits{}, std::vector<Example>{{"10=", "1"}}};
    const Mixture    both{{1, 1}, sums, bits};
    Rng              rng(1, Purpose::training);
    int              plus = 0;
    for (int i = 0; i < 1'000; ++i)
        plus += vocab_of<Sums>().decode(both.draw(rng, 0, Answering::by_token).tokens).find('+') !=
                std::string::npos;
    CHECK((plus > 400 && plus < 600));
}
