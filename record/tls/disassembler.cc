#include "record/tls/disassembler.h"

#include <algorithm>
#include <array>

namespace tracerec::record {
namespace {

// The names of the parts of a register, the whole first.
struct Parts {
  std::array<x86_reg, 4> names;
};

constexpr std::array<Parts, 4> kArgumentRegisters = {{
    {{X86_REG_RDI, X86_REG_EDI, X86_REG_DI, X86_REG_DIL}},
    {{X86_REG_RSI, X86_REG_ESI, X86_REG_SI, X86_REG_SIL}},
    {{X86_REG_RDX, X86_REG_EDX, X86_REG_DX, X86_REG_DL}},
    {{X86_REG_RCX, X86_REG_ECX, X86_REG_CX, X86_REG_CL}},
}};

bool is_part_of(std::uint16_t part, x86_reg whole) {
  const auto* const parts = std::find_if(kArgumentRegisters.begin(), kArgumentRegisters.end(),
                                         [&](const Parts& one) { return one.names[0] == whole; });
  return part == whole ||
         (parts != kArgumentRegisters.end() &&
          std::find(parts->names.begin(), parts->names.end(), static_cast<x86_reg>(part)) != parts->names.end());
}

}  // namespace

X86Reader::X86Reader(std::string_view code, bool with_registers)
    : bytes_(reinterpret_cast<const std::uint8_t*>(code.data())), left_(code.size()) {
  if (::cs_open(CS_ARCH_X86, CS_MODE_64, &handle_) != CS_ERR_OK) return;
  if (with_registers) ::cs_option(handle_, CS_OPT_DETAIL, CS_OPT_ON);
  instruction_.reset(::cs_malloc(handle_));
}

X86Reader::~X86Reader() {
  instruction_.reset();
  if (handle_ != 0) ::cs_close(&handle_);
}

const cs_insn* X86Reader::next() {
  if (!valid() || left_ == 0) return nullptr;
  return ::cs_disasm_iter(handle_, &bytes_, &left_, &address_, instruction_.get()) ? instruction_.get() : nullptr;
}

bool X86Reader::changes(const cs_insn& instruction, x86_reg reg) const {
  cs_regs read{}, written{};
  std::uint8_t reads = 0, writes = 0;
  if (::cs_regs_access(handle_, &instruction, read, &reads, written, &writes) != CS_ERR_OK) return true;
  return std::any_of(written, written + writes, [&](std::uint16_t part) { return is_part_of(part, reg); });
}

}  // namespace tracerec::record
