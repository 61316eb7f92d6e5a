// Machine code of x86-64, instruction by instruction.
#pragma once

#include <capstone/capstone.h>

#include <cstdint>
#include <memory>
#include <string_view>

namespace tracerec::record {

// Reads `code`, which must outlive it, from its start. One thread.
class X86Reader {
 public:
  // `with_registers`: says of each instruction which registers it changes (changes()).
  explicit X86Reader(std::string_view code, bool with_registers = false);
  ~X86Reader();
  X86Reader(const X86Reader&) = delete;
  X86Reader& operator=(const X86Reader&) = delete;

  // False: capstone does not know this machine.
  [[nodiscard]] bool valid() const { return instruction_ != nullptr; }
  [[nodiscard]] bool at_end() const { return left_ == 0; }
  // Of the next instruction, from the start of `code`.
  [[nodiscard]] std::uint64_t offset() const { return address_; }

  // The next instruction, whose address counts from the start of `code`; valid until the next call. None: there is no
  // more, or this one is unknown.
  [[nodiscard]] const cs_insn* next();

  // The instruction may change the register or a part of it (X86_REG_RDI and so on).
  [[nodiscard]] bool changes(const cs_insn& instruction, x86_reg reg) const;

 private:
  struct InstructionDeleter {
    void operator()(cs_insn* instruction) const { ::cs_free(instruction, 1); }
  };

  csh handle_ = 0;
  const std::uint8_t* bytes_;
  std::size_t left_;
  std::uint64_t address_ = 0;
  std::unique_ptr<cs_insn, InstructionDeleter> instruction_;
};

}  // namespace tracerec::record
