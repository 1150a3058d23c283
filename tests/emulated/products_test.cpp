// The GPU's test of products on the emulated one: whether what is asked of cuBLASLt is what its documentation says.
#include "../cuda/product.cu"
