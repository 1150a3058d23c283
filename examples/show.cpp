// A window on the data: problems of any task in any format, given ones or a sample, to look at, to check or to export.
// A task of one's own is one more line of the table.

#include <charconv>
#include <fstream>
#include <map>
#include <numeric>
#include <span>

#include "rung/experiment/program.hpp"
#include "rung/tasks.hpp"

using namespace rung;

using Cells   = std::vector<std::string>;
using Columns = std::span<std::string_view const>;

/// What an example is on a line: prompt and target, or, as "Teaching arithmetic to small transformers" keeps it in its
/// files, all of it with the newline that ends it.
enum class As { pair, text };

/// A task in a format, its type left behind.
struct Row {
    char const *                    task, *format;
    Columns                         columns;  ///< of its operands
    As                              as;
    std::array<std::string_view, 2> axes;        ///< empty: difficulty is one number
    bool                            by_operand;  ///< or a number for each operand
    Example (*example)(Cells const& operands);
    Example (*sample)(Rng& rng, Difficulty difficulty);
    Cells (*operands)(std::string_view prompt);  ///< of a sample; nothing where its prompt does not tell
};

int count_of(std::string_view text) {
    int count               = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    RUNG_CHECK(error == std::errc{} && end == text.data() + text.size() && count >= 1, "got '", text,
               "', wanted an integer of at least 1");
    return count;
}

template <class Task>
Example example_of(Task task, Cells const& cells) {
    if constexpr (requires { task.example(cells[0]); }) {
        return task.example(cells[0]);
    } else if constexpr (requires { task.example(cells[0], cells[1]); }) {
        return task.example(cells[0], cells[1]);
    } else if constexpr (requires { task.example(cells); }) {  // any number of terms
        const auto terms = detail::split(cells[0], "+");
        task.digits      = int(terms[0].size());
        return task.example(Cells(terms.begin(), terms.end()));
    } else {
        return task.example(cells[0], count_of(cells[1]));
    }
}

template <class Task>
concept ByOperandToo = !HasAxes<Task> && requires(Task const task, Rng& rng) {
    task.sample_digits(rng, 1, 1);
};

template <class Task>
Example sample_of(Task const& task, Rng& rng, Difficulty difficulty) {
    if constexpr (ByOperandToo<Task>)
        if (difficulty.second != 0) return rung::sample(ByOperand<Task>{}, rng, difficulty);
    return rung::sample(task, rng, difficulty);
}

/// Not of sines and square roots: a prompt may have its number rounded down, as in the paper's files.
template <class Task>
Cells operands_of(Task const& task, std::string_view prompt) {
    const std::string text(prompt.substr(0, prompt.size() - 1));  // without its "="
    if constexpr (requires { task.numbers(prompt); }) {
        const auto [a, b] = task.numbers(prompt);
        return {a, b};
    } else if constexpr (
        requires { task.example(text); } && !requires { Task::scratchpad; }) {
        return {text};
    } else {
        return {};
    }
}

constexpr std::string_view one[]{"a"}, two[]{"a", "b"}, angle[]{"x"}, terms[]{"terms"},
    hopping[]{"a", "hops"}, stack[]{"a", "steps"};

template <class Task, Task task = Task{}>
constexpr Row row(char const* name, char const* format = "plain", Columns columns = one, As as = As::pair) {
    Row row{name, format, columns, as, {}, ByOperandToo<Task>, nullptr, nullptr, nullptr};
    if constexpr (HasAxes<Task>) row.axes = Task::axes;
    row.example  = [](Cells const& cells) { return example_of(task, cells); };
    row.sample   = [](Rng& rng, Difficulty difficulty) { return sample_of(task, rng, difficulty); };
    row.operands = [](std::string_view prompt) { return operands_of(task, prompt); };
    return row;
}

