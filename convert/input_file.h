// A file that is read as a stream, with a bound on what one entry of it may be.
#pragma once

#include <cstdint>
#include <memory>
#include <streambuf>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"

namespace tracerec::convert {

// Far above any real entry; what is read of it is in memory.
constexpr std::uint64_t kMostEntryBytes = std::uint64_t{128} << 20;

// One thread.
class InputFile final : public std::streambuf {
 public:
  // A regular file; links are followed. Error, one line without the path: what it is instead, or what open(2) said.
  [[nodiscard]] static Result<std::unique_ptr<InputFile>> open(const std::string& path);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] std::uint64_t position() const;  // bytes taken

  // To its beginning, to be read once more.
  [[nodiscard]] Result<void> rewind();

  // Size and time of the last change are as they were when it was opened.
  [[nodiscard]] bool is_unchanged() const;

  // Another entry begins here. One that is longer than kMostEntryBytes ends the stream.
  void begin_entry() { entry_begin_ = position(); }

  // Why the stream has ended before the end of the file: a long entry, or read(2); empty when it has not.
  [[nodiscard]] const std::string& failure() const { return failure_; }

 protected:
  int_type underflow() override;

 private:
  InputFile(UniqueFd file, std::uint64_t size, std::int64_t changed_ns)
      : file_(std::move(file)), size_(size), changed_ns_(changed_ns), buffer_(kBufferBytes) {}
  static constexpr std::size_t kBufferBytes = std::size_t{256} << 10;

  UniqueFd file_;
  std::uint64_t size_;
  std::int64_t changed_ns_;
  std::uint64_t read_ = 0;  // bytes that came out of the file
  std::uint64_t entry_begin_ = 0;
  std::string failure_;
  std::vector<char> buffer_;
};

}  // namespace tracerec::convert
