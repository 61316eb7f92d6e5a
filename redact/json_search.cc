// Whether it is worth while to read a JSON text: redact/rules.h. And what is a pair: redact/json_pairs.h.
#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/text.h"
#include "redact/json_pairs.h"
#include "redact/rules.h"

namespace tracerec::redact {
namespace {

constexpr std::string_view kLabels[] = {
    "k",        "n",        "key",       "name",      "field",      "path",      "param",        "header",
    "variable", "property", "fieldname", "attribute", "headername", "parameter", "parameterkey", "parametername"};
constexpr std::string_view kValues[] = {"v", "val", "value", "values", "fieldvalue", "headervalue", "parametervalue"};

// Of a name its last two letters; of a short one the quote in front of it counts.
constexpr std::size_t ending(char before, char last) {
  const auto letter = [](char c) { return is_letter(c) ? static_cast<std::size_t>((c | 0x20) - 'a') : 26U; };
  return letter(before) * 27 + letter(last);
}
constexpr std::size_t ending_of(std::string_view name) {
  return ending(name.size() == 1 ? '"' : name[name.size() - 2], name.back());
}

template <std::size_t count>
constexpr auto make_endings(const std::string_view (&names)[count]) {
  std::array<bool, 27 * 27> found{};
  for (const std::string_view name : names) found[ending_of(name)] = true;
  return found;
}
constexpr auto kLabelEndings = make_endings(kLabels);
// Of labels, `number`, and what names_headers().
constexpr auto kLookedUp = [] {
  auto found = kLabelEndings;
  found[ending('e', 'r')] = found[ending('r', 's')] = true;
  return found;
}();
constexpr auto kValueEndings = make_endings(kValues);

template <std::size_t count>
bool is_one_of(const std::string_view (&names)[count], std::string_view name) {
  return std::any_of(std::begin(names), std::end(names),
                     [&](std::string_view one) { return equals_ignoring_case(one, name); });
}

// The name that ends before the quote at `end`; longer ones are none of ours.
std::string_view name_before(std::string_view text, std::size_t end) {
  constexpr std::size_t kLongest = 64;
  const std::size_t from = end > kLongest ? end - kLongest : 0;
  const std::string_view near = text.substr(from, end - from);
  const std::size_t quote = near.rfind('"');
  return quote == std::string_view::npos ? std::string_view{} : near.substr(quote + 1);
}

// The text after the colon of a label. With an escape in it, it may be any.
bool may_name_a_secret(std::string_view after_colon) {
  std::size_t at = 0;
  while (at < after_colon.size() && is_space(after_colon[at])) ++at;
  if (at == after_colon.size() || after_colon[at] != '"') return false;
  const std::string_view text = after_colon.substr(at + 1, after_colon.find('"', at + 1) - at - 1);
  return text.find('\\') != std::string_view::npos || label_names(text, http::is_secret_label);
}

// Whether a member that names_a_card() may be somewhere.
bool has_card(std::string_view json) {
  for (std::size_t at = json.find("ard"); at != std::string_view::npos; at = json.find("ard", at + 1)) {
    if (at > 0 && (json[at - 1] | 0x20) == 'c') return true;
  }
  return json.find("CARD") != std::string_view::npos;
}

// Calls `look` with each name in quotes before a colon, without its escapes resolved, until it says true.
template <class Look>
bool any_name(std::string_view json, const Look& look) {
  for (std::size_t colon = json.find(':'); colon != std::string_view::npos; colon = json.find(':', colon + 1)) {
    std::size_t end = colon;
    while (end > 0 && is_space(json[end - 1])) --end;
    if (end >= 3 && json[end - 1] == '"' && look(name_before(json, end - 1))) return true;
  }
  return false;
}

// Members that are fields of a header are worth while where there is an object that may have them.
bool has_header_member(std::string_view json) {
  return any_name(json, http::is_secret_label);
}

// What looks through the whole text is asked once: a text may have the name that makes it worth while everywhere.
struct Once {
  bool was_asked = false;
  bool is_first(bool applies) {
    const bool first = applies && !was_asked;
    was_asked = was_asked || applies;
    return first;
  }
};

}  // namespace

bool names_headers(std::string_view member) {
  constexpr std::string_view kEnd = "headers";
  if (member.empty() || ((member.back() | 0x20) != 's' && (member.back() | 0x20) != 'r')) return false;
  if (member.size() < kEnd.size()) return equals_ignoring_case(member, "header");
  return equals_ignoring_case(member.substr(member.size() - kEnd.size()), kEnd);
}

PairRole pair_role_of(std::string_view member) {
  if (member.empty()) return PairRole::kNone;
  const std::size_t end = ending_of(member);
  if (kLabelEndings[end] && is_one_of(kLabels, member)) return PairRole::kLabel;
  return kValueEndings[end] && is_one_of(kValues, member) ? PairRole::kValue : PairRole::kNone;
}

bool names_a_card(std::string_view member) {
  if (member.size() < 4) return false;
  const std::string_view one =
      member.ends_with('s') || member.ends_with('S') ? member.substr(0, member.size() - 1) : member;
  return one.size() >= 4 && equals_ignoring_case(one.substr(one.size() - 4), "card");
}

bool may_hold_a_secret(std::string_view json) {
  const bool escapes = json.find('\\') != std::string_view::npos;
  Once headers, cards;
  for (std::size_t colon = json.find(':'); colon != std::string_view::npos; colon = json.find(':', colon + 1)) {
    std::size_t end = colon;
    while (end > 0 && is_space(json[end - 1])) --end;
    if (end < 3 || json[end - 1] != '"') continue;
    const char before = json[end - 3], last = json[end - 2];
    const bool may_be_secret = escapes || http::may_end_secret_field(before, last);
    if (!may_be_secret && !kLookedUp[ending(before, last)]) continue;
    const std::string_view name = name_before(json, end - 1);
    if (may_be_secret && (http::is_secret_member(name) || name.find('\\') != std::string_view::npos)) return true;
    if (headers.is_first(names_headers(name)) && has_header_member(json)) return true;
    if (cards.is_first(equals_ignoring_case(name, "number")) && has_card(json)) return true;
    if (pair_role_of(name) == PairRole::kLabel && may_name_a_secret(json.substr(colon + 1))) return true;
  }
  return false;
}

}  // namespace tracerec::redact
