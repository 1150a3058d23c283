#pragma once
// An evaluation that is kept in a file, difficulty by difficulty, so that one which was stopped goes on where it was:
// grids of 100 x 100 take hours.
//
//     evaluate_into("grid.jsonl", ctx, model, task, {.to = {20, 20}});
//
// The first line says whose answers they are; every other one is a difficulty that is done.

#include <sys/file.h>
#include <charconv>
#include <cmath>
#include <map>
#include <type_traits>

#include "rung/core/hash.hpp"
#include "rung/eval/teacher_forced.hpp"
#include "rung/experiment/file.hpp"
#include "rung/experiment/json.hpp"

namespace rung {

namespace detail {

/// Members of a flat object that Json wrote, as their text; none if it is no such object.
inline std::map<std::string, std::string> members_of(std::string_view line) {
    std::map<std::string, std::string> all;
    if (line.size() < 2 || line.front() != '{' || line.back() != '}') return {};
    line = line.substr(1, line.size() - 2);
    while (!line.empty()) {
        std::size_t end    = 0;
        bool        quoted = false;
        for (; end < line.size() && (quoted || line[end] != ','); ++end) {
            if (quoted && line[end] == '\\') ++end;
            else quoted ^= line[end] == '"';
        }
        const auto item  = line.substr(0, end);
        const auto colon = item.find("\":");
        if (quoted || item.empty() || item.front() != '"' || colon == item.npos || colon == 0) return {};
        all[std::string(item.substr(1, colon - 1))] = item.substr(colon + 2);
        line.remove_prefix(std::min(line.size(), end + 1));
    }
    return all;
}

/// The file of one evaluation: what it holds already, and what is added.
class GridFile {
public:
    /// Throws where the file is another evaluation's, or is being written.
    /// @param watched  whether the answers will be asked for: they are large
    GridFile(std::string path, Json const& header, bool watched)
        : path_(std::move(path)), watched_(watched), file_(path_, O_RDWR | O_CREAT | O_APPEND) {
        const int fd = file_.descriptor();
        RUNG_CHECK(::flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK, "evaluate_into: file; got '",
                   path_, "', which another evaluation is writing, wanted one of its own");
        const std::string text  = read_whole_file(path_);
        const std::string head  = header.text();
        const std::size_t whole = text.rfind('\n') + 1;  // lines; what follows was cut off when it was killed
        RUNG_CHECK(whole > 0 || (head + "\n").starts_with(text), "evaluate_into: file; got '", path_,
                   "', which is no evaluation's, wanted one of evaluate_into(), or none");
        if (whole > 0) read(std::string_view(text).substr(0, whole), head);
        // Only now that it is known to be this evaluation's: nothing is cut off a file that is refused.
        if (whole < text.size() && ::ftruncate(fd, off_t(whole)) != 0)
            fail_path("evaluate_into: file cannot be mended", path_, errno, "a file that can be written");
        if (whole == 0) file_.write(head + "\n");
    }

