#include "schema/request_key.h"

#include <bit>
#include <cstring>

namespace tracerec::schema {
namespace {

// MurmurHash64A (public domain, Austin Appleby), eight bytes at a time; bytes are read as little endian everywhere so
// that a file means the same on every machine.
constexpr std::uint64_t kMultiplier = 0xc6a4a7935bd1e995;
constexpr int kShift = 47;

std::uint64_t load_little_endian(const char* bytes, std::size_t count) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < count; ++i) word |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return word;
}

std::uint64_t load_word(const char* bytes) {
  if constexpr (std::endian::native != std::endian::little) return load_little_endian(bytes, 8);
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

std::uint64_t murmur(std::string_view bytes, std::uint64_t seed) {
  std::uint64_t hash = seed ^ (bytes.size() * kMultiplier);
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): eight bytes are there
    std::uint64_t word = load_word(bytes.data()) * kMultiplier;
    word = (word ^ (word >> kShift)) * kMultiplier;
    hash = (hash ^ word) * kMultiplier;
  }
  if (!bytes.empty()) hash = (hash ^ load_little_endian(bytes.data(), bytes.size())) * kMultiplier;
  hash = (hash ^ (hash >> kShift)) * kMultiplier;
  return hash ^ (hash >> kShift);
}

}  // namespace

std::int64_t request_key(std::string_view method, std::string_view target, std::string_view inline_body) {
  return static_cast<std::int64_t>(murmur(inline_body, murmur(target, murmur(method, 0))));
}

std::int64_t request_key(std::string_view method, std::string_view target, const Sha256Digest& digest) {
  return request_key(method, target, std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

}  // namespace tracerec::schema
