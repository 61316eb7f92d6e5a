// Tokens that our key has signed are moved; all others stay as they are.
#include "replay/jwt.h"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/base64.h"
#include "base/sha256.h"

namespace tracerec::replay {
namespace {

std::string part(const std::string& json) {
  return encode_base64url(json);
}

std::string hs256(const std::string& claims, const std::string& secret, const std::string& alg = "HS256") {
  const std::string text = part("{\"alg\":\"" + alg + "\",\"typ\":\"JWT\"}") + "." + part(claims);
  const auto digest = hmac_sha256(secret, text);
  return text + "." + encode_base64url(std::string(digest.begin(), digest.end()));
}

std::string claims_of(const std::string& token) {
  const std::size_t first = token.find('.');
  return decode_base64(token.substr(first + 1, token.find('.', first + 1) - first - 1)).value_or("broken");
}

std::string pem_of(EVP_PKEY* key) {
  BIO* const bio = ::BIO_new(::BIO_s_mem());
  ::PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  const long size = ::BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<std::size_t>(size));
  ::BIO_free(bio);
  ::EVP_PKEY_free(key);
  return pem;
}

TEST(Jwt, OneThatOurSecretHasSignedIsMovedAndSignedAgain) {
  const JwtKey key = *JwtKey::parse("secret\n");
  const std::string token = hs256(R"({"sub":"a","iat":1700000000,"exp":1700003600.5,"n":1700000000})", "secret");
  const auto moved = key.moved(token, 1000);
  ASSERT_TRUE(moved);
  EXPECT_EQ(*moved, hs256(R"({"sub":"a","iat":1700001000,"exp":1700004600.5,"n":1700000000})", "secret"));
}

// The signature of RFC 7515, A.1, over claims with white space.
TEST(Jwt, TheExampleOfTheStandard) {
  const auto secret =
      decode_base64("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  const auto moved = JwtKey::parse(*secret)->moved(
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
      "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
      20);
  ASSERT_TRUE(moved);
  EXPECT_EQ(claims_of(*moved), "{\"iss\":\"joe\",\r\n \"exp\":1300819400,\r\n \"http://example.com/is_root\":true}");
}

TEST(Jwt, OtherClaimsStayByteForByte) {
  const JwtKey key = *JwtKey::parse("secret");
  const std::string token =
      hs256(R"({ "id":12345678901234567890123, "f":1.10, "a":1, "a":2, "n":"\u00e9\/", "x":{"exp":1}, "exp" : 99 })",
            "secret");
  const auto moved = key.moved(token, 1);
  ASSERT_TRUE(moved);
  EXPECT_EQ(claims_of(*moved),
            R"({ "id":12345678901234567890123, "f":1.10, "a":1, "a":2, "n":"\u00e9\/", "x":{"exp":1}, "exp" : 100 })");
}

TEST(Jwt, OthersStay) {
  const JwtKey key = *JwtKey::parse("secret");
  const std::string good = R"({"exp":1700000000})";
  for (const std::string& token :
       {hs256(good, "other"), hs256(good, "secret", "none"), hs256(good, "secret", "HS512"),
        hs256(R"({"sub":"a"})", "secret"), hs256(R"({"exp":"soon"})", "secret"), hs256(R"({"exp":-1e300})", "secret"),
        hs256("[]", "secret"), std::string(".."), std::string("ey.."), hs256(good, "secret") + ".x",
        hs256(good + std::string(20000, ' '), "secret"), std::string()}) {
    EXPECT_FALSE(key.moved(token, 1000)) << token.substr(0, 200);
  }
}

TEST(Jwt, RsaAndEcKeysSignWhatTheyHaveSigned) {
  const std::string rsa = pem_of(::EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048}));
  const std::string ec = pem_of(::EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  const std::string other = pem_of(::EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  for (const auto& [pem, alg] : {std::pair(rsa, "RS256"), std::pair(ec, "ES256")}) {
    const JwtKey key = *JwtKey::parse(pem);
    const std::string token = key.signed_token("{\"alg\":\"" + std::string(alg) + "\"}", R"({"exp":1700000000})");
    const auto moved = key.moved(token, 1000);
    ASSERT_TRUE(moved) << alg;
    EXPECT_EQ(claims_of(*moved), R"({"exp":1700001000})");
    EXPECT_TRUE(key.moved(*moved, 1)) << "its new signature is good";
    EXPECT_FALSE(JwtKey::parse(other)->moved(token, 1000));
    EXPECT_FALSE(key.moved(hs256(R"({"exp":1700000000})", pem), 1000)) << "not with a public text as the secret";
    EXPECT_FALSE(key.moved(token.substr(0, token.size() - 4), 1000));
  }
}

TEST(Jwt, AKeyThatIsNotOne) {
  EXPECT_FALSE(JwtKey::parse(""));
  EXPECT_FALSE(JwtKey::parse("\n"));
  EXPECT_FALSE(JwtKey::parse("-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n"));
  EXPECT_FALSE(JwtKey::parse(pem_of(::EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"))));
  EXPECT_FALSE(JwtKey::parse(pem_of(::EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384"))));
}

}  // namespace
}  // namespace tracerec::replay
