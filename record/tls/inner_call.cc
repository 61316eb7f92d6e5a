#include "record/tls/inner_call.h"

#include <algorithm>
#include <string>

#include "record/tls/disassembler.h"

// Tests: tests/record/inner_call_test.cc.

namespace tracerec::record {
namespace {

constexpr std::uint64_t kMostCodeBytes = 512;  // of the exported functions, which are short
constexpr int kMostBefore = 4;                 // instructions: room on the stack, and a mark for indirect calls

std::string code_of(ElfImage& image, const ElfFunction& function) {
  return image.bytes_at(function.offset, std::min(function.bytes, kMostCodeBytes));
}

// Where a direct call goes, from the start of the code that has it; negative: before it.
std::optional<std::int64_t> called_by(const cs_insn& instruction) {
  const cs_x86& x86 = instruction.detail->x86;
  if (instruction.id != X86_INS_CALL || x86.op_count != 1 || x86.operands[0].type != X86_OP_IMM) return std::nullopt;
  return x86.operands[0].imm;
}

bool keeps_arguments(const X86Reader& reader, const cs_insn& instruction) {
  constexpr x86_reg kArguments[] = {X86_REG_RDI, X86_REG_RSI, X86_REG_RDX, X86_REG_RCX};
  return std::none_of(std::begin(kArguments), std::end(kArguments),
                      [&](x86_reg argument) { return reader.changes(instruction, argument); });
}

bool leaves(const cs_insn& instruction) {
  const cs_detail& detail = *instruction.detail;
  return std::any_of(detail.groups, detail.groups + detail.groups_count,
                     [](std::uint8_t group) { return group == X86_GRP_JUMP || group == X86_GRP_RET; });
}

// The function that is called first, with the arguments as they came.
std::optional<std::int64_t> first_call(const std::string& code) {
  X86Reader reader(code, true);
  for (int i = 0; i <= kMostBefore; ++i) {
    const cs_insn* const instruction = reader.next();
    if (instruction == nullptr) return std::nullopt;
    if (instruction->id == X86_INS_CALL) return called_by(*instruction);
    if (leaves(*instruction) || !keeps_arguments(reader, *instruction)) return std::nullopt;
  }
  return std::nullopt;
}

bool has_call_to(const std::string& code, std::int64_t target) {
  X86Reader reader(code, true);
  while (const cs_insn* instruction = reader.next()) {
    if (called_by(*instruction) == target) return true;
  }
  return false;
}

bool begins_with_push(const std::string& code) {
  X86Reader reader(code);
  const cs_insn* const instruction = reader.next();
  return instruction != nullptr && instruction->id == X86_INS_PUSH;
}

bool is_code(ElfImage& image, std::uint64_t offset) {
  const auto text = image.section(".text");
  return text && offset >= text->offset && offset - text->offset < text->bytes;
}

}  // namespace

std::optional<std::uint64_t> inner_call(ElfImage& image, const ElfFunction& plain, const ElfFunction& extended) {
  constexpr std::uint64_t kFirstInstruction = 15;  // the longest of x86-64
  if (image.is_arm64() || !is_code(image, plain.offset) || !is_code(image, extended.offset)) return std::nullopt;
  const auto target = first_call(code_of(image, extended));
  if (!target) return std::nullopt;
  const std::uint64_t offset = extended.offset + static_cast<std::uint64_t>(*target);
  if (!is_code(image, offset) || !begins_with_push(image.bytes_at(offset, kFirstInstruction))) return std::nullopt;
  if (!has_call_to(code_of(image, plain), static_cast<std::int64_t>(offset - plain.offset))) return std::nullopt;
  return offset;
}

}  // namespace tracerec::record
