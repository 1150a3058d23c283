#pragma once
// Tables of numbers that never change, kept by whoever reads them once they have been made.

#include <vector>

#include "rung/core/buffer.hpp"
#include "rung/core/view.hpp"

namespace rung {

/// An address that stands for a type.
template <class T>
inline constexpr char name_of{};

template <class Real>
class Constants {
public:
    explicit Constants(Memory const& memory = host_memory) : memory_(&memory) {}

    bool has(void const* name) const { return find(name) != nullptr; }
    /// (rows, cols) of number(row, col), which is asked the first time alone; the name says all about them.
    template <class Number>
    Mat<Real const> get(void const* name, Index rows, Index cols, Number number) {
        if (!has(name)) {
            all_.push_back({name, Buffer<Real>(rows * cols, *memory_)});
            for (Index i = 0; i < rows; ++i)
                for (Index j = 0; j < cols; ++j) all_.back().numbers[i * cols + j] = Real(number(i, j));
        }
        return {find(name)->numbers.data(), rows, cols};
    }

private:
    struct Table {
        void const*  name;
        Buffer<Real> numbers;
    };
    Table const* find(void const* name) const {
        for (auto const& one : all_)
            if (one.name == name) return &one;
        return nullptr;
    }

    Memory const*      memory_;
    std::vector<Table> all_;
};

}  // namespace rung
