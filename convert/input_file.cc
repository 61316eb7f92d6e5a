#include "convert/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/text.h"

namespace tracerec::convert {
namespace {

std::int64_t changed_ns(const struct stat& found) {
  return found.st_mtim.tv_sec * 1'000'000'000 + found.st_mtim.tv_nsec;
}

}  // namespace

Result<std::unique_ptr<InputFile>> InputFile::open(const std::string& path) {
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file.valid()) return Error{std::strerror(errno)};
  struct stat found {};
  if (::fstat(file.get(), &found) != 0) return Error{std::strerror(errno)};
  if (!S_ISREG(found.st_mode)) return Error{"is not a regular file: it is read twice, first to see that it is whole"};
  return std::unique_ptr<InputFile>(
      new InputFile(std::move(file), static_cast<std::uint64_t>(found.st_size), changed_ns(found)));
}

bool InputFile::is_unchanged() const {
  struct stat found {};
  return ::fstat(file_.get(), &found) == 0 && static_cast<std::uint64_t>(found.st_size) == size_ &&
         changed_ns(found) == changed_ns_;
}

std::uint64_t InputFile::position() const {
  return read_ - static_cast<std::uint64_t>(egptr() - gptr());
}

Result<void> InputFile::rewind() {
  if (::lseek(file_.get(), 0, SEEK_SET) != 0) return Error{std::strerror(errno)};
  setg(nullptr, nullptr, nullptr);
  read_ = entry_begin_ = 0;
  failure_.clear();
  return {};
}

InputFile::int_type InputFile::underflow() {
  if (read_ - entry_begin_ > kMostEntryBytes) {
    failure_ = "has an entry that is longer than " + format_bytes(kMostEntryBytes);
    return traits_type::eof();
  }
  ssize_t got = 0;
  do got = ::read(file_.get(), buffer_.data(), buffer_.size());
  while (got < 0 && errno == EINTR);
  if (got < 0) failure_ = std::string("cannot be read: ") + std::strerror(errno);
  if (got <= 0) return traits_type::eof();
  read_ += static_cast<std::uint64_t>(got);
  setg(buffer_.data(), buffer_.data(), buffer_.data() + got);
  return traits_type::to_int_type(buffer_[0]);
}

}  // namespace tracerec::convert
