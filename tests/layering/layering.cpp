// Reads every header and holds it to the house plan: who may include whom, and how large a file may grow.
//     core <- backend <- model <- train <- experiment       model also feeds eval
//     core <- task <- data <- eval <- curriculum <- experiment      data also feeds train
//     core, model, data <- io                                       and nothing includes io but programs
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

namespace {

using Strings = std::vector<std::string>;

// What a room may include besides itself: a folder with all below it, or one file. "contract" is the files
// that lie directly in backend/, without the backends below it.
std::map<std::string, Strings> const plan{
    {"core", {}},
    {"backend", {"core"}},
    {"backend/cpu", {"core", "contract"}},
    {"backend/cuda", {"core", "contract"}},
    {"task", {"core"}},
    {"data", {"core", "task"}},
    {"model", {"core", "contract"}},
    {"train", {"core", "contract", "model", "data", "task/difficulty.hpp"}},
    {"eval", {"core", "contract", "model", "data", "task"}},
    {"curriculum", {"core", "task/difficulty.hpp", "data", "eval/answer.hpp", "eval/score.hpp"}},
    {"experiment",
     {"core", "contract", "backend/cpu", "backend/cuda", "task", "data", "model", "train", "eval",
      "curriculum"}},
    // A checkpoint is a model and a vocabulary; of experiment it takes how files and JSON are written, and programs.
    {"io", {"core", "model", "data", "experiment/file.hpp", "experiment/json.hpp", "experiment/program.hpp"}},
};

bool starts_with(std::string const& text, std::string const& start) { return text.rfind(start, 0) == 0; }

// The room of "model/layer/mlp.hpp" is "model"; each backend is a room of its own; "" for files beside the
// rooms.
std::string room_of(std::string const& path) {
    const auto first = path.find('/');
    if (first == std::string::npos) return "";
    const auto second = path.find('/', first + 1);
    return starts_with(path, "backend/") && second != std::string::npos ? path.substr(0, second)
                                                                        : path.substr(0, first);
}

bool may_include(std::string const& from, std::string const& to) {
    const std::string room   = room_of(from);
    const std::string target = room_of(to);
    if (room.empty()) return target != "io";  // rung.hpp and its like gather what they want, and stay cheap
    if (target == room) return true;
    if (plan.count(room) == 0 || target.empty()) return false;
    return std::any_of(plan.at(room).begin(), plan.at(room).end(), [&](std::string const& allowed) {
        return allowed == to || allowed == target || (allowed == "contract" && target == "backend");
    });
}

// What is read from files costs seconds to compile; who only writes does not pay for it.
bool reads_json(std::string const& path) {
    const std::string end = "_reader.hpp";
    return room_of(path) == "io" && path.size() > end.size() &&
           path.compare(path.size() - end.size(), end.size(), end) == 0;
}

std::size_t columns(std::string const& line) {  // UTF-8: continuation bytes take no room
    return std::size_t(
        std::count_if(line.begin(), line.end(), [](unsigned char c) { return (c & 0xC0) != 0x80; }));
}

// Everything wrong with one header, given its path below include/rung and its text.
Strings problems(std::string const& path, std::string const& text) {
    static const std::regex include{R"re(\s*#\s*include\s*["<]([^">]*)[">].*)re"};
    static const std::regex gpu_header{R"((cuda|thrust|cub|cublas|nccl|mma|cooperative_groups).*)"};
    static const std::regex gpu_code{R"(.*(\bcuda[A-Z]\w|\bcublas[A-Z]|__global__|__shared__|<<<).*)"};
    const bool              device = path.size() > 4 && path.substr(path.size() - 4) == ".cuh";

    Strings            found;
    std::istringstream in(text);
    int                number   = 0;
    const auto         complain = [&](std::string const& what) {
        found.push_back(path + ":" + std::to_string(number) + ": " + what);
    };
    for (std::string line; std::getline(in, line);) {
        ++number;
        if (columns(line) > 120) complain("longer than 120 columns");
        const std::string code = line.substr(0, line.find("//"));
        if (!device && std::regex_match(code, gpu_code)) complain("only .cuh files mention CUDA");
        std::smatch match;
        if (!std::regex_match(code, match, include)) continue;
        const std::string header = match[1];
        if (code.find('"') != std::string::npos &&
            (!starts_with(header, "rung/") || header.find("..") != std::string::npos)) {
            complain("write the full path from rung/; got " + header);
        } else if (starts_with(header, "rung/")) {
            const std::string to = header.substr(5);
            if (!may_include(path, to)) complain((room_of(path) + " may not include ").append(header));
            if (!device && to.find(".cuh") != std::string::npos)
                complain("only .cuh files include .cuh files");
        } else if (starts_with(header, "Eigen/")) {
            if (path != "core/eigen.hpp") complain("Eigen stays in core/eigen.hpp");
        } else if (starts_with(header, "nlohmann/")) {
            if (!reads_json(path)) complain("nlohmann stays in io/*_reader.hpp");
        } else if (!device && std::regex_match(header, gpu_header)) {
            complain("only .cuh files mention CUDA");
        }
    }
    if (number > 300) complain("longer than 300 lines");
    return found;
}

}  // namespace

