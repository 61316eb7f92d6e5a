#include "diff/headers.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/text.h"
#include "body/media_type.h"
#include "diff/cookies.h"
#include "diff/header_form.h"
#include "diff/header_names.h"

namespace tracerec::diff {
namespace {

// All values of one name, in wire order.
struct Field {
  std::string name;  // lower case
  std::vector<std::string_view> values;
};

std::vector<Field> fields_of(const http::HeaderList& headers) {
  std::vector<Field> fields;
  for (const http::Header& header : headers) fields.push_back({to_lower(header.name), {header.value}});
  std::stable_sort(fields.begin(), fields.end(), [](const Field& a, const Field& b) { return a.name < b.name; });
  std::vector<Field> merged;
  for (Field& field : fields) {
    if (!merged.empty() && merged.back().name == field.name) {
      merged.back().values.push_back(field.values.front());
    } else {
      merged.push_back(std::move(field));
    }
  }
  return merged;
}

std::string join(const std::vector<std::string_view>& values) {
  std::string joined;
  for (const std::string_view value : values) {
    if (!joined.empty()) joined += ", ";
    joined += value;
  }
  return joined;
}

bool is_volatile(Treatment treatment) {
  return treatment == Treatment::kVolatile || treatment == Treatment::kEtag || treatment == Treatment::kDate;
}

// How the form of a volatile value changed; nothing when it did not.
std::optional<std::string> form_change(Treatment treatment, std::string_view before, std::string_view after) {
  if (treatment == Treatment::kEtag) return etag_change(before, after);
  return treatment == Treatment::kDate ? date_change(before, after) : std::nullopt;
}

class HeaderComparison {
 public:
  HeaderComparison(std::string_view prefix, const EndpointRules& rules, DifferenceSink& sink)
      : prefix_(prefix), rules_(rules), sink_(sink) {}

  void missing(const Field& field) { one_sided(field, Kind::kMissing); }
  void added(const Field& field) { one_sided(field, Kind::kAdded); }

  void both(const Field& recorded, const Field& replayed) {
    const std::string before = join(recorded.values);
    const std::string after = join(replayed.values);
    if (recorded.values == replayed.values) return;
    const bool exact = !rules_.empty() && rules_.wants_header_value(location_of(recorded.name));
    Treatment treatment = exact ? Treatment::kNormal : treatment_of(recorded.name);
    if (treatment == Treatment::kCookie && prefix_ != kHeaderPrefix) treatment = Treatment::kNormal;  // sets nothing
    if (before == after && treatment != Treatment::kCookie) return;
    switch (treatment) {
      case Treatment::kNormal:
        return report(recorded.name, Kind::kValue, before, after);
      case Treatment::kVolatile:
      case Treatment::kEtag:
      case Treatment::kDate:
        return compare_form(treatment, recorded.name, before, after);
      case Treatment::kFraming:
        return sink_.on_not_compared(NotCompared::kFramingHeader);
      case Treatment::kCookie:
        return compare_cookies(recorded.values, replayed.values, sink_);
      case Treatment::kContentType:
        return compare_content_types(recorded.name, before, after);
      case Treatment::kList:
      case Treatment::kAnyCaseList:
        return compare_lists(recorded.name, before, after, treatment == Treatment::kAnyCaseList);
    }
  }

 private:
  void one_sided(const Field& field, Kind kind) {
    if (treatment_of(field.name) == Treatment::kFraming) return sink_.on_not_compared(NotCompared::kFramingHeader);
    const std::string value = join(field.values);
    if (kind == Kind::kMissing) {
      report(field.name, kind, value, {});
    } else {
      report(field.name, kind, {}, value);
    }
  }

  void compare_form(Treatment treatment, const std::string& name, const std::string& before, const std::string& after) {
    if (const auto change = form_change(treatment, before, after))
      return report(name, Kind::kShape, before, after, *change);
    sink_.on_not_compared(NotCompared::kVolatileHeader);
  }

  void compare_content_types(const std::string& name, const std::string& before, const std::string& after) {
    if (normal_content_type(before) != normal_content_type(after)) return report(name, Kind::kValue, before, after);
    if (body::parse_media_type(before).boundary != body::parse_media_type(after).boundary)
      sink_.on_not_compared(NotCompared::kContentTypeParameter);
  }

