#pragma once
// A program is a sequence of stages, such as calls to train(), numbered as they come. Each keeps its state in a file of
// its own in the output folder. A program that is started again runs from its beginning: stages that were finished give
// back what they came to at once, the one that was not goes on, and what is computed between them is computed again. A
// climb that was finished goes on, too, if it is to have more rounds than it had, and the stages after it begin anew.

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "rung/experiment/checkpoint.hpp"
#include "rung/experiment/keeper.hpp"
#include "rung/experiment/lock.hpp"
#include "rung/experiment/program.hpp"
#include "rung/experiment/progress.hpp"
#include "rung/experiment/record.hpp"
#include "rung/experiment/signals.hpp"
#include "rung/experiment/signature.hpp"

namespace rung {

/// The stages of one program and the folder that it works in.
class Stages {
public:
    using Tell = std::function<void(std::string const& stage, std::string const& what)>;

    /// Throws BadFlag where the folder holds another run, and Exit 0, its result printed again, where it holds this one
    /// and that is finished, unless it is to leave its model.
    /// @param common  outlives this
    /// @param begin   first line of the record, which says what run this is
    /// @param grow    flags that may have changed, see Limits::grows
    [[gnu::cold, gnu::noinline]] Stages(Common const& common, Streams streams, std::string const& begin,
                                        std::string const& grow = "")
        : common_(common),
          streams_(streams),
          head_(begin.size() + 1),
          lock_((make_folder(common.out), common.out)) {
        idle();
        const auto path   = common_.out + "/record.jsonl";
        const auto record = read_file(path).value_or("");
        if (check_same_run(common_.out, record, begin, grow)) {
            for (auto const file : {"/record.jsonl", "/DONE", "/manifest.json"})
                if (auto bytes = read_file(common_.out + file))
                    before_.emplace_back(common_.out + file, *bytes);
            std::remove(done_path().c_str());
            try {
                write_file(path, begin + record.substr(record.find('\n')));
            } catch (...) {
                put_back();
                throw;
            }
        }
        RUNG_CHECK(!record.empty() || ::access((common_.out + "/report.html").c_str(), F_OK) != 0, "--out: '",
                   common_.out,
                   "' holds a report.html without its record, wanted a folder of this run's own");
        const auto result = read_file(done_path());
        RUNG_CHECK(!result || (result->starts_with('{') && result->ends_with("}\n")), "--out: '", done_path(),
                   "' is no result, wanted one line of JSON (without it the run goes on from what is kept)");
        finished_ = result.has_value();
        RUNG_CHECK(
            finished_ || record.find('\n') != record.npos || !holds_states(), "--out: '", common_.out,
            "' holds states without their record.jsonl, wanted both (bring it back, or begin anew with "
            "another --out)");
        if (!finished_ || !common_.save_pretrained.empty()) return;
        RUNG_CHECK(!record.empty(), "--out: '", common_.out,
                   "' holds a result without its record; wanted both, or neither");
        std::fprintf(streams_.error, "%s: this run is finished; its result was:\n", common_.out.c_str());
        std::fputs(result->c_str(), streams_.out);
        throw Exit(0, "finished");
    }

    /// Where flags grew and nothing came of it, the folder is again as it was.
    [[gnu::cold, gnu::noinline]] ~Stages() { put_back(); }
    Stages(Stages const&)            = delete;
    Stages& operator=(Stages const&) = delete;

    /// The next stage's keeper. What it keeps of the program beside the stage's own state is the record's length, and
    /// `rest`.
    /// @param tell  is called with the stage's name and what it learns from
    [[gnu::cold, gnu::noinline]] std::shared_ptr<Keeper> next(std::string_view label, Record& record,
                                                              Keeper::State rest, Tell tell = {}) {
        std::string name = text::join({text::number(++count_), "-"});
        for (const char c : label.substr(0, 60)) {
            const bool plain = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_';
            if (plain) name.push_back(c);
            else if (name.back() != '-') name.push_back('-');
        }
        return std::shared_ptr<Keeper>(
            new Stage(*this, count_, name, record, std::move(rest), std::move(tell)));
    }

    /// The program has come to its end, with this result.
    void finish(std::string const& result) {
        write_file(done_path(), result);
        before_.clear();
        signals_.leave_with(0);
    }

private:
    static constexpr int steps_back = 100;  // at most, by a retry

    class Stage final : public Keeper {
    public:
        Stage(Stages& all, int number, std::string const& name, Record& record, State rest, Tell tell)
            : all_(all),
              number_(number),
              name_(name),
              file_(text::join({all.common_.out, "/", name, ".checkpoint"})),
              record_(record),
              rest_(std::move(rest)),
              tell_(std::move(tell)) {}

