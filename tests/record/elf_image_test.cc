// Functions in real programs: a library built here, and the example server with and without its symbols.
#include "record/tls/elf_image.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iterator>
#include <memory>
#include <sstream>

#include "forged_elf.h"
#include "record/tls/go_binary.h"
#include "record/tls/image.h"
#include "record/tls/inside.h"
#include "record/tls/openssl_bio.h"
#include "record/tls/return_sites.h"
#include "testing/temp_dir.h"
#include "tests/record/openat2.h"

namespace tracerec::record {
namespace {

std::string output_of(const std::string& command, const std::string& file) {
  EXPECT_EQ(std::system((command + " > " + file).c_str()), 0) << command;
  std::ifstream text(file);
  return {std::istreambuf_iterator<char>(text), {}};
}

UniqueFd open_file(const std::string& path) {
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

Result<ElfImage> open_image(const std::string& path) {
  return ElfImage::open(open_file(path));
}

TlsImage examine(const std::string& path) {
  return examine_image(open_file(path));
}

class ElfImageTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const { return folder_.file(name); }

  std::string compile(const std::string& source, const std::string& options) {
    std::ofstream(path("source.c")) << source;
    output_of("cc -O1 " + options + " -o " + path("built") + " " + path("source.c"), path("log"));
    return path("built");
  }

  testing::TempDir folder_;
};

const std::string kLibrary = R"(
  int imported(int);
  int SSL_read(void *s, void *b, int n) { return imported(n) + 1; }
  int SSL_write(void *s, const void *b, int n) { return n > 3 ? imported(n) : 4; }
  int SSL_version_number = 3;
)";

TEST_F(ElfImageTest, FindsWhatIsDefinedAndNotWhatIsImportedOrNoFunction) {
  auto image = open_image(compile(kLibrary, "-shared -fPIC"));
  ASSERT_TRUE(image.has_value()) << image.error().message;
  const auto found = image->find({"SSL_read", "SSL_write", "imported", "SSL_version_number", "absent"});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_GT(found.at("SSL_read").bytes, 0U);
  // The bytes there are those that objdump shows there.
  const std::string listing = output_of("objdump -d --disassemble=SSL_write " + path("built"), path("listing"));
  const auto first = listing.find("\t", listing.find("<SSL_write>:"));
  const std::string code(image->bytes_at(found.at("SSL_write").offset, 1));
  std::ostringstream hex;
  hex << std::hex << std::setw(2) << std::setfill('0') << (static_cast<unsigned>(code[0]) & 0xffU);
  // objdump shows arm64's as a word, whose last digits are the first byte.
  const std::size_t shown = first + (image->is_arm64() ? 7 : 1);
  EXPECT_EQ(listing.substr(shown, 2), hex.str()) << listing;
}

TEST_F(ElfImageTest, AStaticProgramIsReadByItsFullSymbolTable) {
  auto image = open_image(compile(kLibrary + "int imported(int n) { return n; } int main() { return 0; }", ""));
  ASSERT_TRUE(image.has_value());
  EXPECT_EQ(image->find({"SSL_read", "SSL_write", "imported"}).size(), 3U);
}

// A program with OpenSSL inside that exported two functions for its plugins had no sessions that begin or end.
TEST_F(ElfImageTest, WhatIsNotExportedIsFoundInTheFullSymbolTableToo) {
  const std::string program = kLibrary + "int imported(int n) { return n; } int main() { return 0; }";
  auto image = open_image(compile(program, "-Wl,--export-dynamic-symbol=SSL_write"));
  ASSERT_TRUE(image.has_value());
  EXPECT_EQ(image->find({"SSL_read", "SSL_write"}).size(), 2U);
}

TEST_F(ElfImageTest, WhatIsNoElfFileIsAnError) {
  std::ofstream(path("text")) << "#!/bin/sh\n";
  EXPECT_FALSE(open_image(path("text")).has_value());
  EXPECT_FALSE(open_image(path("absent")).has_value());
  EXPECT_TRUE(examine(path("text")).library.empty());
}

TEST_F(ElfImageTest, ADamagedFileIsNoDanger) {
  std::ifstream whole(compile(kLibrary, "-shared -fPIC"), std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(whole), {}};
  for (std::size_t cut = 0; cut < bytes.size(); cut += 61) {
    std::ofstream(path("cut"), std::ios::binary) << bytes.substr(0, cut);
    (void)examine(path("cut"));
    std::string flipped = bytes;
    flipped[cut] = static_cast<char>(~flipped[cut]);
    std::ofstream(path("flipped"), std::ios::binary) << flipped;
    (void)examine(path("flipped"));
  }
}

TEST_F(ElfImageTest, ALibraryIsProbedAtEntryAndReturn) {
  const TlsImage image = examine(compile(kLibrary, "-shared -fPIC"));
  EXPECT_EQ(image.library, "OpenSSL");
  ASSERT_EQ(image.probes.size(), 4U);
  EXPECT_EQ(image.probes[0].offset, image.probes[1].offset);
  EXPECT_EQ(image.probes[0].at, ProbeAt::kEntry);
  EXPECT_EQ(image.probes[1].at, ProbeAt::kReturn);
}

// ---- OpenSSL's BIO_f_ssl

// As in OpenSSL 3 (include/internal/bio.h), with other words in the place of some.
std::string bio_library(const std::string& type, const std::string& name, const std::string& old_write) {
  return kLibrary + R"(
    static int bio_write(void *b, const char *d, unsigned long n, unsigned long *w) { return imported((int)n) + (*w = n); }
    static int bio_read(void *b, char *d, unsigned long n, unsigned long *r) { return imported((int)n) - (*r = n); }
    static int bio_puts(void *b, const char *text) { return imported(1); }
    static long bio_control(void *b, int command, long n, void *p) { return imported(command) + n; }
    static int bio_create(void *b) { return imported(2); }
    static int bio_destroy(void *b) { return imported(3); }
    static const struct { int type; const char *name; const void *functions[9]; } method = {)" +
         type + ", \"" + name + "\", {bio_write, " + old_write + R"(,
      bio_read, 0, bio_puts, 0, bio_control, bio_create, bio_destroy}};
    const void *BIO_f_ssl(void) { return &method; }
  )";
}

