#include "replay/set_cookie.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/text.h"

// Tests: tests/replay/values_test.cc.

namespace tracerec::replay {
namespace {

// "Max-Age=0" → "0". RFC 6265 §5.2: without spaces around it, in any case.
bool take_attribute(std::string_view attribute, std::string_view name, std::string_view& value) {
  const std::size_t equals = attribute.find('=');
  if (equals == std::string_view::npos || !equals_ignoring_case(trim(attribute.substr(0, equals)), name)) return false;
  value = trim(attribute.substr(equals + 1));
  return true;
}

// RFC 6265 §5.2.2: digits, perhaps after a minus; else the attribute does not count.
bool is_max_age(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

bool is_over(std::string_view max_age) {
  return max_age.starts_with('-') || max_age.find_first_not_of('0') == std::string_view::npos;
}

// "Thu, 01-Jan-1970 00:00:00 GMT", with spaces or dashes. The year is a run of four digits, or of two, where 70 to 99
// are years of the last century (RFC 6265 §5.1.1).
bool is_long_ago(std::string_view expires) {
  for (std::size_t at = 0; at < expires.size();) {
    std::size_t end = at;
    while (end < expires.size() && is_digit(expires[end])) ++end;
    const std::string_view digits = expires.substr(at, end - at);
    const bool of_time = (end < expires.size() && expires[end] == ':') || (at > 0 && expires[at - 1] == ':');
    if (digits.size() == 4) return digits < "2000";
    if (digits.size() == 2 && !of_time && digits >= "70") return true;
    at = end == at ? at + 1 : end;
  }
  return false;
}

}  // namespace

bool ends_cookie(std::string_view set_cookie) {
  std::string_view max_age, expires;
  std::size_t at = std::min(set_cookie.find(';'), set_cookie.size());
  while (at < set_cookie.size()) {
    const std::size_t end = std::min(set_cookie.find(';', at + 1), set_cookie.size());
    const std::string_view attribute = set_cookie.substr(at + 1, end - at - 1);
    (void)(take_attribute(attribute, "Max-Age", max_age) || take_attribute(attribute, "Expires", expires));
    at = end;
  }
  return is_max_age(max_age) ? is_over(max_age) : is_long_ago(expires);
}

}  // namespace tracerec::replay
