// A looped transformer whose weights are set by hand runs programs that its input holds, an instruction per pass: the
// SUBLEQ machine of Giannou et al., "Looped transformers as programmable computers" (ICML 2023), mem[b] -= mem[a], and
// a jump to c if that leaves mem[b] <= 0. As there, addresses are codes of +-1, attention reads and writes by matching
// them, and ReLUs decide. Our own, and simpler: a number stands in one channel instead of bits (a float holds integers
// of 24 bits), the line after this one is read beside it instead of counted up, and softmax is so sharp that reads are
// exact and nothing needs to be rounded.

#include <doctest/doctest.h>

#include <map>
#include <string>

#include "rung/backend/cpu/cpu.hpp"
#include "rung/eval/inspect.hpp"
#include "rung/model/depth/looped.hpp"
#include "rung/model/position/learned.hpp"
#include "rung/model/style/llama.hpp"
#include "support/random.hpp"

using namespace rung_test;

namespace {

// --- the machine, in plain C++

struct Line {
    int a, b, c;
};
constexpr int bits = 4, cells = 1 << bits, lines = 1 << bits;

struct Machine {
    std::vector<Line> program;
    std::vector<int>  memory;  ///< all cells
    int               counter = 0;

    Machine(std::vector<Line> lines, std::vector<int> first_cells)
        : program(std::move(lines)), memory(std::move(first_cells)) {
        memory.resize(cells);
    }
    void step() {
        const auto [a, b, c] = program[std::size_t(counter)];
        memory[std::size_t(b)] -= memory[std::size_t(a)];
        counter = memory[std::size_t(b)] <= 0 ? c : counter + 1;
    }
};

// --- its tokens: begin, the program counter, all cells, then a, b, c of each line. A number is a token of its own.

constexpr int largest = 60, first_counter = Vocab::specials, zero = first_counter + lines + largest,
              vocabulary   = zero + largest + 1;
constexpr int first_memory = 2, first_program = first_memory + cells;

std::vector<int> tokens_of(Machine const& machine) {
    std::vector<int> tokens{Vocab::begin, first_counter + machine.counter};
    for (const int value : machine.memory) tokens.push_back(zero + value);
    for (auto const& [a, b, c] : machine.program)
        for (const int operand : {a, b, c}) tokens.push_back(zero + operand);
    return tokens;
}

// --- the transformer: channels of the residual stream, and what connects them

struct Style : Llama {
    static constexpr Mask mask = Mask::none;
    template <int C>
    using Norm = NoNorm<C>;
    template <int C, int F>
    using Mlp = ReluMlp<C, F>;
};
inline constexpr Shape shape{
    .vocab = vocabulary, .context = first_program + 3 * lines, .width = 48, .heads = 4, .hidden = 64};
using Computer = Transformer<shape, Learned, Looped<1, 3>, Style>;

enum Channel {
    one,                  // 1, everywhere
    nothing,              // 1 in the begin token, which holds no data: who has nothing to read reads it
    counter,              // 1 in the counter's token, which does the work
    operand,              // and two more: 1 in tokens of a, of b, of c
    value = operand + 3,  // of a number
    value_a,              // mem[a], mem[b], and whether the jump is made, in the counter's token
    value_b,
    jumps,
    address,                  // codes: of a cell,
    line   = address + bits,  // of an instruction,
    next   = line + bits,     // of the one after it,
    number = next + bits,     // of a token's number;
    here   = number + bits,   // in the counter's token, of the instruction to run,
    code_a = here + bits,     // of its a, b and c,
    code_b = code_a + bits,
    code_c = code_b + bits,
    after  = code_c + bits,  // and of the one after it
    used   = after + bits,
};
static_assert(used <= shape.width);

int bit_of(int i, int bit) { return i >> bit & 1 ? 1 : -1; }

class Wiring {
public:
    explicit Wiring(Computer& model) {
        Computer::for_each_weight([&](std::string const& name, WeightSpec const& spec, Index offset) {
            weights_[name] = {model.weights().data() + offset, spec.rows, spec.cols};
            std::fill_n(model.weights().data() + offset, spec.size(), 0.f);
        });
    }
    Mat<float> operator[](std::string const& name) const { return weights_.at(name); }

