#include "base/replace_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "base/owner.h"
#include "base/same_file.h"
#include "base/unique_fd.h"

namespace tracerec {
namespace {

// False with errno set.
bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// Mode and owner of the file that is replaced; else what a new file gets. False with errno set.
bool make_like(const std::string& path, int fd) {
  struct stat file {};
  if (::stat(path.c_str(), &file) == 0) {
    (void)!::fchown(fd, file.st_uid, file.st_gid);  // where that is not allowed, it is the caller's
    return ::fchmod(fd, file.st_mode & 0777U) == 0;
  }
  give_to_invoking_user(fd);
  const mode_t mask = ::umask(0);  // one thread
  ::umask(mask);
  return ::fchmod(fd, 0666U & ~mask) == 0;
}

}  // namespace

// What is written meanwhile has a name that nothing else has.
Result<void> replace_file(const std::string& name, const std::string& text) {
  std::error_code unknown;
  const bool is_there = std::filesystem::exists(name, unknown);
  if (unknown) return Error{"cannot write " + name + ": " + unknown.message()};
  const std::string path = where_it_leads(name);
  const char* const rest = is_there ? " is as it was" : " was not made";
  std::string temporary = path + ".XXXXXX";
  const UniqueFd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd.valid()) return Error{"cannot write beside " + name + ": " + std::strerror(errno) + "; it" + rest};
  const bool written = write_all(fd.get(), text) && make_like(path, fd.get());
  if (written && ::rename(temporary.c_str(), path.c_str()) == 0) return {};
  const std::string why = std::strerror(errno);
  ::unlink(temporary.c_str());
  return Error{"cannot write " + name + ": " + why + "; it" + rest};
}

}  // namespace tracerec
