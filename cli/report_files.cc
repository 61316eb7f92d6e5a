#include "cli/report_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
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

// Not O_CREAT, and without waiting for the reader of a pipe (ENXIO: it may come later).
Result<void> check_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  if (fd.valid() || errno == ENXIO) return {};
  return errno == ENOENT ? check_new(path) : Result<void>(cannot_write(path, errno));
}

}  // namespace

void create_private(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (fd.valid()) give_to_invoking_user(fd.get());
}

Result<void> check_report_files(const std::vector<ReportRequest>& reports) {
  std::set<std::string> seen;
  for (const ReportRequest& request : reports) {
    if (request.path.empty()) continue;
    if (!seen.insert(request.path).second) return Error{"two reports are to be written to " + printable(request.path)};
    if (auto writable = check_file(request.path); !writable) return writable;
  }
  return {};
}

}  // namespace tracerec::cli
