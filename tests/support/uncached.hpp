#pragma once
// Decoding as it is meant, for what the library decodes to be held against.

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "rung/rung.hpp"

namespace rung_test {

using namespace rung;

/// Greedy answer to prompt number `number` by a full forward pass per token: no cache, no batch. Of models of Reverse
/// whose context has seed 1.
template <class Model>
std::string uncached(Model const& model, std::string const& prompt, int limit, int number = 0,
                     Place const& place = {}, Opening opening = Opening::begin) {
    const Vocab   vocab{Reverse::alphabet};
    constexpr int context = Model::shape.context;
    const auto    rows    = drawn_rows<typename Model::position_type>(
        std::min(int(prompt.size()) + (opening != Opening::nothing) + limit, context), Phase::evaluation, 1,
        0, std::uint32_t(number));
    std::vector<int> tokens, ids, written;
    if (opening != Opening::nothing) tokens.push_back(opening == Opening::begin ? Vocab::begin : Vocab::end);
    vocab.append(tokens, prompt);
    cpu::Lane<float> lane;
    for (int i = 0; i < limit && int(tokens.size()) <= context; ++i) {
        if (place) ids = positions_of(prompt + vocab.decode(written), place);
        if (place && opening == Opening::nothing) ids.erase(ids.begin());
        if (!place) ids.resize(tokens.size()), std::iota(ids.begin(), ids.end(), 0);
        for (int& id : ids) id = rows[std::size_t(id)];
        const int starts[] = {0, int(tokens.size())};
        lane.reset();
        const auto logits =
            Model::forward(lane, model.weights().cdata(), {tokens.data(), ids.data(), starts, 1}).logits;
        float const* last = logits.row(logits.rows - 1);
        const int    next = int(std::max_element(last + Vocab::end, last + logits.cols) - last);
        if (next == Vocab::end) break;
        written.push_back(next), tokens.push_back(next);
    }
    return vocab.decode(written);
}

}  // namespace rung_test
