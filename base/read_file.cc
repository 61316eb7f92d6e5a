#include "base/read_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/text.h"
#include "base/unique_fd.h"

namespace tracerec {
namespace {

constexpr std::size_t kFirstReadBytes = 4096;
constexpr std::size_t kMaxReadBytes = std::size_t{1} << 20;

ssize_t read_some(int fd, char* to, std::size_t count) {
  for (;;) {
    const ssize_t got = ::read(fd, to, count);
    if (got >= 0 || errno != EINTR) return got;
  }
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd.valid()) return Error{std::strerror(errno)};
  std::string bytes;
  for (;;) {
    const std::size_t filled = bytes.size();
    bytes.resize(filled + std::clamp(filled, kFirstReadBytes, kMaxReadBytes));
    const ssize_t got = read_some(fd.get(), bytes.data() + filled, bytes.size() - filled);
    if (got < 0) return Error{std::strerror(errno)};
    bytes.resize(filled + static_cast<std::size_t>(got));
    if (bytes.size() > max_bytes) return Error{"it is longer than " + format_bytes(max_bytes)};
    if (got == 0) return bytes;
  }
}

}  // namespace tracerec
