#pragma once
// What work that may be killed asks of whoever keeps its state.

#include <functional>

#include "rung/core/archive.hpp"

namespace rung {

/// Work that may be killed names its whole state by one function, which writes it or reads it back: between steps the
/// state is all there is.
class Keeper {
public:
    using State = std::function<void(Archive&)>;

    Keeper()                         = default;
    Keeper(Keeper const&)            = delete;
    Keeper& operator=(Keeper const&) = delete;
    virtual ~Keeper()                = default;

    /// Before the first step: reads the state back, if one was kept.
    virtual void begin(State const& state) = 0;
    /// After each step: keeps the state when it is time to. Throws to stop the work, having kept it.
    /// @param done  this was the last step
    virtual void step(State const& state, bool done) = 0;
};

}  // namespace rung
