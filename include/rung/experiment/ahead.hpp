#pragma once
// What comes next is made while the present is worked with: the next step's batches, the next problems to answer.

#include <exception>
#include <functional>
#include <system_error>
#include <thread>
#include <utility>

namespace rung::detail {

/// Values of make(), each made once, in order; between start() and take() by a thread of its own.
template <class Value>
class Ahead {
public:
    explicit Ahead(std::function<Value()> make) : make_(std::move(make)) {}
    Ahead(Ahead const&)            = delete;
    Ahead& operator=(Ahead const&) = delete;
    ~Ahead() { wait(); }

    /// Where no thread is to be had, take() makes the value.
    void start() {
        try {
            thread_  = std::thread([this] {
                try {
                    value_ = make_();
                } catch (...) {
                    failure_ = std::current_exception();
                }
            });
            started_ = true;
        } catch (std::system_error const&) {}
    }
    /// Returns when nothing is being made.
    void wait() {
        if (thread_.joinable()) thread_.join();
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
    std::function<Value()> make_;
    Value                  value_;
    std::exception_ptr     failure_;
    std::thread            thread_;
    bool                   started_ = false;
};

}  // namespace rung::detail
