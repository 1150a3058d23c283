#pragma once
// A choice of the climb that a user's own function can replace. What has another form, or senseless numbers, is
// answered where it is given, not in the middle of a climb.

#include <concepts>
#include <cstddef>
#include <functional>
#include <utility>

namespace rung {

template <class F>
concept ChecksItself = requires(F const function) {
    { function.check() } -> std::same_as<void>;
};

/// A std::function to call, to test and to copy; but one made from an empty Policy is not empty.
/// @tparam Explain  of a type: whether it has the form, `ok`, and a sentence if it has not
template <class Signature, template <class> class Explain>
class Policy : public std::function<Signature> {
    using Function = std::function<Signature>;

public:
    Policy(std::nullptr_t = nullptr) {}
    /// Takes anything, so that what has another form gets the sentence. Throws what the function's own `void check()
    /// const` does, if it has one.
    template <class F>
        requires(!std::derived_from<F, Policy>)
    Policy(F function) : Function(checked(std::move(function))) {}

private:
    template <class F>
    static Function checked(F function) {
        if constexpr (ChecksItself<F>) function.check();
        if constexpr (Explain<F>::ok) return Function(std::move(function));
        else return {};
    }
};

}  // namespace rung
