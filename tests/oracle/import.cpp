// Reads back what oracle_export wrote and Transformers wrote again:
//     oracle_import FOLDER
// Weights must be those that were exported, to the last bit, wherever a folder NAME has a folder "again..." in it.

#include <dirent.h>
#include <cstdio>

#include "oracle/models.hpp"
#include "rung/io/load_pretrained.hpp"

using namespace rung;

namespace {

std::vector<std::string> copies_in(std::string const& folder) {
    std::vector<std::string> names;
    DIR* const               list = ::opendir(folder.c_str());
    RUNG_CHECK(list, "oracle_import: '", folder, "'; cannot be opened");
    while (dirent const* entry = ::readdir(list))
        if (std::string_view(entry->d_name).starts_with("again")) names.push_back(entry->d_name);
    ::closedir(list);
    return names;
}

}  // namespace

int main(int argc, char** argv) try {
    RUNG_CHECK(argc == 2, "oracle_import: got ", argc - 1, " arguments, wanted a folder");
    int passed = 0, failed = 0;
    rung_test::for_each_model([&](auto type, std::string name, auto const& task, auto const&...) {
        using Model              = typename decltype(type)::type;
        const std::string folder = std::string(argv[1]) + "/" + name;
        for (std::string const& copy : copies_in(folder)) {
            std::string what = "the same weights";
            bool        same = false;
            try {
                Model first{std::uint64_t{1}}, second{std::uint64_t{2}};
                load_pretrained(first, folder, task);
                load_pretrained(second, folder + "/" + copy, task);
                same = std::equal(first.weights().begin(), first.weights().end(), second.weights().begin());
                if (!same) what = "other weights";
            } catch (Error const& error) {
                what = error.what();
            }
            ++(same ? passed : failed);
            std::printf("%s%s: %s is read back: %s\n", same ? "ok    " : "WRONG ", name.c_str(), copy.c_str(),
                        what.c_str());
        }
    });
    std::printf("%d passed, %d failed\n", passed, failed);
    return failed > 0 || passed == 0;
} catch (std::exception const& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
