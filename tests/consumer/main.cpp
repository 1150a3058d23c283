// A stranger's program: the umbrella header, nothing else. Computes something that needs threads and prints
// it.
#include <rung/rung.hpp>

#include <iostream>
#include <vector>

int main() {
    std::vector<std::uint32_t> words(4);
    rung::Workers              workers(2);
    workers.run(4, [&](int slice, int) { words[slice] = rung::Rng(1, rung::Purpose::user, slice).bits(); });
    for (int slice = 0; slice < 4; ++slice)
        if (words[slice] != rung::Rng(1, rung::Purpose::user, slice).bits()) return 1;
    try {
        RUNG_CHECK(words[0] == words[1], "consumer: two streams; got ", words[0], ", wanted ", words[1]);
    } catch (rung::Error const& error) {
        std::cout << error.what() << '\n';
        return 0;
    }
    return 1;
}
