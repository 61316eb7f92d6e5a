#include "schema/writer_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string_view>
#include <utility>

#include "base/owner.h"
#include "schema/file_check.h"
#include "schema/private_reading.h"
#include "schema/trace_file.h"

namespace tracerec::schema {
namespace {

Error system_error(const std::string& path, const char* doing) {
  return Error{path + ": cannot " + doing + ": " + std::strerror(errno)};
}

// The holder of the lock according to /proc/locks, 0 when it is not known (another pid namespace, say).
long lock_holder(const struct stat& file) {
  std::array<char, 64> name{};
  std::snprintf(name.data(), name.size(), "%02x:%02x:%lu", major(file.st_dev), minor(file.st_dev),
                static_cast<unsigned long>(file.st_ino));
  std::ifstream locks("/proc/locks");
  // "1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF"
  std::string number, kind, mode, access, inode, first, last;
  long pid = 0;
  while (locks >> number >> kind) {
    if (kind == "->") locks >> kind;  // somebody who waits
    if (!(locks >> mode >> access >> pid >> inode >> first >> last)) break;
    if (kind == "FLOCK" && inode == name.data()) return pid > 0 ? pid : 0;
  }
  return 0;
}

Error locked_by_another(const std::string& path, int fd) {
  struct stat file {};
  const long pid = ::fstat(fd, &file) == 0 ? lock_holder(file) : 0;
  const std::string who = pid > 0 ? " (pid " + std::to_string(pid) + ")" : "";
  return Error{"another tracerec" + who + " is writing " + path + ": use -d for another file"};
}

struct Opened {
  int fd;
  bool created;
};

Result<Opened> open_or_create(const std::string& path) {
  int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);  // NONBLOCK: a fifo must not hang us
  if (fd >= 0) return Opened{fd, false};
  if (errno != ENOENT) return open_error(path, errno, "cannot open for writing: ");
  fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return system_error(path, "create");
  if (::fchmod(fd, 0600) != 0) return system_error(path, "set the mode");  // a umask may have taken too much away
  give_to_invoking_user(fd);  // SQLite gives -wal and -shm the owner of the file
  return Opened{fd, true};
}

}  // namespace

Result<WriterLock> WriterLock::acquire(const std::string& path) {
  const Result<Opened> opened = open_or_create(path);
  if (!opened) return opened.error();
  const int fd = opened->fd;
  // Before anything is looked at: what lies beside the file may be what another writer is making.
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return locked_by_another(path, fd);
    return system_error(path, "lock");
  }
  WriterLock lock(fd, opened->created);
  if (const Result<void> fine = check_file(path, fd, Use::kWrite); !fine) {
    if (opened->created) ::unlink(path.c_str());
    return fine.error();
  }
  const Result<void> ours = check_header(path, fd);
  if (!ours) return ours.error();
  struct stat file {};
  // An empty file of our own becomes a trace, which is nobody else's business.
  if (::fstat(fd, &file) == 0 && file.st_size == 0 && ::fchmod(fd, 0600) != 0)
    return system_error(path, "set the mode");
  return lock;
}

WriterLock::WriterLock(WriterLock&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), created_(std::exchange(other.created_, false)) {}

WriterLock::~WriterLock() {
  if (fd_ < 0) return;
  tracerec::schema::end_packing(fd_);
  withdraw_writer(fd_);
  ::flock(fd_, LOCK_UN);
}

bool WriterLock::was_deleted() const {
  struct stat file {};
  return ::fstat(fd_, &file) == 0 && file.st_nlink == 0;
}

void WriterLock::announce() const {
  announce_writer(fd_);
}

bool WriterLock::is_read_privately() const {
  return tracerec::schema::is_read_privately(fd_);
}

bool WriterLock::begin_packing() const {
  return tracerec::schema::begin_packing(fd_);
}

void WriterLock::end_packing() const {
  tracerec::schema::end_packing(fd_);
}

void WriterLock::undo(const std::string& path) {
  if (!std::exchange(created_, false)) return;
  for (const char* suffix : {"", "-journal", "-wal", "-shm"}) ::unlink((path + suffix).c_str());
}

}  // namespace tracerec::schema
