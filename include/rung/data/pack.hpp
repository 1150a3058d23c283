#pragma once
// Tokens -> batches. A batch is a padded rectangle sorted by length; models read pieces of it without the padding.

#include <algorithm>
#include <climits>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "rung/core/fixed_list.hpp"
#include "rung/core/ranks.hpp"
#include "rung/core/sequences.hpp"
#include "rung/data/encode.hpp"

namespace rung {

/// Which tokens the loss grades.
enum class Grade {
    answer,      ///< the answer and its end; the prompt is read only
    everything,  ///< every token after the first
};

/// Sequences of an update, at most: all of them are held at once.
inline constexpr int most_sequences = 1'000'000;

/// B sequences of at most T inputs, padded at the right; row b, column t predicts targets[b * T + t].
struct Batch {
    int              count = 0, longest = 0;  ///< B, T
    std::vector<int> tokens;                  ///< (B, T)
    std::vector<int> targets;                 ///< (B, T); -1 where nothing is graded
    std::vector<int> positions;               ///< (B, T) ids of inputs; empty: their places
    std::vector<int> lengths;                 ///< (B) inputs that are there, ascending
    std::vector<int> passes;                  ///< (B) times the looped layers run; empty: as the trainer says
    int              learnt = 0;              ///< last passes that are learnt from; 0: as the trainer says
    double           weight = 1;              ///< of its graded tokens among those of other batches of a step
    Index            rows = 0, graded = 0;    ///< inputs and graded inputs in all

