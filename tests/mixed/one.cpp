#define RUNG_PRODUCT product_of_this_unit
double product_of_this_unit();
#include "product.hpp"
