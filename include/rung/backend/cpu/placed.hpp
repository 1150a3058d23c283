#pragma once
// Where operations read a batch, and the host what they wrote: on the CPU, where it is.

#include "rung/backend/cpu/context.hpp"
#include "rung/core/cache.hpp"
#include "rung/core/sequences.hpp"

namespace rung::cpu::inline RUNG_ISA {

template <class P>
Sequences placed(Lane<P>&, Sequences const& rows, CachePlaces = {}) {
    return rows;
}
template <class P>
int const* placed(Lane<P>&, int const* ids, Index) {
    return ids;
}
template <class P>
auto fetched(Lane<P>&, CMat<typename Precision<P>::Real> x) {
    return x;
}

}  // namespace rung::cpu::inline RUNG_ISA
