// Files that a recorded process names: looked at without opening them, opened only when they are what was to be opened.
//
// The process may put anything in the place of what it used: a FIFO, a device, a file that only root may read, one on a
// file system of its own that never responds. So a name or a descriptor is taken with O_PATH, which opens nothing;
// what it leads to is compared with what the kernel side has told; and only then is that very file opened.
// pidfd_getfd(2) is no way for it: closing what it took sends a request to a FUSE server and waits for the response.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/unique_fd.h"
#include "bpf/wire.h"
#include "record/helper_thread.h"

namespace tracerec::record {

// The files of this file system can be trusted to be what they say, and reading them waits for nobody but the kernel
// and a disk: not FUSE, not a network's, not an overlay that somebody made in a user namespace of his own (which may
// lie over FUSE).
[[nodiscard]] bool is_trusted(const tr_file_system& where);

// What the kernel has at hand of a file, without asking whoever serves it.
struct FileFacts {
  bool regular = false;
  std::uint64_t inode = 0;
  std::uint32_t device = 0;  // as in tr_file_system
  std::uint64_t mount = 0;
  std::uint32_t links = 0;
  std::uint64_t size = 0;
  std::uint64_t mtime_ns = 0;
  std::uint64_t ctime_ns = 0;
};
[[nodiscard]] std::optional<FileFacts> facts_of(int fd);

// The regular file with this number on that file system.
[[nodiscard]] bool is_file(const FileFacts& facts, std::uint64_t inode, const tr_file_system& where);

// O_PATH descriptors; invalid: there is nothing, or it may not be looked at.
[[nodiscard]] UniqueFd locate_descriptor(std::uint32_t tgid, int fd);
// By an absolute path without symbolic links as the process sees it, never outside its root. A look that needs more
// than what is cached is done on the helper thread, and given up soon.
[[nodiscard]] UniqueFd locate_path(std::uint32_t tgid, const std::string& path, HelperThread& helper);

// Opens what `located` leads to for reading. To be called for regular files of trusted file systems only.
[[nodiscard]] UniqueFd open_located(const UniqueFd& located);

}  // namespace tracerec::record