constexpr const char* kProgram = "int imported(int n) { return n; } int main() { return 0; }";

TEST_F(ElfImageTest, TheFunctionsOfOpensslsBioAreFoundByItsTable) {
  const std::string library = bio_library("0x207", "ssl", "0");
  const std::pair<std::string, std::string> cases[] = {
      {library, "-shared -fPIC"},
      {library + kProgram, "-fPIE -pie -Wl,--export-dynamic"},
      {library + kProgram, "-fno-pie -no-pie"},
  };
  for (const auto& [source, options] : cases) {
    auto image = open_image(compile(source, options));
    const auto known =
        image->find({"BIO_f_ssl", "bio_read", "bio_write", "bio_control", "bio_destroy", "bio_puts", "bio_create"});
    const auto found = ssl_bio_functions(*image, known.at("BIO_f_ssl"));
    ASSERT_TRUE(found.has_value()) << options;
    EXPECT_EQ(found->read, known.at("bio_read").offset);
    EXPECT_EQ(found->write, known.at("bio_write").offset);
    EXPECT_EQ(found->control, known.at("bio_control").offset);
    EXPECT_EQ(found->destroy, known.at("bio_destroy").offset);
    EXPECT_EQ(examine(path("built")).probes.size(), 10U) << options;  // two each of six functions, less two ends
  }
}

