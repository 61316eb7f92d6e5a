#include "record/return_sites.h"

#include <capstone/capstone.h>

#include <memory>
#include <string>

namespace tracerec::record {
namespace {

struct Disassembler {
  csh handle = 0;
  bool good = false;

  explicit Disassembler(bool arm64) {
    good = ::cs_open(arm64 ? CS_ARCH_ARM64 : CS_ARCH_X86, arm64 ? CS_MODE_LITTLE_ENDIAN : CS_MODE_64, &handle) ==
           CS_ERR_OK;
  }
  ~Disassembler() {
    if (good) ::cs_close(&handle);
  }
  Disassembler(const Disassembler&) = delete;
  Disassembler& operator=(const Disassembler&) = delete;
};

struct InstructionDeleter {
  void operator()(cs_insn* instruction) const { ::cs_free(instruction, 1); }
};

bool is_return(const cs_insn& instruction, bool arm64) {
  return instruction.id == (arm64 ? static_cast<unsigned>(ARM64_INS_RET) : static_cast<unsigned>(X86_INS_RET));
}

}  // namespace

Result<std::vector<std::uint64_t>> return_sites(std::string_view code, bool arm64) {
  const Disassembler machine(arm64);
  if (!machine.good) return Error{"cannot disassemble for this architecture"};
  const std::unique_ptr<cs_insn, InstructionDeleter> instruction(::cs_malloc(machine.handle));
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(code.data());
  std::size_t left = code.size();
  std::uint64_t address = 0;
  std::vector<std::uint64_t> sites;
  while (left > 0) {
    if (!::cs_disasm_iter(machine.handle, &bytes, &left, &address, instruction.get())) {
      return Error{"unknown instruction at offset " + std::to_string(code.size() - left)};
    }
    if (is_return(*instruction, arm64)) sites.push_back(instruction->address);
  }
  return sites;
}

}  // namespace tracerec::record