    struct Range {
        int least, most;
    };
    /// Of its sequences' passes; zeros where it does not say.
    Range range_of_passes() const {
        Range range{passes.empty() ? 0 : passes[0], 0};
        for (const int each : passes) range = {std::min(range.least, each), std::max(range.most, each)};
        return range;
    }
};

/// Sorted by length, so that neighbours take part in products of the same size and slices hold little
/// padding.
/// @param context  longest input the model takes
inline Batch pack(std::vector<Item> const& items, Grade grade, int context) {
    RUNG_CHECK(!items.empty(), "pack: items; got none, wanted at least 1");
    Ranks order(items.size());  // by inputs
    for (std::size_t i = 0; i < items.size(); ++i) {
        auto const& [tokens, prompt, targets, passes, positions, mask, difficulty] = items[i];
        const std::size_t inputs = targets.empty() ? tokens.size() - 1 : tokens.size();
        const auto check = [i](bool good, char const* what, Index got, char const* wanted, Index number,
                               char const* rest) {
            RUNG_CHECK(good, "pack: item ", i, what, "; got ", got, wanted, number, rest);
        };
        const Index size = Index(tokens.size());
        check(size >= 2, "", size, " tokens, wanted at least ", 2, "");
        check(prompt >= 0 && prompt <= size, ": prompt", prompt, " tokens, wanted 0 to ", size, "");
        check(targets.empty() || targets.size() == inputs, ": targets", Index(targets.size()),
              ", wanted none, or one for each of ", Index(inputs), " tokens");
        check(passes >= 0 && (passes > 0) == (items[0].passes > 0), ": passes", passes, ", wanted at least ",
              1, " for all items, or 0 for all");
        check(positions.empty() == items[0].positions.empty() &&
                  (positions.empty() || positions.size() == inputs),
              ": positions", Index(positions.size()), ", wanted one for each of ", Index(inputs),
              " inputs, or none for all items");
        check(mask.empty() || (mask.size() == tokens.size() && targets.empty()), ": mask", Index(mask.size()),
              ", wanted none, or without targets one for each of ", size, " tokens");
        for (const int id : positions)
            check(id >= 0 && id < context, ": position", id, ", wanted 0 to ", context - 1,
                  ", below the model's context");
        order[Index(i)] = {inputs, i};
    }
    order.sort();
    Batch batch;
    batch.count   = int(items.size());
    batch.longest = int(order[order.size() - 1].rank);
    RUNG_CHECK(batch.longest <= context, "pack: longest sequence; got ", batch.longest,
               " tokens, wanted at most ", context, ", the model's context");
    const auto size = std::size_t(batch.count) * std::size_t(batch.longest);
    batch.tokens    = std::vector<int>(size, Vocab::pad);
    batch.targets   = std::vector<int>(size, -1);
    if (!items[0].positions.empty()) batch.positions = std::vector<int>(size, 0);
    for (std::size_t b = 0; b < items.size(); ++b) {
        auto const& [tokens, prompt, targets, passes, positions, mask, difficulty] =
            items[order[Index(b)].number];
        batch.lengths.push_back(int(order[Index(b)].rank));
        batch.rows += batch.lengths.back();
        if (passes > 0) batch.passes.push_back(passes);
        for (int t = 0; t < batch.lengths.back(); ++t) {
            const auto at    = b * std::size_t(batch.longest) + std::size_t(t);
            batch.tokens[at] = tokens[std::size_t(t)];
            if (!positions.empty()) batch.positions[at] = positions[std::size_t(t)];
            if (!targets.empty()) batch.targets[at] = targets[std::size_t(t)];
            else if ((grade == Grade::everything || t + 1 >= prompt) &&
                     (mask.empty() || mask[std::size_t(t) + 1] != 0))
                batch.targets[at] = tokens[std::size_t(t) + 1];
            batch.graded += batch.targets[at] >= 0;
        }
    }
    return batch;
}

/// Sequences first .. first + count - 1 of a batch end to end, without the padding. Those that loop more often come
/// first.
class Ragged {
public:
    Ragged(Batch const& batch, int first, int count, Index first_row) : first_row_(first_row) {
        Index rows = 0;
        for (int b = first; b < first + count; ++b) rows += batch.lengths[std::size_t(b)];
        for (auto* list : {&tokens_, &positions_, &graded_, &targets_}) list->make_room(rows);
        for (auto* list : {&starts_, &passes_, &order_}) list->make_room(count + 1);
        starts_.push_back(0);
        const bool loops = !batch.passes.empty();
        Ranks      ranks{std::size_t(count)};  // by passes it does not make: the most first
        for (int i = 0; i < count; ++i) {
            const auto b = std::size_t(first + i);
            ranks[i]     = {loops ? std::size_t(INT_MAX - batch.passes[b]) : 0, b};
        }
        if (loops) ranks.sort();
        int *const tokens = tokens_.more(rows), *const positions = positions_.more(rows),
                   *const graded = graded_.more(rows), *const targets = targets_.more(rows);
        int row = 0, count_graded = 0;
        for (auto const& [rank, number] : ranks) {
            order_.push_back(int(number));
            if (loops) passes_.push_back(batch.passes[number]);
            const int   length = batch.lengths[number];
            const Index from   = Index(number) * batch.longest;
            std::copy_n(batch.tokens.data() + from, length, tokens + row);
            if (batch.positions.empty()) std::iota(positions + row, positions + row + length, 0);
            else std::copy_n(batch.positions.data() + from, length, positions + row);
            int const* const wanted = batch.targets.data() + from;
            for (int t = 0; t < length; ++t) {  // written anyway, and kept if it is graded
                graded[count_graded] = row + t, targets[count_graded] = wanted[t];
                count_graded += wanted[t] >= 0;
            }
            starts_.push_back(row += length);
        }
        graded_.cut(count_graded), targets_.cut(count_graded);
    }
    Sequences rows() const {
        static constexpr int none = 0;  // where nothing is graded: a null pointer means every row
        const bool           all  = graded_.size() == tokens_.size();
        return {tokens_.data(),
                positions_.data(),
                starts_.data(),
                int(starts_.size()) - 1,
                first_row_,
                all               ? nullptr
                : graded_.empty() ? &none
                                  : graded_.data(),
                graded_.size(),
                targets_.data(),
                passes_.empty() || passes_[0] == passes_.back() ? nullptr : passes_.data()};
    }
    /// change(b, ids) of every sequence, b its number in the batch: what its scheme draws for its ids.
    template <class Change>
    void change_positions(Change&& change) {
        for (Index i = 0; i < order_.size(); ++i)
            change(order_[i],
                   std::span(positions_.begin() + starts_[i], std::size_t(starts_[i + 1] - starts_[i])));
    }
    /// Of the sequence that has most; 0: the batch does not say.
    int passes() const { return passes_.empty() ? 0 : passes_[0]; }

private:
    FixedList<int> tokens_, positions_, graded_, targets_, starts_, passes_, order_;
    Index          first_row_;
};

/// Neighbouring sequences of a batch.
struct Piece {
    int   first = 0, count = 0;
    Index first_row = 0, rows = 0;
};
/// A batch cut into consecutive pieces of at most `rows` inputs (or one sequence), none across the borders of the
/// `slices` equal parts. A function of the batch alone.
class Pieces {
public:
    Pieces(Batch const& batch, int slices, Index rows) : all_(batch.count), ends_(slices) {
        Index before = 0, count = 0, last = -1;
        for (int b = 0; b < batch.count; ++b) {
            const Index length = batch.lengths[std::size_t(b)], slice = before * slices / batch.rows;
            if (slice != last || all_[count - 1].rows + length > rows) all_[count++] = {b, 0, before, 0};
            ++all_[count - 1].count, all_[count - 1].rows += length;
            ends_[slice] = count;
            last         = slice;
            before += length;
        }
        for (int slice = 1; slice < slices; ++slice)
            ends_[slice] = std::max(ends_[slice], ends_[slice - 1]);  // one without sequences
    }
    std::span<Piece const> of(int slice) const {
        const Index first = slice > 0 ? ends_[slice - 1] : 0;
        return {all_.data() + first, std::size_t(ends_[slice] - first)};
    }
    std::span<Piece const> all() const { return {all_.data(), std::size_t(ends_[ends_.size() - 1])}; }

private:
    Buffer<Piece> all_;
    Buffer<Index> ends_;  // of slices, in all_
};

}  // namespace rung
