#include "http/secret_names.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/text.h"

// How this works. Names are asked for each line of a head and each member of a body, and nearly all are harmless. The
// last two characters of a field name say so for most of them; only the others are compared, as plain text (lower case,
// without _ and -), by binary search. Tests: tests/http/secret_names_test.cc.

namespace tracerec::http {
namespace {

constexpr char to_lower(char c) {
  return is_upper(c) ? static_cast<char>(c | 0x20) : c;
}

constexpr std::string_view kHeaders[] = {
    "Authorization",
    "Proxy-Authorization",
    // API keys
    "Apikey",
    "X-Apikey",
    "X-App-Key",
    "X-Secret",
    // Tokens and sessions
    "Token",
    "X-Auth",
    "Dpop",
    "X-Session",
    "X-Token",
    // Against forgery of requests
    "X-Csrftoken",
    // Of products
    "Cf-Access-Jwt-Assertion",
    "Ocp-Apim-Subscription-Key",
    "X-Amzn-Oidc-Accesstoken",
    "X-Amzn-Oidc-Data",
    "X-Functions-Key",
    "X-Github-Otp",
    "X-Goog-Iap-Jwt-Assertion",
    "X-Jwt-Assertion",
    "X-Ms-Token-Aad-Access-Token",
    "X-Rapidapi-Key",
    "X-Sendgrid-Key",
};

// Ends of names, after a - or _, or whole names; by their last two letters, which few harmless names have.
constexpr std::string_view kEndsInEn[] = {"token", "accesstoken"};
constexpr std::string_view kEndsInOn[] = {"session", "authorization"};
constexpr std::string_view kEndsInEt[] = {"secret"};
constexpr std::string_view kEndsInWt[] = {"jwt"};
constexpr std::string_view kEndsInRf[] = {"csrf", "xsrf"};
constexpr std::string_view kEndsInId[] = {"session-id", "sessionid"};
constexpr std::string_view kEndsInRd[] = {"password"};
constexpr std::string_view kEndsInWd[] = {"passwd"};
constexpr std::string_view kEndsInEy[] = {"access-key",  "accesskey",   "api-key",    "apikey",      "auth-key",
                                          "license-key", "private-key", "secret-key", "session-key", "signing-key"};

constexpr unsigned pair_of(char before, char last) {
  return static_cast<unsigned>(before) << 8 | static_cast<unsigned>(last);
}

std::span<const std::string_view> ends_in(char before, char last) {
  switch (pair_of(before, last)) {
    case pair_of('e', 'n'):
      return kEndsInEn;
    case pair_of('o', 'n'):
      return kEndsInOn;
    case pair_of('e', 't'):
      return kEndsInEt;
    case pair_of('w', 't'):
      return kEndsInWt;
    case pair_of('r', 'f'):
      return kEndsInRf;
    case pair_of('i', 'd'):
      return kEndsInId;
    case pair_of('r', 'd'):
      return kEndsInRd;
    case pair_of('w', 'd'):
      return kEndsInWd;
    case pair_of('e', 'y'):
      return kEndsInEy;
    default:
      return {};
  }
}

// Plain names, sorted.
constexpr std::string_view kFields[] = {"2facode",
                                        "accesskey",
                                        "accesstoken",
                                        "accesstokensecret",
                                        "accountkey",
                                        "activationtoken",
                                        "actortoken",
                                        "adminpassword",
                                        "apikey",
                                        "apipassword",
                                        "apisecret",
                                        "apitoken",
                                        "appkey",
                                        "apppassword",
                                        "appsecret",
                                        "assertion",
                                        "authkey",
                                        "authorization",
                                        "authorizationcode",
                                        "authtoken",
                                        "awssecretaccesskey",
                                        "backupcode",
                                        "backupcodes",
                                        "bearer",
                                        "bearertoken",
                                        "bottoken",
                                        "cardcvc",
                                        "cardcvv",
                                        "cardno",
                                        "cardnumber",
                                        "cardpin",
                                        "cardsecuritycode",
                                        "ccnum",
                                        "ccnumber",
                                        "clientassertion",
                                        "clientsecret",
                                        "clienttoken",
                                        "codeverifier",
                                        "confirmationtoken",
                                        "confirmnewpassword",
                                        "confirmpassword",
                                        "consumersecret",
                                        "credential",
                                        "creditcard",
                                        "creditcardnumber",
                                        "currentpassword",
                                        "cvc",
                                        "cvc2",
                                        "cvv",
                                        "cvv2",
                                        "dbpassword",
                                        "devicecode",
                                        "devicetoken",
                                        "encryptionkey",
                                        "ghtoken",
                                        "githubtoken",
                                        "hmac",
                                        "hmackey",
                                        "idtoken",
                                        "idtokenhint",
                                        "invitationtoken",
                                        "invitetoken",
                                        "jobtoken",
                                        "jpassword",
                                        "jsessionid",
                                        "jwt",
                                        "jwttoken",
                                        "logintoken",
                                        "logouttoken",
                                        "magictoken",
                                        "masterkey",
                                        "masterpassword",
                                        "mfacode",
                                        "mfatoken",
                                        "newpassword",
                                        "newpassword1",
                                        "newpassword2",
                                        "newpasswordconfirm",
                                        "newpasswordconfirmation",
                                        "newpin",
                                        "oauthtoken",
                                        "oauthtokensecret",
                                        "oauthverifier",
                                        "oldpassword",
                                        "onetimecode",
                                        "onetimepassword",
                                        "otp",
                                        "otpcode",
                                        "otpsecret",
                                        "pan",
                                        "pass",
                                        "passcode",
                                        "passphrase",
                                        "passwd",
                                        "password",
                                        "password1",
                                        "password2",
                                        "passwordagain",
                                        "passwordconfirm",
                                        "passwordconfirmation",
                                        "passwordhash",
                                        "passwordrepeat",
                                        "passwordresettoken",
                                        "passwords",
                                        "phpsessid",
                                        "pin",
                                        "pincode",
                                        "privatekey",
                                        "privatetoken",
                                        "pushtoken",
                                        "pwd",
                                        "recoverycode",
                                        "recoverycodes",
                                        "refreshtoken",
                                        "registrationtoken",
                                        "remembermetoken",
                                        "remembertoken",
                                        "repeatpassword",
                                        "resetpasswordtoken",
                                        "resettoken",
                                        "retypepassword",
                                        "samlresponse",
                                        "sastoken",
                                        "secret",
                                        "secretaccesskey",
                                        "secretkey",
                                        "securitycode",
                                        "securitytoken",
                                        "servicetoken",
                                        "sessid",
                                        "sessionid",
                                        "sessionkey",
                                        "sessiontoken",
                                        "sharedsecret",
                                        "sig",
                                        "signature",
                                        "signingkey",
                                        "signingsecret",
                                        "slacktoken",
                                        "smscode",
                                        "subjecttoken",
                                        "temporarypassword",
                                        "token",
                                        "tokensecret",
                                        "totp",
                                        "totpcode",
                                        "totpsecret",
                                        "track2",
                                        "twofactorcode",
                                        "twofactortoken",
                                        "unlocktoken",
                                        "userpass",
                                        "userpassword",
                                        "usertoken",
                                        "verificationcode",
                                        "verificationtoken",
                                        "verifypassword",
                                        "webhooksecret",
                                        "webhooktoken",
                                        "xaccesstoken",
                                        "xamzcredential",
                                        "xamzsecuritytoken",
                                        "xamzsignature",
                                        "xapikey",
                                        "xauthtoken",
                                        "xgoogcredential",
                                        "xgoogsignature"};
static_assert(std::is_sorted(std::begin(kFields), std::end(kFields)));

// Of JSON only: a form field of this name has its value from an HTML page.
constexpr std::string_view kMembers[] = {"authenticitytoken",        "csrf",     "csrfmiddlewaretoken", "csrftoken",
                                         "requestverificationtoken", "xsrftoken"};

constexpr std::size_t kLongestField = 24;

// "Access_Token" as "accesstoken", as far as it fits; a longer one is none of ours.
struct PlainName {
  std::array<char, kLongestField + 1> text{};
  std::size_t size = 0;

