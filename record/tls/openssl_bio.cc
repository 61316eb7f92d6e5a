// BIO_f_ssl() is one instruction or two that make the address of a table, and a return. The table is struct
// bio_method_st of OpenSSL 1.1.1 and newer (include/internal/bio.h): type, name, bwrite, bwrite_old, bread, bread_old,
// bputs, bgets, ctrl, create, destroy. It is taken only if all that is known of it is so: its type, its name, which
// functions it has and which it has not.
#include "record/tls/openssl_bio.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

namespace tracerec::record {
namespace {

constexpr std::uint32_t kTypeSsl = 7 | 0x0200;  // BIO_TYPE_SSL (openssl/bio.h)

enum Word { kType, kName, kWrite, kWriteOld, kRead, kReadOld, kPuts, kGets, kControl, kCreate, kDestroy, kWords };

template <class Number>
Number number_in(const std::string& code, std::size_t at) {
  Number number{};
  std::memcpy(&number, code.data() + at, sizeof number);
  return number;
}

// lea rax, [rip + n]; mov eax, n in programs that are loaded where they were linked for. `at` is the address of `code`.
std::vector<std::uint64_t> x86_addresses(const std::string& code, std::uint64_t at) {
  std::vector<std::uint64_t> addresses;
  for (std::size_t i = 0; i + 5 <= code.size(); ++i) {
    if (i + 7 <= code.size() && code.compare(i, 3, "\x48\x8d\x05") == 0) {
      addresses.push_back(at + i + 7 + static_cast<std::uint64_t>(number_in<std::int32_t>(code, i + 3)));
    } else if (code[i] == '\xb8') {
      addresses.push_back(number_in<std::uint32_t>(code, i + 1));
    }
  }
  return addresses;
}

// adrp x0, page; add x0, x0, #n (Arm ARM C6.2).
std::vector<std::uint64_t> arm64_addresses(const std::string& code, std::uint64_t at) {
  std::vector<std::uint64_t> addresses;
  for (std::size_t i = 0; i + 8 <= code.size(); i += 4) {
    const auto page = number_in<std::uint32_t>(code, i), add = number_in<std::uint32_t>(code, i + 4);
    if ((page & 0x9F00001F) != 0x90000000 || (add & 0xFFC003FF) != 0x91000000) continue;
    const std::uint64_t pages = (page >> 29 & 3) | (page >> 5 & 0x7FFFF) << 2;  // signed, of 21 bits
    const std::uint64_t distance = ((pages ^ 0x100000) - 0x100000) << 12;
    addresses.push_back(((at + i) & ~std::uint64_t{0xFFF}) + distance + (add >> 10 & 0xFFF));
  }
  return addresses;
}

bool is_ssl_method(ElfImage& image, const std::vector<std::uint64_t>& words) {
  const auto is_set = [&](Word word) { return words[word] != 0; };
  const auto name = image.offset_of(words[kName]);
  return static_cast<std::uint32_t>(words[kType]) == kTypeSsl && name && image.file().text_at(*name, 8) == "ssl" &&
         is_set(kWrite) && !is_set(kWriteOld) && is_set(kRead) && !is_set(kReadOld) && is_set(kPuts) &&
         !is_set(kGets) && is_set(kControl) && is_set(kCreate) && is_set(kDestroy);
}

std::optional<SslBioFunctions> functions_of(ElfImage& image, const std::vector<std::uint64_t>& words) {
  if (words.size() != kWords || !is_ssl_method(image, words)) return std::nullopt;
  const auto write = image.offset_of(words[kWrite]), read = image.offset_of(words[kRead]);
  const auto control = image.offset_of(words[kControl]), destroy = image.offset_of(words[kDestroy]);
  if (!write || !read || !control || !destroy) return std::nullopt;
  return SslBioFunctions{*write, *read, *control, *destroy};
}

}  // namespace

std::optional<SslBioFunctions> ssl_bio_functions(ElfImage& image, const ElfFunction& getter) {
  constexpr std::uint64_t kMostCodeBytes = 32;
  const auto address = image.address_of(getter.offset);
  if (!address) return std::nullopt;
  const std::string code = image.bytes_at(getter.offset, std::min(getter.bytes, kMostCodeBytes));
  for (const auto table : image.is_arm64() ? arm64_addresses(code, *address) : x86_addresses(code, *address)) {
    if (const auto functions = functions_of(image, image.words_at(table, kWords))) return functions;
  }
  return std::nullopt;
}

}  // namespace tracerec::record
