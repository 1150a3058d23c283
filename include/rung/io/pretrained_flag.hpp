#pragma once
// --save-pretrained of a program:
//
//     PretrainedFlag pretrained{common, flags};    // beside the other flags
//     pretrained.wanted_of<Reverser>();            // before any work
//     pretrained.save(model, Reverse{});           // at the end, before Journal::finish

#include <sys/stat.h>
#include <string>

#include "rung/experiment/program.hpp"
#include "rung/io/save_pretrained.hpp"

namespace rung {

class PretrainedFlag {
public:
    PretrainedFlag(Common& common, Flags& flags) : common_(common) {
        flags.add_folder("save-pretrained", folder_,
                         "folder for the model as Hugging Face's classes load it");
    }
    PretrainedFlag(PretrainedFlag const&)            = delete;  // the flags know where it is
    PretrainedFlag& operator=(PretrainedFlag const&) = delete;

    /// Throws BadFlag if the flag was given and no stock class computes what the model computes. A run in --out that is
    /// finished and has not left its model in the folder is gone through again, without training.
    /// @param name  one that save() gets, if any
    template <class Model>
    void wanted_of(std::string const& name = "") const {
        if (folder_.empty()) return;
        constexpr char const* why = refusal<Model>();
        if constexpr (why != nullptr)
            throw BadFlag(text::join({"--save-pretrained: got '", folder_, "', wanted none: ", why}));
        struct stat found {};
        common_.go_through |= ::stat((folder_of(name) + "/config.json").c_str(), &found) != 0;
    }

    /// Nothing, unless the flag was given and the model is not refused. @param of  the task or the vocabulary
    /// @param name  a folder within the flag's, where a program has several models
    template <class Model, class Of>
    void save(Model const& model, Of const& of, std::string const& name = "",
              PretrainedOptions options = {}) const {
        if constexpr (refusal<Model>() == nullptr)
            if (!folder_.empty()) save_pretrained(folder_of(name), model, of, options);
    }

private:
    template <class Model>
    static constexpr char const* refusal() {
        return stock_class_refusal<decltype(parts_of(std::declval<Model const&>()))>();
    }
    std::string folder_of(std::string const& name) const {
        return name.empty() ? folder_ : folder_ + '/' + name;
    }

    Common&     common_;
    std::string folder_{};
};

}  // namespace rung
