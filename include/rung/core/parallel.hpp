#pragma once
// A pool of threads that works through a fixed list of slices. Which thread takes which slice is left open,
// so a slice may only write what is its own; then results have the same bits for any number of threads.

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

#include "rung/core/check.hpp"

namespace rung {

namespace detail {

/// What a thread is told to do. All are of this type: a program compiles the start of one.
struct Duty {
    void (*work)(void* of, int id);
    void* of;
    int   id = 0;
    void  operator()() const { work(of, id); }
};

}  // namespace detail

/// `threads` workers, the calling thread among them. Not copyable; one call at a time.
class Workers {
public:
    /// threads = 0 takes one per processor.
    explicit Workers(int threads = 0) {
        RUNG_CHECK(threads >= 0 && threads <= 1024, "Workers: threads; got ", threads,
                   ", wanted 0 (all) to 1024");
        if (threads == 0) threads = std::max(1, int(std::thread::hardware_concurrency()));
        pool_ = std::make_unique<std::thread[]>(std::size_t(threads - 1));
        try {
            for (; started_ < threads; ++started_)
                pool_[std::size_t(started_ - 1)] = std::thread(detail::Duty{
                    [](void* of, int id) { static_cast<Workers*>(of)->serve(id); }, this, started_});
        } catch (std::system_error const& error) {
            const int started = started_;
            stop();
            fail({"Workers: threads; got ", threads, ", but the system starts no more than ", started, ": ",
                  error.what()});
        }
    }
    Workers(Workers const&)            = delete;
    Workers& operator=(Workers const&) = delete;
    ~Workers() { stop(); }

    int count() const { return started_; }
    /// From the next call on, so many of them work: 1 to count(). Not during a call.
    void at_most(int some) { some_ = std::clamp(some, 1, count()); }

    /// Runs work(slice, worker) for every slice in 0 .. slices - 1 and waits; worker is in 0 .. count() - 1. If
    /// slices throw, the exception of the lowest one is thrown again here, after all have run. Throws during another
    /// call, from a slice or from another thread.
    template <class Work>
    void run(int slices, Work const& work) {
        run(slices, Call{&work, [](void const* own, int slice, int worker) {
                             (*static_cast<Work const*>(own))(slice, worker);
                         }});
    }

private:
    /// Somebody's work, for as long as run() lasts: lighter to compile than a std::function, of which there would be as
    /// many as there are loops over slices.
    struct Call {
        void const* work                                    = nullptr;
        void (*of)(void const* work, int slice, int worker) = nullptr;
    };

    void run(int slices, Call work) {
        {
            std::lock_guard lock(mutex_);
            RUNG_CHECK(!running_,
                       "Workers: run; got a call during another (one context in two places at once?)");
            running_ = true;
            work_    = work;
            slices_  = slices;
            next_    = 0;
            helpers_ = busy_ = std::clamp(slices - 1, 0, std::min(some_, count()) - 1);
            failed_          = slices;
            failure_         = nullptr;
            ++round_;
        }
        if (helpers_ > 0) start_.notify_all();
        drain(0);
        std::unique_lock lock(mutex_);
        done_.wait(lock, [this] { return busy_ == 0; });
        running_ = false;
        if (failure_) std::rethrow_exception(failure_);
    }
    void drain(int worker) {
        for (int slice; (slice = next_.fetch_add(1)) < slices_;) {
            try {
                work_.of(work_.work, slice, worker);
            } catch (...) {
                std::lock_guard lock(mutex_);
                if (slice < failed_) failed_ = slice, failure_ = std::current_exception();
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
                if (id > helpers_) continue;  // fewer slices than threads
            }
            drain(id);
            std::lock_guard lock(mutex_);
            if (--busy_ == 0) done_.notify_one();
        }
    }
    void stop() {
        {
            std::lock_guard lock(mutex_);
            quit_ = true;
        }
        start_.notify_all();
        for (; started_ > 1; --started_) pool_[std::size_t(started_ - 2)].join();
    }

    int                            started_ = 1;  // the calling thread among them
    std::unique_ptr<std::thread[]> pool_;         // the others
    std::mutex                     mutex_;
    std::condition_variable        start_, done_;
    Call                           work_;
    std::exception_ptr             failure_;
    std::atomic<int>               next_{0};
    int                            some_   = 1024;
    int                            slices_ = 0, helpers_ = 0, busy_ = 0, failed_ = 0;
    long                           round_ = 0;
    bool                           quit_ = false, running_ = false;
};

}  // namespace rung