    /// Scores of a head gain q k, channel q of the query times channel k of the key. Sharp: a score that is less by 1
    /// leaves a probability below the smallest float.
    void match(int layer, int head, int q, int k, float gain = 1) {
        constexpr int D    = shape.head_size();
        const auto    qkv  = weights_.at(name(layer, "attention.qkv"));
        const int     slot = head * D + scores_[{layer, head}]++;
        qkv(q, slot) = 1000 * gain, qkv(k, shape.width + slot) = 1;
    }
    /// Channel `to` of the query gains what channel `from` of its key says.
    void move(int layer, int head, int from, int to, float gain = 1) {
        constexpr int D    = shape.head_size();
        const int     slot = head * D + values_[{layer, head}]++;
        weights_.at(name(layer, "attention.qkv"))(from, 2 * shape.width + slot) = 1;
        weights_.at(name(layer, "attention.project"))(slot, to)                 = gain;
    }
    using Terms = std::vector<std::pair<int, float>>;
    /// to += gain relu(sum of terms), for every channel `to`.
    void relu(int layer, Terms const& terms, Terms const& to) {
        const int unit = units_[layer]++;
        REQUIRE(unit < shape.mlp());
        for (auto const& [channel, factor] : terms)
            weights_.at(name(layer, "mlp.up"))(channel, unit) = factor;
        for (auto const& [channel, gain] : to) weights_.at(name(layer, "mlp.down"))(unit, channel) = gain;
    }
    /// A channel becomes 0.
    void clear(int layer, int channel) {
        relu(layer, {{channel, 1}}, {{channel, -1}});
        relu(layer, {{channel, -1}}, {{channel, 1}});
    }

private:
    static std::string name(int layer, std::string const& weight) {
        return "blocks." + std::to_string(layer) + "." + weight;
    }
    std::map<std::string, Mat<float>>  weights_;
    std::map<std::pair<int, int>, int> scores_, values_;
    std::map<int, int>                 units_;
};

Computer computer() {
    Computer model{1};
    Wiring   wire(model);
    auto     tokens = wire["embed.tokens"], places = wire["embed.positions"], head = wire["unembed.weight"];
    for (int v = -largest; v <= largest; ++v) {
        tokens(zero + v, value) = float(v);
        for (int i = 0; i < bits && v >= 0 && v < cells; ++i)
            tokens(zero + v, number + i) = float(bit_of(v, i));
        // The largest of 2 v x - v v is that of the v nearest to x.
        head(value, zero + v) = 2 * float(v), head(one, zero + v) = -float(v) * float(v);
    }
    for (int p = 0; p < lines; ++p) {
        for (int i = 0; i < bits; ++i)
            tokens(first_counter + p, here + i) = head(here + i, first_counter + p) = float(bit_of(p, i));
        head(one, first_counter + p) = 1 - bits;
    }
    for (int special = 0; special < Vocab::specials; ++special) head(one, special) = -1;
    head(nothing, Vocab::begin) = 2;
    for (int t = 0; t < shape.context; ++t) places(t, one) = 1;
    places(0, nothing) = 1, places(1, counter) = 1;
    for (int cell = 0; cell < cells; ++cell)
        for (int i = 0; i < bits; ++i) places(first_memory + cell, address + i) = float(bit_of(cell, i));
    for (int at = 0; at < 3 * lines; ++at) {
        places(first_program + at, operand + at % 3) = 1;
        for (int i = 0; i < bits; ++i) {
            places(first_program + at, line + i) = float(bit_of(at / 3, i));
            places(first_program + at, next + i) = float(bit_of(at / 3 + 1, i));
        }
    }

    // First layer: the counter's token reads a, b, c and the next line's code, a head each. Of its line's tokens the
    // one with the head's operand wins by 2; all other tokens have no code to match, and read nothing.
    const int operands[] = {code_a, code_b, code_c, after};
    for (int h = 0; h < 4; ++h) {
        for (int i = 0; i < bits; ++i) {
            wire.match(0, h, here + i, line + i);
            wire.move(0, h, (h < 3 ? number : next) + i, operands[h] + i);
        }
        wire.match(0, h, counter, operand + h % 3, 2);
        wire.match(0, h, one, nothing);
    }
    // Second layer: it reads mem[a] and mem[b], and decides.
    for (int h = 0; h < 2; ++h) {
        for (int i = 0; i < bits; ++i) wire.match(1, h, operands[h] + i, address + i);
        wire.match(1, h, one, nothing);
        wire.move(1, h, value, h == 0 ? value_a : value_b);
    }
    wire.relu(1, {{counter, 1}, {value_b, -1}, {value_a, 1}}, {{jumps, 1}});  // 1 - x of what mem[b] will be,
    wire.relu(1, {{value_b, -1}, {value_a, 1}}, {{jumps, -1}});               // less -x: 1 if x <= 0, else 0
    // Third layer: the cell whose address is b takes mem[a] from its value. A match of all bits is worth one more than
    // reading nothing.
    for (int i = 0; i < bits; ++i) wire.match(2, 0, address + i, code_b + i);
    wire.match(2, 0, one, nothing, bits - 1);
    wire.move(2, 0, value_a, value, -1);
    // The counter's token goes to c or to the line after, and forgets the rest.
    for (int i = 0; i < bits; ++i) {
        for (const float sign : {1.f, -1.f}) {
            wire.relu(2, {{code_c + i, sign}, {jumps, 1}, {counter, -1}}, {{here + i, sign}});
            wire.relu(2, {{after + i, sign}, {jumps, -1}}, {{here + i, sign}});
        }
        for (const int code : {here, code_a, code_b, code_c, after}) wire.clear(2, code + i);
    }
    for (const int channel : {value_a, value_b, jumps}) wire.clear(2, channel);
    return model;
}

/// What the model says after every pass: the tokens of its next states.
std::vector<std::vector<int>> run(Computer const& model, std::vector<int> const& tokens, int passes) {
    cpu::Lane<float> lane;
    RandomRows       rows({int(tokens.size())}, shape.vocab);
    rows.tokens = tokens;
    const auto logits =
        Computer::forward(lane, model.weights().cdata(), rows.view(), {.passes = passes, .graded = passes})
            .logits;
    std::vector<std::vector<int>> said(static_cast<std::size_t>(passes));
    for (Index i = 0; i < logits.rows; ++i) {
        float const* row = logits.row(i);
        said[std::size_t(i) / tokens.size()].push_back(int(std::max_element(row, row + logits.cols) - row));
    }
    return said;
}

/// Every step's counter and memory, beside the plain machine's; steps whose numbers have tokens.
int check_steps(Computer const& model, Machine& machine, int steps) {
    const auto states = run(model, tokens_of(machine), steps);
    for (int step = 0; step < steps; ++step) {
        machine.step();
        for (const int cell : machine.memory)
            if (std::abs(cell) > largest) return step;
        CAPTURE(step);
        CHECK(states[std::size_t(step)] == tokens_of(machine));
    }
    return steps;
}

/// Runs until it jumps to itself, which is how a program ends.
void check_program(Machine machine, int steps, int cell, int result) {
    check_steps(computer(), machine, steps);
    CHECK(machine.program[std::size_t(machine.counter)].c == machine.counter);
    CHECK(machine.memory[std::size_t(cell)] == result);
}

}  // namespace

