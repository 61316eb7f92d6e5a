#include "record/tls/elf_image.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/unique_fd.h"

namespace tracerec::record {
namespace {

bool is_function(const GElf_Sym& symbol) {
  const int type = GELF_ST_TYPE(symbol.st_info);
  return symbol.st_shndx != SHN_UNDEF && symbol.st_value != 0 && (type == STT_FUNC || type == STT_GNU_IFUNC);
}

// A full symbol table has the version after the name: "SSL_read@@OPENSSL_3.0.0".
std::string_view without_version(std::string_view name) {
  return name.substr(0, name.find('@'));
}

Elf_Scn* find_section(Elf* elf, std::string_view name, GElf_Shdr& header) {
  std::size_t names = 0;
  if (::elf_getshdrstrndx(elf, &names) != 0) return nullptr;
  for (Elf_Scn* section = ::elf_nextscn(elf, nullptr); section != nullptr; section = ::elf_nextscn(elf, section)) {
    if (::gelf_getshdr(section, &header) == nullptr) continue;
    const char* its_name = ::elf_strptr(elf, names, header.sh_name);
    if (its_name != nullptr && name == its_name) return section;
  }
  return nullptr;
}

}  // namespace

void ElfImage::Closer::operator()(Elf* elf) const {
  ::elf_end(elf);
}

void ElfImage::Unmapper::operator()(char* start) const {
  ::munmap(start, bytes);
}

// Shared, although nothing is written: the kernel puts the breakpoints of uprobes into every private mapping of a file
// that may be executed, this one included, and the code of a process that somebody else records would be misread
// (valid_vma() in kernel/events/uprobes.c). libelf itself maps privately.
Result<ElfImage::Mapping> ElfImage::map(const std::string& path) {
  const auto error = [&] { return Error{"cannot read " + path + ": " + std::generic_category().message(errno)}; };
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0) return error();
  const auto bytes = static_cast<std::size_t>(status.st_size);
  if (bytes == 0) return Error{path + " is empty"};
  void* start = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, fd.get(), 0);
  if (start == MAP_FAILED) return error();
  return Mapping(static_cast<char*>(start), Unmapper{bytes});
}

ElfImage::ElfImage(Mapping mapping, std::unique_ptr<Elf, Closer> elf)
    : mapping_(std::move(mapping)), elf_(std::move(elf)), file_(mapping_.get(), mapping_.get_deleter().bytes) {}

Result<ElfImage> ElfImage::open(const std::string& path) {
  ::elf_version(EV_CURRENT);
  auto mapping = map(path);
  if (!mapping) return mapping.error();
  std::unique_ptr<Elf, Closer> elf(::elf_memory(mapping->get(), mapping->get_deleter().bytes));
  if (!elf || ::elf_kind(elf.get()) != ELF_K_ELF || ::gelf_getclass(elf.get()) != ELFCLASS64) {
    return Error{path + " is not a 64-bit ELF file"};
  }
  return ElfImage(std::move(*mapping), std::move(elf));
}

ElfImage::Functions ElfImage::find(const std::set<std::string_view>& names) const {
  Functions found;
  find_in(SHT_DYNSYM, names, found);
  if (found.empty()) find_in(SHT_SYMTAB, names, found);
  return found;
}

void ElfImage::find_in(std::uint32_t section_type, const std::set<std::string_view>& names, Functions& found) const {
  for (Elf_Scn* section = ::elf_nextscn(elf_.get(), nullptr); section != nullptr;
       section = ::elf_nextscn(elf_.get(), section)) {
    GElf_Shdr header;
    if (::gelf_getshdr(section, &header) == nullptr || header.sh_type != section_type || header.sh_entsize == 0) {
      continue;
    }
    Elf_Data* data = ::elf_getdata(section, nullptr);
    const std::uint64_t count = data == nullptr ? 0 : header.sh_size / header.sh_entsize;
    for (std::uint64_t i = 0; i < count; ++i) {
      GElf_Sym symbol;
      if (::gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr || !is_function(symbol)) continue;
      const char* name = ::elf_strptr(elf_.get(), header.sh_link, symbol.st_name);
      if (name == nullptr) continue;
      const auto wanted = names.find(without_version(name));
      if (wanted == names.end()) continue;
      if (const auto offset = offset_of(symbol.st_value)) {
        found.insert_or_assign(std::string(*wanted), ElfFunction{*offset, symbol.st_size});
      }
    }
  }
}

std::string_view ElfImage::section(std::string_view name) const {
  GElf_Shdr header;
  if (find_section(elf_.get(), name, header) == nullptr || header.sh_type == SHT_NOBITS) return {};
  return bytes_at(header.sh_offset, header.sh_size);
}

std::optional<std::uint64_t> ElfImage::section_address(std::string_view name) const {
  GElf_Shdr header;
  if (find_section(elf_.get(), name, header) == nullptr) return std::nullopt;
  return header.sh_addr;
}

std::string_view ElfImage::bytes_at(std::uint64_t offset, std::uint64_t bytes) const {
  if (offset > file_.size() || bytes > file_.size() - offset) return {};
  return file_.substr(offset, bytes);
}

std::optional<std::uint64_t> ElfImage::offset_of(std::uint64_t address) const {
  std::size_t count = 0;
  if (::elf_getphdrnum(elf_.get(), &count) != 0) return std::nullopt;
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr segment;
    if (::gelf_getphdr(elf_.get(), static_cast<int>(i), &segment) == nullptr || segment.p_type != PT_LOAD) continue;
    if (address >= segment.p_vaddr && address - segment.p_vaddr < segment.p_filesz) {
      return address - segment.p_vaddr + segment.p_offset;
    }
  }
  return std::nullopt;
}

bool ElfImage::is_arm64() const {
  GElf_Ehdr header;
  return ::gelf_getehdr(elf_.get(), &header) != nullptr && header.e_machine == EM_AARCH64;
}

}  // namespace tracerec::record
