#pragma once
// Calls that are written down instead of made: what to run, and its arguments as bytes, so that two lists of calls can
// be told apart.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

namespace rung::cuda {

class Driver;

class Recording {
public:
    /// Makes the call on a GPU from where its arguments were written down.
    using Run = void (*)(Driver&, void const* arguments);

    template <class Arguments>
    void add(Run call, Arguments const& arguments) {
        static_assert(std::is_trivially_copyable_v<Arguments> && alignof(Arguments) <= alignof(Unit));
        const std::size_t at = units_.size();
        units_.resize(at + (sizeof arguments + sizeof(Unit) - 1) / sizeof(Unit));
        std::memcpy(static_cast<void*>(units_.data() + at), &arguments, sizeof arguments);
        calls_.push_back({call, at});
        for (std::size_t i = at; i < units_.size(); ++i) mix(units_[i].word[0]), mix(units_[i].word[1]);
        mix(reinterpret_cast<std::uintptr_t>(call));
    }
    void clear() { calls_.clear(), units_.clear(), hash_ = 0; }

    bool        empty() const { return calls_.empty(); }
    std::size_t size() const { return calls_.size(); }

    /// Whether the same calls would be made, in the same order.
    bool operator==(Recording const& other) const {
        return hash_ == other.hash_ && calls_ == other.calls_ && units_ == other.units_;
    }

    void run(Driver& driver) const {
        for_each([&](Run make, void const* arguments) { make(driver, arguments); });
    }
    /// each(run, arguments) of every call, in order.
    template <class Each>
    void for_each(Each&& each) const {
        for (auto const& call : calls_) each(call.run, static_cast<void const*>(units_.data() + call.at));
    }

private:
    struct Unit {
        alignas(16) std::uint64_t word[2]  = {};
        bool operator==(Unit const&) const = default;
    };
    struct Call {
        Run         run;
        std::size_t at;  ///< of its arguments among the units
        bool        operator==(Call const&) const = default;
    };

    void mix(std::uint64_t word) {
        hash_ = (hash_ ^ word) * 0x9e3779b97f4a7c15;
        hash_ ^= hash_ >> 32;
    }

    std::vector<Call> calls_;
    std::vector<Unit> units_;
    std::uint64_t     hash_ = 0;
};

}  // namespace rung::cuda