/// The first format of a task is what it is shown in where none is named.
constexpr Row table[]{
    row<AdditionIn<Reversed>>("addition", "reversed", two),
    row<AdditionIn<Plain>>("addition", "forward", two),
    row<AdditionIn<Plain>>("addition", "plain", two, As::text),
    row<AdditionIn<Wrapped>>("addition", "plain_dollar", two, As::text),
    row<AdditionIn<ReversedAnswer>>("addition", "reversed_answer", two, As::text),
    row<AdditionIn<ZeroPadded<Plain>>>("addition", "zero_padded", two),
    row<AdditionIn<Spaced<Plain>>>("addition", "spaced", two),
    row<AdditionIn<IndexHints<ZeroPadded<Plain>>>>("addition", "index_hints", two),
    row<AdditionIn<SimplifiedScratchpad>>("addition", "simplified_scratchpad", two, As::text),
    row<AdditionIn<NoisyScratchpad<Noise::digits>>>("addition", "noisy_digits_scratchpad", two, As::text),
    row<AdditionIn<NoisyScratchpad<Noise::carries>>>("addition", "noisy_carries_scratchpad", two, As::text),
    row<AdditionIn<NoisyScratchpad<Noise::both>>>("addition", "noisy_scratchpad", two, As::text),
    row<AdditionIn<DetailedScratchpad>>("addition", "detailed_scratchpad", two, As::text),
    row<SubtractionIn<Plain>>("subtraction", "plain", two, As::text),
    row<SubtractionIn<Wrapped>>("subtraction", "plain_dollar", two, As::text),
    row<SubtractionIn<ReversedAnswer>>("subtraction", "reversed_answer", two, As::text),
    row<SubtractionIn<SimplifiedScratchpad>>("subtraction", "simplified_scratchpad", two, As::text),
    row<SubtractionIn<DetailedScratchpad>>("subtraction", "detailed_scratchpad", two, As::text),
    row<MultiplicationIn<ChainOfThought>>("multiplication", "chain_of_thought", two),
    row<MultiplicationIn<Reversed>>("multiplication", "reversed", two),
    row<MultiplicationIn<Plain>>("multiplication", "plain", two, As::text),
    row<MultiplicationIn<Wrapped>>("multiplication", "plain_dollar", two, As::text),
    row<MultiplicationIn<ReversedAnswer>>("multiplication", "reversed_answer", two, As::text),
    row<MultiplicationIn<DetailedScratchpad>>("multiplication", "detailed_scratchpad", two, As::text),
    row<SineIn<Plain>>("sine", "plain", angle, As::text),
    row<SineIn<DetailedScratchpad>>("sine", "detailed_scratchpad", angle, As::text),
    row<SquareRootIn<Plain>>("square_root", "plain", angle, As::text),
    row<SquareRootIn<DetailedScratchpad>>("square_root", "detailed_scratchpad", angle, As::text),
    row<NaryAddition>("nary_addition", "plain", terms),
    row<NaryAddition, NaryAddition{.reversed = true}>("nary_addition", "reversed", terms),
    row<BinaryAddition>("binary_addition", "plain", two),
    row<BinaryMultiplication>("binary_multiplication", "plain", two),
    row<Popcount>("popcount"),
    row<Copy>("copy"),
    row<Reverse>("reverse"),
    row<Duplicate>("duplicate"),
    row<Sort>("sort"),
    row<OddFirst>("odd_first"),
    row<UniqueSet>("unique_set"),
    row<Parity>("parity"),
    row<PrefixSums>("prefix_sums"),
    row<EvenPairs>("even_pairs"),
    row<Majority>("majority"),
    row<ModularSum>("modular_sum"),
    row<CycleNavigation>("cycle_navigation"),
    row<StackManipulation>("stack_manipulation", "plain", stack),
    row<BalancedBrackets>("balanced_brackets"),
    row<PHop>("p_hop", "plain", hopping),
    row<Maze>("maze"),
    row<UniformMaze>("uniform_maze"),
    row<GridMaze>("grid_maze"),
    row<UniformGridMaze>("uniform_grid_maze"),
};

