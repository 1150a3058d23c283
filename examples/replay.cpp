// Makes a run again from its manifest, into a fresh folder, and compares the records byte by byte:
//     bash examples/run.sh replay build/reports/quickstart/manifest.json
// It builds the run's program as it is now, and says after the run what differs in source, compiler and machine, as the
// new manifest has them, and what in the bytes. Bits are promised on one family of processors, by one program.

#include <spawn.h>
#include <sys/wait.h>
#include <filesystem>
#include <iostream>

#include <nlohmann/json.hpp>

#include "rung/experiment/program.hpp"

using namespace rung;
using Document = nlohmann::ordered_json;

Document read_manifest(std::string const& what) {
    const Document document = Document::parse(read_whole_file(what), nullptr, false);
    RUNG_CHECK(document.is_object(), "replay: '", what, "' is no object of JSON; wanted a run's manifest");
    for (const char* member : {"program", "flags", "made_by"})
        RUNG_CHECK(document.contains(member), "replay: '", what, "' has no member ", member,
                   "; wanted a run's manifest");
    return document;
}

/// Says on `out` which members differ, and returns how many.
int say_differences(std::FILE* out, Document const& was, Document const& is) {
    int found = 0;
    for (auto const& [name, value] : is.items()) {
        const std::string before = was.contains(name) ? was[name].dump() : "none", now = value.dump();
        if (before == now) continue;
        std::fprintf(out, "replay: %s: was %s, is %s\n", name.c_str(), before.c_str(), now.c_str());
        ++found;
    }
    return found;
}

/// The flags of a run, for a shell or for a program: each as one word.
std::vector<std::string> words_of(Document const& flags, std::string const& out) {
    std::vector<std::string> words;
    for (auto const& [name, value] : flags.items()) {
        const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
        // A text that is empty could not have been given, and is the default. The model's folder is the first run's.
        if (name != "out" && name != "save-pretrained" && !text.empty())
            words.push_back("--" + name + "=" + text);
    }
    words.push_back("--out=" + out);
    return words;
}

/// Runs a program, whose standard output joins the errors, in an environment without flags; returns its exit code.
int run(std::string const& program, std::vector<std::string> words) {
    words.insert(words.begin(), program);
    std::vector<char*> arguments, variables;
    for (std::string& word : words) arguments.push_back(word.data());
    for (char** variable = ::environ; *variable; ++variable)
        if (!std::string_view{*variable}.starts_with("RUNG_")) variables.push_back(*variable);
    arguments.push_back(nullptr), variables.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, 2, 1);
    pid_t     child  = 0;
    int       status = 0;
    const int error =
        ::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments.data(), variables.data());
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) fail_path("replay: program cannot be run", program, error, "the run's program");
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// "line 7: was ..., is ...", or nothing where the records are the same.
std::string first_difference(std::string const& was, std::string const& is) {
    const auto lines = [&](std::string const& text) {
        std::vector<std::string> all;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = std::min(text.find('\n', at), text.size());
            all.push_back(text.substr(at, end - at + 1));
            at = end + 1;
        }
        return all;
    };
    const auto before = lines(was), now = lines(is);
    for (std::size_t i = 0; i < std::max(before.size(), now.size()); ++i) {
        const std::string a = i < before.size() ? before[i] : "(no line)\n",
                          b = i < now.size() ? now[i] : "(no line)\n";
        if (a != b) return text::join({"line ", text::number(i + 1), ":\n  was ", a, "  is  ", b});
    }
    return "";
}

int main(int argc, char** argv) {
    std::string manifest, program_path, out;
    bool        name = false;
    Flags       flags{"Makes a run again from its manifest and compares the records byte by byte.",
                Environment::ignored};
    flags.add("manifest", manifest, "manifest.json of the run, beside its record.jsonl");
    flags.add("name", name, "print the name of the run's program and stop");
    flags.add("program", program_path, "the program to run");
    flags.add_folder("out", out, "an empty folder for the new run");

    int       differs = 0;
    const int code    = program(argc, argv, flags, [&] {
        if (manifest.empty()) throw BadFlag("--manifest: got none, wanted a run's manifest.json");
        const Document was = read_manifest(manifest);
        if (name) return void(std::cout << was["program"].get<std::string>() << '\n');
        if (program_path.empty() || out.empty()) throw BadFlag("--program, --out: got none, wanted both");
        const std::string record = read_whole_file(folder_of(manifest) + "/record.jsonl");
        RUNG_CHECK(std::filesystem::is_empty(out), "replay: --out; got '", out,
                      "', which has files, wanted an empty folder");

        const int ended = run(program_path, words_of(was["flags"], out));
        RUNG_CHECK(ended == 0, "replay: the run; got exit code ", ended, ", wanted 0");
        const Document is     = read_manifest(out + "/manifest.json");
        const int      others = say_differences(stderr, was["made_by"], is["made_by"]);
        if (others == 0) std::fputs("replay: same source, compiler, libraries and processor\n", stderr);
        const std::string difference = first_difference(record, read_whole_file(out + "/record.jsonl"));
        differs                      = !difference.empty();
        if (differs) std::cout << "records differ at " << difference;
        std::cout << Json{}
                         .set("replay", manifest)
                         .set("same", !differs)
                         .set("bytes", record.size())
                         .set("made_by_differences", others)
                         .set("out", out)
                  << '\n';
    });
    return code != 0 ? code : differs;
}
