#include "base/open_files.h"

#include <sys/resource.h>

namespace tracerec {
namespace {

rlimit before{};  // the limit is the process's, so is this
bool was_raised = false;

}  // namespace

std::uint64_t raise_open_files_limit() {
  rlimit now{};
  if (::getrlimit(RLIMIT_NOFILE, &now) != 0) return 0;
  if (now.rlim_cur == now.rlim_max) return now.rlim_cur;
  const rlimit raised{now.rlim_max, now.rlim_max};
  if (::setrlimit(RLIMIT_NOFILE, &raised) != 0) return now.rlim_cur;
  before = now;
  was_raised = true;
  return raised.rlim_cur;
}

void restore_open_files_limit() {
  if (was_raised) ::setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace tracerec