    /// Whether the score is in the file already: `cell` with what it is the answer to has to be the same, and the count
    /// that of `score`.
    /// @param answers  where to put the lines that keep the answers themselves: without them it is not there
    bool has(Json const& cell, Score& score, std::vector<std::string>* answers) const {
        const auto want = members_of(cell.text());
        const auto at   = done_.find(want.at("cell"));
        if (at == done_.end()) return false;
        auto const& got = at->second;
        for (auto const& [name, value] : want) {
            const auto there = got.find(name);
            RUNG_CHECK(there != got.end() && there->second == value, "evaluate_into: '", path_,
                       "', difficulty ", want.at("cell"), ": ", name, "; got ",
                       there == got.end() ? "none" : there->second, ", wanted ", value,
                       " (another test: give it a file of its own)");
        }
        const double count = number(got, "count", score.count, score.count);
        score.correct      = int(number(got, "correct", 0, count));
        score.passes       = number(got, "passes", 0, INFINITY);
        if (answers == nullptr) return true;
        const auto kept = got.find("answers");
        if (kept == got.end()) return false;
        *answers = text::split(text::unquote_json(kept->second), '\n');
        RUNG_CHECK(int(answers->size()) == score.count, "evaluate_into: '", path_, "', difficulty ",
                   want.at("cell"), ": answers; got ", answers->size(), ", wanted ", score.count);
        return true;
    }
    /// @param answers  lines, or none to keep the score alone
    void add(Json cell, Score const& score, std::string const& answers) {
        cell.set("correct", score.correct).set("count", score.count).set("passes", score.passes);
        if (!answers.empty()) cell.set("answers", answers);
        file_.write(cell.text() + "\n");
    }

private:
    /// @param text  whole lines
    void read(std::string_view text, std::string const& head) {
        const auto first = text.find('\n');
        compare(members_of(text.substr(0, first)), members_of(head), head);
        int number = 1;
        for (std::size_t at = first + 1; at < text.size();) {
            const auto end  = text.find('\n', at);
            auto       line = members_of(text.substr(at, end - at));
            const auto cell = line["cell"];
            ++number;
            RUNG_CHECK(!cell.empty(), "evaluate_into: '", path_, "', line ", number, "; got '",
                       text.substr(at, end - at), "', wanted a difficulty that is done");
            if (!watched_) line.erase("answers");
            done_[cell] = std::move(line);
            at          = end + 1;
        }
    }
    void compare(std::map<std::string, std::string> const& got,
                 std::map<std::string, std::string> const& want, std::string const& head) const {
        RUNG_CHECK(!got.empty(), "evaluate_into: file; got '", path_,
                   "', which is no evaluation's, wanted one of ", head);
        for (auto const& [name, value] : want) {
            const auto at = got.find(name);
            RUNG_CHECK(at != got.end() && at->second == value, "evaluate_into: '", path_, "': ", name,
                       "; got ", at == got.end() ? "none" : at->second, ", wanted ", value,
                       " (another evaluation: give it a file of its own)");
        }
    }
    /// A member that is a number from `least` to `most`.
    double number(std::map<std::string, std::string> const& line, std::string const& name, double least,
                  double most) const {
        const auto        at    = line.find(name);
        const std::string got   = at == line.end() ? "none" : at->second;
        double            value = -1;
        const auto [end, error] = std::from_chars(got.data(), got.data() + got.size(), value);
        RUNG_CHECK(error == std::errc{} && end == got.data() + got.size() && value >= least && value <= most,
                   "evaluate_into: '", path_, "', difficulty ", line.at("cell"), ": ", name, "; got ", got,
                   ", wanted a number from ", least, " to ", most);
        return value;
    }

