#pragma once
// The journal of one experiment: progress on stderr, every metric as a line of record.jsonl, and at the end a report
// with figures, tables on stdout, and the one line of JSON that scripts read. With an output folder a killed run goes
// on (stages.hpp), and its record is to the byte that of one never killed. Here and in what it is made of most is cold:
// a quarter of a program's code would otherwise be optimised for speed that nobody waits for.

#include <memory>
#include <optional>

#include "rung/experiment/accuracy.hpp"
#include "rung/experiment/climbs.hpp"
#include "rung/experiment/events.hpp"
#include "rung/experiment/manifest.hpp"
#include "rung/experiment/program.hpp"
#include "rung/experiment/progress.hpp"
#include "rung/experiment/record.hpp"
#include "rung/experiment/report.hpp"
#include "rung/experiment/self_improve.hpp"
#include "rung/experiment/stages.hpp"
#include "rung/experiment/table.hpp"
#include "rung/experiment/tensorboard.hpp"

namespace rung {

class Journal {
public:
    /// @param name     of the experiment, as in the last line of JSON
    /// @param title    of the report
    [[gnu::cold, gnu::noinline]] Journal(std::string name, std::string title, Common const& common,
                                         Flags const& flags, Streams streams = {})
        : streams_(streams),
          name_(std::move(name)),
          common_(common),
          command_(flags.command()),
          page_(std::move(title)),
          stages_(common.out.empty() ? nullptr
                                     : new Stages(common_, streams, begin(flags).text(), flags.growing())),
          record_(common.out) {
        record_.go_to(0);  // a run that was killed is gone through again
        record_.write(begin(flags));
        manifest_ = Manifest(common.out, name_, flags);
        if (common.tensorboard && common.out.empty())
            throw BadFlag("--tensorboard: got no --out, wanted a folder to write into");
        if (common.retries > 0 && common.out.empty())
            throw BadFlag("--retries: got no --out, wanted a folder whose states can be gone back to");
        if (common.tensorboard) events_ = EventFile(common.out);
    }

    /// For TrainOptions::watch: a progress line per stretch of training, whose state is kept.
    [[gnu::cold, gnu::noinline]] Watch watch(std::string const& label) {
        return {[this, label](StepEvent const& e) { step(label, e); }, keeper(label), false};
    }
    /// For ClimbOptions::watch.
    /// @param name  of the climb, where there are several
    [[gnu::cold, gnu::noinline]] Watch watch_climb(std::string const& name = "") {
        Watch watch{[this, name](StepEvent const& e) {
                        if (climbs_.empty() && e.step == 1) trained_steps_ = losses_.y.size();
                        step(text::join({of_climb(name), "round ", std::to_string(e.round)}), e);
                    },
                    keeper(name.empty() ? "climb" : name), false};
        watch.labels = [this, name](LabelEvent const& e) { labelled(name, e); };
        return watch;
    }
    /// For ClimbOptions::watch_round.
    std::function<void(Round const&)> watch_round(std::string name = "") {
        return [this, name](Round const& r) { end_round(name, r); };
    }

    /// Accuracies as one table on stdout, a figure in the report, and the last line.
    /// @param trained_to  hardest difficulty with true labels
    /// @param reports     each under its name, all of the same difficulties
    /// @param extra       more members for the JSON, put before "seconds"
    [[gnu::cold, gnu::noinline]] void finish(Difficulty                                         trained_to,
                                             std::vector<std::pair<std::string, Report>> const& reports,
                                             std::vector<std::pair<std::string, Json>> const&   extra = {}) {
        RUNG_CHECK(!reports.empty(), "Journal: reports; got none, wanted at least 1");
        Page::Cells header{"difficulty"};
        for (auto const& [name, report] : reports) header.push_back(name);
        header.push_back("problems");
        std::vector<Page::Cells> rows;
        for (auto const& score : reports.front().second.scores) {
            auto& row = rows.emplace_back(Page::Cells{score.difficulty.text()});
            for (auto const& [name, report] : reports) row.push_back(cell(report.at(score.difficulty)));
            std::string counts;
            bool        alike = true;
            for (auto const& [name, report] : reports) {
                const int count = report.at(score.difficulty).count;
                alike           = alike && count == score.count;
                counts += (counts.empty() ? "" : ", ") + std::to_string(count);
            }
            row.push_back(alike ? std::to_string(score.count) : counts);
        }
        Json line = begin_line();
        if (trained_to.second == 0) line.set("trained_to", trained_to.first);
        else line.set("trained_to", trained_to.text());
        for (auto const& [name, report] : reports) line.set(name, exact_matches(report));
        if (!climbs_.empty()) line.set("rounds", climbs_.rounds());
        for (auto const& [key, value] : extra) line.set(key, value);
        end(line, header, rows, [&] {
            page_.table("Exact match with its 95 % interval (Wilson) on fresh problems.", header, rows);
            const bool grid = has_two_axes(reports.front().second);
            if (!grid)
                page_.figure("Exact match by difficulty; bands are 95 % intervals.",
                             accuracy_figure(trained_to, reports));
            for (auto const& [name, report] : reports)
                if (grid)
                    page_.figure("Exact match by both difficulties: " + name + ".",
                                 grid_svg(report, {.title = name, .trained_to = trained_to}));
        });
    }

