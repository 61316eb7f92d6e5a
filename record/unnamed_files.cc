#include "record/unnamed_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <string>
#include <utility>

namespace tracerec::record {
namespace {

constexpr std::size_t kOpenFiles = 256;

std::string descriptor_path(const tr_unnamed& file) {
  return "/proc/" + std::to_string(file.tgid) + "/fd/" + std::to_string(file.fd);
}

bool is_the_file(const struct stat& found, const tr_unnamed& file) {
  return S_ISREG(found.st_mode) && found.st_ino == file.inode && found.st_nlink == 0;
}

}  // namespace

UniqueFd open_unnamed(const tr_unnamed& file) {
  UniqueFd fd(::open(descriptor_path(file).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat found {};
  return fd.valid() && ::fstat(fd.get(), &found) == 0 && is_the_file(found, file) ? std::move(fd) : UniqueFd();
}

bool has_unnamed(const tr_unnamed& file) {
  struct stat found {};
  return ::stat(descriptor_path(file).c_str(), &found) == 0 && is_the_file(found, file);
}

void UnnamedFiles::open(const tr_unnamed& file) {
  UniqueFd fd = open_unnamed(file);
  if (!fd.valid()) return;
  const std::lock_guard lock(mutex_);
  if (open_.size() == kOpenFiles) open_.erase(open_.begin());
  open_.push_back({file, std::move(fd)});
}

UniqueFd UnnamedFiles::take(std::uint64_t inode, std::uint32_t generation) {
  const std::lock_guard lock(mutex_);
  // The last one: an earlier one of that number is gone.
  const auto found = std::find_if(open_.rbegin(), open_.rend(), [&](const Open& one) {
    return one.file.inode == inode && one.file.generation == generation;
  });
  if (found == open_.rend()) return {};
  UniqueFd fd = std::move(found->fd);
  open_.erase(std::next(found).base());
  return fd;
}

void UnnamedFiles::close_idle() {
  const std::lock_guard lock(mutex_);
  open_.erase(std::remove_if(open_.begin(), open_.end(), [](const Open& one) { return one.closed_there; }),
              open_.end());
  for (Open& one : open_) one.closed_there = !has_unnamed(one.file);
}

}  // namespace tracerec::record