TEST_CASE("headers keep to the plan of the house") {
    namespace fs           = std::filesystem;
    const fs::path root    = fs::path(RUNG_INCLUDE_DIR) / "rung";
    int            headers = 0;
    for (auto const& entry : fs::recursive_directory_iterator(root)) {
        if (!entry.is_regular_file()) continue;
        ++headers;
        std::ostringstream text;
        text << std::ifstream(entry.path()).rdbuf();
        for (auto const& problem : problems(fs::relative(entry.path(), root).generic_string(), text.str()))
            FAIL_CHECK(problem);
    }
    CHECK(headers > 10);  // an empty folder would keep to any plan
}

TEST_CASE("the plan allows what it draws") {
    CHECK(problems("core/a.hpp", "#include <vector>\n#include \"rung/core/b.hpp\"\n").empty());
    CHECK(problems("backend/cpu/a.hpp", "#include \"rung/backend/backend.hpp\"\n").empty());
    CHECK(problems("core/eigen.hpp", "#include <Eigen/Core>\n").empty());
    CHECK(problems("model/layer/a.hpp",
                   "#include \"rung/model/shape.hpp\"\n#include <rung/backend/backend.hpp>\n")
              .empty());
    CHECK(problems("curriculum/a.hpp", "#include \"rung/eval/score.hpp\"\n").empty());
    CHECK(problems("experiment/a.hpp", "#include \"rung/backend/cpu/cpu.hpp\"\n").empty());
    CHECK(problems("backend/cuda/a.cuh", "#include <thrust/for_each.h>\n__global__ void f();\n").empty());
    CHECK(problems("rung.hpp", "#include \"rung/experiment/train.hpp\"\n").empty());
    CHECK(problems("core/a.hpp", "// cudaMalloc would go here\n").empty());
    CHECK(problems("io/a_reader.hpp", "#include <nlohmann/json.hpp>\n#include \"rung/experiment/file.hpp\"\n")
              .empty());
}

TEST_CASE("the plan forbids the rest") {
    const auto one = [](std::string const& path, std::string const& line) {
        const Strings found = problems(path, "\n" + line + "\n");
        REQUIRE(found.size() == 1);
        CHECK(starts_with(found[0], path + ":2: "));
        return found[0].substr(path.size() + 4);
    };
    CHECK(one("core/a.hpp", "#include \"rung/task/task.hpp\"") == "core may not include rung/task/task.hpp");
    CHECK(one("model/a.hpp", "#include <rung/task/task.hpp>") == "model may not include rung/task/task.hpp");
    CHECK(one("model/a.hpp", "# include \"rung/backend/cpu/cpu.hpp\"") ==
          "model may not include rung/backend/cpu/cpu.hpp");
    CHECK(one("task/a.hpp", "#include \"rung/task/../rung.hpp\"") ==
          "write the full path from rung/; got rung/task/../rung.hpp");
    CHECK(one("task/a.hpp", "#include \"rung/rung.hpp\"") == "task may not include rung/rung.hpp");
    CHECK(one("data/a.hpp", "#include \"rung/model/shape.hpp\"") ==
          "data may not include rung/model/shape.hpp");
    CHECK(one("curriculum/a.hpp", "#include \"rung/eval/decode.hpp\"") ==
          "curriculum may not include rung/eval/decode.hpp");
    CHECK(one("eval/a.hpp", "#include \"rung/train/loss.hpp\"") ==
          "eval may not include rung/train/loss.hpp");
    CHECK(one("attic/a.hpp", "#include \"rung/core/view.hpp\"") ==
          "attic may not include rung/core/view.hpp");
    CHECK(one("experiment/a.hpp", "#include \"rung/io/save_pretrained.hpp\"") ==
          "experiment may not include rung/io/save_pretrained.hpp");
    CHECK(one("rung.hpp", "#include \"rung/io/tensor.hpp\"") == " may not include rung/io/tensor.hpp");
    CHECK(one("io/a.hpp", "#include \"rung/experiment/train.hpp\"") ==
          "io may not include rung/experiment/train.hpp");
    CHECK(one("io/a.hpp", "#include <nlohmann/json.hpp>") == "nlohmann stays in io/*_reader.hpp");
    CHECK(one("experiment/a_reader.hpp", "#include <nlohmann/json.hpp>") ==
          "nlohmann stays in io/*_reader.hpp");
    CHECK(one("core/a.hpp", "#include \"view.hpp\"") == "write the full path from rung/; got view.hpp");
    CHECK(one("model/a.hpp", "#include <Eigen/Core>") == "Eigen stays in core/eigen.hpp");
    CHECK(one("backend/cuda/a.hpp", "#include <cuda_runtime.h>") == "only .cuh files mention CUDA");
    CHECK(one("core/a.hpp", "cudaStream_t stream;") == "only .cuh files mention CUDA");
    CHECK(one("cuda.hpp", "#include \"rung/backend/cuda/a.cuh\"") == "only .cuh files include .cuh files");
    CHECK(one("core/a.hpp", std::string(121, '=')) == "longer than 120 columns");
    CHECK(problems("core/a.hpp", std::string(300, '\n')).empty());
    CHECK(problems("core/a.hpp", std::string(301, '\n')) == Strings{"core/a.hpp:301: longer than 300 lines"});
}