/// "a, b"
std::string listed(auto const& names) {
    std::string out;
    for (const std::string_view name : names) out.append(out.empty() ? "" : ", ").append(name);
    return out;
}

/// The example of such operands. What a task refuses it quotes: that is how the column is found.
Example example_at(Row const& row, Cells const& cells, std::string_view where) try {
    return row.example(cells);
} catch (std::exception const& error) {
    const std::string_view why    = error.what();
    std::string            column = listed(row.columns);
    for (std::size_t i = row.columns.size(); i-- > 0;)
        if (row.columns.size() == 1 || why.find("'" + cells[i] + "'") != why.npos) column = row.columns[i];
    throw Error(text::join({where, column, ": ", why}));
}

struct Output {
    bool json = false, verbatim = false;

    void put(Row const& row, Example const& example, Cells const& operands, Difficulty hard = {}) const {
        const std::string text = example.prompt + example.answer + "\n";
        std::string       line =
            text::escape_line(example.prompt) + "\t" + text::escape_line(example.answer) + "\n";
        Json all, made_from;
        all.set("task", row.task).set("format", row.format);
        if (hard.second != 0) all.set("difficulty", Json::array(std::array{hard.first, hard.second}));
        else if (hard.first != 0) all.set("difficulty", hard.first);
        all.set("prompt", example.prompt).set("target", example.answer);
        for (std::size_t i = 0; i < operands.size(); ++i) made_from.set(row.columns[i], operands[i]);
        if (!operands.empty()) all.set("operands", made_from);
        if (row.as == As::text) line = text::escape_line(text) + "\n";
        if (verbatim) line = text;
        if (json) line = all.text() + "\n";
        std::fwrite(line.data(), 1, line.size(), stdout);
    }
};

