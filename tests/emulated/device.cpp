// The library's own code for GPUs, compiled for the emulated one.
#include "rung/backend/cuda/device.cuh"
