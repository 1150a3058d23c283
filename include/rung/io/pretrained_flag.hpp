#pragma once
// --save-pretrained of a program:
//
//     PretrainedFlag pretrained{common, flags};        // beside the other flags
//     pretrained.check<Reverser>(Reverse{});           // before any work
//     pretrained.save(model, Reverse{});               // at the end, before Journal::finish

#include <cstdio>
#include <string>

#include "rung/experiment/program.hpp"
#include "rung/io/save_pretrained.hpp"

namespace rung {

/// A run that is finished is gone through again for the flag, without training (stages.hpp).
class PretrainedFlag {
public:
    PretrainedFlag(Common& common, Flags& flags) : folder_(common.save_pretrained) {
        flags.add("save-pretrained", common.save_pretrained,
                  "folder for the model as Hugging Face's classes load it");
    }

    /// Where the flag was given, throws BadFlag if the folder cannot be written to, or no stock class computes what the
    /// model computes or counts positions as the task does, and Error if the vocabulary will not do.
    template <class Model, class Task>
    void check(Task const&) const {
        if (folder_.empty()) return;
        constexpr char const* why = refusal<Model, Task>();
        if constexpr (why != nullptr)
            throw BadFlag(text::join({"--save-pretrained: got '", folder_, "', wanted none: ", why}));
        tokenizer_json(vocab_of<Task>());
        Flags::claim("save-pretrained", folder_);
    }

    /// Nothing, unless the flag was given; where no stock class computes what the model computes, a line that says so.
    /// @param name  a folder within the flag's, where a program has several models
    template <class Model, class Task>
    void save(Model const& model, Task const& task, std::string const& name = "",
              PretrainedOptions options = {}) const {
        if (folder_.empty()) return;
        const std::string     folder = name.empty() ? folder_ : folder_ + '/' + name;
        constexpr char const* why    = refusal<Model, Task>();
        if constexpr (why == nullptr) save_pretrained(folder, model, task, options);
        else std::fprintf(stderr, "--save-pretrained: nothing in '%s': %s\n", folder.c_str(), why);
    }

private:
    template <class Model, class Task>
    static constexpr char const* refusal() {
        if (detail::loses_places<Model, Task>())
            return "use a task without `place` (GPT-2 and Llama count positions from 0, and know none that a "
                   "task names)";
        return stock_class_refusal<decltype(parts_of(std::declval<Model const&>()))>();
    }

    std::string const& folder_;
};

}  // namespace rung