TEST_F(ElfImageTest, ADamagedTableIsNoDanger) {
  std::ifstream whole(compile(bio_library("0x207", "ssl", "0"), "-shared -fPIC -s"), std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(whole), {}};
  for (std::size_t at = 0; at < bytes.size(); at += 17) {
    std::string flipped = bytes;
    flipped[at] = static_cast<char>(~flipped[at]);
    std::ofstream(path("flipped"), std::ios::binary) << flipped;
    (void)examine(path("flipped"));
  }
}

TEST_F(ElfImageTest, ATableThatIsNotThatOfOpensslsBioIsNotUsed) {
  for (const std::string& library :
       {bio_library("0x201", "ssl", "0"), bio_library("0x207", "tls", "0"), bio_library("0x207", "ssl", "bio_puts"),
        bio_library("0x207", "ssl", "imported")}) {
    const TlsImage image = examine(compile(library, "-shared -fPIC"));
    EXPECT_EQ(image.library, "OpenSSL");
    EXPECT_EQ(image.probes.size(), 4U);
  }
}

// In a library inside of a program these have copies of SSL_read_ex and SSL_write_ex in them.
TEST_F(ElfImageTest, EarlyDataHasFunctionsOfItsOwn) {
  const TlsImage image = examine(compile(kLibrary + R"(
    int SSL_read_early_data(void *s, void *b, unsigned long n, unsigned long *r) { return imported((int)n) - (*r = n); }
    int SSL_write_early_data(void *s, const void *b, unsigned long n, unsigned long *w) { return (int)(*w = n); })",
                                         "-shared -fPIC"));
  EXPECT_EQ(image.probes.size(), 8U);
  const auto count = [&](tr_tls_call call) {
    return std::count_if(image.probes.begin(), image.probes.end(), [&](const TlsProbe& p) { return p.call == call; });
  };
  EXPECT_EQ(count(TR_TLS_READ_EX), 2);
  EXPECT_EQ(count(TR_TLS_WRITE_EX), 2);
}

TEST_F(ElfImageTest, OneFunctionOfThatNameMakesNoLibrary) {
  EXPECT_TRUE(examine(compile("int SSL_read() { return 0; }", "-shared -fPIC")).library.empty());
}

// ---- what cannot be read is named

std::string name_inside(const std::string& path) {
  ImageBudget budget;
  return name_tls_inside(open_file(path), budget);
}

std::string with_text(const std::string& text) {
  return "#include <stdio.h>\nint main() { return puts(\"" + text + "\"); }";
}

TEST_F(ElfImageTest, ALibraryWithoutSymbolsIsNamedByItsSourceFiles) {
  const std::pair<std::string, std::string> cases[] = {
      {"/root/.cargo/registry/src/index/rustls-0.23.40/src/conn.rs", "rustls"},
      {"../ssl/ssl_lib.c", "OpenSSL without symbols"},
      {"../../vendor/boringssl/ssl/ssl_lib.cc", "BoringSSL without symbols"},
      {"ssl/ssl_lib.c\\0/tokio-rustls-0.26.0/src/common/mod.rs", "OpenSSL without symbols and rustls"},
      {"rustls-pemfile-1.0/src/lib.rs rustls-/src/ rustls-0.23.40 src/ ssl/ssl_lib.cpp ssl/ssl_lib.h", ""},
  };
  for (const auto& [text, name] : cases) EXPECT_EQ(name_inside(compile(with_text(text), "-s")), name) << text;
}

