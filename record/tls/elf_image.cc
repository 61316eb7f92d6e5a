// The format: man 5 elf. It is read by hand, and not by libelf, because libelf maps the file or reads whole sections.
#include "record/tls/elf_image.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace tracerec::record {
namespace {

// The kernel takes no program with more (load_elf_phdrs(): 64 KiB of them).
constexpr std::uint64_t kMostSegments = 65536 / sizeof(Elf64_Phdr);

// A symbol's name with its version: "SSL_read@@OPENSSL_3.0.0".
constexpr std::size_t kMostNameBytes = 256;
constexpr std::size_t kMostSectionNameBytes = 64;

bool is_function(const Elf64_Sym& symbol) {
  const int type = ELF64_ST_TYPE(symbol.st_info);
  return symbol.st_shndx != SHN_UNDEF && symbol.st_value != 0 && (type == STT_FUNC || type == STT_GNU_IFUNC);
}

// A full symbol table has the version after the name.
std::string_view without_version(std::string_view name) {
  return name.substr(0, name.find('@'));
}

bool is_elf(const Elf64_Ehdr& header) {
  return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_ident[EI_CLASS] == ELFCLASS64 &&
         header.e_ident[EI_DATA] == ELFDATA2LSB;
}

}  // namespace

Result<ElfImage> ElfImage::open(UniqueFd fd, ImageBudget budget) {
  if (!fd.valid()) return Error{"it cannot be opened"};
  ImageFile file(std::move(fd), budget);
  const auto header = file.number_at<Elf64_Ehdr>(0);
  if (!header || !is_elf(*header)) return Error{"it is not a 64-bit ELF file"};
  return ElfImage(std::move(file), *header);
}

std::optional<Elf64_Shdr> ElfImage::section_header(std::uint64_t index) {
  if (!file_.step() || header_.e_shentsize != sizeof(Elf64_Shdr)) return std::nullopt;
  return file_.number_at<Elf64_Shdr>(header_.e_shoff + index * sizeof(Elf64_Shdr));
}

std::optional<Elf64_Shdr> ElfImage::find_section(const std::function<bool(const Elf64_Shdr&)>& is_wanted) {
  // A file with more sections than fit there (65,280) has none that is looked for here.
  for (std::uint64_t i = 0; i < header_.e_shnum; ++i) {
    const auto section = section_header(i);
    if (!section) return std::nullopt;
    if (is_wanted(*section)) return section;
  }
  return std::nullopt;
}

// A program with a library inside may export some of its functions only: those that a plugin of it uses.
ElfImage::Functions ElfImage::find(const std::set<std::string_view>& names) {
  Functions found = find_by_type(SHT_DYNSYM, names);
  if (found.size() < names.size()) found.merge(find_by_type(SHT_SYMTAB, names));
  return found;
}

// A file has one table of a type.
ElfImage::Functions ElfImage::find_by_type(std::uint32_t section_type, const std::set<std::string_view>& names) {
  Functions found;
  const auto table = find_section([&](const Elf64_Shdr& section) { return section.sh_type == section_type; });
  if (table && table->sh_entsize == sizeof(Elf64_Sym)) find_in(*table, names, found);
  return found;
}

void ElfImage::find_in(const Elf64_Shdr& table, const std::set<std::string_view>& names, Functions& found) {
  const auto strings = section_header(table.sh_link);
  if (!strings) return;
  for (std::uint64_t i = 0; i < table.sh_size / sizeof(Elf64_Sym) && file_.step(); ++i) {
    const auto symbol = file_.number_at<Elf64_Sym>(table.sh_offset + i * sizeof(Elf64_Sym));
    if (!symbol) return;  // the file ends before the table
    if (!is_function(*symbol) || symbol->st_name >= strings->sh_size) continue;
    const std::string name = file_.text_at(strings->sh_offset + symbol->st_name, kMostNameBytes);
    const auto wanted = names.find(without_version(name));
    if (wanted == names.end()) continue;
    if (const auto offset = offset_of(symbol->st_value)) {
      found.insert_or_assign(std::string(*wanted), ElfFunction{*offset, symbol->st_size});
    }
  }
}

std::optional<ElfSection> ElfImage::section(std::string_view name) {
  const auto names = section_header(header_.e_shstrndx);
  if (!names) return std::nullopt;
  const auto found = find_section([&](const Elf64_Shdr& section) {
    return file_.text_at(names->sh_offset + section.sh_name, kMostSectionNameBytes) == name;
  });
  if (!found || found->sh_type == SHT_NOBITS) return std::nullopt;
  return ElfSection{found->sh_offset, found->sh_size, found->sh_addr};
}

std::string ElfImage::bytes_at(std::uint64_t offset, std::uint64_t bytes) {
  if (bytes > kMostBytes) return {};
  std::string text(bytes, '\0');
  return file_.read(offset, text.data(), text.size()) ? text : std::string{};
}

std::optional<Elf64_Phdr> ElfImage::find_segment(const std::function<bool(const Elf64_Phdr&)>& is_wanted) {
  const std::uint64_t count = std::min<std::uint64_t>(header_.e_phnum, kMostSegments);
  for (std::uint64_t i = 0; i < count && file_.step(); ++i) {
    const auto segment = file_.number_at<Elf64_Phdr>(header_.e_phoff + i * sizeof(Elf64_Phdr));
    if (!segment) return std::nullopt;
    if (segment->p_type == PT_LOAD && is_wanted(*segment)) return segment;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> ElfImage::offset_of(std::uint64_t address) {
  const auto segment = find_segment(
      [&](const Elf64_Phdr& one) { return address >= one.p_vaddr && address - one.p_vaddr < one.p_filesz; });
  return segment ? std::optional(address - segment->p_vaddr + segment->p_offset) : std::nullopt;
}

std::optional<std::uint64_t> ElfImage::address_of(std::uint64_t offset) {
  const auto segment = find_segment(
      [&](const Elf64_Phdr& one) { return offset >= one.p_offset && offset - one.p_offset < one.p_filesz; });
  return segment ? std::optional(offset - segment->p_offset + segment->p_vaddr) : std::nullopt;
}

std::vector<std::uint64_t> ElfImage::words_at(std::uint64_t address, std::size_t count) {
  std::vector<std::uint64_t> words(count);
  const auto offset = offset_of(address);
  if (!offset || !file_.read(*offset, words.data(), count * sizeof words[0])) return {};
  return relocate(address, words) ? words : std::vector<std::uint64_t>{};
}

// What the loader writes there. A file with packed relocations (SHT_RELR), and one that is loaded where it was linked
// for, has the addresses in place.
bool ElfImage::relocate(std::uint64_t address, std::vector<std::uint64_t>& words) {
  const auto table = section(".rela.dyn");
  if (!table) return true;
  for (std::uint64_t i = 0; i < table->bytes / sizeof(Elf64_Rela) && file_.step(); ++i) {
    const auto entry = file_.number_at<Elf64_Rela>(table->offset + i * sizeof(Elf64_Rela));
    if (!entry) return false;
    if (entry->r_offset < address || (entry->r_offset - address) / sizeof words[0] >= words.size()) continue;
    if (ELF64_R_TYPE(entry->r_info) != (is_arm64() ? R_AARCH64_RELATIVE : R_X86_64_RELATIVE)) return false;
    words[(entry->r_offset - address) / sizeof words[0]] = static_cast<std::uint64_t>(entry->r_addend);
  }
  return !file_.is_exhausted();
}

}  // namespace tracerec::record
