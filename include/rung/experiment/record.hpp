#pragma once
// The record of an experiment: one JSON object per line, one line per event, appended and never rewritten.
// A line is complete the moment `write` returns, so a killed run keeps everything it had seen.

#include <string>
#include <string_view>
#include <utility>

#include "rung/core/check.hpp"
#include "rung/experiment/file.hpp"
#include "rung/experiment/json.hpp"

namespace rung {

class Record {
public:
    /// Records nothing: training without an output folder needs no second code path.
    Record() = default;
    /// Appends to `folder`/`name`, making the folder where missing. An empty folder name records nothing.
    explicit Record(std::string folder, std::string const& name = "record.jsonl")
        : folder_{std::move(folder)} {
        if (folder_.empty()) return;
        make_folder(folder_);
        file_ = File{path(name), O_RDWR | O_CREAT | O_APPEND};
        end_broken_line();
    }

    bool        records() const { return file_.is_open(); }
    std::string path(std::string_view name) const { return text::join({folder_, "/", name}); }

    /// Appends one line. Numbers that were not finite are null in it, and each gets a line of its own as well:
    /// {"event":"nonfinite","what":"loss","step":10}
    [[gnu::cold, gnu::noinline]] void write(Json const& event) {
        if (!records()) return;
        std::string lines = text::join({event.text(), "\n"});
        const auto  step  = event.member("step");
        for (std::string const& what : event.nonfinite())
            lines.append(text::join({"{\"event\":\"nonfinite\",\"what\":", text::quote_json(what),
                                     step.empty() ? "" : ",\"step\":", step, "}\n"}));
        file_.write(lines);
    }

    /// Writes a whole file next to the record, all or nothing.
    void save(std::string_view name, std::string_view bytes) const {
        if (records()) write_file(path(name), bytes);
    }

private:
    /// A run that was killed may have left half a line; the next event starts on its own.
    void end_broken_line() {
        const off_t size = ::lseek(file_.descriptor(), 0, SEEK_END);
        char        last = '\n';
        if (size > 0 && ::pread(file_.descriptor(), &last, 1, size - 1) == 1 && last != '\n')
            file_.write("\n");
    }

    std::string folder_;
    File        file_;
};

}  // namespace rung
