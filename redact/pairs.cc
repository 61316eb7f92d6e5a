#include "redact/pairs.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/text.h"
#include "body/form.h"
#include "http/secret_names.h"
#include "redact/json.h"

namespace tracerec::redact {
namespace {

// What ends a pair of a URL for sure. A `;` or `?` separates for some servers and is part of the value for others: it
// begins a pair, but ends none.
constexpr std::string_view kUrlEnds = "&# \t\r\n";
constexpr std::string_view kUrlStarts = "?#&;";

// What stands around a URL in a header.
Bytes without_closing(Bytes value) {
  while (!value.empty() && std::string_view("\"'>,;").find(value.back()) != std::string_view::npos) {
    value = value.first(value.size() - 1);
  }
  return value;
}

// What a percent-encoded field may begin with when it is JSON.
bool may_hold_json(std::string_view value) {
  if (value.empty()) return false;
  return value[0] == '{' || value[0] == '[' || value.starts_with("%7B") || value.starts_with("%7b") ||
         value.starts_with("%5B") || value.starts_with("%5b");
}

// A value that is not JSON after all stays as it is: no rule of a file asked for it.
void redact_json_in(Bytes value, const JsonRules& rules, Replacer& replacer) {
  replacer.within_percent(value, Plus::kIsSpace, [&](Bytes text) {
    if (const auto& paths = rules.in(view(text)); !paths.empty()) (void)redact_json(text, paths, replacer);
  });
}

// `name=value`. False: the value is no secret.
bool redact_pair(Bytes pair, const PairNames& names, const JsonRules& json, Replacer& replacer) {
  const std::size_t equals = view(pair).find('=');
  if (equals == std::string_view::npos || equals + 1 == pair.size()) return false;
  const std::string_view name = view(pair).substr(0, equals);
  const Bytes value = pair.subspan(equals + 1);
  const bool plain = name.find_first_of("%+") == std::string_view::npos;
  if (is_replaced(plain ? names.of(name) : names.of(decode_percent(name, Plus::kIsSpace)), view(value))) {
    replacer.percent(without_closing(value), Plus::kIsSpace);
    return true;
  }
  if (may_hold_json(view(value))) redact_json_in(value, json, replacer);
  return false;
}

// False: no pair is of a built-in name, or holds JSON. find_first_of() asks for its set at each character, which takes
// 300 ns for a line of 100 bytes; this looks at the `=` alone.
bool may_hold_a_secret_pair(std::string_view text) {
  const bool escapes = text.find('%') != std::string_view::npos || text.find('+') != std::string_view::npos;
  for (std::size_t equals = text.find('='); equals != std::string_view::npos; equals = text.find('=', equals + 1)) {
    if (equals + 1 < text.size() && may_hold_json(text.substr(equals + 1))) return true;
    if (equals < 2) continue;
    const char before = text[equals - 2], last = text[equals - 1];
    if (http::may_end_secret_field(before, last)) return true;
    if (escapes && text.substr(0, equals).find_last_of("%+") != std::string_view::npos) return true;
  }
  return false;
}

// Some servers take `;` for the end of a field, too (HTML 4.01, appendix B.2.2).
void redact_form_field(Bytes field, const RedactionRules& rules, Replacer& replacer) {
  if (redact_pair(field, rules.form, rules.json, replacer)) return;
  for (std::size_t at = view(field).find(';'); at != std::string_view::npos; at = view(field).find(';', at + 1)) {
    const std::size_t end = std::min(view(field).find(';', at + 1), field.size());
    redact_pair(field.subspan(at + 1, end - at - 1), rules.form, rules.json, replacer);
  }
}

}  // namespace

bool is_replaced(http::Secrecy secrecy, std::string_view value) {
  return secrecy == http::Secrecy::kAll ||
         (secrecy == http::Secrecy::kTexts && !std::all_of(value.begin(), value.end(), is_digit));
}

void redact_url_fields(Bytes text, const RedactionRules& rules, Replacer& replacer) {
  if (rules.query.given.empty() && !may_hold_a_secret_pair(view(text))) return;
  std::size_t at = view(text).find_first_of(kUrlStarts);
  while (at != std::string_view::npos) {
    const std::size_t end = std::min(view(text).find_first_of(kUrlEnds, at + 1), text.size());
    const bool secret = redact_pair(text.subspan(at + 1, end - at - 1), rules.query, rules.json, replacer);
    at = view(text).find_first_of(kUrlStarts, secret ? end : at + 1);
  }
}

void redact_form(Bytes form, const RedactionRules& rules, Replacer& replacer) {
  std::size_t at = 0;
  while (const auto field = body::next_form_field(view(form), at)) {
    redact_form_field(form.subspan(field->begin, field->end - field->begin), rules, replacer);
  }
}

}  // namespace tracerec::redact
