#pragma once
// A body on the GPU against itself on the host by one lane, on the same numbers.

#include "memory.cuh"
#include "program.cuh"

namespace rung {

/// prepare(of) makes the body over fresh numbers; `host` and `device` run it.
template <class Prepare, class Host, class Device>
void same(char const* name, double tolerance, Prepare prepare, Host host, Device device) {
    Numbers& of = numbers(0);
    host(prepare(of));
    const auto wanted = of.results();
    numbers(0);
    device(prepare(of));
    cuda::check(cudaDeviceSynchronize(), name);
    const auto got = of.results();
    Apart      apart;
    if (wanted.empty()) apart.most = INFINITY;
    for (std::size_t i = 0; i < wanted.size(); ++i) apart.add(double(got[i]), double(wanted[i]));
    report(name, apart, tolerance);
}

template <class Body>
void by_lanes(Index count, Body const& body) {
    cuda::for_lanes(0, count, body);
}
template <class Body>
void by_warps(Index count, Body const& body) {
    cuda::for_warps(0, count, body);
}
template <class Body>
void by_blocks(Index count, Body const& body) {
    cuda::for_blocks<Body::warps>(0, count, body.shared(), body);
}

/// One item after the other by one lane.
template <class Body>
void serially(Index count, Body const& body) {
    std::vector<float> shared(1 << 14);
    for (Index i = 0; i < count; ++i) body(cuda::Serial{shared.data()}, i);
}

template <class Prepare>
void rows(char const* name, Index count, double tolerance, Prepare prepare) {
    same(
        name, tolerance, prepare, [&](auto const& body) { serially(count, body); },
        [&](auto const& body) { by_warps(count, body); });
}
template <class Prepare>
void blocks(char const* name, Index count, double tolerance, Prepare prepare) {
    same(
        name, tolerance, prepare, [&](auto const& body) { serially(count, body); },
        [&](auto const& body) { by_blocks(count, body); });
}
template <class Prepare>
void lanes(char const* name, Index count, double tolerance, Prepare prepare) {
    same(
        name, tolerance, prepare,
        [&](auto const& body) {
            for (Index i = 0; i < count; ++i) body(i);
        },
        [&](auto const& body) { by_lanes(count, body); });
}

}  // namespace rung
