// doctest on a GPU; 77, which is "skipped", where there is none.

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>

#include "rung/backend/cuda/device.hpp"
#include "support/emulated.hpp"

emulated::Gpu* emulated::gpu() { return nullptr; }

int main(int argc, char** argv) {
    const rung::cuda::Found found = rung::cuda::find_device();
    std::printf("%s\n", found.what.c_str());
    return found.usable ? doctest::Context(argc, argv).run() : 77;
}
