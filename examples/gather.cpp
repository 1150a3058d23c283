// Many runs in one table and one page: mean over seeds with its interval, median, worst and best, and whether settings
// differ, by a paired test over the seeds that both have:
//     bash examples/run.sh gather build/sweep --metrics after.20
// A run is a folder with a record.jsonl (folders are searched for them), or a file with the last line that a run
// printed. Two runs are of one setting if their flags are the same but for the seed and for what has no say in results.

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <set>

#include <nlohmann/json.hpp>

#include "rung/experiment/figure.hpp"
#include "rung/experiment/program.hpp"
#include "rung/experiment/report.hpp"
#include "rung/experiment/statistics.hpp"

using namespace rung;
namespace fs   = std::filesystem;
using Document = nlohmann::ordered_json;
using Cells    = Page::Cells;

struct Run {
    std::string                                      path, experiment;
    std::vector<std::pair<std::string, std::string>> flags{};  ///< that results follow from, without the seed
    std::uint64_t                                    seed = 0;
    std::vector<std::pair<std::string, double>>      numbers{};        ///< of its result, by name: "after.20"
    bool                                             printed = false;  ///< a last line, which has no flags
};

/// One setting: the numbers of its runs, by metric and seed.
struct Setting {
    std::string                                            name;
    std::map<std::uint64_t, std::string>                   paths{};
    std::map<std::string, std::map<std::uint64_t, double>> numbers{};
};

void add_numbers(Run& run, std::string const& prefix, Document const& members) {
    for (auto const& [name, value] : members.items()) {
        if (value.is_object()) add_numbers(run, prefix + name + ".", value);
        if (value.is_number() && prefix + name != "seed" && prefix + name != "seconds")
            run.numbers.emplace_back(prefix + name, value.get<double>());
    }
}

/// Lines of JSON, a record or a program's standard output; none where no result is among them.
std::optional<Run> read_run(fs::path const& path) {
    std::ifstream file(path);
    RUNG_CHECK(file, "'", path.string(), "' cannot be read; wanted a record or a program's output");
    Run      run{path.string(), "", {}, 0, {}, false};
    Document result, begin;
    for (std::string line; std::getline(file, line);) {
        const Document one =
            Document::parse(line, nullptr, false);  // of what else was printed: not an object
        if (!one.is_object()) continue;
        const std::string event = one.contains("event") && one["event"].is_string() ? one["event"] : "";
        if (event == "begin") begin = one, result = {};
        if (event == "end") result = one.value("result", Document{});
        if (event.empty() && one.contains("experiment")) result = one;
    }
    if (!result.is_object()) return std::nullopt;
    run.experiment = result.value("experiment", "");
    run.seed       = result.value("seed", std::uint64_t{0});
    run.printed    = begin.is_null();
    if (begin.contains("flags") && begin["flags"].is_object())
        for (auto const& [name, value] : begin["flags"].items())
            if (name != "seed") run.flags.emplace_back(name, value.dump());
    for (const char* made : {"source", "build"})  // of another program it is another setting
        if (begin.contains(made)) run.flags.emplace_back(made, begin[made].dump());
    add_numbers(run, "", result);
    return run;
}

/// Records in or below the folder, or the file itself.
std::vector<fs::path> records_of(fs::path const& path) {
    RUNG_CHECK(fs::exists(path), "'", path.string(), "' is not there; wanted a run's folder or file");
    if (!fs::is_directory(path)) return {path};
    std::vector<fs::path> found;
    for (auto const& entry : fs::recursive_directory_iterator(path))
        if (entry.path().filename() == "record.jsonl") found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    RUNG_CHECK(!found.empty(), "'", path.string(), "' has no record.jsonl in it; wanted a run's folder");
    return found;
}

/// Settings in the order of their first runs, named by the flags that not all runs have the same.
std::vector<Setting> settings_of(std::vector<Run> const& runs) {
    std::map<std::string, std::set<std::string>> values;
    std::map<std::string, std::size_t>           seen;
    std::set<std::string>                        experiments;
    for (Run const& run : runs) {
        experiments.insert(run.experiment);
        for (auto const& [name, value] : run.flags) values[name].insert(value), ++seen[name];
    }
    std::vector<Setting> settings;
    for (Run const& run : runs) {
        std::string name = experiments.size() > 1 ? run.experiment : "";
        for (auto const& [flag, value] : run.flags)
            if (values[flag].size() > 1 || seen[flag] < runs.size())
                name += (name.empty() ? "" : " ") + flag + "=" + value;
        if (name.empty()) name = run.experiment;
        auto setting =
            std::find_if(settings.begin(), settings.end(), [&](auto& s) { return s.name == name; });
        if (setting == settings.end()) setting = settings.insert(settings.end(), Setting{name});
        const auto [at, fresh] = setting->paths.emplace(run.seed, run.path);
        RUNG_CHECK(fresh, "seed ", run.seed, " of '", name, "'; got '", at->second, "' and '", run.path,
                   "', wanted one run");
        for (auto const& [metric, value] : run.numbers) setting->numbers[metric][run.seed] = value;
    }
    return settings;
}

