#pragma once
// A choice of the climb that a user's own function can replace. What has another form, or senseless numbers, is
// answered where it is given, not in the middle of a climb.

#include <concepts>
#include <cstddef>
#include <functional>

namespace rung {

template <class F>
concept ChecksItself = requires(F const function) {
    { function.check() } -> std::same_as<void>;
};

/// What a function of a climb is of no use without. Where it is missing the climb is refused before it begins.
struct Needs {
    bool voters    = false;  ///< several models
    bool snapshots = false;  ///< of the weights at a round's start, see ClimbOptions
};

template <class F>
concept TellsNeeds = requires(F const function) {
    { function.needs() } -> std::same_as<Needs>;
};

namespace detail {
template <class F>
Needs needs_of(F const& function) {
    if constexpr (TellsNeeds<F>) return function.needs();
    else return {};
}
}  // namespace detail

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
    Policy(F choice) : Function(checked(choice)), needs_(detail::needs_of(choice)) {}

    /// What the function's own `Needs needs() const` says, if it has one.
    Needs needs() const { return needs_; }

private:
    template <class F>
    static Function checked(F const& choice) {
        if constexpr (ChecksItself<F>) choice.check();
        if constexpr (Explain<F>::ok) return Function(choice);
        else return {};
    }

    Needs needs_;
};

}  // namespace rung
