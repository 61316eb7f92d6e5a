#include "replay/jwt.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/base64.h"
#include "base/sha256.h"
#include "replay/json_leaves.h"

// How this works. A token is header.claims.signature. The signature is checked over the bytes as they came; then the
// digits of the times are replaced in the text of the claims and everything is signed. Tests: tests/replay/jwt_test.cc.

namespace tracerec::replay {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kMostBytes = 16384;  // servers refuse longer headers
constexpr std::size_t kHalf = 32;          // of an ES256 signature: two numbers (RFC 7518 §3.4)

struct Parts {
  std::string_view header, claims, signature, signed_part;
};

std::optional<Parts> split(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  const bool three = second != std::string_view::npos && token.find('.', second + 1) == std::string_view::npos;
  if (!three || token.size() > kMostBytes) return std::nullopt;
  return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1),
               token.substr(0, second)};
}

// Of base64url, an object; as deep as its bytes allow, which are few.
std::optional<ordered_json> object_in(std::string_view part) {
  const auto text = decode_base64(part);
  if (!text) return std::nullopt;
  ordered_json object = ordered_json::parse(*text, nullptr, false);
  return object.is_object() ? std::optional(std::move(object)) : std::nullopt;
}

// Where the whole seconds of the times among the claims stand.
class TimesOfClaims final : public JsonLeafSink {
 public:
  void on_leaf(const JsonLeaf& leaf) override {
    constexpr std::array<std::string_view, 3> kNames = {"iat", "nbf", "exp"};
    if (leaf.path.size() != 1 || leaf.is_string) return;
    if (std::find(kNames.begin(), kNames.end(), leaf.path.front().name) == kNames.end()) return;
    const std::size_t whole = std::min(leaf.raw.find('.'), leaf.raw.size());
    if (leaf.raw.find_first_not_of("0123456789.") == std::string_view::npos) found.push_back({leaf.begin, whole});
  }

  struct Digits {
    std::size_t begin = 0, size = 0;
  };
  std::vector<Digits> found;
};

// The claims with these digits moved, and everything else byte for byte; nothing when there are none.
std::optional<std::string> with_moved_times(const std::string& claims, std::int64_t by_s) {
  constexpr std::int64_t kMost = std::int64_t{1} << 53;  // of a number of seconds that JSON keeps exactly
  TimesOfClaims times;
  if (!for_each_json_leaf(claims, times)) return std::nullopt;
  std::string out;
  std::size_t copied = 0;
  for (const auto& [begin, size] : times.found) {
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(claims.data() + begin, claims.data() + begin + size, seconds);
    if (error != std::errc{} || seconds >= kMost) continue;
    out.append(claims, copied, begin - copied).append(std::to_string(seconds + by_s));
    copied = begin + size;
  }
  return copied == 0 ? std::nullopt : std::optional(out.append(claims, copied));
}

std::string hmac(const std::string& secret, std::string_view text) {
  const Sha256Digest digest = hmac_sha256(secret, text);
  return {digest.begin(), digest.end()};
}

using DigestContext = std::unique_ptr<EVP_MD_CTX, decltype(&::EVP_MD_CTX_free)>;
using EcSignature = std::unique_ptr<ECDSA_SIG, decltype(&::ECDSA_SIG_free)>;

// Two numbers of 32 bytes → DER, as OpenSSL has them; empty: they are not two numbers.
std::string der_of(const std::string& raw) {
  if (raw.size() != 2 * kHalf) return {};
  const auto* const bytes = reinterpret_cast<const unsigned char*>(raw.data());
  const EcSignature pair(::ECDSA_SIG_new(), ::ECDSA_SIG_free);
  BIGNUM* const r = ::BN_bin2bn(bytes, kHalf, nullptr);
  BIGNUM* const s = ::BN_bin2bn(bytes + kHalf, kHalf, nullptr);
  ::ECDSA_SIG_set0(pair.get(), r, s);  // owns them now
  unsigned char* out = nullptr;
  const int size = ::i2d_ECDSA_SIG(pair.get(), &out);
  std::string der(reinterpret_cast<const char*>(out), size > 0 ? static_cast<std::size_t>(size) : 0);
  ::OPENSSL_free(out);
  return der;
}

std::optional<std::string> raw_of(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const EcSignature pair(::d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), ::ECDSA_SIG_free);
  if (!pair) return std::nullopt;
  std::string raw(2 * kHalf, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(raw.data());
  const bool fits = ::BN_bn2binpad(::ECDSA_SIG_get0_r(pair.get()), out, kHalf) == kHalf &&
                    ::BN_bn2binpad(::ECDSA_SIG_get0_s(pair.get()), out + kHalf, kHalf) == kHalf;
  return fits ? std::optional(std::move(raw)) : std::nullopt;
}