  void compare_lists(const std::string& name, const std::string& before, const std::string& after, bool any_case) {
    if (normal_list(before, any_case) != normal_list(after, any_case)) report(name, Kind::kValue, before, after);
  }

  void report(const std::string& name, Kind kind, std::string_view before, std::string_view after,
              std::string_view note = {}) {
    const std::string location = location_of(name);
    const auto value = [](bool there, std::string_view text) {
      return there ? body::Value{body::ValueType::kString, text, text} : body::Value{};
    };
    sink_.on_difference(
        {kind, location, location, value(kind != Kind::kAdded, before), value(kind != Kind::kMissing, after), note});
  }

  [[nodiscard]] std::string location_of(std::string_view name) const {
    return std::string(prefix_) + canonical_header_name(name);
  }

  std::string_view prefix_;
  const EndpointRules& rules_;
  DifferenceSink& sink_;
};

// The usual pair: the same names in the same order, and only volatile or framing values differ. False when it is not
// one; nothing has been reported to `sink` then.
bool compare_in_step(const http::HeaderList& recorded, const http::HeaderList& replayed, DifferenceSink& sink) {
  if (recorded.size() != replayed.size()) return false;
  std::size_t volatile_values = 0;
  std::size_t framing_values = 0;
  for (auto i = recorded.begin(), j = replayed.begin(); i != recorded.end(); ++i, ++j) {
    if (!equals_ignoring_case(i->name, j->name)) return false;
    if (i->value == j->value) continue;
    const Treatment treatment = treatment_of(i->name);
    if (form_change(treatment, i->value, j->value)) return false;
    volatile_values += is_volatile(treatment);
    framing_values += treatment == Treatment::kFraming;
    if (!is_volatile(treatment) && treatment != Treatment::kFraming) return false;
  }
  for (; volatile_values > 0; --volatile_values) sink.on_not_compared(NotCompared::kVolatileHeader);
  for (; framing_values > 0; --framing_values) sink.on_not_compared(NotCompared::kFramingHeader);
  return true;
}

}  // namespace

std::string canonical_header_name(std::string_view name) {
  std::string canonical = to_lower(name);
  bool first = true;
  for (char& c : canonical) {
    if (first && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    first = c == '-';
  }
  return canonical;
}

HeaderCheck header_check(std::string_view name) {
  if (is_cookie_presence(name)) return HeaderCheck::kPresence;
  const Treatment treatment = treatment_of(name);
  if (treatment == Treatment::kFraming) return HeaderCheck::kNothing;
  return is_volatile(treatment) || treatment == Treatment::kCookie ? HeaderCheck::kPresence : HeaderCheck::kValue;
}

std::vector<std::string> header_locations(const http::Header& header) {
  std::vector<std::string> locations;
  const Treatment treatment = treatment_of(header.name);
  if (treatment == Treatment::kFraming) return locations;
  if (treatment == Treatment::kCookie) locations = cookie_locations(header.value);
  locations.push_back(canonical_header_name(header.name));
  return locations;
}

void compare_fields(std::string_view prefix, const http::HeaderList& recorded, const http::HeaderList& replayed,
                    const EndpointRules& rules, DifferenceSink& sink) {
  const std::vector<Field> before = fields_of(recorded);
  const std::vector<Field> after = fields_of(replayed);
  HeaderComparison comparison(prefix, rules, sink);
  auto i = before.begin();
  auto j = after.begin();
  while (i != before.end() || j != after.end()) {
    if (j == after.end() || (i != before.end() && i->name < j->name)) {
      comparison.missing(*i++);
    } else if (i == before.end() || j->name < i->name) {
      comparison.added(*j++);
    } else {
      comparison.both(*i++, *j++);
    }
  }
}

void compare_headers(const http::HeaderList& recorded, const http::HeaderList& replayed, const EndpointRules& rules,
                     DifferenceSink& sink) {
  if (rules.empty() && compare_in_step(recorded, replayed, sink)) return;
  compare_fields(kHeaderPrefix, recorded, replayed, rules, sink);
}

}  // namespace tracerec::diff
