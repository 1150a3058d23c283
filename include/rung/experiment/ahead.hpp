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

/// Values of make(), each made once, in order; between start() and take() by a thread of its own.
template <class Value>
class Ahead {
public:
    explicit Ahead(std::function<Value()> make) : make_(std::move(make)) {}
    Ahead(Ahead const&)            = delete;
    Ahead& operator=(Ahead const&) = delete;
    ~Ahead() {
        if (!thread_.joinable()) return;
        {
            std::lock_guard lock(mutex_);
            quit_ = true;
        }
        asked_.notify_one();
        thread_.join();
    }

    /// Where no thread is to be had, take() makes the value.
    void start() {
        if (!thread_.joinable()) try {
                thread_ = std::thread(Duty{[](void* of, int) { static_cast<Ahead*>(of)->serve(); }, this});
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
    /// Returns when nothing is being made.
    void wait() {
        std::unique_lock lock(mutex_);
        made_.wait(lock, [this] { return !busy_; });
    }
    /// Makes nothing of what was started.
    void drop() {
        wait();
        started_ = false, failure_ = nullptr;
    }
    /// The value that was started, or one made now. Throws what make() threw.
    Value take() {
        wait();
        if (!std::exchange(started_, false)) return make_();
        if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
        return std::move(value_);
    }

private:
    void serve() {
        for (std::unique_lock lock(mutex_);;) {
            asked_.wait(lock, [this] { return busy_ || quit_; });
            if (!busy_) return;
            lock.unlock();
            try {
                value_ = make_();
            } catch (...) {
                failure_ = std::current_exception();
            }
            lock.lock();
            busy_ = false;
            made_.notify_one();
        }
    }

    std::function<Value()>  make_;
    Value                   value_;
    std::exception_ptr      failure_;
    bool                    started_ = false;
    std::mutex              mutex_;
    std::condition_variable asked_, made_;
    bool                    busy_ = false, quit_ = false;
    std::thread             thread_;
};

}  // namespace rung::detail
