#pragma once
// Folders and files, every call checked (POSIX). A failure is an Error with the path and the system's reason.

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rung/core/check.hpp"
#include "rung/experiment/text.hpp"

namespace rung {

/// "file: cannot be opened; got 'x' (Permission denied), wanted a path that can be written"
[[noreturn, gnu::cold]] inline void fail_path(std::string_view what, std::string_view path, int why,
                                              std::string_view wanted) {
    throw Error(text::join({what, "; got '", path, "' (", std::strerror(why), "), wanted ", wanted}));
}

/// An open file. Nothing is buffered here: when `write` returns, the system has the bytes.
class File {
public:
    File() = default;
    [[gnu::cold, gnu::noinline]] File(std::string path, int flags)
        : path_{std::move(path)}, fd_{::open(path_.c_str(), flags | O_CLOEXEC, 0666)} {
        if (fd_ < 0) fail_path("file: cannot be opened", path_, errno, "a path that can be written");
        if (fd_ > 2) return;
        // Somebody closed a standard stream; what is printed to it must not land in this file.
        const int above = ::fcntl(fd_, F_DUPFD_CLOEXEC, 3);
        ::close(std::exchange(fd_, above));
        if (fd_ < 0) fail_path("file: cannot be opened", path_, errno, "a path that can be written");
    }
    File(File&& other) noexcept : path_{std::move(other.path_)}, fd_{std::exchange(other.fd_, -1)} {}
    File& operator=(File&& other) noexcept {
        std::swap(path_, other.path_);
        std::swap(fd_, other.fd_);
        return *this;
    }
    [[gnu::cold, gnu::noinline]] ~File() {
        if (fd_ >= 0) ::close(fd_);
    }

    bool                              is_open() const { return fd_ >= 0; }
    int                               descriptor() const { return fd_; }
    [[gnu::cold, gnu::noinline]] void write(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
            if (written < 0 && errno == EINTR) continue;
            check(written >= 0, "file: cannot be written");
            bytes.remove_prefix(std::size_t(written));
        }
    }
    /// On the disk, not only in the system's memory.
    void sync() { check(::fsync(fd_) == 0, "file: cannot be written to the disk"); }
    /// Some file systems report a failed write only here.
    void close() { check(::close(std::exchange(fd_, -1)) == 0, "file: cannot be closed"); }

private:
    [[gnu::cold, gnu::noinline]] void check(bool good, char const* what) const {
        if (!good) fail_path(what, path_, errno, "every byte written");
    }

    std::string path_;
    int         fd_ = -1;
};

/// All bytes of a file; nothing where there is none. Throws where it cannot be read.
[[gnu::cold, gnu::noinline]] inline std::optional<std::string> read_file(std::string const& path) {
    constexpr char const* wanted = "a file that can be read";
    const int             fd     = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT) return {};
    if (fd < 0) fail_path("file: cannot be opened", path, errno, wanted);
    struct Closed {
        int fd;
        ~Closed() { ::close(fd); }
    } const closed{fd};
    struct stat found {};
    if (::fstat(fd, &found) != 0) fail_path("file: cannot be read", path, errno, wanted);
    // A device may have no end, and a pipe nobody who writes.
    RUNG_CHECK(S_ISREG(found.st_mode), "file: cannot be read; got '", path,
               "', which is a folder, a device or a pipe, wanted a file");
    std::string bytes;
    bytes.reserve(std::size_t(found.st_size));
    for (char piece[1 << 16];;) {
        const ssize_t got = ::read(fd, piece, sizeof piece);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail_path("file: cannot be read", path, errno, wanted);
        if (got == 0) return bytes;
        bytes.append(piece, std::size_t(got));
    }
}
/// The same of a file that must be there.
[[gnu::cold, gnu::noinline]] inline std::string read_whole_file(std::string const& path) {
    auto bytes = read_file(path);
    if (!bytes) fail_path("file: cannot be opened", path, ENOENT, "a file that can be read");
    return std::move(*bytes);
}

