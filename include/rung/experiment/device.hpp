#pragma once
// Programs that run where --device says. A program that is compiled with RUNG_CUDA, as CMake's rung::cuda does, has its
// models for both; one without knows the CPU alone and costs nothing more to compile.

#include "rung/backend/cpu/cpu.hpp"
#include "rung/experiment/program.hpp"

#ifdef RUNG_CUDA
#include "rung/backend/cuda/cuda.hpp"
#endif

namespace rung {

/// work(ctx) with a context on the device that common.device asks for: "cpu"; "cuda", a bad flag where there is no
/// GPU; or "auto", a GPU if there is one, which common.device then names.
template <class Work>
void on_device(Common& common, Work&& work) {
#ifdef RUNG_CUDA
    const cuda::Found found = common.device == "cpu" ? cuda::Found{} : cuda::find_device();
    check_flag(common.device != "cuda" || found.usable,
               "--device: got cuda, wanted cpu or auto: ", found.what);
    if (found.usable) {
        cuda::Context ctx{{.seed = common.seed}};
        common.device = "cuda";
        return work(ctx);
    }
#else
    check_flag(
        common.device != "cuda",
        "--device: got cuda, wanted cpu or auto: this program was built without CUDA (link rung::cuda)");
#endif
    common.device = "cpu";
    cpu::Context ctx{{.seed = common.seed, .threads = common.threads}};
    work(ctx);
}

/// A program with a flag --device, see program.hpp; `work` is called with a context on that device:
///
///     return rung::program(argc, argv, flags, common, [&](auto& ctx) { ... });
template <class Work>
int program(int argc, char const* const* argv, Flags& flags, Common& common, Work work,
            Streams streams = {}) {
    flags.add("device", common.device, "what computes; auto takes a GPU if there is one",
              {"auto", "cpu", "cuda"});
    return program(
        argc, argv, flags, [&] { on_device(common, work); }, streams);
}

}  // namespace rung
