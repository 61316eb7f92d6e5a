#include "cli/unexpected.h"

#include <boost/system/system_error.hpp>
#include <cerrno>
#include <new>
#include <optional>
#include <string>
#include <system_error>

namespace tracerec::cli {
namespace {

// The number that the system gave; none: it was none of these.
std::optional<int> system_error_of(const std::exception& thrown) {
  if (const auto* error = dynamic_cast<const std::system_error*>(&thrown)) return error->code().value();
  if (const auto* error = dynamic_cast<const boost::system::system_error*>(&thrown)) return error->code().value();
  return std::nullopt;
}

std::string why(int error) {
  return std::generic_category().message(error);
}

}  // namespace

Error explain_exception(const std::exception& thrown) {
  if (dynamic_cast<const std::bad_alloc*>(&thrown) != nullptr) {
    return {"there is not enough memory: raise the limit (ulimit -v, memory.max of the control group)"};
  }
  switch (const int error = system_error_of(thrown).value_or(0)) {
    case EAGAIN:
      return {"cannot start a thread: " + why(error) +
              "; raise the limit of processes (ulimit -u, or pids.max of the control group)"};
    case EMFILE:
    case ENFILE:
      return {"cannot open what is needed to wait for sockets: " + why(error) +
              "; raise the limit of open files (ulimit -n 4096)"};
    case ENOSPC:  // epoll_ctl(2)
      return {"cannot wait for more descriptors: " + why(error) + "; raise fs.epoll.max_user_watches"};
    case ENOMEM:
      return {"there is not enough memory: raise the limit (memory.max of the control group)"};
    default:
      return {std::string("internal error: ") + thrown.what()};
  }
}

}  // namespace tracerec::cli
