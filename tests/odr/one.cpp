// One of two units that include every header. A function that lacks `inline` is defined twice, and the link
// fails.
#include "forwards.hpp"

int unit_two();

int main() { return unit_two(); }
