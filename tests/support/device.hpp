#pragma once
// A GPU on the host, for programs that use cuda::Context: what device.hpp declares, with bodies run by one lane each, flash
// attention by emulated warps, and products by loops. Calls are made when the host waits, as late as a real
// device could: what relies on earlier comes out wrong. Memory that need not be zero is NaN.

#include <algorithm>
#include <deque>
#include <functional>
#include <vector>

#include "rung/backend/cuda/cuda.hpp"
#include "support/simt.hpp"

namespace rung::cuda {

inline Found find_device() { return {true, "the host"}; }

/// see(address, bytes) for what a call adds to.
template <class Call, class See>
void each_sum_of(Call const&, See const&) {}
template <class See>
void each_sum_of(Product const& product, See const& see) {
    auto const& shape = product.shape;
    if (shape.adds && product.at.addend == product.at.result)
        see(product.at.result, std::size_t(shape.rows * shape.result_stride) * sizeof(float));
}
template <class Term, class See>
void each_sum_of(Launch<ColumnSums<Term>> const& launch, See const& see) {
    for (float const* to : launch.body.to)
        if (to) see(to, std::size_t(launch.body.columns) * sizeof(float));
}
template <class T, class See>
void each_sum_of(Launch<EmbedBackward<T>> const& launch, See const& see) {
    auto const& body = launch.body;
    see(body.dtable, std::size_t(launch.items / body.groups() * body.width) * sizeof(float));
}
template <class See>
void each_sum_of(Launch<AddLosses> const& launch, See const& see) {
    see(launch.body.sum, sizeof(double));
}

class Driver {
public:
    Driver() { all().push_back(this); }
    ~Driver() {
        work();
        std::erase(all(), this);
    }
    void start(Recording const& calls) {
        started_.push_back(calls), ++count_;
        Driver::calls() += long(calls.size());
        int busy = 0;
        for (Driver* const one : all()) busy += !one->started_.empty();
        most_at_once() = std::max(most_at_once(), busy);
    }
    /// Drivers that had work at the same time.
    static int& most_at_once() {
        static int most = 0;
        return most;
    }
    void work() { work_until(count_); }
    /// Does what had been started when so much had been, and nothing that was started later.
    void work_until(long count) {
        while (!started_.empty() && count_ - long(started_.size()) < count) {
            const Recording calls = std::move(started_.front());
            started_.pop_front();
            try {
                calls.run(*this);
            } catch (...) {
                branches_.clear(), sums_.clear(), back();
                throw;
            }
            join();
        }
    }
    /// A call now, or of a branch as late as may be: branches are done when they are waited for, the last one first.
    /// Throws where a sum is added to that another branch, or the rest beside it, adds to.
    template <class Call>
    void make_or_put_off(Call const& call) {
        const int by = apart_ ? int(branches_.size()) : 0;
        each_sum_of(call, [&](void const* to, std::size_t bytes) {
            const Sum own{static_cast<char const*>(to), bytes, by};
            for (Sum const& other : sums_)
                RUNG_CHECK(other.by == by || other.to + other.bytes <= own.to || own.to + bytes <= other.to,
                           "emulated GPU: sum; got two branches that add to one, wanted a join between them");
            if (apart_) sums_.push_back(own);
        });
        if (apart_) branches_.back().push_back([call] { make(call); });
        else make(call);
    }
    void fork() { apart_ = true, branches_.emplace_back(); }
    void back() { apart_ = false; }
    void join() {
        for (back(); !branches_.empty(); branches_.pop_back())
            for (auto const& call : branches_.back()) call();
        sums_.clear();
    }
    long count() const { return count_; }
    /// Calls that have been asked for.
    static long& calls() {
        static long count = 0;
        return count;
    }
    /// How often the host has waited for all.
    static int& waits() {
        static int count = 0;
        return count;
    }
    static std::vector<Driver*>& all() {
        static std::vector<Driver*> drivers;
        return drivers;
    }

private:
    std::deque<Recording> started_;
    struct Sum {
        char const* to;
        std::size_t bytes;
        int         by;  ///< 0: the rest; a branch's number
    };
    std::vector<std::vector<std::function<void()>>> branches_;
    std::vector<Sum>                                sums_;  // of branches
    bool                                            apart_ = false;
    long                                            count_ = 0;
};
class Graph {
public:
    Recording calls;
};

template <class T>
void Drop<T>::operator()(T* one) const {
    delete one;
}
inline Owned<Driver> make_driver(Choice) { return Owned<Driver>(new Driver); }
inline void          start(Driver& driver, Recording const& calls) { driver.start(calls); }
inline void          start(Driver& driver, Graph& graph) { driver.start(graph.calls); }
inline Owned<Graph>  capture(Driver&, Recording const& calls) { return Owned<Graph>(new Graph{calls}); }
inline void          synchronize(Driver& driver) { ++Driver::waits(), driver.work(); }
inline long          mark(Driver& driver) { return driver.count(); }
inline void          wait_for(Driver& driver, long mark) { driver.work_until(mark); }

inline void finish_work() {
    for (Driver* const driver : Driver::all()) driver->work();
}
/// Whatever is started may still use it.
inline void give_after_work(void* data) {
    finish_work();
    host_memory.give(data);
}

inline Memory const& device_memory() {
    static const Memory memory{
        [](std::size_t bytes) { return std::memset(host_memory.take(bytes), 0xff, bytes); }, give_after_work};
    return memory;
}
inline Memory const& shared_memory() {
    static const Memory memory{[](std::size_t bytes) {
                                   finish_work();
                                   return host_memory.take(bytes);
                               },
                               give_after_work};
    return memory;
}
inline Memory const& pinned_memory() {
    static const Memory memory{host_memory.take, give_after_work};
    return memory;
}

template <class Body>
concept NeedsWarps = requires {
    typename Body::Head;
};

inline void make(Copy const& copy) { std::memcpy(copy.to, copy.from, copy.bytes); }

template <class Body>
void make(Launch<Body> const& launch) {
    auto const& body = launch.body;
    if constexpr (Body::warps == 0)
        for (Index i = 0; i < launch.items; ++i) body(i);
    else if constexpr (NeedsWarps<Body>)
        rung_test::run_emulated<rung_test::FiberBlock<Body::warps>>(launch.items, body);
    else rung_test::run_serial(launch.items, body);
}

/// In double precision, rounded once.
inline void make(Product const& product) {
    auto const& shape = product.shape;
    auto const& at    = product.at;
    const auto  read  = [](void const* from, Number number, Index i) {
        return double(number == Number::f32 ? static_cast<float const*>(from)[i]
                                              : widen(static_cast<bf16 const*>(from)[i]));
    };
    const auto write = [&shape](void* into, Index i, double number) {
        if (shape.result == Number::f32) static_cast<float*>(into)[i] = float(number);
        else static_cast<bf16*>(into)[i] = narrow<bf16>(float(number));
    };
    for (Index i = 0; i < shape.rows; ++i)
        for (Index j = 0; j < shape.cols; ++j) {
            const Index to  = i * shape.result_stride + j;
            double      sum = shape.adds ? read(at.addend, shape.result, to) : 0;
            if (shape.epilogue == Epilogue::bias || shape.epilogue == Epilogue::gelu_bias)
                sum += read(at.bias, shape.result, j);
            for (Index k = 0; k < shape.depth; ++k)
                sum += read(at.left, shape.factors,
                            shape.left_transposed ? k * shape.left_stride + i : i * shape.left_stride + k) *
                       read(at.right, shape.factors,
                            shape.right_transposed ? j * shape.right_stride + k : k * shape.right_stride + j);
            const Index kept = i * shape.kept_stride + j;
            if (shape.epilogue == Epilogue::gelu_backward)
                sum *= body::activated<Activation::gelu>(float(read(at.kept, shape.result, kept))).slope;
            if (shape.epilogue == Epilogue::gelu || shape.epilogue == Epilogue::gelu_bias) {
                if (at.kept) write(at.kept, kept, sum);
                sum = body::activated<Activation::gelu>(float(sum)).value;
            }
            write(at.result, to, sum);
        }
}

template <class Call>
void make(Driver& driver, void const* call) {
    if constexpr (std::is_same_v<Call, Fork>) driver.fork();
    else if constexpr (std::is_same_v<Call, Back>) driver.back();
    else if constexpr (std::is_same_v<Call, Join>) driver.join();
    else driver.make_or_put_off(*static_cast<Call const*>(call));
}

}  // namespace rung::cuda
