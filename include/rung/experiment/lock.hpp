#pragma once
// A folder that one process at a time works in.

#include <sys/file.h>

#include "rung/experiment/file.hpp"

namespace rung {

/// Holds the file `lock` in a folder; the system lets go of it when the process ends, however it ends.
class FolderLock {
public:
    /// Throws where another process holds it, or this one does already. Removes what a killed one left half written.
    [[gnu::cold, gnu::noinline]] explicit FolderLock(std::string const& folder)
        : file_{folder + "/lock", O_RDWR | O_CREAT} {
        const bool held = ::flock(file_.descriptor(), LOCK_EX | LOCK_NB) == 0;
        if (!held && errno == EWOULDBLOCK) {
            char          holder[24] = {};
            const ssize_t size       = ::pread(file_.descriptor(), holder, sizeof holder - 1, 0);
            if (std::string_view{holder} == text::number(::getpid()))
                throw Error(text::join({"--out: '", folder, "' is in use by this program itself (", holder,
                                        "), wanted a folder of its own for each Journal"}));
            throw Error(text::join({"--out: '", folder, "' is in use by another process (",
                                    size > 0 ? std::string_view{holder} : "which has just begun",
                                    "), wanted a folder of its own for each"}));
        }
        if (!held) {  // then nothing of another process's may be removed either
            std::fprintf(stderr,
                         "--out: '%s' is on a file system without locks (%s): see to it that no second run "
                         "works there\n",
                         folder.c_str(), std::strerror(errno));
            return;
        }
        if (::ftruncate(file_.descriptor(), 0) == 0) file_.write(text::number(::getpid()));
        remove_drafts(folder);
    }

private:
    File file_;
};

}  // namespace rung
