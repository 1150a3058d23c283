# rung::cuda, where a working CUDA compiler of version 12.6 or newer is found: on PATH, in CUDACXX, CUDA_HOME or CUDA_PATH,
# or where its installer puts it. Without one there is no such target, and nothing is said; RUNG_CUDA=OFF does not look.
include_guard(GLOBAL)
if(NOT DEFINED ENV{CUDACXX} AND NOT CMAKE_CUDA_COMPILER)
  find_program(RUNG_NVCC nvcc HINTS ENV CUDA_HOME ENV CUDA_PATH /usr/local/cuda /opt/cuda PATH_SUFFIXES bin)
  if(NOT RUNG_NVCC)
    return()
  endif()
  set(ENV{CUDACXX} ${RUNG_NVCC})
endif()
if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
  set(CMAKE_CUDA_ARCHITECTURES "80-real;90-real;90-virtual")  # A100, H100 and H200; what is newer translates the last
endif()
include(CheckLanguage)
check_language(CUDA)
find_package(CUDAToolkit 12.6 QUIET)
if(NOT CMAKE_CUDA_COMPILER OR NOT CUDAToolkit_FOUND)
  message(STATUS "rung: no CUDA: the compiler does not work with this one, or the toolkit is older than 12.6")
  return()
endif()
enable_language(CUDA)

# CMake 3.25 does not know nvcc's C++20.
add_library(rung_device INTERFACE)
target_link_libraries(rung_device INTERFACE rung::rung CUDA::cudart_static CUDA::cublasLt)
target_compile_options(rung_device INTERFACE
  "$<$<COMPILE_LANGUAGE:CUDA>:-std=c++20;--extended-lambda;--expt-relaxed-constexpr>")

# Every body for every architecture, compiled once, whatever models its programs have.
add_library(rung_cuda STATIC ${CMAKE_CURRENT_LIST_DIR}/device.cu)
add_library(rung::cuda ALIAS rung_cuda)
target_link_libraries(rung_cuda PUBLIC rung_device)
target_compile_definitions(rung_cuda PUBLIC RUNG_CUDA)
