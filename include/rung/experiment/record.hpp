#pragma once
// The record of an experiment: one JSON object per line, one line per event. A line is complete the moment `write`
// returns, so a killed run keeps everything it had seen; one that goes on from an earlier state writes again from
// there.

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
        : folder_{std::move(folder)}, path_{path(name)} {
        if (folder_.empty()) return;
        make_folder(folder_);
        file_   = File{path_, O_RDWR | O_CREAT};
        broken_ = is_broken(seek(0, SEEK_END));
    }

    bool        records() const { return file_.is_open(); }
    std::string path(std::string_view name) const { return text::join({folder_, "/", name}); }

    /// Appends one line. Numbers that were not finite are null in it, and each gets a line of its own as well:
    /// {"event":"nonfinite","what":"loss","step":10}
    [[gnu::cold, gnu::noinline]] void write(Json const& event) {
        if (!records()) return;
        std::string lines = text::join({std::exchange(broken_, false) ? "\n" : "", event.text(), "\n"});
        const auto  step  = event.member("step");
        for (std::string const& what : event.nonfinite())
            lines.append(text::join({"{\"event\":\"nonfinite\",\"what\":", text::quote_json(what),
                                     step.empty() ? "" : ",\"step\":", step, "}\n"}));
        file_.write(lines);
    }

    /// Bytes before the next line.
    std::uint64_t size() const { return records() ? std::uint64_t(seek(0, SEEK_CUR)) : 0; }
    /// The next line follows the first `size` bytes. What is there already stays until it is written over, or cut().
    [[gnu::cold, gnu::noinline]] void go_to(std::uint64_t size) {
        if (!records()) return;
        const auto there = std::uint64_t(seek(0, SEEK_END));
        RUNG_CHECK(size <= there, "record: '", path_, "'; got ", there, " bytes, wanted the ", size,
                   " that were there when the state of the run was kept (bring it back, or begin anew with "
                   "another --out)");
        broken_ = is_broken(seek(off_t(size), SEEK_SET));
    }
    /// The lines from there to the next one, as far as they are there: somebody may have cut the file meanwhile.
    [[gnu::cold, gnu::noinline]] std::string lines(std::uint64_t from) const {
        std::string text(size() - from, '\0');
        std::size_t got = 0;
        while (got < text.size()) {
            const auto some =
                ::pread(file_.descriptor(), text.data() + got, text.size() - got, off_t(from + got));
            if (some <= 0) break;
            got += std::size_t(some);
        }
        text.resize(got);
        return text;
    }
    /// Drops what follows.
    void cut() {
        if (records() && ::ftruncate(file_.descriptor(), off_t(size())) != 0)
            fail_path("record: cannot be cut", path_, errno, "a file that can be written");
    }
    /// All lines so far are on the disk.
    void sync() {
        if (records()) file_.sync();
    }

    /// Writes a whole file next to the record, all or nothing.
    void save(std::string_view name, std::string_view bytes) const {
        if (records()) write_file(path(name), bytes);
    }

private:
    /// A run that was killed may have left half a line; the next event starts on its own.
    bool is_broken(off_t size) const {
        char last = '\n';
        return size > 0 && ::pread(file_.descriptor(), &last, 1, size - 1) == 1 && last != '\n';
    }
    off_t seek(off_t to, int from) const {
        const off_t at = ::lseek(file_.descriptor(), to, from);
        if (at < 0) fail_path("record: cannot be read", path_, errno, "a file on a disk");
        return at;
    }

    std::string folder_, path_;
    File        file_;
    bool        broken_ = false;
};

}  // namespace rung
