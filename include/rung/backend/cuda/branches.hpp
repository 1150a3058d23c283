#pragma once
// Which stream a branch runs on, and which are to be waited for: of a list that is captured those alone that it forked,
// for others are not part of it.

namespace rung::cuda {

class Branches {
public:
    static constexpr int most = 3;  ///< at the same time; more follow each other in these streams

    int place = 0;  ///< of the next call: 0 the main stream, others to 1 .. most

    void fork() { place = 1 + count_++ % most; }
    void back() { place = 0; }
    /// wait(place) for every stream that has a branch; they are over then, whatever it throws.
    template <class Wait>
    void join(Wait&& wait) {
        const int used = count_ < most ? count_ : most;
        place = count_ = 0;
        for (int one = 1; one <= used; ++one) wait(one);
    }

private:
    int count_ = 0;  // since the last join
};

}  // namespace rung::cuda
