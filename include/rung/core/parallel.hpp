#pragma once
// A pool of threads that works through a fixed list of slices. Which thread takes which slice is left open,
// so a slice may only write what is its own; then results have the same bits for any number of threads.

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "rung/core/check.hpp"

namespace rung {

/// `threads` workers, the calling thread among them. Not copyable; calls do not nest.
class Workers {
public:
    /// threads = 0 takes one per processor.
    explicit Workers(int threads = 0) {
        RUNG_CHECK(threads >= 0 && threads <= 1024, "Workers: threads; got ", threads,
                   ", wanted 0 (all) to 1024");
        if (threads == 0) threads = std::max(1, int(std::thread::hardware_concurrency()));
        for (int id = 1; id < threads; ++id) pool_.emplace_back([this, id] { serve(id); });
    }
    Workers(Workers const&)            = delete;
    Workers& operator=(Workers const&) = delete;
    ~Workers() {
        {
            std::lock_guard lock(mutex_);
            quit_ = true;
        }
        start_.notify_all();
        for (auto& thread : pool_) thread.join();
    }

    int count() const { return int(pool_.size()) + 1; }

    /// Runs work(slice, worker) for every slice in 0 .. slices - 1 and waits; worker is in 0 .. count() - 1.
    /// The first exception a slice throws is thrown again here, after every other slice has ended.
    void run(int slices, std::function<void(int slice, int worker)> const& work) {
        if (slices == 1 || pool_.empty()) {
            for (int slice = 0; slice < slices; ++slice) work(slice, 0);
            return;
        }
        {
            std::lock_guard lock(mutex_);
            work_    = &work;
            slices_  = slices;
            next_    = 0;
            busy_    = int(pool_.size());
            failure_ = nullptr;
            ++round_;
        }
        start_.notify_all();
        drain(0);
        std::unique_lock lock(mutex_);
        done_.wait(lock, [this] { return busy_ == 0; });
        if (failure_) std::rethrow_exception(failure_);
    }

private:
    void drain(int worker) {
        for (int slice; (slice = next_.fetch_add(1)) < slices_;) {
            try {
                (*work_)(slice, worker);
            } catch (...) {
                std::lock_guard lock(mutex_);
                if (!failure_) failure_ = std::current_exception();
            }
        }
    }
    void serve(int id) {
        for (long seen = 0;;) {
            {
                std::unique_lock lock(mutex_);
                start_.wait(lock, [&] { return quit_ || round_ != seen; });
                if (quit_) return;
                seen = round_;
            }
            drain(id);
            std::lock_guard lock(mutex_);
            if (--busy_ == 0) done_.notify_one();
        }
    }
    std::vector<std::thread>             pool_;
    std::mutex                           mutex_;
    std::condition_variable              start_, done_;
    std::function<void(int, int)> const* work_ = nullptr;
    std::exception_ptr                   failure_;
    std::atomic<int>                     next_{0};
    int                                  slices_ = 0, busy_ = 0;
    long                                 round_ = 0;
    bool                                 quit_  = false;
};

}  // namespace rung
