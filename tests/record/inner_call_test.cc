// Which function inside of a library its exported ones come down to. Machine code of x86-64, as GCC 12 makes it.
#include "record/tls/inner_call.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/record/forged_elf.h"

namespace tracerec::record {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

constexpr std::string_view kInner = "\x41\x55\xc3"sv;               // push r13; ret
constexpr std::string_view kRoom = "\x48\x83\xec\x08"sv;            // sub rsp, 8
constexpr std::string_view kLength = "\x48\x89\xe1\x48\x63\xd2"sv;  // mov rcx, rsp; movsxd rdx, edx
constexpr std::string_view kReturn = "\x48\x83\xc4\x08\xc3"sv;      // add rsp, 8; ret

UniqueFd file_of(const std::string& bytes) {
  UniqueFd fd(::memfd_create("library", MFD_CLOEXEC));
  EXPECT_EQ(::pwrite(fd.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  return fd;
}

// A call from the end of `code`, which begins at `at`, to `target`.
std::string with_call(std::string code, std::size_t at, std::size_t target) {
  const auto distance = static_cast<std::int32_t>(target) - static_cast<std::int32_t>(at + code.size() + 5);
  code += '\xe8';
  return code.append(reinterpret_cast<const char*>(&distance), sizeof distance);
}

// A library with an inner function, one that takes the arguments of it, and one that makes them.
struct Library {
  std::string inner{kInner};
  std::string before_extended{kRoom};
  std::string before_plain{std::string(kRoom) + std::string(kLength)};
  bool plain_calls_it = true;
  bool inner_is_code = true;

  [[nodiscard]] std::optional<std::uint64_t> found() const {
    constexpr std::size_t kExtended = 64, kPlain = 128;
    std::string text(256, '\x90');
    put(text, 0, inner);
    put(text, kExtended, with_call(before_extended, kExtended, inner_is_code ? 0 : 4096) + std::string(kReturn));
    put(text, kPlain, with_call(before_plain, kPlain, plain_calls_it ? 0 : 16) + std::string(kReturn));
    Forge forge;
    const std::size_t at = forge.add(".text", SHT_PROGBITS, text);
    auto image = ElfImage::open(file_of(forge.finish()));
    if (!image) return std::nullopt;
    const auto inner_at = inner_call(*image, {at + kPlain, 64}, {at + kExtended, 32});
    if (!inner_at) return std::nullopt;
    return *inner_at - at;
  }

 private:
  static void put(std::string& text, std::size_t at, const std::string& code) { text.replace(at, code.size(), code); }
};

TEST(InnerCall, IsWhatBothCall) {
  EXPECT_EQ(Library().found(), 0u);
  Library marked;
  marked.before_extended = "\xf3\x0f\x1e\xfa"s + std::string(kRoom);  // endbr64
  EXPECT_EQ(marked.found(), 0u);
}

TEST(InnerCall, IsNotCalledWithOtherArguments) {
  for (const std::string_view change : {"\x31\xc9"sv /* xor ecx, ecx */, "\x48\x89\xf7"sv /* mov rdi, rsi */,
                                        "\xb2\x01"sv /* mov dl, 1 */, "\x66\xbe\x01\x00"sv /* mov si, 1 */}) {
    Library library;
    library.before_extended = std::string(change);
    EXPECT_EQ(library.found(), std::nullopt);
  }
}

TEST(InnerCall, IsNotBehindABranch) {
  Library library;
  library.before_extended = "\x74\x05"s;  // je, beyond the call
  EXPECT_EQ(library.found(), std::nullopt);
}

TEST(InnerCall, IsCalledByBoth) {
  Library library;
  library.plain_calls_it = false;
  EXPECT_EQ(library.found(), std::nullopt);
}

TEST(InnerCall, BeginsWithAPush) {
  Library library;
  library.inner = std::string(kRoom);
  EXPECT_EQ(library.found(), std::nullopt);
}

TEST(InnerCall, IsCodeOfTheLibrary) {
  Library library;
  library.inner_is_code = false;
  EXPECT_EQ(library.found(), std::nullopt);
}

TEST(InnerCall, IsNothingWithoutCode) {
  Library library;
  library.before_extended = "\x06"s;  // none in 64-bit mode
  EXPECT_EQ(library.found(), std::nullopt);
}

}  // namespace
}  // namespace tracerec::record
