// What a program or library file says about its functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/unique_fd.h"

struct Elf;

namespace tracerec::record {

// Where a function stands in its file.
struct ElfFunction {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;  // 0: the file does not say
};

// An ELF file, mapped into memory. One thread at a time.
class ElfImage {
 public:
  // Error: it cannot be read, or is not a 64-bit ELF file.
  [[nodiscard]] static Result<ElfImage> open(const std::string& path);

  using Functions = std::map<std::string, ElfFunction, std::less<>>;
  // Those of `names` that the file defines, from its dynamic symbols, and when these have none of them from its full
  // symbol table. Imported functions are not found.
  [[nodiscard]] Functions find(const std::set<std::string_view>& names) const;

  // The bytes of a section; empty when there is none of this name.
  [[nodiscard]] std::string_view section(std::string_view name) const;
  // The address at which a section is to be loaded.
  [[nodiscard]] std::optional<std::uint64_t> section_address(std::string_view name) const;

  // `bytes` bytes at an offset; empty when they do not lie in the file.
  [[nodiscard]] std::string_view bytes_at(std::uint64_t offset, std::uint64_t bytes) const;

  // From an address as the file gives it to an offset in the file.
  [[nodiscard]] std::optional<std::uint64_t> offset_of(std::uint64_t address) const;

  [[nodiscard]] bool is_arm64() const;

 private:
  struct Closer {
    void operator()(Elf* elf) const;
  };
  // Owns a mapping of a whole file.
  struct Unmapper {
    std::size_t bytes = 0;
    void operator()(char* start) const;
  };
  using Mapping = std::unique_ptr<char, Unmapper>;
  static Result<Mapping> map(const std::string& path);

  ElfImage(Mapping mapping, std::unique_ptr<Elf, Closer> elf);

  void find_in(std::uint32_t section_type, const std::set<std::string_view>& names, Functions& found) const;

  Mapping mapping_;
  std::unique_ptr<Elf, Closer> elf_;  // refers to the mapping
  std::string_view file_;
};

}  // namespace tracerec::record
