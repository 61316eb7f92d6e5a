#include "replay/scratch.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

// How this works. A mapping of a file costs no memory of the process but for the pages that it has touched lately; the
// kernel keeps or drops their content as it likes. Linux counts touched pages as the process's, and a limit on those
// would hit us, so they are given back (madvise) once 64 pieces of 64 KiB may have been touched: the next access maps
// the page again, from the kernel's memory as a rule. Tests: tests/replay/scratch_test.cc.

namespace tracerec::replay {
namespace {

bool is_writable_folder(const char* path) {
  struct stat info {};
  return path != nullptr && ::stat(path, &info) == 0 && S_ISDIR(info.st_mode) && ::access(path, W_OK | X_OK) == 0;
}

// https://www.sqlite.org/tempfiles.html, 5.
std::string scratch_folder() {
  // Nobody changes the environment.
  // NOLINTNEXTLINE(concurrency-mt-unsafe)
  const std::array folders = {static_cast<const char*>(std::getenv("SQLITE_TMPDIR")),
                              static_cast<const char*>(std::getenv("TMPDIR")),  // NOLINT(concurrency-mt-unsafe)
                              "/var/tmp", "/usr/tmp", "/tmp"};
  const auto* found = std::find_if(folders.begin(), folders.end(), is_writable_folder);
  return found == folders.end() ? "." : *found;
}

// Some file systems know no files without a name (overlayfs before Linux 6.3, NFS).
UniqueFd open_nameless(const std::string& folder) {
  UniqueFd fd(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (fd.valid() || (errno != EOPNOTSUPP && errno != EISDIR)) return fd;
  std::string name = folder + "/tracerec-XXXXXX";
  fd.reset(::mkostemp(name.data(), O_CLOEXEC));
  if (fd.valid()) (void)::unlink(name.c_str());
  return fd;
}

}  // namespace

bool ScratchFile::is_open() {
  if (!error_) return false;
  if (fd_.valid()) return true;
  folder_ = scratch_folder();
  fd_ = open_nameless(folder_);
  if (!fd_.valid()) fail(errno);
  return fd_.valid();
}

void ScratchFile::fail(int code) {
  error_ = Error{"a temporary file in " + folder_ + ": " + std::strerror(code) +
                 "; SQLITE_TMPDIR or TMPDIR names another folder"};
}

void ScratchFile::append(const void* bytes, std::size_t count) {
  if (count == 0 || !is_open()) return;
  const char* at = static_cast<const char*>(bytes);
  while (count > 0) {
    const ssize_t written = ::write(fd_.get(), at, count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(errno);
    at += written;
    count -= static_cast<std::size_t>(written);
    size_ += static_cast<std::uint64_t>(written);
  }
}

void ScratchFile::append_zeros(std::size_t count) {
  if (count == 0 || !is_open()) return;
  const int code = ::posix_fallocate(fd_.get(), static_cast<off_t>(size_), static_cast<off_t>(count));
  if (code != 0) return fail(code);
  size_ += count;
}

void ScratchFile::read(std::uint64_t offset, void* bytes, std::size_t count) {
  if (!is_open()) return;
  char* at = static_cast<char*>(bytes);
  while (count > 0) {
    const ssize_t got = ::pread(fd_.get(), at, count, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return fail(got < 0 ? errno : EIO);
    at += got;
    count -= static_cast<std::size_t>(got);
    offset += static_cast<std::uint64_t>(got);
  }
}

ScratchMapping::ScratchMapping(ScratchMapping&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), bytes_(other.bytes_) {}

ScratchMapping& ScratchMapping::operator=(ScratchMapping&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  last_chunk_ = SIZE_MAX;
  return *this;
}

ScratchMapping::~ScratchMapping() {
  if (data_ != nullptr) ::munmap(data_, bytes_);
}

Result<ScratchMapping> ScratchMapping::map(const ScratchFile& file, bool writable) {
  ScratchMapping mapping;
  mapping.bytes_ = file.size();
  const int access = writable ? PROT_READ | PROT_WRITE : PROT_READ;
  void* const data = ::mmap(nullptr, mapping.bytes_, access, MAP_SHARED, file.fd(), 0);
  if (data == MAP_FAILED) return Error{std::string("cannot map a temporary file: ") + std::strerror(errno)};
  mapping.data_ = static_cast<std::byte*>(data);
  return mapping;
}

// Of a shared mapping only the mapping of the pages is given up, not what was written to them.
void ScratchMapping::enter(std::size_t chunk) const {
  last_chunk_ = chunk;
  if (++entered_ % kMostChunks == 0) (void)::madvise(data_, bytes_, MADV_DONTNEED);
}

}  // namespace tracerec::replay