  constexpr void add(std::string_view name) {
    for (const char c : name) {
      if (c == '_' || c == '-' || size == text.size()) continue;
      text[size++] = to_lower(c);
    }
  }
  [[nodiscard]] constexpr std::string_view view() const { return {text.data(), size}; }
};

PlainName plain(std::string_view name) {
  PlainName out;
  out.add(name);
  return out;
}

// The class of a character in the table of the last two: letters, and one for all others.
constexpr std::size_t class_of(char c) {
  return is_letter(c) ? static_cast<std::size_t>(to_lower(c) - 'a') : 26U;
}
constexpr std::size_t ending(char before, char last) {
  return class_of(before) * 27 + class_of(last);
}

constexpr auto make_endings() {
  std::array<bool, 27 * 27> found{};
  const auto add = [&](std::string_view name) { found[ending(name[name.size() - 2], name.back())] = true; };
  for (const std::string_view name : kFields) add(name);
  for (const std::string_view name : kMembers) add(name);
  return found;
}
constexpr auto kEndings = make_endings();

bool may_be_a_field(std::string_view name) {
  return name.size() >= 3 && may_end_secret_field(name[name.size() - 2], name.back());
}

bool is_listed(std::string_view plain_name, bool member) {
  if (std::binary_search(std::begin(kFields), std::end(kFields), plain_name)) return true;
  return member && std::find(std::begin(kMembers), std::end(kMembers), plain_name) != std::end(kMembers);
}

// user[password] → password, user.password → password, card[number] → number.
std::string_view last_part(std::string_view name) {
  while (name.ends_with("[]")) name.remove_suffix(2);
  if (name.ends_with(']')) name.remove_suffix(1);
  const std::size_t start = name.find_last_of("[.");
  return start == std::string_view::npos ? name : name.substr(start + 1);
}

// The whole of it, brackets and dots left out: card[number] → cardnumber.
PlainName joined(std::string_view name) {
  PlainName out;
  while (!name.empty()) {
    const std::size_t end = std::min(name.find_first_of("[]."), name.size());
    out.add(name.substr(0, end));
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  return out;
}

bool is_secret(std::string_view name, bool member) {
  if (!may_be_a_field(name)) return false;
  if (is_listed(plain(name).view(), member)) return true;
  if (name.find_first_of("[.") == std::string_view::npos) return false;
  return is_listed(plain(last_part(name)).view(), member) || is_listed(joined(name).view(), member);
}

// `_` is `-`: access_token.
bool ends_as(std::string_view name, std::string_view end) {
  if (name.size() < end.size()) return false;
  const std::size_t start = name.size() - end.size();
  const bool same = std::equal(end.begin(), end.end(), name.begin() + static_cast<std::ptrdiff_t>(start),
                               [](char a, char b) { return a == to_lower(b) || (a == '-' && b == '_'); });
  return same && (start == 0 || name[start - 1] == '-' || name[start - 1] == '_');
}

}  // namespace

std::span<const std::string_view> secret_headers() {
  return kHeaders;
}

bool has_secret_ending(std::string_view name) {
  if (name.size() < 3) return false;
  const auto ends = ends_in(to_lower(name[name.size() - 2]), to_lower(name.back()));
  return std::any_of(ends.begin(), ends.end(), [&](std::string_view end) { return ends_as(name, end); });
}

bool is_secret_header(std::string_view name) {
  return has_secret_ending(name) || std::any_of(std::begin(kHeaders), std::end(kHeaders),
                                                [&](std::string_view one) { return equals_ignoring_case(one, name); });
}

// A `_` or bracket near the end is no ending of ours, but may follow one.
bool may_end_secret_field(char before, char last) {
  return kEndings[ending(before, last)] || last == ']' || last == '_' || last == '-' || before == '_' || before == '-';
}

bool is_secret_field(std::string_view name) {
  return is_secret(name, false);
}
bool is_secret_member(std::string_view name) {
  return is_secret(name, true);
}

bool are_one_field(std::string_view a, std::string_view b) {
  const auto skip = [](std::string_view& name) {
    while (!name.empty() && (name.front() == '_' || name.front() == '-')) name.remove_prefix(1);
  };
  for (;; a.remove_prefix(1), b.remove_prefix(1)) {
    skip(a);
    skip(b);
    if (a.empty() || b.empty()) return a.empty() && b.empty();
    if (to_lower(a.front()) != to_lower(b.front())) return false;
  }
}

}  // namespace tracerec::http