bool is_p256(EVP_PKEY* key) {
  std::array<char, 80> group{};
  if (::EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size(), nullptr) != 1)
    return false;
  return std::string_view(group.data()) == "prime256v1";
}

// No prompt on the terminal for a key with a passphrase.
int no_passphrase(char*, int, int, void*) {
  return 0;
}

std::shared_ptr<EVP_PKEY> read_pem(std::string_view text) {
  const std::unique_ptr<BIO, decltype(&::BIO_free)> bio(::BIO_new_mem_buf(text.data(), static_cast<int>(text.size())),
                                                        ::BIO_free);
  return {::PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr), ::EVP_PKEY_free};
}

std::string algorithm_of(EVP_PKEY* key) {
  if (key == nullptr) return {};
  if (::EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) return "RS256";
  return ::EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && is_p256(key) ? "ES256" : "";
}

}  // namespace

bool may_be_jwt(std::string_view text) {
  return text.starts_with("ey") && std::count(text.begin(), text.end(), '.') == 2;
}

Result<JwtKey> JwtKey::parse(std::string_view text) {
  JwtKey key;
  if (text.find("-----BEGIN ") != std::string_view::npos) {
    key.pair_ = read_pem(text);
    key.algorithm_ = algorithm_of(key.pair_.get());
    if (key.algorithm_.empty())
      return Error{"is not a private key of RSA or of EC on the curve P-256, without a passphrase"};
    return key;
  }
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (text.empty()) return Error{"is empty"};
  key.secret_ = text;
  key.algorithm_ = "HS256";
  return key;
}

bool JwtKey::fits(std::string_view header) const {
  const auto object = object_in(header);
  if (!object) return false;
  const auto alg = object->find("alg");
  return alg != object->end() && alg->is_string() && alg->get<std::string>() == algorithm_;
}

bool JwtKey::verify(std::string_view signed_part, const std::string& signature) const {
  if (!pair_) {
    const std::string expected = hmac(secret_, signed_part);
    return expected.size() == signature.size() &&
           ::CRYPTO_memcmp(expected.data(), signature.data(), expected.size()) == 0;
  }
  const std::string bytes = algorithm_ == "ES256" ? der_of(signature) : signature;
  const DigestContext context(::EVP_MD_CTX_new(), ::EVP_MD_CTX_free);
  return !bytes.empty() && ::EVP_DigestVerifyInit(context.get(), nullptr, ::EVP_sha256(), nullptr, pair_.get()) == 1 &&
         ::EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                            reinterpret_cast<const unsigned char*>(signed_part.data()), signed_part.size()) == 1;
}

std::optional<std::string> JwtKey::sign(std::string_view signed_part) const {
  if (!pair_) return hmac(secret_, signed_part);
  const DigestContext context(::EVP_MD_CTX_new(), ::EVP_MD_CTX_free);
  const auto* const text = reinterpret_cast<const unsigned char*>(signed_part.data());
  std::size_t size = 0;
  if (::EVP_DigestSignInit(context.get(), nullptr, ::EVP_sha256(), nullptr, pair_.get()) != 1 ||
      ::EVP_DigestSign(context.get(), nullptr, &size, text, signed_part.size()) != 1)
    return std::nullopt;
  std::string out(size, '\0');
  if (::EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, text, signed_part.size()) !=
      1)
    return std::nullopt;
  out.resize(size);
  return algorithm_ == "ES256" ? raw_of(out) : std::optional(std::move(out));
}

std::optional<std::string> JwtKey::moved(std::string_view token, std::int64_t by_s) const {
  const auto parts = split(token);
  if (!parts || !fits(parts->header)) return std::nullopt;
  const auto signature = decode_base64(parts->signature);
  if (!signature || !verify(parts->signed_part, *signature)) return std::nullopt;
  const auto claims = decode_base64(parts->claims);
  const auto text = claims ? with_moved_times(*claims, by_s) : std::nullopt;
  if (!text) return std::nullopt;
  std::string token_again = with_signature(std::string(parts->header) + "." + encode_base64url(*text));
  return token_again.empty() ? std::nullopt : std::optional(std::move(token_again));
}

std::string JwtKey::signed_token(std::string_view header, std::string_view claims) const {
  return with_signature(encode_base64url(header) + "." + encode_base64url(claims));
}

std::string JwtKey::with_signature(std::string signed_part) const {
  const auto signature = sign(signed_part);
  return signature ? signed_part + "." + encode_base64url(*signature) : std::string{};
}

}  // namespace tracerec::replay
