#pragma once
// A list whose room is known before anything is in it: it takes memory once, and to add to it is a few instructions.

#include <utility>

#include "rung/core/buffer.hpp"

namespace rung {

/// Throws on one element more than it has room for.
template <class T>
class FixedList {
public:
    FixedList() = default;
    FixedList(FixedList&& other) noexcept
        : all_(std::move(other.all_)), size_(std::exchange(other.size_, 0)) {}

    /// For so many; forgets what it held.
    [[gnu::noinline]] void make_room(Index room) { all_ = Buffer<T>(room), size_ = 0; }

    void push_back(T value) {
        if (size_ == all_.size()) full(size_);
        all_[size_++] = value;
    }
    /// So many more, to be written.
    T* more(Index count) {
        if (size_ + count > all_.size()) full(all_.size());
        return all_.begin() + std::exchange(size_, size_ + count);
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
