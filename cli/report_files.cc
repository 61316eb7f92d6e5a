#include "cli/report_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <streambuf>
#include <string>
#include <system_error>
#include <utility>

#include "base/option_file.h"
#include "base/owner.h"
#include "base/same_file.h"
#include "base/text.h"
#include "base/unique_fd.h"

namespace tracerec::cli {
namespace {

Error cannot_write(const std::string& path, int error) {
  return Error{"cannot write the report to " + printable(path) + ": " + std::generic_category().message(error)};
}

Result<void> check_new(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd.valid()) return cannot_write(path, errno);
  ::unlink(path.c_str());
  return {};
}

Error not_ours(const std::string& path) {
  return Error{"cannot write the report to " + printable(path) + ": another user's file or link; name a new one"};
}

bool is_of_another_user(const struct stat& file) {
  if (!S_ISREG(file.st_mode) && !S_ISLNK(file.st_mode)) return false;
  const auto user = invoking_user();
  return file.st_uid != ::geteuid() && file.st_uid != 0 && !(user && file.st_uid == user->user);
}

Result<void> check_descriptor(const std::string& path, int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0) return cannot_write(path, errno);
  return (flags & O_ACCMODE) == O_RDONLY ? Result<void>(cannot_write(path, EBADF)) : Result<void>();
}

Result<void> check_file(const std::string& path) {
  struct stat file {};
  if (const auto fd = descriptor_named_by(path)) return check_descriptor(path, *fd);
  if (::lstat(path.c_str(), &file) == 0 && is_of_another_user(file)) return not_ours(path);
  if (::stat(path.c_str(), &file) == 0 && S_ISFIFO(file.st_mode))
    return ::access(path.c_str(), W_OK) == 0 ? Result<void>() : cannot_write(path, errno);
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));  // not O_CREAT
  if (fd.valid()) return {};
  return errno == ENOENT ? check_new(path) : Result<void>(cannot_write(path, errno));
}

// A report holds bodies. Only the owner of a file may change its mode.
Result<void> make_private(const std::string& path, int fd, const struct stat& file) {
  if ((file.st_mode & 07777) != 0600 && ::fchmod(fd, 0600) != 0)
    return Error{"cannot make the report " + printable(path) +
                 " private (chmod 600): " + std::generic_category().message(errno) + "; name a new file"};
  return ::ftruncate(fd, 0) == 0 ? Result<void>() : cannot_write(path, errno);
}

struct Opened {
  UniqueFd fd;
  bool is_new = false;
};

Result<Opened> open_new(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd.valid()) return cannot_write(path, errno);
  give_to_invoking_user(fd.get());
  return Opened{std::move(fd), true};
}

// The file may have been exchanged since it was looked at: what counts is what is open.
Result<Opened> open_there(const std::string& path) {
  struct stat file {};
  if (::lstat(path.c_str(), &file) != 0) return cannot_write(path, errno);
  if (is_of_another_user(file)) return not_ours(path);
  const int links = S_ISLNK(file.st_mode) ? 0 : O_NOFOLLOW;
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC | links));
  if (!fd.valid() || ::fstat(fd.get(), &file) != 0) return cannot_write(path, errno);
  if (!S_ISREG(file.st_mode)) return Opened{std::move(fd)};
  if (is_of_another_user(file)) return not_ours(path);
  if (auto done = make_private(path, fd.get(), file); !done) return done.error();
  return Opened{std::move(fd)};
}

Result<Opened> open_report(const std::string& path) {
  if (const auto named = descriptor_named_by(path)) {
    UniqueFd fd(::fcntl(*named, F_DUPFD_CLOEXEC, 3));
    if (!fd.valid()) return cannot_write(path, errno);
    return Opened{std::move(fd)};
  }
  struct stat file {};
  return ::lstat(path.c_str(), &file) != 0 && errno == ENOENT ? open_new(path) : open_there(path);
}

// Writes to a descriptor and keeps the first error.
class FileOutput final : public std::streambuf {
 public:
  explicit FileOutput(int fd) : fd_(fd) { setp(buffer_.data(), buffer_.data() + buffer_.size()); }
  [[nodiscard]] int error() const { return error_; }

 protected:
  int sync() override {
    const char* at = pbase();
    while (error_ == 0 && at < pptr()) {
      const ssize_t written = ::write(fd_, at, static_cast<std::size_t>(pptr() - at));
      if (written < 0) error_ = errno;
      at += written;
    }
    setp(buffer_.data(), buffer_.data() + buffer_.size());
    return error_ == 0 ? 0 : -1;
  }

  int_type overflow(int_type c) override {
    if (sync() != 0) return traits_type::eof();
    return traits_type::eq_int_type(c, traits_type::eof()) ? traits_type::not_eof(c)
                                                           : sputc(traits_type::to_char_type(c));
  }

 private:
  int fd_;
  int error_ = 0;
  std::array<char, 65536> buffer_{};
};

// Devices (/dev/null) and pipes may take several.
bool is_one_output(const std::string& one, const std::string& other) {
  struct stat file {};
  const bool is_special = ::stat(one.c_str(), &file) == 0 && !S_ISREG(file.st_mode);
  return is_special ? one == other : is_one_file(one, other);
}

}  // namespace

Result<void> write_report_file(const std::string& path, const std::function<void(std::ostream&)>& write) {
  auto fd = open_report(path);
  if (!fd) return fd.error();
  FileOutput output(fd->fd.get());
  std::ostream out(&output);
  write(out);
  out.flush();
  const bool reader_left = output.error() == EPIPE;  // as with stdout
  if (output.error() == 0 || reader_left) return {};
  if (fd->is_new) ::unlink(path.c_str());
  return cannot_write(path, output.error());
}

Result<void> check_report_files(const std::vector<ReportRequest>& reports, const std::vector<std::string>& inputs) {
  std::vector<std::string> seen;
  for (const ReportRequest& request : reports) {
    const std::string& path = request.path;
    if (path.empty()) continue;
    if (std::any_of(seen.begin(), seen.end(), [&](const std::string& one) { return is_one_output(one, path); }))
      return Error{"two reports are to be written to " + printable(path) + ": name another file"};
    seen.push_back(path);
    if (auto unused = check_unused("the report", path, inputs); !unused) return unused;
    if (auto writable = check_file(path); !writable) return writable;
  }
  return {};
}

}  // namespace tracerec::cli
