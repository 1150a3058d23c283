#pragma once
// The emulated GPU's works: a web of those that wait for others, and the streams that they were asked for in.

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "gpu.hpp"

namespace emulated {

struct Capture;

struct Work {
    std::function<void()>              make;
    std::vector<std::shared_ptr<Work>> needs;  ///< first what comes before in its stream, if anything
    std::map<int, long>      after;      ///< of every stream, how many works this one and those before it are
    std::shared_ptr<Capture> part_of{};  ///< also when that is over
    int                      stream = 0;
    float                    cost = 0, ended = 0;  // milliseconds
    bool                     done = false;
};
using Works = std::vector<std::shared_ptr<Work>>;

inline bool comes_after(Work const& work, Work const& earlier) {
    const auto known = work.after.find(earlier.stream);
    return known != work.after.end() && known->second >= earlier.after.at(earlier.stream);
}

/// Who changed what, of those that a later one might not wait for.
class Writers {
public:
    bool agree(std::shared_ptr<Work> const& work, std::vector<Range> const& changes) {
        for (auto const& change : changes) {
            const auto begin = static_cast<char const*>(change.at), end = begin + change.bytes;
            bool       fine = true;
            std::erase_if(all_, [&](Writer const& other) {
                if (other.end <= begin || end <= other.begin) return false;
                fine = fine && comes_after(*work, *other.work);
                return begin <= other.begin && other.end <= end;
            });
            if (!fine) return false;
            all_.push_back({begin, end, work});
        }
        if (all_.size() > many) all_.erase(all_.begin(), all_.end() - many / 2);
        return true;
    }
    void clear() { all_.clear(); }

private:
    static constexpr std::ptrdiff_t many = 64;
    struct Writer {
        char const *          begin, *end;
        std::shared_ptr<Work> work;
    };
    std::vector<Writer> all_;
};

struct Capture {
    cudaStream_t origin;
    Works        works{};
    Writers      writers{};
    bool         spoilt = false, over = false;
};

/// Does it, and before it what it waits for: first its own stream's works, then those beside it, the last first.
void finish(std::shared_ptr<Work> const&);

std::set<cudaStream_t>& streams();
cudaStream_t            at(cudaStream_t);  ///< null is the default stream
/// Whether what is captured in it has failed.
bool spoilt(cudaStream_t);
void count_busy();

}  // namespace emulated

struct CUstream_st {
    int                                number;
    bool                               main;
    std::shared_ptr<emulated::Work>    last{};     ///< of what it was asked for
    emulated::Works                    waits{};    ///< what the next work needs, too
    std::shared_ptr<emulated::Capture> capture{};  ///< that it is part of
    std::shared_ptr<emulated::Work>    last_before{};
    emulated::Works                    waits_before{};

    bool busy() const { return last && !last->done; }
    /// A work after all that it was asked for.
    std::shared_ptr<emulated::Work> add() {
        static std::map<int, long> count;

        const auto work = std::make_shared<emulated::Work>();
        if (last) work->needs.push_back(last);
        for (auto& one : waits) work->needs.push_back(one);
        waits.clear();
        for (auto const& one : work->needs)
            for (auto const& [other, works] : one->after)
                work->after[other] = std::max(work->after[other], works);
        work->stream = number, work->after[number] = ++count[number];
        work->part_of = capture;
        if (capture) capture->works.push_back(work);
        return last = work;
    }
    void take_part(std::shared_ptr<emulated::Capture> const& in) {
        capture = in, last_before = std::exchange(last, nullptr), waits_before = std::exchange(waits, {});
    }
    void leave() {
        capture = nullptr, last = std::exchange(last_before, nullptr),
        waits = std::exchange(waits_before, {});
    }
};
struct CUevent_st {
    std::shared_ptr<emulated::Work> work;
};
