#pragma once
// Memory says where numbers live; Buffer owns one zeroed allocation of it; Arena hands out pieces of a few and takes
// them all back at once.

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "rung/core/check.hpp"
#include "rung/core/view.hpp"

namespace rung {

/// A kind of memory: how bytes, aligned to a cache line and zeroed where the host sees them, are had and given back.
struct Memory {
    void* (*take)(std::size_t bytes);
    void (*give)(void*);
};

namespace detail {
[[gnu::noinline]] inline void* take_zeroed(std::size_t bytes) {
    void* const data = ::operator new (bytes, std::align_val_t{64}, std::nothrow);
    RUNG_CHECK(data, "memory: got none, wanted ", bytes,
               " bytes (a smaller batch, piece or number of passes?)");
    return std::memset(data, 0, bytes);
}
inline void give_back(void* data) { ::operator delete (data, std::align_val_t{64}); }
}  // namespace detail

/// The system's.
inline constexpr Memory host_memory{detail::take_zeroed, detail::give_back};

namespace detail {
/// Room for so many elements of `each` bytes; none for none.
[[gnu::noinline]] inline void* take(Memory const& memory, Index count, std::size_t each) {
    RUNG_CHECK(count >= 0, "Buffer: size; got ", count, ", wanted at least 0");
    return count > 0 ? memory.take(std::size_t(count) * each) : nullptr;
}
[[gnu::noinline]] inline void give(Memory const& memory, void* data) noexcept {
    if (data) memory.give(data);
}
}  // namespace detail

/// Owns `size` zeroed elements. Moves, never copies by accident.
template <class T>
class Buffer {
    static_assert(std::is_trivially_copyable_v<T>,
                  "Buffer: elements are plain data, because they are zeroed and copied as bytes");

public:
    Buffer() = default;
    explicit Buffer(Index size, Memory const& memory = host_memory)
        : data_(static_cast<T*>(detail::take(memory, size, sizeof(T)))), size_(size), memory_(&memory) {}
    Buffer(Buffer&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)),
          size_(std::exchange(other.size_, 0)),
          memory_(other.memory_) {}
    Buffer& operator=(Buffer&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(memory_, other.memory_);
        return *this;
    }
    ~Buffer() { detail::give(*memory_, data_); }

    /// A second buffer with the same contents.
    Buffer copy() const {
        Buffer other(size_, *memory_);
        if (size_ > 0) std::memcpy(other.data_, data_, std::size_t(size_) * sizeof(T));
        return other;
    }

    Memory const& memory() const { return *memory_; }

    T*       data() { return data_; }
    T const* data() const { return data_; }
    T const* cdata() const { return data_; }  ///< read-only also when the buffer is not
    Index    size() const { return size_; }
    T*       begin() { return data_; }
    T*       end() { return data_ + size_; }
    T const* begin() const { return data_; }
    T const* end() const { return data_ + size_; }
    T&       operator[](Index i) { return data_[i]; }
    T const& operator[](Index i) const { return data_[i]; }

private:
    T*            data_   = nullptr;
    Index         size_   = 0;
    Memory const* memory_ = &host_memory;
};

/// Scratch memory for activations. `take` bumps a pointer; `reset` takes everything back and, if the last
/// round needed more than one block, keeps a single block of the total size: from the second round on nothing
/// is allocated.
class Arena {
    static constexpr Index line = 64;

public:
    explicit Arena(Memory const& memory = host_memory) : memory_(&memory) {}
    Arena(Arena const&)            = delete;
    Arena& operator=(Arena const&) = delete;
    ~Arena() { drop(); }

    /// An uninitialised rows x cols matrix, valid until the next reset.
    template <class T>
    Mat<T> take(Index rows, Index cols) {
        return {static_cast<T*>(bytes(rows * cols * Index(sizeof(T)))), rows, cols};
    }

    void reset() {
        if (blocks_ > 1) {
            drop();
            add(peak_ + peak_ / 8);  // the next round may need a little more
        }
        used_ = total_ = 0;
    }

    /// Makes sure that `bytes` can be taken without asking the system again. Nothing may be taken yet.
    void reserve(Index bytes) {
        RUNG_CHECK(total_ == 0, "Arena: reserve; got ", total_, " bytes in use, wanted none");
        if (last_ && last_->bytes.size() >= bytes) return;
        drop();
        grow(bytes + bytes / 8);
    }

    /// Blocks in use; reset() replaces several by one.
    int blocks() const { return blocks_; }

    /// Blocks asked of the system so far; it stops growing once a step's needs are known.
    int allocations() const { return allocations_; }

    /// Largest number of bytes in use at once so far.
    Index peak() const { return peak_; }

    /// Forgets what was taken after `mark()`; memory taken before stays.
    struct Mark {
        int   blocks;
        Index used, total;
    };
    Mark mark() const { return {blocks_, used_, total_}; }
    void release(Mark mark) {
        used_  = blocks_ == mark.blocks ? mark.used : 0;  // a block begun since holds nothing older
        total_ = mark.total;
    }

private:
    struct Block {
        Buffer<unsigned char> bytes;
        Block*                before;
    };

    [[gnu::noinline]] void* bytes(Index count) {
        count = (count + line - 1) / line * line;
        if (!last_ || used_ + count > last_->bytes.size()) grow(count);
        void* result = last_->bytes.data() + used_;
        used_ += count;
        total_ += count;
        peak_ = std::max(peak_, total_);
        return result;
    }

    [[gnu::noinline]] void grow(Index count) {
        add(std::max(std::max(count, Index{1} << 16), total_ / 2));
        used_ = 0;
    }
    [[gnu::noinline]] void add(Index size) {
        last_ = new Block{Buffer<unsigned char>(size, *memory_), last_};
        ++blocks_, ++allocations_;
    }
    [[gnu::noinline]] void drop() {
        while (last_) delete std::exchange(last_, last_->before);
        blocks_ = 0;
    }

    Memory const* memory_;
    Block*        last_ = nullptr;
    Index         used_ = 0, total_ = 0, peak_ = 0;
    int           blocks_ = 0, allocations_ = 0;
};

}  // namespace rung
