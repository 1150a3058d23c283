#pragma once
// Small arrays on their way to the GPU: gathered on the host, they go in one copy before the calls that read them. The
// host gathers in one of several banks, so that it need not wait for copies from the others; where the arrays will be
// is the same for all banks.

#include <algorithm>
#include <cstring>
#include <vector>

#include "rung/backend/cuda/queue.hpp"

namespace rung::cuda {

class Uploads {
    static constexpr std::size_t line = 64;

public:
    static constexpr int banks = 4;

    struct Room {
        void *here, *there;
    };
    /// Room for an array, to be written here before send(), and where it will be, until begin() or reset().
    Room room(std::size_t bytes) {
        if (blocks_.empty() || blocks_.back().used + bytes > blocks_.back().size()) grow(bytes);
        auto&             block = blocks_.back();
        const std::size_t at    = block.used;
        block.used              = (at + bytes + line - 1) / line * line;
        return {block.bank(bank_) + at, block.there.data() + at};
    }
    void const* add(void const* from, std::size_t bytes) {
        const Room to = room(bytes);
        if (bytes > 0) std::memcpy(to.here, from, bytes);
        return to.there;
    }
    /// Has the queue copy what was added since.
    void send(Queue& queue) {
        for (auto& block : blocks_)
            if (const auto from = std::exchange(block.sent, block.used); from < block.used)
                queue.upload(block.there.data() + from, block.bank(bank_) + from, block.used - from);
    }
    struct Mark {
        std::size_t blocks, used;
    };
    Mark mark() const { return {blocks_.size(), blocks_.empty() ? 0 : blocks_.back().used}; }
    /// Takes back what was added since; nothing may be under way.
    void release(Mark const& mark) {
        if (blocks_.empty()) return;
        auto& last = blocks_.back();
        last.used  = blocks_.size() == mark.blocks ? mark.used : 0;
        last.sent  = std::min(last.sent, last.used);
    }
    /// Begins anew, in this bank: its copies must be done, and nothing be left to send.
    void begin(int bank) { bank_ = bank, reset(); }
    /// The same in the present one.
    void reset() {
        if (blocks_.size() > 1) {
            std::size_t all = 0;
            for (auto const& block : blocks_) all += block.size();
            blocks_.clear();
            grow(all);
        }
        for (auto& block : blocks_) block.used = block.sent = 0;
    }

private:
    struct Block {
        explicit Block(std::size_t size)
            : here(banks * Index(size), pinned_memory()), there(Index(size), device_memory()) {}
        std::size_t    size() const { return std::size_t(there.size()); }
        unsigned char* bank(int number) { return here.data() + number * there.size(); }

        Buffer<unsigned char> here, there;
        std::size_t           used = 0, sent = 0;
    };

    void grow(std::size_t bytes) {
        const std::size_t last = blocks_.empty() ? std::size_t{1} << 16 : 2 * blocks_.back().size();
        blocks_.emplace_back((std::max(bytes, last) + line - 1) / line * line);
    }

    std::vector<Block> blocks_;
    int                bank_ = 0;
};

}  // namespace rung::cuda
