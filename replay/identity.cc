#include "replay/identity.h"

#include <algorithm>
#include <charconv>

#include "base/hex.h"
#include "base/sha256.h"
#include "base/text.h"

// Tests: tests/replay/identity_test.cc, tests/e2e/replay_users_test.cc.

namespace tracerec::replay {
namespace {

// "Bearer abc" → "abc": people copy the token alone.
std::string_view without_scheme(std::string_view value) {
  const std::size_t space = value.find(' ');
  return space == std::string_view::npos ? value : trim(value.substr(space));
}

// Of "a=1; b=2", all values of that name (RFC 6265 §4.2.1).
void add_cookies(std::string_view line, std::string_view name, std::vector<std::string_view>& values) {
  while (!line.empty()) {
    const std::size_t end = line.find(';');
    const std::string_view pair = trim(line.substr(0, end));
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=')
      values.push_back(pair.substr(name.size() + 1));
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
  }
}

std::string digest_of(std::string_view text) {
  const Sha256Digest digest = sha256(text);
  return to_hex(digest.data(), digest.size());
}

}  // namespace

std::string IdentityKey::name() const {
  return cookie.empty() ? header : "cookie " + cookie;
}

std::vector<std::string_view> credentials_in(std::string_view head, const IdentityKey& key) {
  std::vector<std::string_view> values;
  while (!head.empty()) {
    const std::size_t end = head.find('\n');
    std::string_view line = head.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 1);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !equals_ignoring_case(trim(line.substr(0, colon)), key.header)) continue;
    const std::string_view value = trim(line.substr(colon + 1));
    if (key.cookie.empty()) {
      values.push_back(value);
    } else {
      add_cookies(value, key.cookie, values);
    }
  }
  return values;
}

bool is_of(std::string_view head, const IdentityKey& key) {
  const auto values = credentials_in(head, key);
  return std::any_of(values.begin(), values.end(), [&](std::string_view value) {
    return value == key.recorded || (key.cookie.empty() && without_scheme(value) == key.recorded);
  });
}

std::string digest_of(const IdentityKey& key) {
  return digest_of(key.recorded);
}

std::string credential_with_digest(std::string_view head, const IdentityKey& key, const std::string& digest) {
  for (const std::string_view value : credentials_in(head, key)) {
    if (digest_of(value) == digest) return std::string(value);
    const std::string_view bare = key.cookie.empty() ? without_scheme(value) : value;
    if (digest_of(bare) == digest) return std::string(bare);
  }
  return {};
}

std::optional<std::int64_t> exchange_named_by(const std::string& recorded) {
  constexpr std::string_view kWord = "exchange ";
  if (!recorded.starts_with(kWord)) return std::nullopt;
  const char* const end = recorded.data() + recorded.size();
  std::int64_t id = 0;
  const auto [parsed_to, error] = std::from_chars(recorded.data() + kWord.size(), end, id);
  return error == std::errc{} && parsed_to == end && id > 0 ? std::optional(id) : std::nullopt;
}

}  // namespace tracerec::replay
