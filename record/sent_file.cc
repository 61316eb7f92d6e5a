#include "record/sent_file.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "record/proven_file.h"
#include "record/unnamed_files.h"

namespace tracerec::record {
namespace {

constexpr std::size_t kOpenFiles = 256;
constexpr std::size_t kPieceBytes = 256 << 10;
constexpr std::int64_t kIdleNs = 1'000'000'000;

// File times advance by the kernel's clock tick: at most 10 ms (CONFIG_HZ=100).
constexpr std::int64_t kTickNs = 10'000'000;

bool is_what_was_sent(int fd, const tr_file& sent) {
  const auto now = facts_of(fd);
  return now && is_file(*now, sent.inode, sent.where) && now->size == sent.size && now->mtime_ns == sent.mtime_ns &&
         now->ctime_ns == sent.ctime_ns;
}

bool was_at_rest(const SentRange& range) {
  const auto changed = static_cast<std::int64_t>(std::max(range.file.mtime_ns, range.file.ctime_ns));
  return range.sent_unix_ns - changed > 2 * kTickNs;
}

// While a file without a name is open here its inode number is not given to another.
std::uint64_t key_time(const SentRange& range) {
  return range.file.links == 0 ? 0 : range.file.ctime_ns;
}

tr_unnamed identity(const SentRange& range) {
  return {range.file.inode, range.file.generation, range.tgid, range.file.fd, range.file.where, 0};
}

}  // namespace

bool SentRange::parse(std::string_view payload, SentRange& range) {
  if (payload.size() < sizeof range.file) return false;
  std::memcpy(&range.file, payload.data(), sizeof range.file);
  std::string_view names = payload.substr(sizeof range.file);
  if (names.size() != range.file.path_bytes || (!names.empty() && names.back() != '\0')) return false;
  range.path.clear();
  while (!names.empty()) {
    names.remove_suffix(1);
    const std::size_t start = names.rfind('\0') == std::string_view::npos ? 0 : names.rfind('\0') + 1;
    range.path += '/';
    range.path += names.substr(start);
    names = names.substr(0, start);
  }
  return true;
}

int SentFiles::find(const SentRange& range) {
  if (!is_trusted(range.file.where)) return -1;
  const std::uint64_t ctime_ns = key_time(range);
  for (Open& one : open_) {
    if (one.file.inode != range.file.inode || one.file.generation != range.file.generation ||
        one.ctime_ns != ctime_ns) {
      continue;
    }
    one.used = ++uses_;
    return one.fd.get();
  }
  return range.file.links == 0 ? find_unnamed(range) : find_named(range);
}

int SentFiles::find_unnamed(const SentRange& range) {
  UniqueFd fd = source_.take_unnamed(range.file);
  if (!fd.valid()) fd = open_unnamed(identity(range));
  return fd.valid() ? keep(range, std::move(fd)) : -1;
}

int SentFiles::find_named(const SentRange& range) {
  if (!was_at_rest(range)) return -1;
  UniqueFd located = locate_descriptor(range.tgid, range.file.fd);
  if (!located.valid() || !is_what_was_sent(located.get(), range.file)) {
    located = range.path.empty() ? UniqueFd() : locate_path(range.tgid, range.path, helper_);
    if (!located.valid() || !is_what_was_sent(located.get(), range.file)) return -1;
  }
  UniqueFd fd = open_located(located);
  return fd.valid() ? keep(range, std::move(fd)) : -1;
}

bool SentFiles::is_still_there(int fd, const SentRange& range) const {
  return range.file.links == 0 ? !source_.was_overwritten(range.file) : is_what_was_sent(fd, range.file);
}

int SentFiles::keep(const SentRange& range, UniqueFd fd) {
  if (open_.size() == kOpenFiles) {
    open_.erase(
        std::min_element(open_.begin(), open_.end(), [](const Open& a, const Open& b) { return a.used < b.used; }));
  }
  open_.push_back({identity(range), key_time(range), ++uses_, std::move(fd)});
  return open_.back().fd.get();
}

std::uint64_t SentFiles::read(const SentRange& range, const std::function<void(std::string_view)>& take) {
  const int fd = find(range);
  if (fd < 0) return 0;
  buffer_.resize(kPieceBytes);
  std::uint64_t done = 0;
  while (done < range.file.bytes) {
    const std::size_t want = std::min<std::uint64_t>(kPieceBytes, range.file.bytes - done);
    const ssize_t got = ::pread(fd, buffer_.data(), want, static_cast<off_t>(range.file.offset + done));
    if (got <= 0 || !is_still_there(fd, range)) break;
    take({buffer_.data(), static_cast<std::size_t>(got)});
    done += static_cast<std::uint64_t>(got);
  }
  return done;
}

void SentFiles::close_idle(std::int64_t now_ns) {
  if (open_.empty() || now_ns - looked_ns_ < kIdleNs) return;
  looked_ns_ = now_ns;
  const auto idle = [this](const Open& one) {
    return one.used <= uses_before_ && (one.ctime_ns != 0 || !has_unnamed(one.file));
  };
  open_.erase(std::remove_if(open_.begin(), open_.end(), idle), open_.end());
  uses_before_ = uses_;
}

}  // namespace tracerec::record
