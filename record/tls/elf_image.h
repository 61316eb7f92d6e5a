// What a program or library file says about its functions.
#pragma once

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"
#include "record/tls/image_file.h"

namespace tracerec::record {

// Where a function stands in its file.
struct ElfFunction {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;  // 0: the file does not say
};

// A section of the file. Both numbers are what the file says: nothing need be there.
struct ElfSection {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::uint64_t address = 0;  // at which it is to be loaded
};

// An ELF file of 64 bits, little-endian (the order of both architectures). Everything in it may be a lie: each function
// ends within the budget of the file, and gives what it found until then. One thread at a time.
class ElfImage {
 public:
  // Error: it cannot be read, or is not a 64-bit ELF file.
  [[nodiscard]] static Result<ElfImage> open(UniqueFd fd, ImageBudget budget = {});

  using Functions = std::map<std::string, ElfFunction, std::less<>>;
  // Those of `names` that the file defines, from its dynamic symbols, and what these do not have from its full symbol
  // table. Imported functions are not found.
  [[nodiscard]] Functions find(const std::set<std::string_view>& names);

  // None: there is no section of this name with bytes in the file.
  [[nodiscard]] std::optional<ElfSection> section(std::string_view name);

  // `bytes` bytes at an offset; empty when they do not lie in the file, or are more than kMostBytes.
  static constexpr std::uint64_t kMostBytes = 256 << 10;
  [[nodiscard]] std::string bytes_at(std::uint64_t offset, std::uint64_t bytes);

  // From an address as the file gives it to an offset in the file.
  [[nodiscard]] std::optional<std::uint64_t> offset_of(std::uint64_t address);

  // And back: the address at which a byte of the file is loaded.
  [[nodiscard]] std::optional<std::uint64_t> address_of(std::uint64_t offset);

  // `count` words from an address, as they are once the file is loaded; pointers as addresses that the file gives.
  // Empty: they are not there, or one of them is known only when the file is linked with others.
  [[nodiscard]] std::vector<std::uint64_t> words_at(std::uint64_t address, std::size_t count);

  [[nodiscard]] bool is_arm64() const { return header_.e_machine == EM_AARCH64; }

  [[nodiscard]] ImageFile& file() { return file_; }

 private:
  ElfImage(ImageFile file, const Elf64_Ehdr& header) : file_(std::move(file)), header_(header) {}

  [[nodiscard]] std::optional<Elf64_Shdr> section_header(std::uint64_t index);
  // The first one that `is_wanted` accepts.
  [[nodiscard]] std::optional<Elf64_Shdr> find_section(const std::function<bool(const Elf64_Shdr&)>& is_wanted);
  void find_in(const Elf64_Shdr& table, const std::set<std::string_view>& names, Functions& found);
  // The first segment that `is_wanted` accepts.
  [[nodiscard]] std::optional<Elf64_Phdr> find_segment(const std::function<bool(const Elf64_Phdr&)>& is_wanted);
  [[nodiscard]] bool relocate(std::uint64_t address, std::vector<std::uint64_t>& words);
  [[nodiscard]] Functions find_by_type(std::uint32_t section_type, const std::set<std::string_view>& names);

  ImageFile file_;
  Elf64_Ehdr header_;
};

}  // namespace tracerec::record
