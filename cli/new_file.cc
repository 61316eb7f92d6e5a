#include "cli/new_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace tracerec::cli {

// On a byte that SQLite does not lock, and no flock(2), which is the writer's.
bool claim_file(int fd) {
  struct flock range {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  range.l_start = off_t{1} << 60;
  range.l_len = 1;
  return ::fcntl(fd, F_OFD_SETLK, &range) == 0;
}

NewFile::~NewFile() {
  if (made_) remove_all();
}

Result<void> NewFile::make() {
  struct stat found {};
  // A log that is left of an earlier file of that name would be taken for this one's.
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    if (::lstat((to_ + suffix).c_str(), &found) == 0) return Error{to_ + suffix + " exists: give a name that is free"};
  }
  int error = create();
  if (error == EEXIST && remove_abandoned()) error = create();
  if (error != 0) {
    return Error{"cannot make " + path_ + ": " + std::strerror(error) +
                 (error == EEXIST ? "; remove it when nothing writes it" : "")};
  }
  remove_logs();  // of a command that was killed: nobody else has a file of the name that is made now
  return {};
}

Result<void> NewFile::keep() {
  if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, to_.c_str(), RENAME_NOREPLACE) != 0)
    return Error{"cannot name " + path_ + " " + to_ + ": " + std::strerror(errno)};
  made_ = false;
  return {};
}

int NewFile::create() {
  fd_ = UniqueFd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  made_ = fd_.valid();
  if (!made_) return errno;
  (void)claim_file(fd_.get());
  return 0;
}

// Of a command that was killed. One that is written is locked; one of another user is none of ours.
bool NewFile::remove_abandoned() const {
  const UniqueFd left(::open(path_.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat found {};
  const bool ours = left.valid() && ::fstat(left.get(), &found) == 0 && S_ISREG(found.st_mode) &&
                    found.st_uid == ::geteuid() && found.st_nlink == 1 && claim_file(left.get()) &&
                    ::flock(left.get(), LOCK_EX | LOCK_NB) == 0;  // a recorder may write a file of that name
  if (ours) remove_all();
  return ours;
}

void NewFile::remove_all() const {
  (void)::unlink(path_.c_str());
  remove_logs();
}

void NewFile::remove_logs() const {
  struct stat found {};
  for (const char* suffix : {"-wal", "-shm", "-journal"}) {
    const std::string log = path_ + suffix;
    const bool ours = ::lstat(log.c_str(), &found) == 0 && S_ISREG(found.st_mode) && found.st_uid == ::geteuid();
    if (ours) (void)::unlink(log.c_str());
  }
}

}  // namespace tracerec::cli
