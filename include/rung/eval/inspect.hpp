#pragma once
// What a trained model does with one text: where its heads look, how long its residual stream is, what it would say
// after every block (the logit lens: nostalgebraist, "Interpreting GPT", 2020), and how far a loop still moves. All of
// it is read off what a forward pass keeps for its backward pass anyway.

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "rung/data/pack.hpp"
#include "rung/model/position/ids.hpp"
#include "rung/model/transformer.hpp"

namespace rung {

/// Numbers by two names, as a list of rows.
using Rows = std::vector<std::vector<double>>;

/// The likeliest next token.
struct Guess {
    int         token = 0;
    std::string symbol;
    double      probability = 0;
};

/// One block, in the pass in which it ran.
struct InspectedBlock {
    int                pass  = 0;  ///< from 0; -1 before the loop, and the number of passes after it
    int                layer = 0;  ///< whose weights it has
    std::string        name;       ///< "layer 0", or "pass 2, layer 0"
    std::vector<Rows>  attention;  ///< (H, T, T): of a query in each row, its probability of each key
    Rows               stream;     ///< (T, C): the residual stream that it leaves
    std::vector<Guess> lens;       ///< (T): should the last norm and the head read what the block leaves
};

/// Of T tokens.
struct Inspection {
    int                         passes = 0;
    std::vector<std::string>    symbols;  ///< (T): a character for each token
    std::vector<InspectedBlock> blocks;   ///< in the order in which they ran
    Rows                        logits;   ///< (T, vocabulary): of the token that follows each
    Rows norms;      ///< (blocks + 1, T): |x| that each block reads, then of the last state
    Rows distances;  ///< (passes, T): |x - x before| / |x| of a pass; of the first, NaN
};

namespace detail {

template <class Real>
std::vector<double> lengths(Mat<Real const> x) {
    std::vector<double> all;
    for (Index i = 0; i < x.rows; ++i) {
        double sum = 0;
        for (Index c = 0; c < x.cols; ++c) sum += double(x(i, c)) * double(x(i, c));
        all.push_back(std::sqrt(sum));
    }
    return all;
}

template <class Real>
Rows rows_of(Mat<Real const> x) {
    Rows all;
    for (Index i = 0; i < x.rows; ++i) {
        auto& row = all.emplace_back();
        for (Index c = 0; c < x.cols; ++c) row.push_back(double(x(i, c)));
    }
    return all;
}

template <class Real>
std::vector<double> distances(Mat<Real const> x, Mat<Real const> before) {
    std::vector<double> all = lengths(x);
    for (Index i = 0; i < x.rows; ++i) {
        double sum = 0;
        for (Index c = 0; c < x.cols; ++c) sum += std::pow(double(x(i, c)) - double(before(i, c)), 2);
        all[std::size_t(i)] = std::sqrt(sum / std::max(std::pow(all[std::size_t(i)], 2), 1e-30));
    }
    return all;
}

template <class Real>
std::vector<Guess> guesses(Mat<Real const> logits, Vocab const& vocab) {
    std::vector<Guess> all;
    for (Index i = 0; i < logits.rows; ++i) {
        Real const* row = logits.row(i);
        const auto  top = std::max_element(row, row + logits.cols);
        double      sum = 0;
        for (Index j = 0; j < logits.cols; ++j) sum += std::exp(double(row[j]) - double(*top));
        RUNG_CHECK(std::isfinite(sum), "inspect: logits of token ", i, "; got ", sum,
                   " for the sum of their exponentials, wanted finite numbers (are the weights finite?)");
        const int token = int(top - row);
        all.push_back({token, vocab.symbol(token), 1 / sum});
    }
    return all;
}

/// A head's probabilities anew, from queries, keys, biases and the log-sum-exp of their scores.
template <class Real>
Rows attention_of(Mat<Real const> u, Mat<Real const> lse, Look<Real> const& look, Index head, Index D) {
    const Index T = u.rows, width = lse.cols * D;
    const auto  groups = HeadGroups::of(u.cols, width, D, "inspect");
    const auto  q = u.columns(head * D, D), k = u.columns(width + head / groups.group() * D, D);
    Rows        all(std::size_t(T), std::vector<double>(std::size_t(T), 0.0));
    for (Index i = 0; i < T; ++i)
        for (Index j = 0; j < (look.mask == Mask::causal ? i + 1 : T); ++j) {
            double score = 0;
            for (Index c = 0; c < D; ++c) score += double(q(i, c)) * double(k(j, c));
            score /= std::sqrt(double(D));
            if (!look.bias.empty()) score += double(look.bias(entry_base(look.by, look.reach, i) + j, head));
            all[std::size_t(i)][std::size_t(j)] = std::exp(score - double(lse(i, head)));
        }
    return all;
}

}  // namespace detail

/// The same with a lane, for weights that are in no model. The number of passes and the step that names a random start
/// are the run's.
/// @param positions  of the tokens, what a scheme looks up; none: 0, 1, 2, ...
template <class Model, class Lane>
Inspection inspect_with(Lane& lane, Weights<Acc<typename Lane::real>> w, Vocab const& vocab,
                        std::vector<int> const& tokens, Run run = {}, std::vector<int> positions = {}) {
    using Real   = typename Lane::real;
    using Blocks = typename Model::Order;
    RUNG_CHECK(vocab.size() == Model::shape.vocab, "inspect: vocabulary; got ", vocab.size(),
               " tokens, wanted ", Model::shape.vocab, ", the model's");
    RUNG_CHECK(!tokens.empty() && int(tokens.size()) <= Model::shape.context, "inspect: tokens; got ",
               tokens.size(), ", wanted 1 to ", Model::shape.context, ", the model's context");
    run.learnt = 0, run.states = 0, run.graded = 1, run.dropout.rate = 0;
    if (positions.empty())
        for (int i = 0; i < int(tokens.size()); ++i) positions.push_back(i);
    RUNG_CHECK(positions.size() == tokens.size(), "inspect: positions; got ", positions.size(), ", wanted ",
               tokens.size(), ", one of each token");
    const int       starts[] = {0, int(tokens.size())};
    const Sequences rows{tokens.data(), positions.data(), starts, 1};

    std::vector<Mat<Real>> left;  // by each pass
    const auto             keep = [&](int, Mat<Real> state) {
        left.push_back(lane.arena.template take<Real>(state.rows, state.cols));
        copy(lane, left.back(), Mat<Real const>(state));
    };
    const auto tape    = Model::forward(lane, w, placed(lane, rows), run, keep);
    const auto on_host = [&](auto x) { return fetched(lane, x); };
    const auto states  = [&](Mat<Real> x) { return on_host(Mat<Real const>(x)); };
    const int  passes = Model::passes_of(run).most, blocks = Blocks::blocks(passes);
    auto       look = tape.look;
    if (!look.bias.empty()) look.bias = on_host(look.bias);

    Inspection all;
    all.passes = passes;
    for (const int token : tokens) all.symbols.push_back(vocab.symbol(token));
    for (int at = 0; at < blocks; ++at) {
        const auto mark  = lane.mark();
        auto const saved = tape.blocks(0, at);
        auto&      block = all.blocks.emplace_back();
        block.pass = Blocks::pass(at, passes), block.layer = Blocks::layer(at, passes);
        block.name        = "layer " + std::to_string(block.layer);
        const bool looped = block.pass >= 0 && block.pass < passes;
        if (looped && passes > 1) block.name = "pass " + std::to_string(block.pass) + ", " + block.name;
        const auto u   = states(saved.u);
        const auto lse = on_host(Mat<Acc<Real> const>(saved.lse));
        for (int h = 0; h < Model::shape.heads; ++h)
            block.attention.push_back(detail::attention_of(u, lse, look, h, Model::shape.head_size()));
        all.norms.push_back(detail::lengths(states(saved.x)));
        // What the next block reads, unless a loop's entry or the head stands between them.
        const bool last   = at + 1 == blocks || Blocks::pass(at + 1, passes) != block.pass;
        const auto leaves = !last              ? tape.blocks(0, at + 1).x
                            : looped           ? left[std::size_t(block.pass)]
                            : block.pass == -1 ? tape.input
                                               : tape.x;
        const auto logits = states(Model::answer(lane, w, leaves));
        block.stream      = detail::rows_of(states(leaves));
        block.lens        = detail::guesses(logits, vocab);
        if (at + 1 == blocks) all.logits = detail::rows_of(logits);
        lane.release(mark);
    }
    all.norms.push_back(detail::lengths(states(tape.x)));
    all.distances.emplace_back(tokens.size(), std::numeric_limits<double>::quiet_NaN());
    for (std::size_t p = 1; p < left.size(); ++p)
        all.distances.push_back(detail::distances(states(left[p]), states(left[p - 1])));
    return all;
}

/// What the model does with these tokens. Throws where they do not fit its context. A scheme that draws what ids look
/// up draws as for a first prompt that is read at once.
/// @param ids  of the tokens, of a model trained on a task that names them; none: their places
template <class Context, class Model>
Inspection inspect(Context& ctx, Model const& model, Vocab const& vocab, std::vector<int> const& tokens,
                   Run const& run = {}, std::vector<int> ids = {}) {
    using Position = typename Model::position_type;
    if (DrawsRows<Position> && ids.empty())
        for (std::size_t i = 0; i < tokens.size(); ++i) ids.push_back(int(i));
    look_up<Position>(ids, Phase::evaluation, ctx.seed(), 0, 0);
    Inspection all;
    const auto weights = pack(ctx, model);
    ctx.for_slices(
        1, [&](auto& lane, int) { all = inspect_with<Model>(lane, weights, vocab, tokens, run, ids); });
    return all;
}
/// The same with a text after a begin token, or another opening. For a prompt whose answer is read at once, pass the
/// tokens of encode_at_once().
template <class Context, class Model>
Inspection inspect(Context& ctx, Model const& model, Vocab const& vocab, std::string_view text,
                   Run const& run = {}, Opening opening = Opening::begin) {
    const Item item = with_opening(encode(vocab, {std::string(text), ""}, Ended::no), opening);
    return inspect(ctx, model, vocab, item.tokens, run);
}
/// The same with the vocabulary of the task that the model was trained on, and the ids that it names.
template <class Context, class Model, Task T>
Inspection inspect(Context& ctx, Model const& model, T const& task, std::string_view text,
                   Run const& run = {}, Opening opening = Opening::begin) {
    const Vocab vocab     = vocab_of<T>();
    const Place place     = place_of(task);
    auto        positions = place ? positions_of(vocab, std::string(text), place) : std::vector<int>{};
    if (opening == Opening::nothing) drop_first(positions);
    const Item item = with_opening(encode(vocab, {std::string(text), ""}, Ended::no), opening);
    return inspect(ctx, model, vocab, item.tokens, run, positions);
}

}  // namespace rung
