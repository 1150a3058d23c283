#pragma once
// A choice of the climb that a user's own function can replace. What has another form, or senseless numbers, is
// answered where it is given, not in the middle of a climb.

#include <concepts>
#include <cstddef>
#include <functional>
#include <utility>

namespace rung {

/// @tparam Explain  of a type: whether it has the form, `ok`, and a sentence if it has not
template <class Signature, template <class> class Explain>
class Policy : public std::function<Signature> {
    using Function = std::function<Signature>;

public:
    Policy(std::nullptr_t = nullptr) {}
    /// Throws what the function's own check() does, if it has one.
    template <class F>
        requires(!std::derived_from<F, Policy>)
    Policy(F function) : Function(checked(std::move(function))) {}

private:
    template <class F>
    static Function checked(F function) {
        if constexpr (requires { function.check(); }) function.check();
        if constexpr (Explain<F>::ok) return Function(std::move(function));
        else return {};
    }
};

}  // namespace rung
