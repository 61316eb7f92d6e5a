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
    "Auth",
    "X-Auth",
    "Bearer",
    "X-Bearer",
    "Credentials",
    "X-Credentials",
    "Dpop",
    "Sec-Token-Binding",
    "X-Session",
    "X-Token",
    "X-Wsse",
    // Second factors
    "X-2fa-Code",
    "X-Auth-Code",
    "X-Mfa-Code",
    "X-Pin",
    // Against forgery of requests
    "X-Csrftoken",
    // Of products
    "Ocp-Apim-Subscription-Key",
    "X-Amzn-Oidc-Accesstoken",
    "X-Amzn-Oidc-Data",
    "X-Appwrite-Key",
    "X-Firebase-Appcheck",
    "X-Functions-Key",
    "X-Honeycomb-Team",
    "X-Insert-Key",
    "X-Query-Key",
    "X-Rapidapi-Key",
    "X-Sendgrid-Key",
};

// Ends of names, after a - or _, or whole names; by their last two letters, which few harmless names have.
constexpr std::string_view kEndsInEn[] = {"token",        "accesstoken",
                                          "apitoken",     "authtoken",
                                          "bearertoken",  "csrftoken",
                                          "idtoken",      "jwttoken",
                                          "refreshtoken", "sessiontoken",
                                          "usertoken",    "verificationtoken",
                                          "xsrftoken",    "requestverificationtoken"};
constexpr std::string_view kEndsInOn[] = {"session", "authorization", "authentication", "assertion"};
constexpr std::string_view kEndsInEt[] = {"secret", "apisecret", "appsecret", "clientsecret", "sharedsecret"};
constexpr std::string_view kEndsInWt[] = {"jwt"};
constexpr std::string_view kEndsInRf[] = {"csrf", "xsrf"};
constexpr std::string_view kEndsInId[] = {"session-id", "sessionid", "sessid", "phpsessid", "jsessionid"};
constexpr std::string_view kEndsInRd[] = {"password"};
constexpr std::string_view kEndsInWd[] = {"passwd", "pwd"};
constexpr std::string_view kEndsInSe[] = {"passphrase"};
constexpr std::string_view kEndsInDe[] = {"passcode"};
constexpr std::string_view kEndsInTp[] = {"otp", "totp"};
constexpr std::string_view kEndsInAl[] = {"credential"};
constexpr std::string_view kEndsInEy[] = {
    "access-key", "accesskey",    "api-key",        "apikey",      "application-key", "auth-key",
    "authkey",    "customer-key", "encryption-key", "license-key", "master-key",      "private-key",
    "privatekey", "secret-key",   "secretkey",      "session-key", "signing-key",     "signingkey"};

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
    case pair_of('s', 'e'):
      return kEndsInSe;
    case pair_of('d', 'e'):
      return kEndsInDe;
    case pair_of('t', 'p'):
      return kEndsInTp;
    case pair_of('a', 'l'):
      return kEndsInAl;
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

// What these names end with makes a plural that is one too: tokens, api_keys. Of such a member only texts are secret: a
// number counts them.
constexpr std::string_view kCountable[] = {"cvc",      "cvv",        "jwt",      "key",    "number",    "otp",
                                           "passcode", "passphrase", "password", "secret", "sessionid", "token"};

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
  for (const std::string_view name : kCountable) found[ending(name.back(), 's')] = true;
  return found;
}
constexpr auto kEndings = make_endings();

constexpr auto make_header_endings() {
  std::array<bool, 27 * 27> found{};
  for (const std::string_view name : kHeaders) found[ending(name[name.size() - 2], name.back())] = true;
  return found;
}
constexpr auto kHeaderEndings = make_header_endings();

bool is_listed_header(std::string_view name) {
  return name.size() >= 2 && kHeaderEndings[ending(name[name.size() - 2], name.back())] &&
         std::any_of(std::begin(kHeaders), std::end(kHeaders),
                     [&](std::string_view one) { return equals_ignoring_case(one, name); });
}

bool may_be_a_field(std::string_view name) {
  return name.size() >= 3 && may_end_secret_field(name[name.size() - 2], name.back());
}

bool is_listed(std::string_view plain_name, bool member) {
  if (std::binary_search(std::begin(kFields), std::end(kFields), plain_name)) return true;
  return member && std::find(std::begin(kMembers), std::end(kMembers), plain_name) != std::end(kMembers);
}

bool is_plural(std::string_view plain_name) {
  if (!plain_name.ends_with('s')) return false;
  plain_name.remove_suffix(1);
  return std::any_of(std::begin(kCountable), std::end(kCountable),
                     [&](std::string_view end) { return plain_name.ends_with(end); }) &&
         std::binary_search(std::begin(kFields), std::end(kFields), plain_name);
}

// What separates the steps of a name: Input.Password, user:password, ctl00$Login$Password (ASP.NET).
constexpr std::string_view kSteps = ".:$";

bool is_blank(char c) {
  return static_cast<unsigned char>(c) <= ' ';
}

// Blanks and control bytes, which many servers drop.
std::string_view without_blanks(std::string_view name) {
  while (!name.empty() && is_blank(name.front())) name.remove_prefix(1);
  while (!name.empty() && is_blank(name.back())) name.remove_suffix(1);
  return name;
}

bool has_parts(std::string_view name) {
  return std::any_of(name.begin(), name.end(), [](char c) { return c == '[' || c == '.' || c == ':' || c == '$'; });
}

// Takes what comes before the next bracket; x["password"] without its quotes.
std::string_view next_part(std::string_view& name) {
  std::string_view part = name.substr(0, name.find_first_of("[]"));
  name.remove_prefix(std::min(part.size() + 1, name.size()));
  const bool quoted = part.size() >= 2 && part.front() == part.back() && (part.front() == '"' || part.front() == '\'');
  return quoted ? part.substr(1, part.size() - 2) : part;
}

