#include "diff/headers.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/text.h"

namespace tracerec::diff {
namespace {

enum class Treatment { kNormal, kVolatile, kFraming, kCookie, kContentType };

struct Known {
  std::string_view name;
  Treatment treatment;
};

// Sorted by name. Volatile: what servers and proxies put in to tell one answer or one moment from another.
constexpr std::array kKnown = {
    Known{"age", Treatment::kVolatile},
    Known{"cf-ray", Treatment::kVolatile},
    Known{"connection", Treatment::kVolatile},
    Known{"content-length", Treatment::kFraming},
    Known{"content-type", Treatment::kContentType},
    Known{"date", Treatment::kVolatile},
    Known{"etag", Treatment::kVolatile},
    Known{"expires", Treatment::kVolatile},
    Known{"keep-alive", Treatment::kVolatile},
    Known{"last-modified", Treatment::kVolatile},
    Known{"request-id", Treatment::kVolatile},
    Known{"server-timing", Treatment::kVolatile},
    Known{"set-cookie", Treatment::kCookie},
    Known{"traceparent", Treatment::kVolatile},
    Known{"tracestate", Treatment::kVolatile},
    Known{"transfer-encoding", Treatment::kFraming},
    Known{"via", Treatment::kVolatile},
    Known{"x-amz-cf-id", Treatment::kVolatile},
    Known{"x-amz-id-2", Treatment::kVolatile},
    Known{"x-amz-request-id", Treatment::kVolatile},
    Known{"x-amzn-requestid", Treatment::kVolatile},
    Known{"x-amzn-trace-id", Treatment::kVolatile},
    Known{"x-b3-parentspanid", Treatment::kVolatile},
    Known{"x-b3-spanid", Treatment::kVolatile},
    Known{"x-b3-traceid", Treatment::kVolatile},
    Known{"x-cloud-trace-context", Treatment::kVolatile},
    Known{"x-correlation-id", Treatment::kVolatile},
    Known{"x-envoy-upstream-service-time", Treatment::kVolatile},
    Known{"x-request-id", Treatment::kVolatile},
    Known{"x-response-time", Treatment::kVolatile},
    Known{"x-runtime", Treatment::kVolatile},
    Known{"x-span-id", Treatment::kVolatile},
    Known{"x-trace-id", Treatment::kVolatile},
};
static_assert(std::is_sorted(kKnown.begin(), kKnown.end(),
                             [](const Known& a, const Known& b) { return a.name < b.name; }));

constexpr std::size_t kLongestKnown = 29;

Treatment treatment_of(std::string_view name) {
  if (name.size() > kLongestKnown) return Treatment::kNormal;
  const std::string lower = to_lower(name);
  const auto at = std::lower_bound(kKnown.begin(), kKnown.end(), lower,
                                   [](const Known& known, const std::string& wanted) { return known.name < wanted; });
  return at != kKnown.end() && at->name == lower ? at->treatment : Treatment::kNormal;
}

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

// "a=1; Path=/" → "a"
std::string cookie_names(const std::vector<std::string_view>& values) {
  std::string names;
  for (const std::string_view value : values) {
    if (!names.empty()) names += ", ";
    names += trim(value.substr(0, value.find_first_of("=;")));
  }
  return names;
}

// Media type and charset in one spelling (RFC 9110 §8.3.1); the other parameters are dropped.
std::string normal_content_type(std::string_view value) {
  std::string normal = to_lower(trim(value.substr(0, value.find(';'))));
  while (value.find(';') != std::string_view::npos) {
    value.remove_prefix(value.find(';') + 1);
    std::string parameter = to_lower(trim(value.substr(0, value.find(';'))));
    if (!parameter.starts_with("charset=")) continue;
    std::erase(parameter, '"');
    normal += "; " + parameter;
  }
  return normal;
}

class HeaderComparison {
 public:
  HeaderComparison(const EndpointRules& rules, DifferenceSink& sink) : rules_(rules), sink_(sink) {}

  void missing(const Field& field) { one_sided(field, Kind::kMissing); }
  void added(const Field& field) { one_sided(field, Kind::kAdded); }

