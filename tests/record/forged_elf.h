// Program files that are made up, section by section.
#pragma once

#include <elf.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace tracerec::record {

// Sections are laid one after the other, the table of their headers at the end.
class Forge {
 public:
  Forge() { add("", SHT_NULL, ""); }

  // `bytes_said`: what the header says, when it is to be more than there is.
  std::size_t add(const std::string& name, std::uint32_t type, const std::string& bytes, std::uint32_t link = 0,
                  std::uint64_t entry = 0, std::uint64_t bytes_said = 0) {
    Elf64_Shdr header{};
    header.sh_name = static_cast<Elf64_Word>(names_.size());
    header.sh_type = type;
    header.sh_offset = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr) + body_.size();
    header.sh_addr = header.sh_offset;
    header.sh_size = bytes_said == 0 ? bytes.size() : bytes_said;
    header.sh_link = link;
    header.sh_entsize = entry;
    names_ += name + '\0';
    body_ += bytes;
    sections_.push_back(header);
    return header.sh_offset;
  }

  [[nodiscard]] std::string finish() {
    add(".shstrtab", SHT_STRTAB, "");
    sections_.back().sh_size = names_.size();
    body_ += names_;
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_machine = EM_X86_64;
    header.e_phoff = sizeof header;
    header.e_phnum = 1;
    header.e_shoff = sizeof header + sizeof(Elf64_Phdr) + body_.size();
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = static_cast<Elf64_Half>(sections_.size());
    header.e_shstrndx = static_cast<Elf64_Half>(sections_.size() - 1);
    Elf64_Phdr all{};
    all.p_type = PT_LOAD;
    all.p_filesz = header.e_shoff;
    return text_of(header) + text_of(all) + body_ +
           std::string(reinterpret_cast<const char*>(sections_.data()), sections_.size() * sizeof(Elf64_Shdr));
  }

  template <class Value>
  [[nodiscard]] static std::string text_of(const Value& value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
  }

 private:
  std::string names_, body_;
  std::vector<Elf64_Shdr> sections_;
};

}  // namespace tracerec::record