/// A column per operand: those that the first line names, among others, or else the task's in their order. Some editors
/// put three bytes in front of a file, or an empty line after it.
void show_file(Row const& row, std::string const& path, Output const& output) {
    std::ifstream file(path);
    RUNG_CHECK(file, "--instances: cannot be read; got '", path, "', wanted a file");
    std::vector<std::size_t> places;  // of the operands
    std::size_t              width = row.columns.size();
    std::string              line;
    for (int number = 1; std::getline(file, line); ++number) {
        if (number == 1 && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
        if (line.ends_with('\r')) line.pop_back();
        if (line.empty() && file.peek() == EOF) break;
        const auto        all   = detail::split(line, "\t");
        const std::string where = text::join({path, ", line ", text::number(number), ", "});
        if (number == 1) {
            for (const auto column : row.columns)
                places.push_back(std::size_t(std::find(all.begin(), all.end(), column) - all.begin()));
            if (std::count(places.begin(), places.end(), all.size()) == 0) {
                width = all.size();
                continue;
            }
            std::iota(places.begin(), places.end(), 0u);  // no names
        }
        RUNG_CHECK(all.size() == width, where, "columns: got ", all.size(), ", wanted ", width, " with ",
                   listed(row.columns));
        Cells cells;
        for (const std::size_t place : places) cells.push_back(text::unescape_line(all[place]));
        output.put(row, example_at(row, cells, where + "column "), cells);
    }
    RUNG_CHECK(!file.bad(), "--instances: cannot be read; got '", path, "', wanted a file (is it a folder?)");
    RUNG_CHECK(!places.empty(), path, ": lines; got none, wanted ", listed(row.columns));
}

void show_list() {
    std::printf("%-22s%-26s%-10s%-16s%s\n", "task", "format", "operands", "a line is", "difficulty");
    for (Row const& row : table)
        std::printf("%-22s%-26s%-10s%-16s%s\n", row.task, row.format, listed(row.columns).c_str(),
                    row.as == As::text ? "the text" : "prompt, target",
                    !row.axes[0].empty() ? listed(row.axes).c_str()
                    : row.by_operand     ? "one number, or one each"
                                         : "one number");
}

[[noreturn]] void refuse(std::initializer_list<std::string_view> parts) { throw BadFlag(text::join(parts)); }

/// What goes wrong in there is a flag's fault.
void blame(std::string_view flag, auto work) try { work(); } catch (Error const& error) {
    refuse({flag, error.what()});
}

int main(int argc, char** argv) {
    std::string                             task, format, instances, difficulty, stream = "evaluation";
    std::uint64_t                           seed  = 1;
    int                                     count = 10;
    bool                                    list  = false;
    Output                                  output;
    Cells                                   tasks;
    std::map<std::string_view, std::string> given;  // operands, by column
    for (Row const& row : table)
        if (tasks.empty() || tasks.back() != row.task) tasks.emplace_back(row.task);

    Flags flags{"Shows problems of a task as text: given ones, or else a sample.", Environment::ignored};
    flags.add("list", list, "every task, its formats and its operands");
    flags.add("task", task, "whose problems", tasks);
    flags.add("format", format, "how they are written; if left out, as the list has it first");
    for (Row const& row : table)
        for (const auto column : row.columns)
            if (!given.contains(column)) flags.add(column, given[column], "an operand");
    flags.add("instances", instances,
              "file with a column per operand, separated by tabs; its first line may name them");
    flags.add("difficulty", difficulty, "of a sample: a number, or two such as 4,2 (default 4 or 4,2)");
    flags.add("count", count, "problems in a sample", {.least = 1});
    flags.add("seed", seed, "every random number follows from it");
    flags.add("stream", stream, "which sample; evaluation: what `evaluate` asks", {"evaluation", "training"});
    flags.add("json", output.json, "JSON lines");
    flags.add("verbatim", output.verbatim, "texts as a model reads them, on as many lines as they have");

    return program(argc, argv, flags, [&] {
        if (list) return show_list();
        if (task.empty()) refuse({"--task: got none, wanted one of ", listed(tasks)});
        if (output.json && output.verbatim) refuse({"--json, --verbatim: got both, wanted one"});
        Row const* row = nullptr;
        Cells      formats, operands;
        for (Row const& each : table) {
            if (each.task != task) continue;
            formats.emplace_back(each.format);
            if (!row && (format.empty() || format == each.format)) row = &each;
        }
        if (!row) refuse({"--format: got '", format, "', wanted one of ", task, "'s: ", listed(formats)});
        std::erase_if(given, [](auto const& operand) { return operand.second.empty(); });
        for (auto const& [column, text] : given)
            if (std::count(row->columns.begin(), row->columns.end(), column) == 0)
                refuse({"--", column, ": got '", text, "', wanted operands ", listed(row->columns)});
        if (!given.empty() + !instances.empty() + !difficulty.empty() > 1)
            refuse({"operands, --instances, --difficulty: got several, wanted one of the three"});

        if (!given.empty() || !instances.empty())
            flags.refuse_beside("operands or --instances", {"count", "seed", "stream"});
        if (!instances.empty()) return show_file(*row, instances, output);
        if (!given.empty()) {
            for (const auto column : row->columns) {
                if (!given.contains(column)) refuse({"--", column, ": got none, wanted one, an operand"});
                operands.push_back(text::unescape_line(given[column]));
            }
            return blame("", [&] { output.put(*row, example_at(*row, operands, "--"), operands); });
        }
        if (difficulty.empty()) difficulty = row->axes[0].empty() ? "4" : "4,2";
        blame("--difficulty: ", [&] {
            const std::string_view words = difficulty, first = words.substr(0, words.find(','));
            const Difficulty       hard{count_of(first),
                                  first == words ? 0 : count_of(words.substr(first.size() + 1))};
            const auto             purpose = stream == "training" ? Purpose::training : Purpose::evaluation;
            for (int i = 0; i < count; ++i) {
                Rng           rng(seed, purpose, hard.key(), std::uint32_t(i));
                const Example example = row->sample(rng, hard);
                output.put(*row, example, row->operands(example.prompt), hard);
            }
        });
    });
}
