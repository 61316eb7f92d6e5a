#include "record/unnamed_files.h"

#include <algorithm>
#include <utility>

#include "record/proven_file.h"

namespace tracerec::record {
namespace {

constexpr std::size_t kOpenFiles = 256;

bool is_unnamed(int fd, const tr_unnamed& file) {
  const auto facts = facts_of(fd);
  return facts && is_file(*facts, file.inode, file.where) && facts->links == 0;
}

UniqueFd locate_unnamed(const tr_unnamed& file) {
  if (!is_trusted(file.where)) return {};
  UniqueFd located = locate_descriptor(file.tgid, file.fd);
  return located.valid() && is_unnamed(located.get(), file) ? std::move(located) : UniqueFd();
}

}  // namespace

UniqueFd open_unnamed(const tr_unnamed& file) {
  const UniqueFd located = locate_unnamed(file);
  return located.valid() ? open_located(located) : UniqueFd();
}

bool has_unnamed(const tr_unnamed& file) {
  return locate_unnamed(file).valid();
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
