// What a program says of its Go functions: read within the budget, only what was asked for, each once, and its version
// has the length that it says. Input, with the byte 0xFE between: the contents of .go.buildinfo, .gopclntab, .symtab,
// .strtab and .text.
#include "record/tls/go_binary.h"

#include <sys/mman.h>
#include <unistd.h>

#include <set>
#include <string>

#include "fuzz.h"
#include "record/forged_elf.h"
#include "record/tls/image.h"

namespace tracerec::fuzz {
namespace {

constexpr record::ImageBudget kBudget = {10'000, 1'000};

UniqueFd file_of(const std::string& bytes) {
  UniqueFd fd(::memfd_create("image", MFD_CLOEXEC));
  FUZZ_CHECK(::write(fd.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  return fd;
}

std::string program_of(std::string_view input) {
  record::Forge forge;
  const auto add = [&](const char* name, std::uint32_t type, std::uint32_t link = 0, std::uint64_t entry = 0) {
    forge.add(name, type, std::string(take_until(input, '\xFE')), link, entry);
  };
  add(".go.buildinfo", SHT_PROGBITS);
  add(".gopclntab", SHT_PROGBITS);
  add(".symtab", SHT_SYMTAB, 4, sizeof(Elf64_Sym));
  add(".strtab", SHT_STRTAB);
  add(".text", SHT_PROGBITS);
  return forge.finish();
}

void check_budget(const record::ImageBudget& left) {
  FUZZ_CHECK(left.steps <= kBudget.steps && left.read_blocks <= kBudget.read_blocks);
}

void check_functions(record::ElfImage& image) {
  const std::set<std::string_view> names = {"crypto/tls.(*Conn).Read", "crypto/tls.(*Conn).Write", "main.main"};
  const auto found = record::go_functions(image, names);
  FUZZ_CHECK(found.size() <= names.size());
  for (const auto& [name, function] : found) FUZZ_CHECK(names.contains(name));
}

}  // namespace

void fuzz_one(std::string_view input) {
  const std::string program = program_of(input);
  auto image = record::ElfImage::open(file_of(program), kBudget);
  FUZZ_CHECK(image.has_value());
  const auto version = record::go_version(*image);
  FUZZ_CHECK(!version || version->size() < 0x80);
  if (version) (void)record::go_passes_registers(*version, image->is_arm64());
  check_functions(*image);
  check_budget(image->file().left());
  const record::TlsImage examined = record::examine_image(file_of(program), kBudget);
  FUZZ_CHECK(examined.probes.empty() || (!examined.library.empty() && examined.problem.empty()));
  for (const record::TlsProbe& probe : examined.probes) FUZZ_CHECK(probe.offset < program.size());
  check_budget(examined.left);
}

}  // namespace tracerec::fuzz
