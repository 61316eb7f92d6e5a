// The files whose code a process runs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"
#include "record/helper_thread.h"

namespace tracerec::record {

struct ProcessImage {
  std::string device;  // "fe:01", and the inode number: the identity of the file
  std::uint64_t inode = 0;
  std::string path;   // as the process sees it, for people
  std::string range;  // of addresses, at which it is mapped
};

// Program and libraries, each once, the first kMostImages. Empty when the process is gone or may not be looked at.
inline constexpr std::size_t kMostImages = 4096;
[[nodiscard]] std::vector<ProcessImage> process_images(std::int64_t pid);

// Whether the file can be opened at all: it may be read, and has not gone. Opens nothing.
[[nodiscard]] bool is_reachable(std::int64_t pid, const ProcessImage& image, HelperThread& helper);

// Opens the very file that is mapped, whatever namespace the process is in and whether the file has a name still. Error
// without the path: it cannot be found, is not a regular file, or is on a file system that others serve (FUSE, a
// network): who reads there may wait for ever.
[[nodiscard]] Result<UniqueFd> open_image(std::int64_t pid, const ProcessImage& image, HelperThread& helper);

}  // namespace tracerec::record
