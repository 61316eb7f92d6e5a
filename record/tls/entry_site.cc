#include "record/tls/entry_site.h"

#include <algorithm>

#include "record/tls/disassembler.h"

// Tests: tests/record/entry_site_test.cc.

namespace tracerec::record {
namespace {

// lea r12, [rsp - n], of a function with a large frame: R12 holds no argument (Go's internal ABI, abi-internal.md).
bool makes_frame_end(const cs_insn& instruction) {
  const cs_x86& x86 = instruction.detail->x86;
  return instruction.id == X86_INS_LEA && x86.operands[0].reg == X86_REG_R12;
}

bool jumps_on_condition(const cs_insn& instruction) {
  return instruction.id == X86_INS_JBE || instruction.id == X86_INS_JB;
}

}  // namespace

std::uint64_t go_entry_site(std::string_view code, bool arm64) {
  constexpr std::size_t kCheckBytes = 48;  // more than the check has
  if (arm64) return 0;
  X86Reader reader(code.substr(0, std::min(code.size(), kCheckBytes)), true);
  const cs_insn* instruction = reader.next();
  if (instruction != nullptr && makes_frame_end(*instruction)) instruction = reader.next();
  if (instruction == nullptr || instruction->id != X86_INS_CMP) return 0;
  instruction = reader.next();
  return instruction != nullptr && jumps_on_condition(*instruction) ? instruction->address : 0;
}

}  // namespace tracerec::record
