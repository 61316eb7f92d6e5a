#include "redact/pseudonym.h"

#include <sys/random.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/sha256.h"
#include "base/text.h"
#include "base/utf8.h"
#include "http/web_token.h"

namespace tracerec::redact {
namespace {

// Of one generation, secrets and pseudonyms together. A few thousand sessions with JWTs of 1 KB.
constexpr std::size_t kCacheBytes = std::size_t{8} << 20;
// Longer ones are not tokens that come again and again.
constexpr std::size_t kLongestCached = 8 << 10;

constexpr std::size_t kEntryBytes = 128;  // of a map: two strings and a node

std::string_view view(const std::uint8_t* bytes, std::size_t count) {
  return {reinterpret_cast<const char*>(bytes), count};
}

// HMAC(key, secret), then HMAC(key, that + counter) for as long as bytes are asked for.
class Stream {
 public:
  Stream(const RedactionKey& key, std::string_view secret)
      : key_(view(key.data(), key.size())), first_(hmac_sha256(key_, secret)), block_(first_) {}

  unsigned next() {
    if (used_ == block_.size()) refill();
    return block_[used_++];
  }
  unsigned next16() {
    const unsigned high = next();
    return high << 8 | next();
  }

 private:
  void refill() {
    std::string input(view(first_.data(), first_.size()));
    for (std::uint64_t left = ++counter_; left != 0; left >>= 8) input += static_cast<char>(left & 0xFF);
    block_ = hmac_sha256(key_, input);
    used_ = 0;
  }

  std::string_view key_;
  Sha256Digest first_, block_;
  std::size_t used_ = 0;
  std::uint64_t counter_ = 0;
};

// What decides about a whole secret.
struct Shape {
  bool hex = false;               // letters a-f only
  bool uuid = false;              // 8-4-4-4-12
  bool punctuation = false;       // mostly: keeping it would keep the secret
  std::size_t public_prefix = 0;  // the header of a JWT with its dot
};

bool is_uuid(std::string_view secret) {
  if (secret.size() != 36) return false;
  for (std::size_t i = 0; i < secret.size(); ++i) {
    if ((secret[i] == '-') != (i == 8 || i == 13 || i == 18 || i == 23)) return false;
  }
  return true;
}

// RFC 7519: three parts, the first of which says how the last one was made. That one is the same for every token of an
// issuer and no secret.
std::size_t jwt_header_bytes(std::string_view secret) {
  if (!secret.starts_with("eyJ")) return 0;
  const std::size_t dot = secret.find('.');
  constexpr std::size_t kLongestHeader = 2048;
  if (dot > kLongestHeader) return 0;  // or there is none
  if (std::count(secret.begin(), secret.end(), '.') != 2) return 0;
  const auto decoded = decode_base64(secret.substr(0, dot));
  if (!decoded) return 0;
  const auto header = nlohmann::json::parse(*decoded, nullptr, false);
  return header.is_object() && header.contains("alg") ? dot + 1 : 0;
}

Shape shape_of(std::string_view secret) {
  Shape shape;
  std::size_t plain = 0;
  bool hex_letters = true;
  for (const char c : secret) {
    const bool letter = is_letter(c);
    if (letter && (c & 0x5F) > 'F') hex_letters = false;
    if (letter || is_digit(c) || !is_ascii(c)) ++plain;
  }
  shape.hex = hex_letters;
  shape.uuid = hex_letters && is_uuid(secret);
  shape.punctuation = plain * 2 < secret.size();
  shape.public_prefix = jwt_header_bytes(secret);
  return shape;
}

// In every escaped form these can only stand for themselves (JSON writes them with a backslash of their own).
bool always_stays(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == 0x7F || c == '"' || c == '\\' || c == '/';
}

// The version and variant digits say what kind of UUID it is (RFC 9562 §4).
bool stays(const Shape& shape, std::size_t at, char c) {
  if (at < shape.public_prefix || (shape.uuid && (at == 14 || at == 19))) return true;
  if (is_letter_or_digit(c)) return false;
  return always_stays(c) || !shape.punctuation;
}

// `starts_number`: a digit that no digit precedes; it does not become 0, so that numbers stay numbers.
char replace_ascii(const Shape& shape, char c, bool starts_number, unsigned random) {
  const unsigned letters = shape.hex ? 6 : 26;
  if (is_digit(c)) {
    const bool not_zero = starts_number && c != '0';
    return static_cast<char>(not_zero ? '1' + random % 9 : '0' + random % 10);
  }
  return static_cast<char>((is_upper(c) ? 'A' : 'a') + random % letters);
}

char32_t replace_code_point(std::size_t bytes, unsigned random) {
  switch (bytes) {
    case 2:
      return 0xC0 + random % 0x190;  // Latin letters
    case 3:
      return 0x4E00 + random % 0x5000;  // CJK
    default:
      return 0x20000 + random % 0xA000;
  }
}

// A pseudonym that came out as the secret itself: its first replaceable character moves on by one in its class.
void make_different(const Shape& shape, std::string& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    char& c = text[i];
    if (!is_ascii(c) || stays(shape, i, c)) continue;
    const char first = is_digit(c) ? '1' : is_upper(c) ? 'A' : 'a';
    const char last = static_cast<char>(first + (is_digit(c) ? 8 : shape.hex ? 5 : 25));
    c = c >= first && c < last ? static_cast<char>(c + 1) : first;
    return;
  }
}

// Of a JWT the first characters of its claims say whose it is: equal for all tokens of one holder, so that two holders
// with one token are seen. They are letters and digits whatever the claims' own characters are.
void mark_holder(const RedactionKey& key, const Shape& shape, std::string_view secret, std::string& out) {
  const auto claims = shape.public_prefix > 0 ? http::lasting_claims(secret) : std::nullopt;
  if (!claims) return;
  Stream stream(key, *claims);
  const std::size_t end = secret.find('.', shape.public_prefix);
  for (std::size_t i = shape.public_prefix; i < std::min<std::size_t>(end, shape.public_prefix + http::kHolderChars);
       ++i)
    if (is_letter_or_digit(out[i])) out[i] = static_cast<char>((i % 2 == 0 ? 'a' : 'A') + stream.next() % 26);
}

std::string make(const RedactionKey& key, std::string_view secret) {
  const Shape shape = shape_of(secret);
  Stream stream(key, secret);
  std::string out(secret);
  for (std::size_t i = 0; i < secret.size();) {
    const std::size_t bytes = std::max<std::size_t>(wtf8_length(secret.substr(i)), 1);
    if (bytes > 1) {
      write_code_point(replace_code_point(bytes, stream.next16()), &out[i]);
    } else if (!is_ascii(secret[i])) {
      out[i] = static_cast<char>(0x80 + stream.next() % 0x40);  // was not UTF-8 and is none
    } else if (!stays(shape, i, secret[i])) {
      out[i] = replace_ascii(shape, secret[i], i == 0 || !is_digit(secret[i - 1]), stream.next());
    }
    i += bytes;
  }
  mark_holder(key, shape, secret, out);
  if (out == secret) make_different(shape, out);
  return out;
}

}  // namespace

