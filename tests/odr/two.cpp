// The other unit: the same headers in the opposite order.
#include "backwards.hpp"

int unit_two();

int unit_two() { return 0; }
