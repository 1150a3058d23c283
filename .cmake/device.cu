#include "rung/backend/cuda/device.cuh"
