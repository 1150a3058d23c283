#pragma once
// What the tests of this room share: a folder that goes away, a disk that is full, files read back, and a judge of XML.

#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace scratch {

inline std::vector<std::string> names_in(std::string const& folder) {
    std::vector<std::string> names;
    if (DIR* const list = ::opendir(folder.c_str())) {
        while (dirent const* entry = ::readdir(list))
            if (const std::string name = entry->d_name; name != "." && name != "..") names.push_back(name);
        ::closedir(list);
    }
    return names;
}

inline bool exists(std::string const& path) { return ::access(path.c_str(), F_OK) == 0; }

/// An empty folder for one test; removed with all it holds.
class Folder {
public:
    Folder() {
        char const* const root = std::getenv("TMPDIR");
        path_                  = std::string{root ? root : "/tmp"} + "/rung_test_XXXXXX";
        if (!::mkdtemp(path_.data())) std::abort();
    }
    Folder(Folder const&)            = delete;
    Folder& operator=(Folder const&) = delete;
    ~Folder() { remove(path_); }

    std::string        operator/(std::string const& name) const { return path_ + "/" + name; }
    std::string const& path() const { return path_; }

private:
    static void remove(std::string const& path) {
        for (std::string const& name : names_in(path)) remove(path + "/" + name);
        std::remove(path.c_str());
    }

    std::string path_;
};

/// While it lives, no file may grow past `bytes`, which is how a test runs out of disk.
class SmallDisk {
public:
    explicit SmallDisk(rlim_t bytes) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit small{bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &small);
        handler_ = std::signal(SIGXFSZ, SIG_IGN);
    }
    SmallDisk(SmallDisk const&)            = delete;
    SmallDisk& operator=(SmallDisk const&) = delete;
    ~SmallDisk() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }

private:
    rlimit before_{};
    void (*handler_)(int) = nullptr;
};

inline std::string read(std::FILE* file) {
    std::string out;
    std::rewind(file);
    for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) out += char(c);
    return out;
}

inline std::string read(std::string const& path) {
    std::FILE* const file = std::fopen(path.c_str(), "rb");
    if (!file) return "(no file)";
    std::string out = read(file);
    std::fclose(file);
    return out;
}

inline void write(std::string const& path, std::string_view bytes) {
    std::FILE* const file = std::fopen(path.c_str(), "wb");
    if (!file) std::abort();
    std::fwrite(bytes.data(), 1, bytes.size(), file);
    std::fclose(file);
}

inline int count(std::string_view text, std::string_view part) {
    int found = 0;
    for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++found;
    return found;
}

/// "" for well-formed XML, else what is wrong: tags that do not match, attributes without quotes, stray & and <.
inline std::string xml_fault(std::string_view text) {
    std::vector<std::string> open;
    if (text.substr(0, 15) == "<!DOCTYPE html>") text.remove_prefix(15);
    while (!text.empty()) {
        if (text[0] == '&') {
            const auto name = text.substr(0, text.find(';') + 1);
            if (name != "&amp;" && name != "&lt;" && name != "&gt;" && name != "&quot;") return "stray &";
        }
        if (text[0] != '<') {
            text.remove_prefix(1);
            continue;
        }
        std::size_t end    = 1;
        bool        quoted = false;
        for (; end < text.size() && (quoted || text[end] != '>'); ++end) {
            if (text[end] == '<') return "< inside a tag";
            quoted ^= text[end] == '"';
        }
        if (end == text.size()) return "a tag without an end";
        const std::string tag{text.substr(1, end - 1)};
        const std::string name = tag.substr(0, tag.find_first_of(" /", 1));
        if (count(tag, "=\"") * 2 != count(tag, "\"")) return "odd quotes in <" + tag + ">";
        if (tag[0] == '/') {
            if (open.empty() || "/" + open.back() != tag) return "<" + tag + "> closes nothing";
            open.pop_back();
        } else if (tag.back() != '/') {
            open.push_back(name);
        }
        text.remove_prefix(end + 1);
    }
    return open.empty() ? "" : "<" + open.back() + "> stays open";
}

}  // namespace scratch
