#pragma once
// The next batch is made while the current one is learnt from.

#include <exception>
#include <thread>
#include <type_traits>
#include <utility>

namespace rung::detail {

/// Values of make(), each made once, in order; between start() and take() by a thread of its own.
template <class Make>
class Ahead {
public:
    explicit Ahead(Make make) : make_(std::move(make)) {}
    Ahead(Ahead const&)            = delete;
    Ahead& operator=(Ahead const&) = delete;
    ~Ahead() { wait(); }

    void start() {
        thread_ = std::thread([this] {
            try {
                value_ = make_();
            } catch (...) {
                failure_ = std::current_exception();
            }
        });
    }
    /// The value that was started, or one made now. Throws what make() threw.
    auto take() {
        if (!wait()) return make_();
        if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
        return std::move(value_);
    }

private:
    bool wait() {
        if (!thread_.joinable()) return false;
        thread_.join();
        return true;
    }

    Make                        make_;
    std::invoke_result_t<Make&> value_{};
    std::exception_ptr          failure_;
    std::thread                 thread_;
};

}  // namespace rung::detail