TEST_CASE("a transformer adds two numbers: z -= x, y -= z") {
    enum { x, y, z };
    const std::vector<Line> program{{x, z, 1}, {z, y, 2}, {z, z, 2}};
    check_program({program, {17, 25}}, 6, y, 42);
    check_program({program, {17, -25}}, 6, y, -8);
}

TEST_CASE("a transformer multiplies two numbers by adding one as often as the other says") {
    enum { x, y, product, z, unit };
    const std::vector<Line> program{{x, z, 1},    {z, product, 2}, {z, z, 3},
                                    {unit, y, 5}, {z, z, 0},       {z, z, 5}};
    check_program({program, {6, 7, 0, 0, 1}}, 40, product, 42);
    check_program({program, {-3, 9, 0, 0, 1}}, 50, product, -27);
}

TEST_CASE("a transformer counts down, then clears what it remembers") {
    enum { count, unit, z, x, y };
    const std::vector<Line> program{{unit, count, 2}, {z, z, 0}, {x, x, 3}, {y, y, 4}, {z, z, 4}};
    check_program({program, {9, 1, 0, 33, -44}}, 25, count, 0);
    check_program({program, {9, 1, 0, 33, -44}}, 25, x, 0);
    check_program({program, {9, 1, 0, 33, -44}}, 25, y, 0);
}

