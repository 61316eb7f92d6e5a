// The bytes of a program or library that somebody else may change, cut or have made up.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace tracerec::record {

// How much may be done for a file. The limits are several times what the largest programs of Debian need (a symbol
// table of a million entries; 300 MB of Go).
struct ImageBudget {
  std::uint64_t steps = 4'000'000;     // entries of tables that are looked at
  std::uint64_t read_blocks = 65'536;  // 256 MiB
};

// Read piece by piece: a mapping would end the recorder (SIGBUS) when the file is cut, and breakpoints of uprobes would
// show in it. Uses at most kCacheBlocks × kBlockBytes of memory. One thread.
class ImageFile {
 public:
  static constexpr std::size_t kBlockBytes = 4096;
  static constexpr std::size_t kCacheBlocks = 1024;

  explicit ImageFile(UniqueFd fd, ImageBudget budget = {});

  // Fills `to`. False: not all of it lies in the file, or the budget is used up.
  [[nodiscard]] bool read(std::uint64_t offset, void* to, std::size_t bytes);

  template <class Number>
  [[nodiscard]] std::optional<Number> number_at(std::uint64_t offset) {
    Number number;
    return read(offset, &number, sizeof number) ? std::optional<Number>(number) : std::nullopt;
  }

  // The text up to a zero; its first `most` bytes when there is none among them, less at the end of the file.
  [[nodiscard]] std::string text_at(std::uint64_t offset, std::size_t most);

  // To be called for each entry that is looked at. False: the budget is used up.
  [[nodiscard]] bool step();

  [[nodiscard]] bool is_exhausted() const { return exhausted_; }
  [[nodiscard]] const ImageBudget& left() const { return left_; }

 private:
  struct Block {
    std::uint64_t index = UINT64_MAX;
    std::size_t filled = 0;
    std::unique_ptr<char[]> bytes;
  };
  [[nodiscard]] const Block* block(std::uint64_t index);

  UniqueFd fd_;
  ImageBudget left_;
  bool exhausted_ = false;
  std::vector<Block> cache_;  // a block's slot is its number modulo the size
};

}  // namespace tracerec::record