// A program that says its process number and waits; it is ended with this object.
class Waiting {
 public:
  explicit Waiting(const std::string& program) : pipe_(::popen(("exec " + program).c_str(), "r"), ::pclose) {
    EXPECT_EQ(std::fscanf(pipe_.get(), "%d", &pid), 1);
  }
  ~Waiting() {
    if (pid > 0) ::kill(pid, SIGKILL);
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  int pid = 0;

 private:
  std::unique_ptr<FILE, int (*)(FILE*)> pipe_;
};

// The module of an interpreter, for one.
TEST_F(ElfImageTest, ALibraryInsideOfALibraryIsNamed) {
  if (!has_openat2()) GTEST_SKIP() << "no openat2";
  std::filesystem::rename(
      compile(R"(const char *file(void) { return "/rustls-0.23.40/src/conn.rs"; })", "-shared -fPIC"),
      path("libmodule.so"));
  const Waiting process(compile(R"(
    #include <stdio.h>
    #include <unistd.h>
    const char *file(void);
    int main() { return printf("%d\n", getpid()) + fflush(stdout) + pause() + file()[0]; })",
                                "-Wl,--no-as-needed " + path("libmodule.so")));
  TlsInside inside;
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(inside.of(static_cast<std::uint32_t>(process.pid)), "rustls, inside of libmodule.so,");
  }
  EXPECT_EQ(inside.of(1U << 30), "");
}

TEST_F(ElfImageTest, SymbolsThatAreThereAreNotSaidToBeMissing) {
  const std::string program = kLibrary + kProgram + std::string("const char *file = \"../ssl/ssl_lib.c\";");
  EXPECT_EQ(name_inside(compile(program, "-Wl,--export-dynamic")), "");
  EXPECT_EQ(name_inside(compile(program, "-s")), "OpenSSL without symbols");
}

// A name may lie across two of the pieces in which the file is read.
TEST_F(ElfImageTest, ALibraryIsNamedWhereverItsNameLies) {
  for (const std::size_t before : {262'040, 262'070, 262'100, 262'130, 262'143, 600'000}) {
    Forge forge;
    forge.add(".rodata", SHT_PROGBITS, std::string(before, 'x') + "/rustls-0.23.40/src/conn.rs");
    std::ofstream(path("forged"), std::ios::binary) << forge.finish();
    EXPECT_EQ(name_inside(path("forged")), "rustls") << before;
  }
}

TEST_F(ElfImageTest, LookingForNamesEndsWithItsBudget) {
  ImageBudget budget{1000, 10};
  Forge forge;
  forge.add(".rodata", SHT_PROGBITS, "", 0, 0, std::uint64_t{1} << 40);
  std::ofstream(path("forged"), std::ios::binary) << forge.finish();
  std::filesystem::resize_file(path("forged"), std::uintmax_t{2} << 40);
  EXPECT_EQ(name_tls_inside(open_file(path("forged")), budget), "");
  EXPECT_EQ(budget.read_blocks, 0U);
}

// ---- Go

class GoBinaryTest : public ElfImageTest {
 protected:
  void SetUp() override {
    if (std::string(GIN_SERVER_BINARY).empty()) GTEST_SKIP() << "Go is not installed";
  }
};

const std::set<std::string_view> kMethods = {"crypto/tls.(*Conn).Read", "crypto/tls.(*Conn).Write",
                                             "crypto/tls.(*Conn).Close", "crypto/tls.(*Conn).serverHandshake"};

TEST_F(GoBinaryTest, TheFunctionTableAgreesWithTheSymbols) {
  output_of("strip -s -o " + path("stripped") + " " + GIN_SERVER_BINARY, path("log"));
  auto with = open_image(GIN_SERVER_BINARY), without = open_image(path("stripped"));
  ASSERT_TRUE(with && without);
  ASSERT_TRUE(without->find(kMethods).empty());
  const auto by_symbols = go_functions(*with, kMethods), by_table = go_functions(*without, kMethods);
  ASSERT_EQ(by_symbols.size(), kMethods.size());
  ASSERT_EQ(by_table.size(), kMethods.size());
  for (const auto& [name, function] : by_symbols) {
    EXPECT_EQ(by_table.at(name).offset, function.offset) << name;
    EXPECT_GE(by_table.at(name).bytes, function.bytes) << name;
    EXPECT_LT(by_table.at(name).bytes, function.bytes + 64) << name;
  }
}

