// Names of fields that hold secrets. A recording replaces their values by pseudonyms (docs/capture.md, Secrets, has the
// list with the reason for each), and a comparison has to know that.
#pragma once

#include <span>
#include <string_view>

namespace tracerec::http {

// Header fields whose whole value is a secret, less the name of an authentication scheme: names of a list, and families
// of names (`…-Token`, `…-Api-Key`). Any case. Not Cookie and Set-Cookie, of which only the values are.
[[nodiscard]] bool is_secret_header(std::string_view name);

// The two halves of is_secret_header(), for who has a faster look-up for the list.
[[nodiscard]] std::span<const std::string_view> secret_headers();
[[nodiscard]] bool has_secret_ending(std::string_view name);

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
    case 'e' << 8 | 'y':
      return true;
    default:
      return false;
  }
}

// Fields of forms, multipart bodies and queries. Compared without case, `_` and `-`: access_token = accessToken =
// Access-Token. Of a name with brackets or dots (user[password], Input.Password) the last part counts, and the whole
// without them (card[number]).
[[nodiscard]] bool is_secret_field(std::string_view name);

// Members of JSON: the same, and tokens against forgery of requests. A form field of such a name has its value from an
// HTML page, which is not searched: replaced there only, it would have no source any more.
[[nodiscard]] bool is_secret_member(std::string_view name);

// False: no name of either kind ends with these two characters. For who wants to know before the name is cut out.
[[nodiscard]] bool may_end_secret_field(char before, char last);

// Whether two names of fields are one, by the rules of is_secret_field() less those for brackets and dots.
[[nodiscard]] bool are_one_field(std::string_view a, std::string_view b);

}  // namespace tracerec::http
