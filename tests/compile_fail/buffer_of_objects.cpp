// expect: Buffer: elements are plain data
#include <rung/core/buffer.hpp>

#include <string>

#ifdef RUNG_FIXED
using Element = int;
#else
using Element = std::string;
#endif
template class rung::Buffer<Element>;
