#pragma once
// Whether a type has a member of some name, of whatever kind. Concepts cannot name a function that is a template
// without calling it, and what a user wrote should be called with what it will be called with: so a name counts as
// there if another one beside it makes it ambiguous.

#include <type_traits>

namespace rung::detail {

struct ForwardBeside {
    int forward;
};
struct BackwardBeside {
    int backward;
};
struct AddForwardBeside {
    int add_forward;
};
struct AddBackwardBeside {
    int add_backward;
};
template <class T, class Beside>
struct With : T, Beside {};  // of no final type

template <class T>
concept NamesForward = std::is_final_v<T> || !requires {
    &With<T, ForwardBeside>::forward;
};
template <class T>
concept NamesBackward = std::is_final_v<T> || !requires {
    &With<T, BackwardBeside>::backward;
};
template <class T>
concept NamesAddForward = std::is_final_v<T> || !requires {
    &With<T, AddForwardBeside>::add_forward;
};
template <class T>
concept NamesAddBackward = std::is_final_v<T> || !requires {
    &With<T, AddBackwardBeside>::add_backward;
};

/// A type of the caller's with a list of weights.
template <class T>
concept ListsWeights = requires {
    T::weights.size();
};

}  // namespace rung::detail