TEST_CASE("any program runs as a plain machine runs it") {
    const auto model = computer();
    int        steps = 0;
    for (std::uint32_t i = 0; i < 40; ++i) {
        Rng        rng(8, Purpose::user, i);
        const auto any = [&](int below) { return int(rng.below(std::uint32_t(below))); };
        Machine    machine({}, {});
        for (int l = 0; l < lines; ++l) machine.program.push_back({any(cells), any(cells), any(lines)});
        machine.program.back() = {0, 0, any(lines)};  // there is no line after it
        for (int& cell : machine.memory) cell = any(21) - 10;
        machine.counter = any(lines);
        steps += check_steps(model, machine, 30);
    }
    CHECK(steps > 500);
}

TEST_CASE("what the transformer says is its state: read again, it goes on") {
    enum { x, y, product, z, unit };
    const auto    model = computer();
    const Machine machine({{x, z, 1}, {z, product, 2}, {z, z, 3}, {unit, y, 5}, {z, z, 0}, {z, z, 5}},
                          {2, 3, 0, 0, 1});
    const auto    all    = run(model, tokens_of(machine), 12);
    auto          tokens = tokens_of(machine);
    for (auto const& state : all) {
        tokens = run(model, tokens, 1)[0];
        CHECK(tokens == state);
    }
}

TEST_CASE("numbers are exact, however long it runs") {
    enum { n, unit, minus_unit };
    const auto       model  = computer();
    const auto       tokens = tokens_of({{{unit, n, 1}, {minus_unit, n, 0}}, {-40, 1, -1}});
    cpu::Lane<float> lane;
    RandomRows       rows({int(tokens.size())}, shape.vocab);
    rows.tokens = tokens;
    const auto x =
        Computer::forward(lane, model.weights().cdata(), rows.view(), {.passes = 1001, .states = 1}).x;
    CHECK(x(first_memory + n, value) == -41);
    CHECK(x(first_memory + unit, value) == 1);
    for (int i = 0; i < bits; ++i) CHECK(x(1, here + i) == bit_of(1, i));
    for (int c = code_a; c < used; ++c) CHECK(x(1, c) == 0);
}

TEST_CASE(
    "one can watch it read its instruction, its numbers, and write, and when it is done, nothing moves") {
    enum { x, y, z };
    std::string alphabet;
    for (int c = 1; c <= vocabulary - Vocab::specials; ++c) alphabet += char(c);
    Machine          machine({{x, z, 1}, {z, y, 2}, {z, z, 2}}, {17, 25});
    const auto       model = computer();
    cpu::Lane<float> lane;
    const auto       inside = inspect_with<Computer>(lane, model.weights().cdata(), Vocab(alphabet),
                                               tokens_of(machine), {.passes = 6});
    for (std::size_t step = 0; step < 6; ++step, machine.step()) {
        const auto sees = [&](int layer, int head, int query, int key) {
            return inside.blocks[3 * step + std::size_t(layer)]
                .attention[std::size_t(head)][std::size_t(query)][std::size_t(key)];
        };
        const int at         = first_program + 3 * machine.counter;
        auto const [a, b, c] = machine.program[std::size_t(machine.counter)];
        for (int h = 0; h < 3; ++h) CHECK(sees(0, h, 1, at + h) == doctest::Approx(1).epsilon(1e-3));
        CHECK(sees(1, 0, 1, first_memory + a) == doctest::Approx(1).epsilon(1e-3));
        CHECK(sees(1, 1, 1, first_memory + b) == doctest::Approx(1).epsilon(1e-3));
        for (int cell = 0; cell < cells; ++cell)
            CHECK(sees(2, 0, first_memory + cell, cell == b ? 1 : 0) == doctest::Approx(1).epsilon(1e-3));
    }
    // It halts in its third step, which still clears z.
    for (const int pass : {1, 2})
        CHECK(*std::max_element(inside.distances[std::size_t(pass)].begin(),
                                inside.distances[std::size_t(pass)].end()) > 0);
    for (const int pass : {3, 4, 5})
        CHECK(inside.distances[std::size_t(pass)] == std::vector<double>(inside.symbols.size(), 0.0));
}