// user.password → password, passwords.0 → passwords.
std::string_view last_step(std::string_view part) {
  for (;;) {
    const std::size_t step = part.find_last_of(kSteps);
    if (step == std::string_view::npos) return part;
    const std::string_view last = part.substr(step + 1);
    if (last.empty() || !std::all_of(last.begin(), last.end(), is_digit)) return last;
    part = part.substr(0, step);
  }
}

// Asks for the whole name, and for the parts of one that has brackets or steps.
class Lookup {
 public:
  Lookup(bool member, const KeptFields* kept) : member_(member), kept_(kept) {}

  Secrecy of(std::string_view name) const {
    name = without_blanks(name);
    if (!may_be_a_field(name)) return Secrecy::kNone;
    Secrecy found = of_plain(plain(name).view());
    if (has_parts(name)) found = std::max(found, of_parts(name));
    return found != Secrecy::kNone && is_kept(name) ? Secrecy::kNone : found;
  }

 private:
  [[nodiscard]] Secrecy listed(std::string_view plain_name) const {
    if (is_listed(plain_name, member_)) return Secrecy::kAll;
    return is_plural(plain_name) ? Secrecy::kTexts : Secrecy::kNone;
  }
  [[nodiscard]] bool is_kept(std::string_view name) const { return kept_ != nullptr && kept_->has(name); }
  [[nodiscard]] Secrecy of_plain(std::string_view plain_name) const {
    const Secrecy found = listed(plain_name);
    return found != Secrecy::kNone && is_kept(plain_name) ? Secrecy::kNone : found;
  }

  // user[password], password[0], password[hint]: what is inside of a secret one is secret, as in JSON. The whole
  // without brackets and dots, card[number] → cardnumber, unless a part was to be kept.
  [[nodiscard]] Secrecy of_parts(std::string_view name) const {
    Secrecy found = Secrecy::kNone;
    bool has_kept_part = false;
    PlainName joined;
    while (!name.empty()) {
      const std::string_view part = next_part(name);
      const PlainName last = plain(last_step(part));
      found = std::max(found, of_plain(last.view()));
      has_kept_part = has_kept_part || (is_kept(last.view()) && listed(last.view()) != Secrecy::kNone);
      add_steps(part, joined);
    }
    return has_kept_part ? found : std::max(found, of_plain(joined.view()));
  }

  static void add_steps(std::string_view part, PlainName& joined) {
    while (!part.empty()) {
      const std::string_view step = part.substr(0, part.find_first_of(kSteps));
      joined.add(step);
      part.remove_prefix(std::min(step.size() + 1, part.size()));
    }
  }

  bool member_;
  const KeptFields* kept_;
};

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

std::vector<std::string_view> secret_header_endings() {
  std::vector<std::string_view> all;
  for (const std::string_view last : {"en", "on", "et", "wt", "rf", "id", "rd", "wd", "se", "de", "tp", "al", "ey"}) {
    const auto ends = ends_in(last[0], last[1]);
    all.insert(all.end(), ends.begin(), ends.end());
  }
  return all;
}

bool has_secret_ending(std::string_view name) {
  if (name.size() < 3) return false;
  const auto ends = ends_in(to_lower(name[name.size() - 2]), to_lower(name.back()));
  return std::any_of(ends.begin(), ends.end(), [&](std::string_view end) { return ends_as(name, end); });
}

bool is_secret_header(std::string_view name) {
  return has_secret_ending(name) || is_listed_header(name);
}

bool is_cookie_header(std::string_view name) {
  for (const std::string_view one : {"Cookie", "Cookie2", "Set-Cookie", "Set-Cookie2"}) {
    if (equals_ignoring_case(one, name)) return true;
  }
  return false;
}

// A `_`, bracket or index near the end is no ending of ours, but may follow one.
bool may_end_secret_field(char before, char last) {
  return kEndings[ending(before, last)] || last == ']' || last == '_' || last == '-' || before == '_' ||
         before == '-' || (is_digit(last) && (before == '.' || is_digit(before)));
}

std::span<const std::string_view> secret_fields() {
  return kFields;
}
std::span<const std::string_view> secret_members() {
  return kMembers;
}
std::span<const std::string_view> countable_secrets() {
  return kCountable;
}

void KeptFields::add(std::string_view name) {
  plain_.insert(plain_name(name));
}
bool KeptFields::has(std::string_view name) const {
  return !plain_.empty() && plain_.contains(plain_name(name));
}

std::string plain_name(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (c != '_' && c != '-') plain += to_lower(c);
  }
  return plain;
}

Secrecy secrecy_of_field(std::string_view name, const KeptFields* kept) {
  return Lookup(false, kept).of(name);
}
Secrecy secrecy_of_member(std::string_view name, const KeptFields* kept) {
  return Lookup(true, kept).of(name);
}
bool is_secret_field(std::string_view name) {
  return secrecy_of_field(name) != Secrecy::kNone;
}
bool is_secret_member(std::string_view name) {
  return secrecy_of_member(name) != Secrecy::kNone;
}

bool any_part(std::string_view name, const std::function<bool(std::string_view)>& is_one) {
  name = without_blanks(name);
  if (is_one(name)) return true;
  if (!has_parts(name)) return false;
  while (!name.empty()) {
    if (is_one(last_step(next_part(name)))) return true;
  }
  return false;
}

bool is_secret_label(std::string_view name) {
  return is_secret_member(name) || is_secret_header(name) || is_cookie_header(name);
}

}  // namespace tracerec::http
