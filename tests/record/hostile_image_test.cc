// Program files that a recorded process has made up to keep the recorder busy, or to end it. What counts is the work
// that is done for them, not the time that it takes.
#include <elf.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "forged_elf.h"
#include "record/tls/elf_image.h"
#include "record/tls/go_binary.h"
#include "record/tls/image.h"
#include "testing/temp_dir.h"

namespace tracerec::record {
namespace {

std::string symbol(std::uint32_t name, std::uint64_t address, std::uint64_t bytes) {
  Elf64_Sym symbol{};
  symbol.st_name = name;
  symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
  symbol.st_shndx = 1;
  symbol.st_value = address;
  symbol.st_size = bytes;
  return Forge::text_of(symbol);
}

std::string build_info() {
  std::string info = "\xff Go buildinf:";
  info += {8, 2};
  info.resize(32);
  return info + '\x06' + "go1.22" + std::string(32, '\0');
}

class HostileImage : public ::testing::Test {
 protected:
  UniqueFd store(const std::string& bytes, std::uint64_t size = 0) {
    UniqueFd fd(::open(folder.file("image").c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    EXPECT_EQ(::write(fd.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    if (size != 0) {
      EXPECT_EQ(::ftruncate(fd.get(), static_cast<off_t>(size)), 0);
    }
    return fd;
  }

  static std::uint64_t steps_of(const TlsImage& image) { return ImageBudget{}.steps - image.left.steps; }
  static std::uint64_t blocks_of(const TlsImage& image) { return ImageBudget{}.read_blocks - image.left.read_blocks; }

  testing::TempDir folder;
};

// 200 GiB of nothing: it was read until the recorder was ended.
TEST_F(HostileImage, ASparseSymbolTableIsGivenUp) {
  Forge forge;
  forge.add(".strtab", SHT_STRTAB, std::string(8, '\0'));
  forge.add(".symtab", SHT_SYMTAB, "", 1, sizeof(Elf64_Sym), std::uint64_t{200} << 30);
  const TlsImage image = examine_image(store(forge.finish(), std::uint64_t{201} << 30));
  EXPECT_TRUE(image.library.empty());
  EXPECT_NE(image.problem, "");
  EXPECT_EQ(image.left.steps, 0U);
}

TEST_F(HostileImage, EntriesOfAnotherSizeAreNoSymbols) {
  Forge forge;
  forge.add(".strtab", SHT_STRTAB, std::string(8, '\0'));
  forge.add(".symtab", SHT_SYMTAB, "", 1, 1, std::uint64_t{200} << 30);
  EXPECT_LT(steps_of(examine_image(store(forge.finish(), std::uint64_t{201} << 30))), 100U);
}

// The SIGBUS of a mapping came when the file was cut after it had been measured.
TEST_F(HostileImage, AFileThatIsCutWhileItIsReadEndsThere) {
  Forge forge;
  forge.add(".strtab", SHT_STRTAB, std::string("\0SSL_read\0SSL_write", 19));
  std::string symbols(sizeof(Elf64_Sym) * 10000, '\0');
  forge.add(".symtab", SHT_SYMTAB, symbols + symbol(1, 64, 10) + symbol(10, 64, 10), 1, sizeof(Elf64_Sym));
  const std::string bytes = forge.finish();
  const UniqueFd file = store(bytes);
  auto image = ElfImage::open(UniqueFd(::dup(file.get())));
  ASSERT_TRUE(image.has_value());
  ASSERT_EQ(image->find({"SSL_read", "SSL_write"}).size(), 2U);
  ASSERT_EQ(::ftruncate(file.get(), 8192), 0);
  EXPECT_TRUE(ElfImage::open(UniqueFd(::dup(file.get())))->find({"SSL_read"}).empty());
}

// A function of 50 MB of RET: 3.3 GB of sites.
TEST_F(HostileImage, AFunctionWithTooManyReturnsIsRefused) {
  for (const std::size_t count : {std::size_t{5000}, std::size_t{50} << 20}) {
    Forge forge;
    const std::size_t code = forge.add(".text", SHT_PROGBITS, std::string(count, '\xc3'));
    forge.add(".go.buildinfo", SHT_PROGBITS, build_info());
    const std::string names = std::string("\0", 1) + "crypto/tls.(*Conn).Read" + '\0' + "crypto/tls.(*Conn).Write";
    forge.add(".strtab", SHT_STRTAB, names + '\0');
    forge.add(".symtab", SHT_SYMTAB, symbol(1, code, count) + symbol(25, code, count), 3, sizeof(Elf64_Sym));
    const TlsImage image = examine_image(store(forge.finish()));
    EXPECT_EQ(image.library, "crypto/tls of go1.22");
    EXPECT_NE(image.problem.find("could not be disassembled"), std::string::npos) << image.problem;
    EXPECT_TRUE(image.probes.empty());
    EXPECT_LT(blocks_of(image), 200U);
  }
}

// Each of 200,000 names ran to the end of the section: 9 seconds.
TEST_F(HostileImage, NamesWithoutAnEndAreReadAsFarAsTheyMatter) {
  constexpr std::uint64_t kFunctions = 200'000, kIndex = 128;
  std::string table = Forge::text_of(std::uint32_t{0xfffffff1}) + std::string("\0\0\x01\x08", 4);
  for (const std::uint64_t word : {kFunctions, std::uint64_t{0}, std::uint64_t{0}, kIndex + 8 * (kFunctions + 1),
                                   std::uint64_t{0}, std::uint64_t{0}, std::uint64_t{0}, kIndex}) {
    table += Forge::text_of(word);
  }
  table.resize(kIndex);
  for (std::uint32_t i = 0; i <= kFunctions; ++i) table += Forge::text_of(i) + Forge::text_of(std::uint32_t{0});
  Forge forge;
  forge.add(".go.buildinfo", SHT_PROGBITS, build_info());
  forge.add(".gopclntab", SHT_PROGBITS, table + std::string(4 << 20, 'A'));
  const TlsImage image = examine_image(store(forge.finish()));
  EXPECT_TRUE(image.library.empty());
  EXPECT_LT(steps_of(image), kFunctions + 100);
  EXPECT_LT(blocks_of(image), 2000U);  // the index has 390
}

// Each symbol of a wanted name walked through all segments.
TEST_F(HostileImage, SymbolsTimesSegmentsAreWithinTheBudget) {
  Forge forge;
  forge.add(".strtab", SHT_STRTAB, std::string("\0SSL_read\0", 10));
  std::string symbols;
  for (int i = 0; i < 100'000; ++i) symbols += symbol(1, 1ULL << 60, 1);
  forge.add(".symtab", SHT_SYMTAB, symbols, 1, sizeof(Elf64_Sym));
  std::string bytes = forge.finish();
  const std::uint16_t segments = 65535;
  std::memcpy(bytes.data() + offsetof(Elf64_Ehdr, e_phnum), &segments, sizeof segments);
  const TlsImage image = examine_image(store(bytes));
  EXPECT_EQ(image.left.steps, 0U);
  EXPECT_NE(image.problem, "");
}

TEST_F(HostileImage, ReadingUsesLittleMemoryAndItsBudgetOfBlocks) {
  ImageFile file(store("", std::uint64_t{1} << 40), {1, 100});
  char byte = 0;
  for (std::uint64_t i = 0; i < 100; ++i) EXPECT_TRUE(file.read(i * 1'000'000'000, &byte, 1));
  EXPECT_FALSE(file.read(std::uint64_t{200} << 30, &byte, 1));
  EXPECT_TRUE(file.is_exhausted());
}

// The budget over all files must not grow by files that are none.
TEST_F(HostileImage, WhatIsNoProgramLeavesTheBudgetAsItWas) {
  const TlsImage image = examine_image(store("#!/bin/sh"), {10, 20});
  EXPECT_EQ(image.left.steps, 10U);
  EXPECT_EQ(image.left.read_blocks, 20U);
}

TEST_F(HostileImage, OffsetsThatWrapAroundLieNowhere) {
  ImageFile file(store("0123456789"));
  std::uint64_t number = 0;
  EXPECT_FALSE(file.read(UINT64_MAX - 3, &number, sizeof number));
  EXPECT_FALSE(file.read(INT64_MAX, &number, sizeof number));
  EXPECT_FALSE(file.read(5, &number, sizeof number));
  EXPECT_EQ(file.text_at(5, 100), "56789");
  EXPECT_EQ(file.text_at(UINT64_MAX, 100), "");
}

}  // namespace
}  // namespace tracerec::record