  void both(const Field& recorded, const Field& replayed) {
    const std::string before = join(recorded.values);
    const std::string after = join(replayed.values);
    const bool exact = !rules_.empty() && rules_.wants_header_value(location_of(recorded.name));
    const Treatment treatment = exact ? Treatment::kNormal : treatment_of(recorded.name);
    if (before == after && (treatment != Treatment::kCookie || recorded.values.size() == replayed.values.size()))
      return;
    switch (treatment) {
      case Treatment::kNormal:
        return report(recorded.name, Kind::kValue, before, after);
      case Treatment::kVolatile:
        return sink_.on_not_compared(NotCompared::kVolatileHeader);
      case Treatment::kFraming:
        return sink_.on_not_compared(NotCompared::kFramingHeader);
      case Treatment::kCookie:
        return compare_reduced(recorded.name, cookie_names(recorded.values), cookie_names(replayed.values),
                               NotCompared::kVolatileHeader);
      case Treatment::kContentType:
        return compare_reduced(recorded.name, normal_content_type(before), normal_content_type(after),
                               NotCompared::kContentTypeParameter);
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

  // Compares what was kept of two values that differ as a whole.
  void compare_reduced(const std::string& name, const std::string& before, const std::string& after, NotCompared rest) {
    if (before != after) return report(name, Kind::kValue, before, after);
    sink_.on_not_compared(rest);
  }

  void report(const std::string& name, Kind kind, std::string_view before, std::string_view after) {
    const std::string location = location_of(name);
    const auto value = [](bool there, std::string_view text) {
      return there ? Value{ValueType::kString, text, text} : Value{};
    };
    sink_.on_difference(
        {kind, location, location, value(kind != Kind::kAdded, before), value(kind != Kind::kMissing, after), {}});
  }

  static std::string location_of(std::string_view name) { return "header:" + canonical_header_name(name); }

  const EndpointRules& rules_;
  DifferenceSink& sink_;
};

void compare_fields(const std::vector<Field>& recorded, const std::vector<Field>& replayed, const EndpointRules& rules,
                    DifferenceSink& sink) {
  HeaderComparison comparison(rules, sink);
  auto i = recorded.begin();
  auto j = replayed.begin();
  while (i != recorded.end() || j != replayed.end()) {
    if (j == replayed.end() || (i != recorded.end() && i->name < j->name)) {
      comparison.missing(*i++);
    } else if (i == recorded.end() || j->name < i->name) {
      comparison.added(*j++);
    } else {
      comparison.both(*i++, *j++);
    }
  }
}

// The usual pair: the same names in the same order, and only volatile or framing values differ. False when it is not
// one; nothing has been told to `sink` then.
bool compare_in_step(const http::HeaderList& recorded, const http::HeaderList& replayed, DifferenceSink& sink) {
  if (recorded.size() != replayed.size()) return false;
  std::size_t volatile_values = 0;
  std::size_t framing_values = 0;
  for (auto i = recorded.begin(), j = replayed.begin(); i != recorded.end(); ++i, ++j) {
    if (!equals_ignoring_case(i->name, j->name)) return false;
    if (i->value == j->value) continue;
    const Treatment treatment = treatment_of(i->name);
    volatile_values += treatment == Treatment::kVolatile;
    framing_values += treatment == Treatment::kFraming;
    if (treatment != Treatment::kVolatile && treatment != Treatment::kFraming) return false;
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
  switch (treatment_of(name)) {
    case Treatment::kVolatile:
      return HeaderCheck::kPresence;
    case Treatment::kFraming:
      return HeaderCheck::kNothing;
    default:
      return HeaderCheck::kValue;
  }
}

void compare_headers(const http::HeaderList& recorded, const http::HeaderList& replayed, const EndpointRules& rules,
                     DifferenceSink& sink) {
  if (rules.empty() && compare_in_step(recorded, replayed, sink)) return;
  compare_fields(fields_of(recorded), fields_of(replayed), rules, sink);
}

}  // namespace tracerec::diff
