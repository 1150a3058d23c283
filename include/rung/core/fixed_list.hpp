#pragma once
// A list whose room is known before anything is in it: it takes memory once, and to add to it is a few instructions.

#include "rung/core/buffer.hpp"

namespace rung {

/// At most `room` elements. Throws on one more.
template <class T>
class FixedList {
public:
    FixedList() = default;
    explicit FixedList(Index room) : all_(room) {}

    void push_back(T value) {
        if (size_ == all_.size()) full(size_);
        all_[size_++] = value;
    }
    void pop_back() { --size_; }
    /// Forgets all but the first `size`.
    void cut(Index size) { size_ = size; }

    Index    size() const { return size_; }
    bool     empty() const { return size_ == 0; }
    T const* data() const { return all_.data(); }
    T*       begin() { return all_.begin(); }
    T*       end() { return all_.begin() + size_; }
    T const* begin() const { return all_.begin(); }
    T const* end() const { return all_.begin() + size_; }
    T&       operator[](Index i) { return all_[i]; }
    T const& operator[](Index i) const { return all_[i]; }
    T const& back() const { return all_[size_ - 1]; }

private:
    [[noreturn, gnu::cold, gnu::noinline]] static void full(Index size) {
        fail({"FixedList: got one element more than the ", size, " that it has room for"});
    }

    Buffer<T> all_;
    Index     size_ = 0;
};

}  // namespace rung