    /// The same with a table of one's own; its figures are on the page before.
    /// @param members  of the JSON, put before "seconds"
    [[gnu::cold, gnu::noinline]] void finish(std::string const& caption, Page::Cells const& header,
                                             std::vector<Page::Cells> const&                  rows,
                                             std::vector<std::pair<std::string, Json>> const& members) {
        Json line = begin_line();
        for (auto const& [key, value] : members) line.set(key, value);
        end(line, header, rows, [&] { page_.table(caption, header, rows); });
    }

    /// "0.990 [0.981, 0.995]"
    [[gnu::cold, gnu::noinline]] static std::string cell(Score const& score) {
        const auto [low, high] = score.interval();
        return text::fixed(score.exact_match(), 3) + " [" + text::fixed(low, 3) + ", " +
               text::fixed(high, 3) + "]";
    }

    Page&   page() { return page_; }
    Record& record() { return record_; }

private:
    /// The first line of the record: what run this is.
    [[gnu::cold, gnu::noinline]] Json begin(Flags const& flags) const {
        constexpr std::string_view source = RUNG_SOURCE_HASH;
        Json                       line;
        line.set("event", "begin").set("experiment", name_).set("flags", Common::decisive(flags));
        // A changed program's, or another build's, is another run.
        if (source != "unknown") line.set("source", source).set("build", build_name());
        return std::move(line.set("rng", "philox-v1"));
    }
    std::shared_ptr<Keeper> keeper(std::string const& label) {
        if (!stages_) return nullptr;
        return stages_->next(
            label, record_, [this](Archive& all) { archive(all); },
            [this](auto& stage, auto& what) { manifest_.data(stage, what); });
    }
    /// What the journal has come to.
    [[gnu::cold, gnu::noinline]] void archive(Archive& all) {
        double seconds = this->seconds();
        all(seconds, mean_loss_, losses_.y, trained_steps_, climbs_, round_seconds_, manifest_);
        if (!all.reads()) return;
        before_ = seconds, start_ = seconds_now();
        progress_.reset();
        events_.go_back();
    }
    /// At work, by all processes, without what was lost.
    double seconds() const { return before_ + seconds_now() - start_; }

