#include "http/secret_names.h"

#include <algorithm>

#include "base/text.h"

namespace tracerec::http {
namespace {

constexpr const char* kHeaders[] = {
    "Authorization",
    "Proxy-Authorization",
    // API keys
    "Api-Key",
    "Apikey",
    "X-Api-Key",
    "X-Apikey",
    "X-Api-Token",
    "X-Api-Secret",
    "X-App-Key",
    "X-Client-Secret",
    "X-Secret",
    "X-Secret-Key",
    // Tokens and sessions
    "Access-Token",
    "Auth-Token",
    "Id-Token",
    "Refresh-Token",
    "Token",
    "X-Access-Token",
    "X-Auth",
    "X-Auth-Key",
    "X-Auth-Token",
    "X-Authorization",
    "X-Id-Token",
    "X-Refresh-Token",
    "X-Session",
    "X-Session-Id",
    "X-Session-Token",
    "X-Token",
    "X-User-Token",
    // Against forgery of requests
    "Csrf-Token",
    "X-Csrf-Token",
    "X-Csrftoken",
    "X-Xsrf-Token",
    // Of products
    "Cf-Access-Client-Secret",
    "Cf-Access-Jwt-Assertion",
    "Dd-Api-Key",
    "Job-Token",
    "Ocp-Apim-Subscription-Key",
    "Private-Token",
    "X-Amz-Security-Token",
    "X-Amzn-Oidc-Accesstoken",
    "X-Amzn-Oidc-Data",
    "X-Auth-Request-Access-Token",
    "X-Forwarded-Access-Token",
    "X-Functions-Key",
    "X-Gitlab-Token",
    "X-Goog-Api-Key",
    "X-Goog-Iap-Jwt-Assertion",
    "X-Rapidapi-Key",
    "X-Shopify-Access-Token",
    "X-Vault-Token",
};

constexpr const char* kTokenFields[] = {
    "token",      "access_token", "accessToken",  "refresh_token", "refreshToken",  "id_token",     "idToken",
    "auth_token", "authToken",    "bearer_token", "bearerToken",   "session_token", "sessionToken", "jwt"};

constexpr const char* kJsonTokenFields[] = {"csrf", "csrf_token", "csrfToken", "xsrf_token", "xsrfToken"};

bool has(std::span<const char* const> names, std::string_view name) {
  return std::any_of(names.begin(), names.end(), [&](const char* one) { return equals_ignoring_case(one, name); });
}

}  // namespace

std::span<const char* const> secret_headers() {
  return kHeaders;
}
std::span<const char* const> token_fields() {
  return kTokenFields;
}
std::span<const char* const> json_token_fields() {
  return kJsonTokenFields;
}

bool is_secret_header(std::string_view name) {
  return has(kHeaders, name);
}
bool is_json_token_field(std::string_view name) {
  return has(kTokenFields, name) || has(kJsonTokenFields, name);
}

}  // namespace tracerec::http
