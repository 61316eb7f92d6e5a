#include "base/option_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "base/unique_fd.h"

namespace tracerec {
namespace {

constexpr std::size_t kFirstPieceBytes = 4096;
constexpr std::size_t kMaxPieceBytes = std::size_t{1} << 20;

constexpr const char* kSpecial = "it is a device or a socket; name a regular file";

Error error_of(int number) {
  return Error{std::strerror(number)};
}

Result<void> check_kind(const std::string& path, mode_t mode, Pipes pipes) {
  if (S_ISREG(mode)) return {};
  if (S_ISDIR(mode)) return error_of(EISDIR);
  if (!S_ISFIFO(mode)) return Error{kSpecial};
  if (!descriptor_named_by(path)) return Error{"it is a named pipe; name a regular file"};
  return pipes == Pipes::kOfThisProcess ? Result<void>() : Error{"it is a pipe; this one must be a regular file"};
}

// No driver, or a socket (open(2)).
Error open_error() {
  return errno == ENXIO || errno == ENODEV ? Error{kSpecial} : error_of(errno);
}

// The kernel has files that say they are regular and wait for more at their end (/proc/kmsg, trace_pipe).
Error read_error() {
  return errno == EAGAIN ? Error{"it waits for more to come and has no end; name a regular file"} : error_of(errno);
}

// The descriptor does not block; of a pipe there is more to come. EINTR: somebody wants this to end.
ssize_t read_when_ready(int fd, bool is_pipe, char* to, std::size_t count) {
  for (;;) {
    const ssize_t got = ::read(fd, to, count);
    if (got >= 0 || errno != EAGAIN || !is_pipe) return got;
    pollfd ready{fd, POLLIN, 0};
    if (::poll(&ready, 1, -1) < 0) return -1;
  }
}

}  // namespace

std::optional<int> descriptor_named_by(const std::string& path) {
  constexpr std::pair<std::string_view, int> kNames[] = {
      {"/dev/stdin", STDIN_FILENO}, {"/dev/stdout", STDOUT_FILENO}, {"/dev/stderr", STDERR_FILENO}};
  for (const auto& [name, fd] : kNames) {
    if (path == name) return fd;
  }
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!path.starts_with(folder)) continue;
    int fd = -1;
    const char* const end = path.data() + path.size();
    const auto [parsed_to, error] = std::from_chars(path.data() + folder.size(), end, fd);
    if (error == std::errc{} && parsed_to == end && fd >= 0) return fd;
  }
  return std::nullopt;
}

Result<std::string> read_option_file(const std::string& path, std::size_t max_bytes, Pipes pipes) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd.valid()) return open_error();
  struct stat file {};
  if (::fstat(fd.get(), &file) != 0) return error_of(errno);
  if (auto good = check_kind(path, file.st_mode, pipes); !good) return good.error();
  std::string bytes;
  for (;;) {
    const std::size_t filled = bytes.size();
    bytes.resize(filled + std::clamp(filled, kFirstPieceBytes, kMaxPieceBytes));
    const ssize_t got = read_when_ready(fd.get(), S_ISFIFO(file.st_mode), bytes.data() + filled, bytes.size() - filled);
    if (got < 0) return read_error();
    bytes.resize(filled + static_cast<std::size_t>(got));
    if (bytes.size() > max_bytes) return Error{"it is longer than " + format_bytes(max_bytes)};
    if (got == 0) return bytes;
  }
}

}  // namespace tracerec