/// The folder that holds `path`.
inline std::string folder_of(std::string const& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

/// Makes the folder and the folders above it, where missing.
[[gnu::cold, gnu::noinline]] inline void make_folder(std::string const& path) {
    for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
        const std::string part  = path.substr(0, slash);
        const bool        taken = ::mkdir(part.c_str(), 0777) == 0 || errno == EEXIST;
        const int         why   = taken ? ENOTDIR : errno;  // taken by something that is no folder
        struct stat       found {};
        const bool        there = ::stat(part.c_str(), &found) == 0 && S_ISDIR(found.st_mode);
        if (!there) fail_path("folder: cannot be made", path, why, "a folder that can be written");
        if (slash == std::string::npos) return;
    }
}

/// Opens a new file next to `path`, under a name that no file had.
[[gnu::cold, gnu::noinline]] inline File open_beside(std::string const& path, std::string& name) {
    for (int attempt = 0;; ++attempt) {
        name = text::join({path, ".tmp", text::number(::getpid()), ".", text::number(attempt)});
        if (::access(name.c_str(), F_OK) == 0 && attempt < 1000) continue;
        return File{name, O_WRONLY | O_CREAT | O_EXCL};
    }
}

/// Makes the folder and proves, by writing a file and removing it, that it can be written to.
[[gnu::cold, gnu::noinline]] inline void claim_folder(std::string const& path) {
    make_folder(path);
    std::string name;
    File        probe = open_beside(text::join({path, "/probe"}), name);
    ::unlink(name.c_str());
    probe.write("rung");
}

/// A whole file on the disk beside the place that it will take. One that takes none is gone with this.
class Draft {
public:
    [[gnu::cold, gnu::noinline]] Draft(std::string path, std::string_view bytes) : path_(std::move(path)) {
        File file = open_beside(path_, name_);
        try {
            file.write(bytes);
            file.sync();
            file.close();
        } catch (...) {
            ::unlink(name_.c_str());
            throw;
        }
    }
    Draft(Draft&& other) noexcept
        : path_(std::move(other.path_)), name_(std::exchange(other.name_, std::string())) {}
    [[gnu::cold, gnu::noinline]] ~Draft() {
        if (!name_.empty()) ::unlink(name_.c_str());
    }

    /// @param before  a name for the old file; empty: it is gone
    [[gnu::cold, gnu::noinline]] void take_place(std::string const& before = "") {
        if (!before.empty() && std::rename(path_.c_str(), before.c_str()) != 0 && errno != ENOENT)
            fail_path("file: cannot be put aside", path_, errno, "a name that it can take");
        if (std::rename(name_.c_str(), path_.c_str()) != 0)
            fail_path("file: cannot be put in place", path_, errno, "a path that a file can take");
        name_.clear();
    }

private:
    std::string path_, name_;
};

/// New names last once their folder is on the disk too; one that may not be read cannot be synced.
[[gnu::cold, gnu::noinline]] inline void sync_folder(std::string const& path) {
    const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return;
    const int why = ::fsync(folder) == 0 ? 0 : errno;
    ::close(folder);
    if (why != 0 && why != EINVAL)  // EINVAL: this file system has no such thing
        fail_path("folder: cannot be written to the disk", path, why, "every name kept");
}

/// Writes the whole file or leaves the old one as it was: a reader, or a power cut, sees one or the other.
/// @param before  a name for the old one; empty: it is gone
[[gnu::cold, gnu::noinline]] inline void write_file(std::string const& path, std::string_view bytes,
                                                    std::string const& before = "") {
    Draft{path, bytes}.take_place(before);
    sync_folder(folder_of(path));
}

/// The files of a folder; none where it cannot be read.
[[gnu::cold, gnu::noinline]] inline std::vector<std::string> names_in(std::string const& folder) {
    std::vector<std::string> names;
    DIR* const               list = ::opendir(folder.c_str());
    if (!list) return names;
    while (dirent const* entry = ::readdir(list)) names.emplace_back(entry->d_name);
    ::closedir(list);
    return names;
}

/// Removes drafts whose process was killed: NAME.tmp12345.0
[[gnu::cold, gnu::noinline]] inline void remove_drafts(std::string const& folder) {
    for (std::string const& name : names_in(folder)) {
        const auto at = name.rfind(".tmp");
        if (at == name.npos || at == 0) continue;
        const auto number = name.substr(at + 4);
        if (number.find('.') == number.npos || number.find_first_not_of("0123456789.") != number.npos)
            continue;
        ::unlink(text::join({folder, "/", name}).c_str());
    }
}

}  // namespace rung
