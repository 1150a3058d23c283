// Two units of one program, built for different processors. Each must run its own kernels: a linker that took those of
// one for the other's would mix tiles and packings of different shapes.
#include <cstdio>

double product_of_this_unit();
double product_of_the_other();

int main() {
    const double wanted = 17 * 0.5 * 33;
    const double here = product_of_this_unit(), there = product_of_the_other();
    std::printf("%g and %g, wanted %g\n", here, there, wanted);
    return here != wanted || there != wanted;
}
