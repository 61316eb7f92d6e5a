#include "cli/report_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <set>
#include <string>
#include <system_error>

#include "base/owner.h"
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

// A report holds bodies, and a link may lead anywhere.
bool is_of_another_user(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0 || (!S_ISREG(found.st_mode) && !S_ISLNK(found.st_mode))) return false;
  const auto user = invoking_user();
  return found.st_uid != ::geteuid() && found.st_uid != 0 && !(user && found.st_uid == user->user);
}

// Not O_CREAT, and without waiting for the reader of a pipe (ENXIO: it may come later).
Result<void> check_file(const std::string& path) {
  if (is_of_another_user(path))
    return Error{"cannot write the report to " + printable(path) + ": another user's file or link; name a new one"};
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  if (fd.valid() || errno == ENXIO) return {};
  return errno == ENOENT ? check_new(path) : Result<void>(cannot_write(path, errno));
}

// By whatever name or link; also of files that are not there yet.
bool is_one_file(const std::string& one, const std::string& other) {
  struct stat a {};
  struct stat b {};
  if (::stat(one.c_str(), &a) == 0 && ::stat(other.c_str(), &b) == 0)
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
  std::error_code error;
  return std::filesystem::weakly_canonical(one, error) == std::filesystem::weakly_canonical(other, error) && !error;
}

}  // namespace

void create_private(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (fd.valid()) give_to_invoking_user(fd.get());
}

Result<void> check_report_files(const std::vector<ReportRequest>& reports, const std::vector<std::string>& inputs) {
  std::set<std::string> seen;
  for (const ReportRequest& request : reports) {
    if (request.path.empty()) continue;
    if (!seen.insert(request.path).second) return Error{"two reports are to be written to " + printable(request.path)};
    for (const std::string& input : inputs) {
      if (!input.empty() && is_one_file(request.path, input))
        return Error{"the report would overwrite " + printable(input) +
                     ", which this command reads: name another file"};
    }
    if (auto writable = check_file(request.path); !writable) return writable;
  }
  return {};
}

}  // namespace tracerec::cli
