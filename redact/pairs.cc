#include "redact/pairs.h"

#include <algorithm>

#include "base/text.h"
#include "body/form.h"

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

// The value of a pair that is named; nothing for others.
Bytes secret_of(Bytes pair, const std::vector<std::string>& names) {
  const std::size_t equals = view(pair).find('=');
  if (equals == std::string_view::npos) return {};
  const std::string_view name = view(pair).substr(0, equals);
  const bool plain = name.find_first_of("%+") == std::string_view::npos;
  if (!(plain ? is_named(names, name) : is_named(names, decode_percent(name, Plus::kIsSpace)))) return {};
  return pair.subspan(equals + 1);
}

}  // namespace

bool is_named(const std::vector<std::string>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& one) { return equals_ignoring_case(one, name); });
}

void redact_url_fields(Bytes text, const std::vector<std::string>& names, Replacer& replacer) {
  std::size_t at = view(text).find_first_of(kUrlStarts);
  while (at != std::string_view::npos) {
    const std::size_t end = std::min(view(text).find_first_of(kUrlEnds, at + 1), text.size());
    const Bytes secret = secret_of(text.subspan(at + 1, end - at - 1), names);
    replacer.percent(without_closing(secret), Plus::kIsSpace);
    at = view(text).find_first_of(kUrlStarts, secret.empty() ? at + 1 : end);
  }
}

void redact_form(Bytes form, const std::vector<std::string>& names, Replacer& replacer) {
  std::size_t at = 0;
  while (const auto field = body::next_form_field(view(form), at)) {
    replacer.percent(secret_of(form.subspan(field->begin, field->end - field->begin), names), Plus::kIsSpace);
  }
}

}  // namespace tracerec::redact