bool is_no_secret(std::string_view text) {
  constexpr std::string_view kWords[] = {"undefined",
                                         "null",
                                         "none",
                                         "nil",
                                         "nan",
                                         "true",
                                         "false",
                                         "<nil>",
                                         "(null)",
                                         "deleted",
                                         "[object object]",
                                         "[null]",
                                         "[redacted]",
                                         "[filtered]",
                                         "(redacted)"};
  if (text.find_first_not_of('*') == std::string_view::npos) return true;
  constexpr std::size_t kLongest = 15;
  return text.size() <= kLongest && std::any_of(std::begin(kWords), std::end(kWords), [&](std::string_view word) {
           return equals_ignoring_case(word, text);
         });
}

Result<RedactionKey> random_redaction_key() {
  RedactionKey key{};
  if (::getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size())) {
    return Error{"getrandom gives no key to replace secrets with: --keep-secrets records without"};
  }
  return key;
}

std::string_view Pseudonyms::of(std::string_view secret) {
  if (const std::string* known = find(secret)) return *known;
  std::string pseudonym = make(key_, secret);
  remember(secret, pseudonym);
  if (secret.size() > kLongestCached) return uncached_ = std::move(pseudonym);
  return keep(secret, std::move(pseudonym));
}

const std::string* Pseudonyms::find(std::string_view secret) {
  if (const auto found = young_.find(secret); found != young_.end()) return &found->second;
  const auto found = old_.find(secret);
  return found == old_.end() ? nullptr : &keep(secret, std::string(found->second));
}

void Pseudonyms::remember(std::string_view secret, const std::string& pseudonym) {
  const std::size_t bytes = kEntryBytes + 2 * secret.size();
  has_forgotten_ = has_forgotten_ || originals_bytes_ + bytes > originals_limit_bytes_;
  if (has_forgotten_) return;
  if (originals_.emplace(pseudonym, secret).second) originals_bytes_ += bytes;
}

std::optional<std::string_view> Pseudonyms::original(std::string_view pseudonym) const {
  const auto found = originals_.find(pseudonym);
  return found == originals_.end() ? std::nullopt : std::optional<std::string_view>(found->second);
}

const std::string& Pseudonyms::keep(std::string_view secret, std::string pseudonym) {
  if (young_bytes_ > kCacheBytes) {
    old_ = std::exchange(young_, {});
    young_bytes_ = 0;
  }
  young_bytes_ += kEntryBytes + 2 * secret.size();
  return young_.emplace(secret, std::move(pseudonym)).first->second;
}

}  // namespace tracerec::redact