        void learns_from(std::string const& what) override {
            if (tell_) tell_(name_, what);
        }
        [[gnu::cold, gnu::noinline]] void begin(State const& state) override {
            RUNG_CHECK(!std::exchange(begun_, true), "Journal: watch; got '", name_,
                       "' for a second training, wanted one for each");
            all_.signals_.leave_with(0);
            all_.begun_.push_back(number_);
            const bool kept = read(state);
            RUNG_CHECK(done_ || !all_.finished_, "--out: a run that is finished; got no '", name_,
                       ".checkpoint' of a stage that is, wanted all of them (without DONE and the states of "
                       "later stages it is trained again)");
            RUNG_CHECK(kept || !all_.holds_states(number_), "--out: '", all_.common_.out,
                       "' holds states of later stages; got no '", name_,
                       ".checkpoint', wanted all of them (remove the later ones to train it again)");
            kept_ = seconds_now();
            if (done_) return all_.idle();
            all_.before_.clear();
            record_.cut();  // what a killed run wrote after it
            if (back_.empty()) mark(state);
        }
        void step(State const& state, bool done) override {
            if (done_ && done) return;  // nothing came of it
            pass();
            if (std::exchange(done_, false)) {
                all_.reopen(number_);
                record_.cut();
                if (back_.empty()) mark(state);
            }
            if (steps_ % steps_back == 0 || std::exchange(again_, false)) mark(state);
            if (done || now()) keep(state, done);
        }
        void pass() override { ++steps_; }
        bool due(int steps) override { return (steps_ + steps) % steps_back == 0 || again_ || now(); }
        [[gnu::cold, gnu::noinline]] bool retry(State const& state, int at, std::string_view why) override {
            const int tried = retries_;
            again_          = tried < all_.common_.retries;
            if (again_) {
                Archive all(back_);
                archive(all, state);
                record_.cut(), retries_ = tried + 1;
            }
            record_.write(Json{}
                              .set("event", "diverged")
                              .set("stage", name_)
                              .set("step", at)
                              .set("why", why)
                              .set("retry", again_ ? retries_ : 0));
            std::fprintf(all_.streams_.error, "%s: %.*s; %s\n", name_.c_str(), int(why.size()), why.data(),
                         again_ ? "going back" : "the state kept last stands");
            return again_;
        }

    private:
        bool now() const {
            return seconds_now() - kept_ >= all_.common_.checkpoint_seconds || all_.signals_.heard() != 0;
        }
        [[gnu::cold, gnu::noinline]] void archive(Archive& all, State const& state) {
            std::uint64_t size = record_.size() - all_.head_;
            all(done_, retries_, steps_, size);
            rest_(all);
            state(all);
            if (all.reads()) record_.go_to(all_.head_ + size);
        }
        /// All of the file. A state goes on from the lines that were there when it was kept, and from no others; those
        /// of earlier versions know their size alone.
        [[gnu::cold, gnu::noinline]] void archive_all(Archive& all, State const& state) {
            archive(all, state);
            all(again_, back_);
            if (!record_.records()) return;
            const auto now  = detail::checksum(record_.lines(all_.head_));
            auto       then = now;
            if (all.mark("record: ")) all(then);
            RUNG_CHECK(then == now, "record: '", record_.path("record.jsonl"),
                       "'; got other lines than were there when the state of ", name_,
                       " was kept, wanted the same (bring them back, or begin anew with another --out)");
        }
        /// Where a retry goes back to is told by steps: what is kept in the file depends on the clock.
        [[gnu::cold, gnu::noinline]] void mark(State const& state) {
            if (all_.common_.retries == 0) return;
            Archive all;
            archive(all, state);
            back_ = all.bytes();
        }
        /// Whether there was one.
        [[gnu::cold, gnu::noinline]] bool read(State const& state) {
            auto bytes = file_.read(all_.streams_.error);
            if (!bytes) return false;
            Archive all(std::move(*bytes));
            archive_all(all, state);
            all.end();
            return true;
        }
        [[gnu::cold, gnu::noinline]] void keep(State const& state, bool done) {
            done_ = done;
            record_.sync();  // first: a state never counts on lines that a power cut may take
            Archive all;
            archive_all(all, state);
            file_.write(all.bytes());
            kept_ = seconds_now();
            if (done) all_.idle();
            else all_.stop_if_asked();
        }

        Stages&        all_;
        int            number_;
        std::string    name_;
        CheckpointFile file_;
        Record&        record_;
        State          rest_;
        Tell           tell_;
        std::string    back_;  // the state of some steps ago, if there are retries
        double         kept_    = 0;
        int            retries_ = 0, steps_ = 0;
        bool           begun_ = false, done_ = false, again_ = false;
    };

    /// Of stages after that number which have not begun: they may begin in any order.
    bool holds_states(int number = 0) const {
        for (std::string const& name : names_in(common_.out)) {
            const int  other = std::atoi(name.c_str());
            const bool begun = std::find(begun_.begin(), begun_.end(), other) != begun_.end();
            if (is_state(name) && other > number && !begun) return true;
        }
        return false;
    }
    static bool is_state(std::string const& name) { return name.find(".checkpoint") != name.npos; }
    /// A stage that was finished goes on: what came of it is undone.
    [[gnu::cold, gnu::noinline]] void reopen(int number) {
        signals_.leave_with(0);
        before_.clear();
        finished_ = false;
        std::remove(done_path().c_str());
        for (std::string const& name : names_in(common_.out)) {
            if (is_state(name) && std::atoi(name.c_str()) > number)
                std::remove(text::join({common_.out, "/", name}).c_str());
        }
    }

    void put_back() const {
        try {
            for (auto const& [path, bytes] : before_) write_file(path, bytes);
        } catch (std::exception const&) {}  // what keeps it from being written has been said
    }

    /// All is kept: a signal to stop waits for nothing.
    void idle() {
        signals_.leave_with(common_.preempt_exit_code);
        stop_if_asked();
    }
    [[gnu::cold, gnu::noinline]] void stop_if_asked() const {
        if (const int signal = signals_.heard())
            throw Exit(common_.preempt_exit_code,
                       text::join({"stopped by ", StopSignals::name(signal), "; all is kept in '",
                                   common_.out, "', and the same command goes on from there"}));
    }

    std::string done_path() const { return common_.out + "/DONE"; }

    Common const&                                    common_;
    Streams                                          streams_;
    bool                                             finished_ = false;  // and gone through again
    std::vector<std::pair<std::string, std::string>> before_;  // files, until a run whose flags grew goes on
    std::size_t                                      head_;    // bytes of the record's first line
    FolderLock                                       lock_;
    StopSignals                                      signals_;
    int                                              count_ = 0;
    std::vector<int>                                 begun_;  // their numbers
};

}  // namespace rung
