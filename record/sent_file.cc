#include "record/sent_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "record/unnamed_files.h"

namespace tracerec::record {
namespace {

constexpr std::size_t kOpenFiles = 256;
constexpr std::size_t kPieceBytes = 256 << 10;
constexpr std::int64_t kIdleNs = 1'000'000'000;

// File times advance by the kernel's clock tick: at most 10 ms (CONFIG_HZ=100).
constexpr std::int64_t kTickNs = 10'000'000;

std::uint64_t to_ns(const timespec& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(time.tv_nsec);
}

bool is_what_was_sent(int fd, const tr_file& sent) {
  struct stat now {};
  return ::fstat(fd, &now) == 0 && S_ISREG(now.st_mode) && now.st_ino == sent.inode &&
         static_cast<std::uint64_t>(now.st_size) == sent.size && to_ns(now.st_mtim) == sent.mtime_ns &&
         to_ns(now.st_ctim) == sent.ctime_ns;
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
  return {range.file.inode, range.file.generation, range.tgid, range.file.fd, 0};
}

// O_NONBLOCK: should the name lead to a pipe by now, opening it must not wait. Nothing is followed out of
// /proc/PID/root but links of the process's own, which it would follow too.
UniqueFd open_file(const std::string& path) {
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
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
  const std::string process = "/proc/" + std::to_string(range.tgid);
  UniqueFd fd = open_file(process + "/fd/" + std::to_string(range.file.fd));
  if (fd.valid() && is_what_was_sent(fd.get(), range.file)) return keep(range, std::move(fd));
  if (range.path.empty()) return -1;
  // The process may be gone, with its root; most have the same root as we.
  for (const std::string& path : {process + "/root" + range.path, range.path}) {
    fd = open_file(path);
    if (fd.valid() && is_what_was_sent(fd.get(), range.file)) return keep(range, std::move(fd));
  }
  return -1;
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
