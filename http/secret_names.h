// Names of fields that hold secrets. A recording replaces their values by pseudonyms (docs/capture.md, Secrets, has the
// list with the reason for each), and a comparison has to know that.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tracerec::http {

// Header fields whose whole value is a secret, less the name of an authentication scheme: names of a list, and families
// of names (`…-Token`, `…-Api-Key`). Any case. Not those of cookies and
// Sec-WebSocket-Protocol, of which only some words are.
[[nodiscard]] bool is_secret_header(std::string_view name);

// The two halves of is_secret_header(), for who has a faster look-up for the list.
[[nodiscard]] std::span<const std::string_view> secret_headers();
[[nodiscard]] bool has_secret_ending(std::string_view name);
// The ends that make those families, in lower case.
[[nodiscard]] std::vector<std::string_view> secret_header_endings();

// Cookie, Set-Cookie, and those with a 2 of RFC 2965.
[[nodiscard]] bool is_cookie_header(std::string_view name);

// False: no such name ends with these two characters.
[[nodiscard]] constexpr bool may_end_secret_header(char before, char last) {
  switch ((before | 0x20) << 8 | (last | 0x20)) {
    case 'e' << 8 | 'n':
    case 'o' << 8 | 'n':
    case 'e' << 8 | 't':
    case 'w' << 8 | 't':
    case 'r' << 8 | 'f':
    case 'i' << 8 | 'd':
    case 'r' << 8 | 'd':
    case 'w' << 8 | 'd':
    case 's' << 8 | 'e':
    case 'd' << 8 | 'e':
    case 't' << 8 | 'p':
    case 'a' << 8 | 'l':
    case 'e' << 8 | 'y':
      return true;
    default:
      return false;
  }
}

// "Access_Token" as "accesstoken": in lower case, without `_` and `-`.
[[nodiscard]] std::string plain_name(std::string_view name);

// Names that are no secrets although the lists have them. They are compared as plain_name() gives them.
class KeptFields {
 public:
  void add(std::string_view name);
  [[nodiscard]] bool has(std::string_view name) const;

 private:
  std::set<std::string, std::less<>> plain_;
};

// What a name says about the values below it.
enum class Secrecy : std::uint8_t {
  kNone,
  kTexts,  // a plural: its text, and those right in its list; no numbers, and nothing in objects
  kAll,    // every text and number
};

// Fields of forms, multipart bodies and queries. Compared without case, `_` and `-`: access_token = accessToken =
// Access-Token; without blanks around it. Of a name with brackets each part counts (user[password], password[0],
// x["password"]), of one with `.`, `:` or `$` the last (Input.Password, ctl00$Login$Password), and the whole without
// them (card[number]). `kept` may be nullptr; it has names, or parts of names.
[[nodiscard]] Secrecy secrecy_of_field(std::string_view name, const KeptFields* kept = nullptr);
[[nodiscard]] bool is_secret_field(std::string_view name);

// Whether `is_one` holds for the name, or for one of those parts.
[[nodiscard]] bool any_part(std::string_view name, const std::function<bool(std::string_view)>& is_one);

// Members of JSON: the same, and tokens against forgery of requests. A form field of such a name has its value from an
// HTML page, which is not searched: replaced there only, it would have no source any more.
[[nodiscard]] Secrecy secrecy_of_member(std::string_view name, const KeptFields* kept = nullptr);
[[nodiscard]] bool is_secret_member(std::string_view name);

// What may stand as the name in {"name": …, "value": …}: a member, a header field, a variable (MYSQL_ROOT_PASSWORD).
[[nodiscard]] bool is_secret_label(std::string_view name);

// The lists, for a document that names them: plain names; those of JSON only; and the ends of those that have a plural.
[[nodiscard]] std::span<const std::string_view> secret_fields();
[[nodiscard]] std::span<const std::string_view> secret_members();
[[nodiscard]] std::span<const std::string_view> countable_secrets();

// False: no name of either kind ends with these two characters. For who wants to know before the name is cut out.
[[nodiscard]] bool may_end_secret_field(char before, char last);

}  // namespace tracerec::http