TEST_F(GoBinaryTest, TheVersionIsThatOfTheCompiler) {
  auto image = open_image(GIN_SERVER_BINARY);
  const std::string said = output_of("go version", path("version"));
  EXPECT_NE(said.find(" " + go_version(*image).value_or("?") + " "), std::string::npos) << said;
  auto c = open_image(compile("int main() { return 0; }", ""));
  EXPECT_FALSE(go_version(*c).has_value());
}

TEST_F(GoBinaryTest, ReturnsAreThoseThatObjdumpShows) {
  auto image = open_image(GIN_SERVER_BINARY);
  for (const auto& [name, function] : go_functions(*image, kMethods)) {
    const auto sites = return_sites(image->bytes_at(function.offset, function.bytes), image->is_arm64());
    ASSERT_TRUE(sites.has_value()) << sites.error().message;
    const std::string listing =
        output_of("objdump -d --no-show-raw-insn --disassemble='" + name + "' " + GIN_SERVER_BINARY, path("listing"));
    std::istringstream lines(listing);
    std::size_t returns = 0;
    for (std::string line; std::getline(lines, line);) {
      if (line.find("\tret") != std::string::npos) ++returns;
    }
    EXPECT_GT(returns, 0U);
    EXPECT_EQ(sites->size(), returns) << name;
  }
}

TEST(GoVersion, RegistersSinceGo117) {
  EXPECT_TRUE(go_passes_registers("go1.17", false));
  EXPECT_TRUE(go_passes_registers("go1.22.3 X:boringcrypto", true));
  EXPECT_FALSE(go_passes_registers("go1.16.15", false));
  EXPECT_FALSE(go_passes_registers("go1.17", true));
  EXPECT_FALSE(go_passes_registers("", false));
}

TEST(ReturnSites, FindsEachReturn) {
  using namespace std::string_view_literals;
  // test eax,eax; je +1; ret; mov eax,0xc3; ret: the c3 inside the mov is none.
  const auto sites = return_sites("\x85\xc0\x74\x01\xc3\xb8\xc3\x00\x00\x00\xc3"sv, false);
  ASSERT_TRUE(sites.has_value());
  EXPECT_EQ(*sites, (std::vector<std::uint64_t>{4, 10}));
  const auto arm = return_sites("\x00\x00\x80\xd2\xc0\x03\x5f\xd6"sv, true);  // mov x0, #0; ret
  ASSERT_TRUE(arm.has_value());
  EXPECT_EQ(*arm, (std::vector<std::uint64_t>{4}));
}

TEST(ReturnSites, AnAtomicInstructionOfArmIsNoReasonToRefuseTheFunction) {
  using namespace std::string_view_literals;
  const auto sites = return_sites("\x44\xfc\xfb\x88\xc0\x03\x5f\xd6"sv, true);  // casal w27, w4, [x2]; ret
  ASSERT_TRUE(sites.has_value()) << sites.error().message;
  EXPECT_EQ(*sites, (std::vector<std::uint64_t>{4}));
}

TEST(ReturnSites, EachKindOfReturnOfArmIsFound) {
  using namespace std::string_view_literals;
  // br x30; ret x1; retaa; retab
  const auto sites = return_sites("\xc0\x03\x1f\xd6\x20\x00\x5f\xd6\xff\x0b\x5f\xd6\xff\x0f\x5f\xd6"sv, true);
  ASSERT_TRUE(sites.has_value());
  EXPECT_EQ(*sites, (std::vector<std::uint64_t>{4, 8, 12}));
}

TEST(ReturnSites, WhatCannotBeReadToItsEndIsRefused) {
  using namespace std::string_view_literals;
  EXPECT_FALSE(return_sites("\xc3\x06\x06\xc3"sv, false).has_value());  // 06: none in 64-bit mode
  EXPECT_FALSE(return_sites("\xc3\xb8\x00"sv, false).has_value());
  EXPECT_FALSE(return_sites("\xc0\x03\x5f\xd6\xc0\x03"sv, true).has_value());
}

}  // namespace
}  // namespace tracerec::record
