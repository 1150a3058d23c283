#pragma once
// What comes next is made while the present is worked with: the next step's batches, the next problems to answer.

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "rung/core/parallel.hpp"

namespace rung::detail {

/// A thread that does the same thing whenever it is told to. Of no type, so that it is compiled once.
class Helper {
public:
    /// @param work  is called with `of`
    Helper(void (*work)(void* of), void* of) : work_(work), of_(of) {}
    Helper(Helper const&)            = delete;
    Helper& operator=(Helper const&) = delete;
    ~Helper() {
        if (!thread_.joinable()) return;
        {
            std::lock_guard lock(mutex_);
            quit_ = true;
        }
        asked_.notify_one();
        thread_.join();
    }

    /// Does nothing where no thread is to be had.
    void start() {
        if (!thread_.joinable()) try {
                thread_ = std::thread(Duty{[](void* of, int) { static_cast<Helper*>(of)->serve(); }, this});
            } catch (std::system_error const&) {
                return;
            }
        {
            std::lock_guard lock(mutex_);
            busy_ = true;
        }
        started_ = true;
        asked_.notify_one();
    }
    /// Returns when nothing is being done.
    void wait() {
        std::unique_lock lock(mutex_);
        done_.wait(lock, [this] { return !busy_; });
    }
    /// Waits. Whether it was started since it was last asked; throws what the work threw.
    bool finished() {
        wait();
        if (!std::exchange(started_, false)) return false;
        if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
        return true;
    }
    /// Waits, and forgets that it was started.
    void drop() {
        wait();
        started_ = false, failure_ = nullptr;
    }

private:
    void serve() {
        for (std::unique_lock lock(mutex_);;) {
            asked_.wait(lock, [this] { return busy_ || quit_; });
            if (!busy_) return;
            lock.unlock();
            try {
                work_(of_);
            } catch (...) {
                failure_ = std::current_exception();
            }
            lock.lock();
            busy_ = false;
            done_.notify_one();
        }
    }

    void (*work_)(void* of);
    void*                   of_;
    std::exception_ptr      failure_;
    bool                    started_ = false;
    std::mutex              mutex_;
    std::condition_variable asked_, done_;
    bool                    busy_ = false, quit_ = false;
    std::thread             thread_;
};

/// Values of make(), each made once, in order; between start() and take() by a thread of its own.
template <class Value>
class Ahead {
public:
    explicit Ahead(std::function<Value()> make) : make_(std::move(make)) {}
    Ahead(Ahead const&)            = delete;
    Ahead& operator=(Ahead const&) = delete;

    /// Where no thread is to be had, take() makes the value.
    void start() { thread_.start(); }
    /// Returns when nothing is being made.
    void wait() { thread_.wait(); }
    /// Makes nothing of what was started.
    void drop() { thread_.drop(); }
    /// The value that was started, or one made now. Throws what make() threw.
    Value take() { return thread_.finished() ? std::move(value_) : make_(); }

private:
    void make() { value_ = make_(); }

    std::function<Value()> make_;
    Value                  value_;
    Helper                 thread_{[](void* of) { static_cast<Ahead*>(of)->make(); }, this};
};

}  // namespace rung::detail
