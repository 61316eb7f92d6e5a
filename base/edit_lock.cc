#include "base/edit_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>

#include "base/same_file.h"

namespace tracerec {
namespace {

constexpr auto kPatience = std::chrono::seconds(10);
constexpr auto kPause = std::chrono::milliseconds(20);

}  // namespace

Result<EditLock> EditLock::take(const std::string& file) {
  const std::string parent = std::filesystem::path(where_it_leads(file)).parent_path().string();
  const std::string folder = parent.empty() ? "." : parent;
  UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return Error{"cannot open the folder " + folder + " of " + file + ": " + std::strerror(errno)};
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return EditLock(std::move(fd));  // a file system without locks
    if (std::chrono::steady_clock::now() >= end)
      return Error{"another program is editing " + file + " (it holds a lock on " + folder + "): try again"};
    std::this_thread::sleep_for(kPause);
  }
  return EditLock(std::move(fd));
}

}  // namespace tracerec
