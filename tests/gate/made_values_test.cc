#include "gate/made_values.h"

#include <gtest/gtest.h>

#include <string>

#include "base/base64.h"

namespace tracerec::gate {
namespace {

std::string jwt(const char* claims, const char* alg = "HS256") {
  return encode_base64url(std::string(R"({"alg":")") + alg + R"(","typ":"JWT"})") + "." + encode_base64url(claims) +
         "." + std::string(43, 's');
}

TEST(MadeValues, NamesOfTokens) {
  for (const char* name : {"token", "refresh_token", "accessToken", "X-CSRF-Token", "csrfmiddlewaretoken", "nonce",
                           "next_cursor", "sessionId", "api_key", "JWT"})
    EXPECT_TRUE(names_a_token(name)) << name;
  for (const char* name : {"", "name", "iban", "state", "status", "price", "hash"})
    EXPECT_FALSE(names_a_token(name)) << name;
}

TEST(MadeValues, ATextMayStandForAnotherOfItsKind) {
  const auto may = [](const char* a, const char* b) { return may_stand_for(a, b); };
  EXPECT_TRUE(may("8bac6538-7258-4373-9373-e65090682581", "14f0831a-aea4-4962-9db1-12b60e33ca63"));
  EXPECT_TRUE(may("17", "4711"));
  EXPECT_TRUE(may("9c1185a5c5e9fc54", "612808977ee8f548"));
  EXPECT_TRUE(may("Zk3_x9-QpLw7Rt2v", "mF4aB5fx41JqM8kQ")) << "by chance without - and _";
  EXPECT_TRUE(may("+XfWOoiDW8YOXaZb0RmJfDQ=", "/UV4r9GXoj+kx8Z/arQFCDQ=")) << "base64, no path";
  EXPECT_TRUE(may("sppNNXegQnKq1xDJX2NMKjI=", "/zcSIsdynETTGJESNbfsrTI=")) << "one in 50 has no digit";
  EXPECT_TRUE(may("/zcSIsdynETTGJESNbfsrTI=", "sppNNXegQnKq1xDJX2NMKjI="));
  EXPECT_FALSE(may("/Catalog/Items/ByName", "/Catalog/Items/2yName")) << "paths";
  EXPECT_TRUE(may("https://a/orders/17", "https://a/orders/18"));
  for (const auto& [a, b] : {std::pair{"8bac6538-7258-4373-9373-e65090682581", "7"},
                             {"8bac6538-7258-4373-9373-e65090682581", "[object Object]"},
                             {"8bac6538-7258-4373-9373-e65090682581", "00000000-0000-0000-0000-000000000000"},
                             {"17", "-5"},
                             {"17", "../admin"},
                             {"17", ""},
                             {"9c1185a5c5e9fc54", "undefined"},
                             {"9c1185a5c5e9fc54", "ZZZZZZZZZZZZZZZZ"},
                             {"https://a/orders/17", "https://b/orders/17"}})
    EXPECT_FALSE(may(a, b)) << a << " " << b;
}

TEST(MadeValues, TheClaimsOfTokensAreCompared) {
  const std::string recorded = jwt(R"({"sub":"u-17","role":"user","iat":1000000,"exp":1000900,"jti":"a1b2c3d4"})");
  const auto may = [&](const char* claims, const char* alg = "HS256") {
    return may_stand_for(recorded, jwt(claims, alg));
  };
  EXPECT_TRUE(may(R"({"sub":"u-18","role":"user","iat":5000000,"exp":5000901,"jti":"e5f6a7b8"})"));
  EXPECT_FALSE(may(R"({"sub":"u-17","role":"admin","iat":5000000,"exp":5000900,"jti":"e5f6a7b8"})"));
  EXPECT_FALSE(may(R"({"sub":"u-17","role":"user","iat":5000000,"exp":9000900,"jti":"e5f6a7b8"})"));
  EXPECT_FALSE(may(R"({"sub":"u-17","role":"user","iat":5000000,"exp":5000900})"));
  EXPECT_FALSE(may(R"({"sub":"u-17","role":"user","iat":5000000,"exp":5000900,"jti":"e5f6a7b8","x":1})"));
  EXPECT_FALSE(may(R"({"sub":"u-18","role":"user","iat":5000000,"exp":5000901,"jti":"e5f6a7b8"})", "none"));
}

// Of a pseudonym the claims cannot be read; header, parts and lengths are the token's own.
TEST(MadeValues, ATokenThatIsBuiltInAnotherWayMayNotStandForAPseudonym) {
  const std::string whole = jwt(R"({"sub":"u-17","role":"user","iat":1000000})");
  const std::string header = whole.substr(0, whole.find('.') + 1);
  const std::string pseudonym =
      header + "qWjkZ3xkQmVyTrqpLwKjXsa3MnBvCxZqPo9LkJhGfDsA" + whole.substr(whole.rfind('.'));
  EXPECT_TRUE(may_stand_for(pseudonym, jwt(R"({"sub":"u-18","role":"user","iat":5000000})")));
  for (const std::string& broken : std::initializer_list<std::string>{
           jwt(R"({"sub":"u-18","role":"user","iat":5000000})", "none"), whole.substr(0, whole.rfind('.') + 1),
           whole.substr(0, whole.size() - 2), header + "dW5kZWZpbmVk" + whole.substr(whole.rfind('.')),
           jwt(("{\"sub\":\"" + std::string(2000, 'a') + "\"}").c_str()),
           "eyJraWQiOiIuLi8uLi9kZXYvbnVsbCJ9" + whole.substr(header.size() - 1)})
    EXPECT_FALSE(may_stand_for(pseudonym, broken)) << broken;
}

}  // namespace
}  // namespace tracerec::gate