/// All metrics in the order of the runs, or those that `wanted` names: "after.20", or of a group all, "after".
std::vector<std::string> metrics_of(std::vector<Run> const& runs, std::string const& wanted) {
    std::vector<std::string> all, chosen;
    for (Run const& run : runs)
        for (auto const& [name, value] : run.numbers)
            if (std::find(all.begin(), all.end(), name) == all.end()) all.push_back(name);
    if (wanted.empty()) {  // what describes the runs is not what they reached
        std::map<std::string, std::set<double>> values;
        for (Run const& run : runs)
            for (auto const& [name, value] : run.numbers) values[name].insert(value);
        for (auto const& name : all)
            if (name.find('.') != name.npos || values[name].size() > 1 || runs.size() == 1)
                chosen.push_back(name);
        return chosen;
    }
    for (std::size_t at = 0; at <= wanted.size();) {
        const std::size_t end   = std::min(wanted.find(',', at), wanted.size());
        const std::string name  = wanted.substr(at, end - at);
        const auto        count = chosen.size();
        for (auto const& metric : all)
            if (metric == name || metric.starts_with(name + ".")) chosen.push_back(metric);
        if (chosen.size() == count) {
            std::string names;
            for (auto const& metric : all) names += (names.empty() ? "" : ", ") + metric;
            throw BadFlag("--metrics: got '" + name + "', wanted some of " + names);
        }
        at = end + 1;
    }
    return chosen;
}

std::vector<double> values_of(std::map<std::uint64_t, double> const& by_seed) {
    std::vector<double> values;
    for (auto const& [seed, value] : by_seed) values.push_back(value);
    return values;
}

std::string brief(double x) { return text::brief(x); }
std::string interval(double low, double high) {
    return std::isfinite(low) ? "[" + brief(low) + ", " + brief(high) + "]" : "-";  // of one seed: none
}

std::vector<Cells> summary_rows(std::vector<Setting> const& settings, std::vector<std::string> const& metrics,
                                bool lowest) {
    std::vector<Cells> rows;
    for (auto const& metric : metrics)
        for (Setting const& setting : settings) {
            const auto found = setting.numbers.find(metric);
            if (found == setting.numbers.end()) continue;
            const Summary s = summarise(values_of(found->second));
            rows.push_back({metric, setting.name, std::to_string(s.count), brief(s.mean),
                            interval(s.low, s.high), brief(s.median), brief(lowest ? s.most : s.least),
                            brief(lowest ? s.least : s.most)});
        }
    return rows;
}

/// Every setting against the first.
std::vector<Cells> test_rows(std::vector<Setting> const& settings, std::vector<std::string> const& metrics) {
    std::vector<Cells> rows;
    for (auto const& metric : metrics)
        for (std::size_t i = 1; i < settings.size(); ++i) {
            const auto a = settings[0].numbers.find(metric), b = settings[i].numbers.find(metric);
            if (a == settings[0].numbers.end() || b == settings[i].numbers.end()) continue;
            std::vector<double> first, second;
            for (auto const& [seed, value] : a->second)
                if (const auto other = b->second.find(seed); other != b->second.end())
                    first.push_back(value), second.push_back(other->second);
            if (first.empty()) continue;
            const PairedTest t = paired_test(first, second);
            rows.push_back({metric, settings[i].name, std::to_string(t.count), brief(t.mean),
                            interval(t.low, t.high), brief(t.p) + (t.exact ? "" : " (sampled)"),
                            brief(t.least_p)});
        }
    return rows;
}

/// "after" and 20 of "after.20".
std::optional<std::pair<std::string, double>> place_of(std::string const& metric) {
    const auto        dot  = metric.rfind('.');
    const char* const last = metric.data() + metric.size();
    double            x    = 0;
    if (dot == metric.npos) return std::nullopt;
    const auto [end, error] = std::from_chars(metric.data() + dot + 1, last, x);
    if (error != std::errc{} || end != last) return std::nullopt;
    return std::pair{metric.substr(0, dot), x};
}

/// A group of numbers by what numbers them, such as difficulty, and any other number by seed.
void add_figures(Page& page, std::vector<Setting> const& settings, std::vector<std::string> const& metrics) {
    std::vector<std::string> drawn;
    for (auto const& metric : metrics) {
        const auto        place = place_of(metric);
        const std::string name  = place ? place->first : metric;
        if (std::find(drawn.begin(), drawn.end(), name) != drawn.end()) continue;
        drawn.push_back(name);
        Figure figure{{.title = name, .x = place ? "difficulty" : "seed", .y = name}};
        for (Setting const& setting : settings) {
            Series line{.name = setting.name};
            for (auto const& other : metrics) {
                const auto found = setting.numbers.find(other);
                const auto at    = place_of(other);
                if (found == setting.numbers.end() || (place ? !at || at->first != name : other != metric))
                    continue;
                if (!place) {
                    for (auto const& [seed, value] : found->second)
                        line.x.push_back(double(seed)), line.y.push_back(value);
                    continue;
                }
                const Summary s = summarise(values_of(found->second));
                line.x.push_back(at->second), line.y.push_back(s.mean);
                line.low.push_back(s.low), line.high.push_back(s.high);
            }
            if (!line.x.empty()) figure.line(std::move(line));
        }
        page.figure(place ? name + ": mean over seeds; bands are 95 % intervals." : name + " by seed.",
                    figure.svg());
    }
}

