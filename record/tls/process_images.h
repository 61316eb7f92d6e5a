// The files whose code a process runs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tracerec::record {

struct ProcessImage {
  std::string device;  // "fe:01", and the inode number: the identity of the file
  std::uint64_t inode = 0;
  std::string path;  // as the process sees it, for people
  std::string link;  // by which this process can open it, whatever namespace it is in and whether it has a name still
};

// Program and libraries, each once. Empty when the process is gone or may not be looked at.
[[nodiscard]] std::vector<ProcessImage> process_images(std::int64_t pid);

}  // namespace tracerec::record
