#define RUNG_PRODUCT product_of_the_other
double product_of_the_other();
#include "product.hpp"