    [[gnu::cold, gnu::noinline]] void step(std::string const& label, StepEvent const& e) {
        // Made when its first step is done, the line cannot tell how fast that was.
        const bool first = e.step == 1 || !progress_;
        if (first)
            progress_.emplace(label, e.steps, ProgressOptions{.stream = streams_.error, .start = e.step});
        progress_->step(e.step, {.loss = e.loss, .tokens = first ? 0 : double(e.tokens)});
        losses_.y.push_back(e.loss);
        record_.write(step_event(label, losses_.y.size(), e));
        const std::uint64_t at = losses_.y.size();
        events_.scalar("loss", at, e.loss);
        events_.scalar("gradient_norm", at, e.gradient);
        events_.scalar("rate", at, e.rate);
        if (e.test) {
            for (auto const& score : e.test->scores)
                events_.scalar(text::join({"exact_match/", score.difficulty.text()}), at,
                               score.exact_match());
            record_.write(test_event(losses_.y.size(), e));
        }
        if (e.step == e.steps) progress_->finish(), progress_.reset();
        check_loss(label, e);
    }
    /// On record, too: where labels take longer than training, a run is to be seen to go on.
    [[gnu::cold, gnu::noinline]] void labelled(std::string const& name, LabelEvent const& e) {
        if (e.done == e.more || !progress_)
            progress_.emplace(text::join({of_climb(name), "round ", text::number(e.round), ", labels"}), e.of,
                              ProgressOptions{.stream = streams_.error, .start = e.done, .unit = "labels"});
        progress_->step(e.done);
        record_.write(label_event(name, e));
        if (e.done == e.of) progress_.reset();
    }
    /// Throws Diverged where a loss is none, or far above the mean of about the last hundred steps.
    [[gnu::cold, gnu::noinline]] void check_loss(std::string const& label, StepEvent const& e) {
        if (e.step == 1) mean_loss_ = e.loss;
        const double most  = common_.spike * mean_loss_;
        const bool   spike = common_.spike > 0 && e.step > 20 && e.loss > most;
        if (!std::isfinite(e.loss) || spike)
            throw Diverged(
                text::join({label, ": step ", text::number(e.step), ": loss; got ", text::brief(e.loss),
                            ", after a mean of ", text::brief(mean_loss_), ", wanted ",
                            spike ? text::join({"at most ", text::brief(most), ", --spike ",
                                                text::number(common_.spike), " times that"})
                                  : "a finite number",
                            " (was the rate too high?)"}));
        mean_loss_ += (e.loss - mean_loss_) / std::min(e.step, 100);
    }
    [[gnu::cold, gnu::noinline]] void end_round(std::string const& name, Round const& r) {
        climbs_.add(name, r);
        round_seconds_.push_back(std::round(seconds()));
        record_.write(round_event(name, r));
        std::fprintf(streams_.error, "%s\n", round_line(name, r).c_str());
        const auto tell = [&](char const* what, double value) {
            events_.scalar(text::join({name, name.empty() ? "" : "/", what}), losses_.y.size(), value);
        };
        tell("labels/kept", r.total().kept_share());
        tell("labels/precision", r.total().precision());
        tell("labels/recall", r.total().recall());
        if (r.after.scores.empty()) return;
        tell("frontier", r.standing().reach());
        for (auto const& score : r.standing().scores)
            tell(("exact_match/" + score.difficulty.text()).c_str(), score.exact_match());
    }
    [[gnu::cold, gnu::noinline]] Json begin_line() const {
        return Json{}.set("experiment", name_).set("seed", common_.seed);
    }
    [[gnu::cold, gnu::noinline]] void end(Json& line, Page::Cells const& header,
                                          std::vector<Page::Cells> const& rows,
                                          std::function<void()> const&    fill_page) {
        record_.write(Json{}.set("event", "end").set("result", line));
        record_.cut();
        // Not on record, which is the same whenever the run was killed.
        line.set("seconds", seconds());
        if (!climbs_.empty()) line.set("seconds_by_round", Json::array(round_seconds_));
        print_table(streams_.out, header, rows);
        std::fprintf(streams_.out, "%s\n", line.text().c_str());
        std::fflush(streams_.out);  // before the report, which may find the disk full
        if (!record_.records()) return;
        fill_page();
        if (!climbs_.empty()) climbs_.show(page_);
        page_.figure("Loss by step.", loss_figure());
        page_.text("The command that made this page:").command(command_);
        record_.save("report.html", page_.html());
        record_.sync();
        manifest_.end();
        stages_->finish(line.text() + "\n");
    }
    [[gnu::cold, gnu::noinline]] static std::string accuracy_figure(
        Difficulty trained_to, std::vector<std::pair<std::string, Report>> const& reports) {
        Figure figure{
            {.title = "Accuracy by difficulty", .x = "difficulty", .y = "exact match", .y_range = {0, 1}}};
        for (auto const& [name, report] : reports)
            figure.line(accuracy_series(name, report, name == "before" ? Stroke::dashed : Stroke::solid));
        return figure.marker(trained_to, "labels end here").svg();
    }
    [[gnu::cold, gnu::noinline]] std::string loss_figure() {
        Figure figure{{.title = "Loss", .x = "step", .y = "loss", .y_scale = AxisScale::log}};
        while (losses_.x.size() < losses_.y.size()) losses_.x.push_back(double(losses_.x.size() + 1));
        figure.line(losses_);
        if (!climbs_.empty()) figure.marker(double(trained_steps_), "self-improvement begins");
        return figure.svg();
    }

    Streams                 streams_;
    std::string             name_;
    Common                  common_;
    std::string             command_;
    Page                    page_;
    std::unique_ptr<Stages> stages_;  // holds the folder while the record is written
    Record                  record_;
    Manifest                manifest_;
    EventFile               events_;
    std::optional<Progress> progress_;
    Series                  losses_{.name = "loss"};
    Climbs                  climbs_;
    std::vector<double>     round_seconds_;  // since the beginning, at the end of each round
    std::size_t             trained_steps_ = 0;
    double                  mean_loss_     = 0;
    double                  before_ = 0, start_ = seconds_now();  // seconds of processes before
};

}  // namespace rung