void print(Cells const& header, std::vector<Cells> const& rows) {
    std::vector<std::size_t> widths(header.size());
    const auto               each = [&](auto use) {
        use(header);
        for (auto const& row : rows) use(row);
    };
    each([&](Cells const& row) {
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    });
    each([&](Cells const& row) {
        for (std::size_t i = 0; i < row.size(); ++i)
            std::cout << (i ? "  " : "") << std::string(i < 2 ? 0 : widths[i] - row[i].size(), ' ') << row[i]
                      << std::string(i < 2 ? widths[i] - row[i].size() : 0, ' ');
        std::cout << '\n';
    });
}

/// "With 3 seeds p cannot be less than 0.25."
std::string reach(std::vector<Cells> const& tests) {
    std::map<int, std::string> least;
    for (Cells const& row : tests) least[std::stoi(row[2])] = row[6];
    std::string out;
    for (auto const& [count, p] : least)
        out += (out.empty() ? "With " : "; with ") + std::to_string(count) +
               (count == 1 ? " seed" : " seeds") + " p cannot be less than " + p;
    return out + ".";
}

int main(int argc, char** argv) {
    std::vector<std::string> paths;
    std::string              folders;  // as a shell takes them
    while (argc > 1 && argv[1][0] != '-') {
        paths.push_back(argv[1]);
        folders += " " + Flags::quoted(argv[1]);
        argv[1] = argv[0], ++argv, --argc;
    }
    std::string out, metrics_text, best = "highest";
    Flags       flags{
        "Puts many runs into one table and one page. Folders come before the flags: gather FOLDER... "
              "[flags]",
        Environment::ignored};
    flags.add_folder("out", out, "folder for gather.html; without it nothing is written");
    flags.add("metrics", metrics_text,
              "numbers to show, with commas between them: after.20, or all of after");
    flags.add("best", best, "which end is the best", {"highest", "lowest"});

    return program(argc, argv, flags, [&] {
        if (paths.empty()) throw BadFlag("FOLDER: got none, wanted folders or files of runs");
        std::vector<Run> runs;
        std::string      unfinished;
        for (auto const& path : paths)
            for (auto const& record : records_of(path)) {
                if (auto run = read_run(record)) runs.push_back(std::move(*run));
                else unfinished += (unfinished.empty() ? "" : ", ") + record.string();
            }
        if (!unfinished.empty())
            std::cerr << "gather: left out, for they have no result: " << unfinished << '\n';
        RUNG_CHECK(!runs.empty(), "no run has a result; wanted at least one");
        if (std::count_if(runs.begin(), runs.end(), [](Run const& run) { return run.printed; }) > 1)
            std::cerr << "gather: what programs printed does not say its flags: taken for one setting each\n";
        const auto metrics  = metrics_of(runs, metrics_text);
        const auto settings = settings_of(runs);

        const Cells head{"metric", "setting", "seeds", "mean", "95 % interval", "median", "worst", "best"};
        const auto  summary = summary_rows(settings, metrics, best == "lowest");
        print(head, summary);
        const Cells test_head{"metric", "setting", "pairs", "difference", "95 % interval", "p", "least p"};
        const auto  tests         = test_rows(settings, metrics);
        const std::string against = "Differences from " + settings[0].name +
                                    ", seed by seed, and p of a paired sign-flip test, " +
                                    "two-sided, for each row by itself. ";
        if (!tests.empty()) {
            std::cout << '\n' << against << reach(tests) << '\n';
            print(test_head, tests);
        }
        std::cout << Json{}
                         .set("gathered", runs.size())
                         .set("settings", settings.size())
                         .set("unfinished", !unfinished.empty())
                  << '\n';
        if (out.empty()) return;
        const std::string program = Flags::quoted(flags.program());
        Page              page{"Runs of " + runs[0].experiment};
        page.table("Over seeds: mean with its 95 % interval (Student's t), median, worst and best.", head,
                   summary);
        if (!tests.empty()) page.table(against + reach(tests), test_head, tests);
        if (!unfinished.empty()) page.text("Left out, for they have no result: " + unfinished);
        add_figures(page, settings, metrics);
        page.text("The command that made this page:")
            .command(program + folders + flags.command().substr(program.size()));
        write_file(out + "/gather.html", page.html());
    });
}
