// expect: Mixture: the sources must have one vocabulary
#include <rung/data/example_set.hpp>
#include <rung/data/mixture.hpp>
#include <rung/task/copy.hpp>
#include <rung/task/parity.hpp>

using namespace rung;
ExampleSet<Copy> copies{Copy{}, {{"1=", "1"}}};
#ifdef RUNG_FIXED
ExampleSet<Copy> others{Copy{}, {{"1=", "1"}}};
#else
ExampleSet<Parity> others{Parity{}, {{"1=", "1"}}};
#endif
Mixture mixture{{1, 1}, copies, others};
