#pragma once
// --save-pretrained of a program:
//
//     PretrainedFlag pretrained{flags};            // beside the other flags
//     pretrained.save(model, Reverse{});           // at the end

#include <string>

#include "rung/experiment/flags.hpp"
#include "rung/io/save_pretrained.hpp"

namespace rung {

class PretrainedFlag {
public:
    explicit PretrainedFlag(Flags& flags) {
        flags.add_folder("save-pretrained", folder_,
                         "folder for the model as Hugging Face's classes load it");
    }
    PretrainedFlag(PretrainedFlag const&)            = delete;  // the flags know where it is
    PretrainedFlag& operator=(PretrainedFlag const&) = delete;

    /// Nothing, unless the flag was given. @param of  the task or the vocabulary
    template <class Model, class Of>
    void save(Model const& model, Of const& of, PretrainedOptions options = {}) const {
        if (!folder_.empty()) save_pretrained(folder_, model, of, options);
    }

private:
    std::string folder_;
};

}  // namespace rung
