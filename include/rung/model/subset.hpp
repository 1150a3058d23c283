#pragma once
// Some of the sequences of a call, by themselves: those that go on, or those that leave. The host's, and so is the
// memory they live in.

#include <algorithm>

#include "rung/core/buffer.hpp"
#include "rung/core/cache.hpp"
#include "rung/core/sequences.hpp"

namespace rung {

class Subset {
public:
    /// All of them.
    Subset(Arena& notes, Sequences const& rows, CachePlaces const& places) : rows_(rows), places_(places) {
        const auto numbers = notes.take<int>(1, rows.count);
        for (int i = 0; i < rows.count; ++i) numbers.data[i] = i;
        numbers_ = numbers.data;
    }
    /// Those at `which` (count) of another subset, ascending. Their last tokens are the rows that are asked.
    Subset(Arena& notes, Subset const& of, int const* which, int count)
        : rows_(of.rows_), places_(of.places_) {
        Index N = 0;
        for (int i = 0; i < count; ++i) N += of.rows_.starts[which[i] + 1] - of.rows_.starts[which[i]];
        const auto list   = [&](Index n) { return notes.take<int>(1, n).data; };
        int *const tokens = list(N), *const positions = list(N), *const from = list(N),
                   *const starts = list(count + 1), *const lasts = list(count), *const numbers = list(count),
                   *const slots = list(count), *const past = list(count);
        int at = starts[0] = 0;
        for (int i = 0; i < count; ++i) {
            const int b = which[i];
            for (int row = of.rows_.starts[b]; row < of.rows_.starts[b + 1]; ++row, ++at)
                tokens[at] = of.rows_.tokens[row], positions[at] = of.rows_.positions[row], from[at] = row;
            starts[i + 1] = at, lasts[i] = at - 1, numbers[i] = of.numbers_[b];
            slots[i] = of.places_.slots[b], past[i] = of.places_.past[b];
        }
        rows_.tokens = tokens, rows_.positions = positions, rows_.starts = starts, rows_.count = count;
        rows_.graded = lasts, rows_.graded_count = count;
        places_.slots = slots, places_.past = past;
        from_ = from, numbers_ = numbers;
    }

    Sequences const&   rows() const { return rows_; }
    CachePlaces const& places() const { return places_; }
    int                number(int i) const { return numbers_[i]; }  ///< of a sequence among all
    /// Where each row stood before, in a list of at least `count`, filled up with zeros.
    int const* ids(Arena& notes, Index count) const {
        int* const all = notes.take<int>(1, std::max(count, rows_.rows())).data;
        std::fill(std::copy_n(from_, rows_.rows(), all), all + std::max(count, rows_.rows()), 0);
        return all;
    }

private:
    Sequences   rows_;
    CachePlaces places_;
    int const * from_ = nullptr, *numbers_ = nullptr;
};

}  // namespace rung
