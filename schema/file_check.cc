#include "schema/file_check.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>

#include "base/owner.h"

namespace tracerec::schema {
namespace {

constexpr mode_t kOthersWrite = S_IWGRP | S_IWOTH;

bool is_trusted_by_root(uid_t owner) {
  return owner == 0 || owner == invoking_user().value_or(UserIds{}).user;
}

std::string uid_text(uid_t owner) {
  return "user id " + std::to_string(owner);
}

Result<void> check_owner(const std::string& path, const struct stat& file, Use use) {
  const uid_t me = ::geteuid();
  if (me == 0 ? is_trusted_by_root(file.st_uid) : use == Use::kRead || file.st_uid == me) return {};
  return Error{path + ": belongs to " + uid_text(file.st_uid) +
               ", who could put anything into it: run tracerec as that user, chown the file, or use -d for another"};
}

Result<void> check_mode(const std::string& path, const struct stat& file, Use use) {
  if ((file.st_mode & kOthersWrite) == 0 || (use == Use::kRead && ::geteuid() != 0)) return {};
  return Error{path + ": may be written by its group or by others: chmod go-w it, or use -d for another file"};
}

Result<void> check_folder(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  struct stat at {};
  if (::stat(folder.c_str(), &at) != 0) return Error{folder + ": " + std::strerror(errno)};
  if ((at.st_mode & S_IWOTH) != 0 && (at.st_mode & S_ISVTX) == 0) {
    return Error{path +
                 ": everybody may exchange files in its folder: chmod o-w the folder, or use -d for a file "
                 "elsewhere"};
  }
  if (::geteuid() != 0 || is_trusted_by_root(at.st_uid)) return {};
  return Error{path + ": its folder belongs to " + uid_text(at.st_uid) +
               ", who could exchange the file: run tracerec as that user, or use -d for a file elsewhere"};
}

Result<void> check_journal(const std::string& path) {
  struct stat journal {};
  if (::lstat((path + "-journal").c_str(), &journal) != 0) return {};
  return Error{path +
               "-journal: a rollback journal, which no finished tracerec file has: delete it (and the trace "
               "file, if its first recording was killed while it was made)"};
}

Result<void> check_companion(const std::string& path, const struct stat& file) {
  struct stat beside {};
  if (::lstat(path.c_str(), &beside) != 0) return {};
  const bool is_ours = beside.st_uid == file.st_uid || (::geteuid() == 0 && is_trusted_by_root(beside.st_uid));
  const bool is_open = (beside.st_mode & kOthersWrite & ~file.st_mode) != 0;
  if (S_ISREG(beside.st_mode) && is_ours && !is_open) return {};
  return Error{path +
               ": not made by the owner of the trace file, or others may write it: delete it, or use -d for "
               "another file"};
}

}  // namespace

Result<void> check_file(const std::string& path, int fd, Use use) {
  struct stat file {};
  if (::fstat(fd, &file) != 0) return Error{path + ": cannot stat: " + std::strerror(errno)};
  if (!S_ISREG(file.st_mode)) return Error{path + ": not a regular file; use -d to name another"};
  Result<void> done = check_owner(path, file, use);
  if (done) done = check_mode(path, file, use);
  if (done) done = check_folder(path);
  if (done) done = check_journal(path);
  if (done) done = check_companion(path + "-wal", file);
  if (done) done = check_companion(path + "-shm", file);
  return done;
}

bool exists(const std::string& path) {
  struct stat file {};
  return ::stat(path.c_str(), &file) == 0;
}

Error open_error(const std::string& path, int error, const char* doing) {
  if (error == ELOOP) return Error{path + ": a symbolic link; use -d with the name of the file itself"};
  return Error{path + ": " + doing + std::strerror(error)};
}

Result<UniqueFd> open_for_reading(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));  // a fifo must not hang us
  if (fd.valid()) return fd;
  Error error = open_error(path, errno, "");
  if (errno != ELOOP) error.message += "; -d names the file to read";
  return error;
}

}  // namespace tracerec::schema
