#include "schema/writability.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/unique_fd.h"
#include "schema/private_reading.h"

namespace tracerec::schema {
namespace {

constexpr mode_t kAnyWrite = S_IWUSR | S_IWGRP | S_IWOTH;

// By the rights that the process acts with.
bool may_write(const std::string& path) {
  return ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0;
}

}  // namespace

bool is_being_written(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  return fd.valid() && is_written(fd.get());
}

std::optional<std::string> why_not_writable(const std::string& path) {
  struct stat file {};
  if (::lstat(path.c_str(), &file) != 0 || !S_ISREG(file.st_mode)) return std::nullopt;
  if (!may_write(path)) return errno == EROFS ? "is on a read-only file system" : "is read-only";
  if ((file.st_mode & kAnyWrite) == 0) return "is read-only";
  const std::string folder = std::filesystem::path(path).parent_path().string();
  if (!may_write(folder.empty() ? "." : folder)) return "is in a folder that takes no files";
  if (is_being_written(path)) return "is being written by another tracerec";
  return std::nullopt;
}

}  // namespace tracerec::schema