    std::string                                               path_;
    bool                                                      watched_;
    File                                                      file_;
    std::map<std::string, std::map<std::string, std::string>> done_;
};

/// Any bytes as UTF-8, each one above 127 as a character of its own, and back.
[[gnu::cold, gnu::noinline]] inline std::string as_utf8(std::string_view bytes) {
    std::string out;
    for (const char c : bytes)
        if ((c & 0x80) == 0) out += c;
        else out += char(0xC0 | (c >> 6 & 3)), out += char(0x80 | (c & 0x3F));
    return out;
}
[[gnu::cold, gnu::noinline]] inline std::string from_utf8(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i)
        if ((text[i] & 0x80) == 0 || i + 1 == text.size()) out += text[i];
        else out += char((text[i] & 3) << 6 | (text[i + 1] & 0x3F)), ++i;
    return out;
}

/// An answer as a line of cells: right or not, ended or not, tokens, confidence, the text, the passes of each token.
[[gnu::cold, gnu::noinline]] inline std::string line_of(Answered const& answered) {
    Answer const& answer = answered.answer;
    std::string   line   = text::join({answered.right ? "1" : "0", "\t", answer.ended ? "1" : "0", "\t",
                                       text::number(answer.tokens), "\t", text::number(answer.confidence), "\t",
                                       as_utf8(text::escape_line(answer.text))});
    for (const int passes : answer.passes) line += text::join({"\t", text::number(passes)});
    return line;
}
/// The same read back.
/// @param right  what the line says of it
[[gnu::cold, gnu::noinline]] inline Answer answer_of(std::string const& line, bool& right) {
    const auto cells = text::split(line, '\t');
    const auto read  = [&](std::size_t i, auto value) {
        const bool got =
            i < cells.size() &&
            std::from_chars(cells[i].data(), cells[i].data() + cells[i].size(), value).ec == std::errc{};
        RUNG_CHECK(got, "evaluate_into: an answer; got '", line, "', wanted what was written");
        return value;
    };
    right = read(0, 0) == 1;
    Answer answer;
    answer.ended = read(1, 0) == 1, answer.tokens = read(2, 0), answer.confidence = read(3, 0.0);
    for (std::size_t i = 5; i < cells.size(); ++i) answer.passes.push_back(read(i, 0));
    RUNG_CHECK(cells.size() >= 5, "evaluate_into: an answer; got '", line, "', wanted what was written");
    answer.text = text::unescape_line(from_utf8(cells[4]));
    return answer;
}

/// ask(options) evaluates one difficulty.
template <class Context, class Model, class Task, class Ask>
Report resume(std::string const& path, Context& ctx, Model const& model, Task const& task,
              EvaluateOptions const& options, std::string const& how, Ask const& ask) {
    explain_fit<Model, Task>();
    check_evaluation<Model>(task, options);
    std::uint64_t weights = 0;
    ctx.for_slices(1, [&](auto& lane, int) {
        float const* all = model.weights().cdata();
        if constexpr (requires { lane.download(all, Model::parameters); }) {
            all = lane.download(all, Model::parameters);
            lane.wait();
        }
        weights = hash_of_bytes(all, std::size_t(Model::parameters) * sizeof(float));
    });
    Json header;
    header.set("format", "rung evaluation 1").set("task", value_name(task)).set("model", type_name<Model>());
    header.set("weights", hash_text(weights)).set("context", type_name<Context>()).set("seed", ctx.seed());
    header.set("each", options.each).set("stream", options.stream).set("opening", int(options.opening));
    header.set("answering", options.answering == Answering::at_once ? "at once" : how);
    GridFile file(path, header, bool(options.watch));
    Report   report;
    for (const Difficulty difficulty : difficulties<Task>(options.from, options.to, options.by)) {
        const auto    truth    = test_problems(task, ctx.seed(), difficulty, options.each, options.stream);
        std::uint64_t problems = 0;
        for (auto const& [prompt, answer] : truth) problems = hash_of(answer, hash_of(prompt, problems));
        Json cell;
        cell.set("cell", difficulty.text()).set("problems", hash_text(problems));
        cell.set("asked_passes", Model::passes_of(run_of(options, difficulty)).most);
        Score                    score{.difficulty = difficulty, .count = options.each};
        std::vector<std::string> answers;
        if (file.has(cell, score, options.watch ? &answers : nullptr)) {
            for (std::size_t i = 0; i < answers.size(); ++i) {
                bool         right  = false;
                const Answer answer = answer_of(answers[i], right);
                options.watch({difficulty, int(i), truth[i], answer, right});
            }
        } else {
            EvaluateOptions one = options;
            one.from = one.to = difficulty, one.by = 1;
            std::string lines;
            if (options.watch)
                one.watch = [&](Answered const& answered) {
                    lines += (answered.number > 0 ? "\n" : "") + line_of(answered);
                    options.watch(answered);
                };
            score = ask(one).at(difficulty);
            file.add(cell, score, lines);
        }
        report.scores.push_back(score);
    }
    return report;
}

}  // namespace detail

/// evaluate() with each difficulty's score written to a file as soon as it is known, and those that are there already
/// left alone: stopped at any moment and called again it returns what it would have returned, bit for bit. A later call
/// may ask for more difficulties, or for others. With a `watch` the answers are written down too, and it is shown all
/// of them, also those given by an earlier call; a difficulty that was answered without one is answered again. Throws
/// where the file is of other weights, another task, seed or test, and says what differs. Tasks and rules are told
/// apart by their type and value: one with members whose bytes do not tell (a double, a container) has `std::string
/// name() const`.
template <class Context, class Model, class Task, class Rule = NoExit>
Report evaluate_into(std::string const& path, Context& ctx, Model const& model, Task const& task,
                     EvaluateOptions const& options, Rule const& rule = {}) {
    detail::check_rule(rule);  // before there is a file
    const std::string how =
        std::is_same_v<Rule, NoExit> ? "by token" : "by token, " + detail::value_name(rule);
    return detail::resume(path, ctx, model, task, options, how,
                          [&](EvaluateOptions const& one) { return evaluate(ctx, model, task, one, rule); });
}

/// The same of evaluate_teacher_forced().
template <class Context, class Model, class Task>
Report evaluate_teacher_forced_into(std::string const& path, Context& ctx, Model const& model,
                                    Task const& task, EvaluateOptions const& options) {
    return detail::resume(path, ctx, model, task, options, "teacher forced", [&](EvaluateOptions const& one) {
        return evaluate_teacher_forced(ctx, model, task, one);
    });
}

}  // namespace rung
