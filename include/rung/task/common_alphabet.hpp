#pragma once
// Tasks of different alphabets in one vocabulary, so that one model can learn them all.

#include "rung/core/hash.hpp"
#include "rung/task/letters.hpp"
#include "rung/task/task.hpp"

namespace rung {

/// The characters of all these tasks, in the order in which they first come.
template <class... Tasks>
struct CommonAlphabet {
    static_assert((!HasWords<Tasks> && ...),
                  "CommonAlphabet: tasks with words of several characters have vocabularies of their own");
    static constexpr Letters letters = [] {
        Letters all;
        ((all = all.with(Tasks::alphabet)), ...);
        return all;
    }();
    static constexpr std::string_view alphabet = letters.view();
    static constexpr int              vocab    = vocab_size(alphabet);
};

/// The same task in a larger alphabet: using Both = CommonAlphabet<Copy, PlainAddition>; InAlphabet<Copy, Both>. A
/// model tells tasks apart by their prompts alone.
template <class Task, class Common>
struct InAlphabet : Task {
    static_assert(Letters{}.with(Common::alphabet).with(Task::alphabet).size == Common::alphabet.size(),
                  "InAlphabet: the alphabet must have all characters of the task");
    static constexpr std::string_view alphabet = Common::alphabet;
    static constexpr int              vocab    = vocab_size(alphabet);

    std::string name() const { return detail::value_name(static_cast<Task const&>(*this)); }
};

}  // namespace rung
