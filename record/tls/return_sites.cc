#include "record/tls/return_sites.h"

#include <string>

#include "record/tls/disassembler.h"

namespace tracerec::record {
namespace {

Result<std::vector<std::uint64_t>> x86_return_sites(std::string_view code) {
  X86Reader reader(code);
  if (!reader.valid()) return Error{"cannot disassemble for this architecture"};
  std::vector<std::uint64_t> sites;
  while (sites.size() <= kMostReturnSites) {
    const cs_insn* const instruction = reader.next();
    if (instruction == nullptr) break;
    if (instruction->id == X86_INS_RET) sites.push_back(instruction->address);
  }
  if (sites.size() <= kMostReturnSites && !reader.at_end())
    return Error{"unknown instruction at offset " + std::to_string(reader.offset())};
  return sites;
}

// RET Xn, RETAA and RETAB (Arm ARM C6.2).
bool is_arm64_return(std::uint32_t word) {
  return (word & 0xFFFFFC1F) == 0xD65F0000 || (word & 0xFFFFFBFF) == 0xD65F0BFF;
}

// Every instruction is one word, so that an unknown one hides none after it. Capstone 4 does not know the atomic
// instructions of Armv8.1, which Go puts into most functions.
Result<std::vector<std::uint64_t>> arm64_return_sites(std::string_view code) {
  if (code.size() % 4 != 0) return Error{"half an instruction at offset " + std::to_string(code.size() / 4 * 4)};
  std::vector<std::uint64_t> sites;
  for (std::size_t at = 0; at < code.size() && sites.size() <= kMostReturnSites; at += 4) {
    std::uint32_t word = 0;
    for (std::size_t i = 4; i-- > 0;) word = word << 8 | static_cast<unsigned char>(code[at + i]);
    if (is_arm64_return(word)) sites.push_back(at);
  }
  return sites;
}

}  // namespace

Result<std::vector<std::uint64_t>> return_sites(std::string_view code, bool arm64) {
  auto sites = arm64 ? arm64_return_sites(code) : x86_return_sites(code);
  if (sites && sites->size() > kMostReturnSites) return Error{"it has more returns than are probed in a function"};
  return sites;
}

}  // namespace tracerec::record
