#pragma once
// A file, read whole.

#include <string>

#include "rung/experiment/file.hpp"

namespace rung {

[[gnu::cold, gnu::noinline]] inline std::string whole_file(std::string const& path) {
    constexpr char const* wanted = "a file that can be read";
    const int             fd     = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail_path("file: cannot be opened", path, errno, wanted);
    struct Closed {
        int fd;
        ~Closed() { ::close(fd); }
    } const closed{fd};
    struct stat found {};
    std::string bytes;
    if (::fstat(fd, &found) == 0 && S_ISREG(found.st_mode)) bytes.reserve(std::size_t(found.st_size));
    for (char piece[1 << 16];;) {
        const ssize_t got = ::read(fd, piece, sizeof piece);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail_path("file: cannot be read", path, errno, wanted);
        if (got == 0) return bytes;
        bytes.append(piece, std::size_t(got));
    }
}

}  // namespace rung
