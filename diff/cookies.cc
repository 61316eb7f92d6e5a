#include "diff/cookies.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/text.h"
#include "diff/header_form.h"
#include "diff/timestamps.h"

namespace tracerec::diff {
namespace {

constexpr std::string_view kHeader = "Set-Cookie ";
constexpr std::int64_t k2000Ns =
    std::chrono::nanoseconds(std::chrono::sys_days(std::chrono::year(2000) / 1 / 1).time_since_epoch()).count();

// What the attribute's value means.
enum class Meaning { kFlag, kText, kAnyCase, kDomain, kLifetime };

struct Known {
  std::string_view name;
  Meaning meaning;
};
constexpr std::array kKnown = {
    Known{"Domain", Meaning::kDomain},    Known{"Expires", Meaning::kLifetime}, Known{"HttpOnly", Meaning::kFlag},
    Known{"Max-Age", Meaning::kLifetime}, Known{"Partitioned", Meaning::kFlag}, Known{"Path", Meaning::kText},
    Known{"SameSite", Meaning::kAnyCase}, Known{"Secure", Meaning::kFlag},
};
constexpr std::array<std::string_view, 3> kProtections = {"HttpOnly", "SameSite", "Secure"};

struct Attribute {
  std::string name;  // in one spelling: unknown ones in lower case
  std::string_view written;
  std::string means;
};

struct Cookie {
  std::string_view name, value;
  std::vector<Attribute> attributes;  // by name, each once
};

std::string meaning_of(Meaning meaning, std::string_view value) {
  switch (meaning) {
    case Meaning::kText:
      return std::string(value);
    case Meaning::kAnyCase:
      return to_lower(value);
    case Meaning::kDomain:
      return to_lower(value.substr(value.starts_with('.') ? 1 : 0));
    case Meaning::kFlag:
    case Meaning::kLifetime:
      break;
  }
  return {};
}

Attribute read_attribute(std::string_view text) {
  const std::size_t equals = std::min(text.find('='), text.size());
  const std::string_view name = trim(text.substr(0, equals));
  const std::string_view value = trim(text.substr(std::min(equals + 1, text.size())));
  for (const Known& known : kKnown) {
    if (equals_ignoring_case(name, known.name))
      return {std::string(known.name), value, meaning_of(known.meaning, value)};
  }
  return {to_lower(name), value, std::string(value)};
}

// Of an attribute that is there twice the last one counts (RFC 6265 §5.3).
void add_attribute(Cookie& cookie, Attribute attribute) {
  const auto same = std::find_if(cookie.attributes.begin(), cookie.attributes.end(),
                                 [&](const Attribute& one) { return one.name == attribute.name; });
  if (same != cookie.attributes.end()) {
    *same = std::move(attribute);
  } else if (cookie.attributes.size() < 32) {  // each is looked for among all: a bound for hostile lines
    cookie.attributes.push_back(std::move(attribute));
  }
}

Cookie read_cookie(std::string_view line) {
  Cookie cookie;
  std::size_t end = std::min(line.find(';'), line.size());
  const std::string_view pair = line.substr(0, end);
  const std::size_t equals = pair.find('=');
  cookie.name = equals == std::string_view::npos ? std::string_view{} : trim(pair.substr(0, equals));
  cookie.value = trim(equals == std::string_view::npos ? pair : pair.substr(equals + 1));
  while (end < line.size()) {
    line.remove_prefix(end + 1);
    end = std::min(line.find(';'), line.size());
    const std::string_view text = trim(line.substr(0, end));
    if (!text.empty()) add_attribute(cookie, read_attribute(text));
  }
  std::sort(cookie.attributes.begin(), cookie.attributes.end(),
            [](const Attribute& a, const Attribute& b) { return a.name < b.name; });
  return cookie;
}

std::vector<Cookie> read_cookies(const std::vector<std::string_view>& lines) {
  std::vector<Cookie> cookies;
  for (const std::string_view line : lines) cookies.push_back(read_cookie(line));
  std::stable_sort(cookies.begin(), cookies.end(), [](const Cookie& a, const Cookie& b) { return a.name < b.name; });
  return cookies;
}

const Attribute* find(const Cookie& cookie, std::string_view name) {
  const auto at = std::find_if(cookie.attributes.begin(), cookie.attributes.end(),
                               [&](const Attribute& one) { return one.name == name; });
  return at == cookie.attributes.end() ? nullptr : &*at;
}

// How servers take a cookie back: Max-Age of 0 or less, else an Expires of the last century.
bool is_deletion(const Cookie& cookie) {
  if (const Attribute* age = find(cookie, "Max-Age")) {
    return age->written == "0" || (age->written.size() > 1 && age->written.front() == '-');
  }
  const Attribute* expires = find(cookie, "Expires");
  const auto time_ns = expires ? time_in_text(expires->written) : std::nullopt;
  return time_ns && *time_ns < k2000Ns;
}

class CookieComparison {
 public:
  explicit CookieComparison(DifferenceSink& sink) : sink_(sink) {}

  void one_sided(const Cookie& cookie, Kind kind) { report(location(cookie), kind, cookie.value, cookie.value); }

  void both(const Cookie& before, const Cookie& after) {
    compare_values(before, after);
    auto i = before.attributes.begin();
    auto j = after.attributes.begin();
    while (i != before.attributes.end() || j != after.attributes.end()) {
      if (j == after.attributes.end() || (i != before.attributes.end() && i->name < j->name)) {
        report(location(before, *i), Kind::kMissing, shown(*i), {});
        ++i;
      } else if (i == before.attributes.end() || j->name < i->name) {
        report(location(before, *j), Kind::kAdded, {}, shown(*j));
        ++j;
      } else {
        compare_attributes(before, *i++, *j++);
      }
    }
  }

 private:
  void compare_values(const Cookie& before, const Cookie& after) {
    const bool deleted = is_deletion(after);
    if (deleted != is_deletion(before))
      return report(location(before), Kind::kShape, before.value, after.value,
                    deleted ? "is deleted by the new response" : "is no longer deleted");
    if (before.value == after.value) return;
    if (before.value.empty() || after.value.empty())
      return report(location(before), Kind::kShape, before.value, after.value,
                    after.value.empty() ? "is empty" : "is no longer empty");
    report(location(before), Kind::kValue, before.value, after.value, {}, true);
  }

  void compare_attributes(const Cookie& cookie, const Attribute& before, const Attribute& after) {
    if (before.means != after.means)
      return report(location(cookie, before), Kind::kValue, before.written, after.written);
    if (before.name != "Max-Age" && before.name != "Expires") return;
    const auto change =
        before.name == "Expires" ? date_change(before.written, after.written) : std::optional<std::string>{};
    if (change) return report(location(cookie, before), Kind::kShape, before.written, after.written, *change);
    if (before.written != after.written) sink_.on_not_compared(NotCompared::kVolatileHeader);
  }

  static std::string location(const Cookie& cookie) {
    return "header:" + std::string(kHeader) + std::string(cookie.name);
  }
  static std::string location(const Cookie& cookie, const Attribute& attribute) {
    return location(cookie) + "; " + attribute.name;
  }
  // A flag has no value to show.
  static std::string_view shown(const Attribute& attribute) {
    return attribute.written.empty() ? std::string_view(attribute.name) : attribute.written;
  }

  void report(const std::string& location, Kind kind, std::string_view before, std::string_view after,
              std::string_view note = {}, bool varies = false) {
    const body::Value recorded =
        kind == Kind::kAdded ? body::Value{} : body::Value{body::ValueType::kString, before, before};
    const body::Value replayed =
        kind == Kind::kMissing ? body::Value{} : body::Value{body::ValueType::kString, after, after};
    sink_.on_difference({kind, location, location, recorded, replayed, note, varies});
  }

  DifferenceSink& sink_;
};

}  // namespace

void compare_cookies(const std::vector<std::string_view>& recorded, const std::vector<std::string_view>& replayed,
                     DifferenceSink& sink) {
  const std::vector<Cookie> before = read_cookies(recorded);
  const std::vector<Cookie> after = read_cookies(replayed);
  CookieComparison comparison(sink);
  auto i = before.begin();
  auto j = after.begin();
  while (i != before.end() || j != after.end()) {
    if (j == after.end() || (i != before.end() && i->name < j->name)) {
      comparison.one_sided(*i++, Kind::kMissing);
    } else if (i == before.end() || j->name < i->name) {
      comparison.one_sided(*j++, Kind::kAdded);
    } else {
      comparison.both(*i++, *j++);
    }
  }
}

std::vector<std::string> cookie_locations(std::string_view set_cookie) {
  const Cookie cookie = read_cookie(set_cookie);
  const std::string name = std::string(kHeader) + std::string(cookie.name);
  std::vector<std::string> locations{name};
  for (const Attribute& attribute : cookie.attributes) locations.push_back(name + "; " + attribute.name);
  return locations;
}

std::vector<CookieValue> cookie_values(const std::vector<std::string_view>& lines) {
  std::vector<CookieValue> values;
  for (const std::string_view line : lines) {
    const Cookie cookie = read_cookie(line);
    if (!cookie.value.empty() && !is_deletion(cookie)) values.push_back({cookie.name, cookie.value});
  }
  return values;
}

bool is_cookie_presence(std::string_view location) {
  if (!location.starts_with(kHeader)) return false;
  return location.find(';') == std::string_view::npos || location.ends_with("; Max-Age") ||
         location.ends_with("; Expires");
}

bool is_cookie_protection(std::string_view location) {
  const std::size_t semicolon = location.find("; ");
  if (!location.starts_with("header:Set-Cookie ") || semicolon == std::string_view::npos) return false;
  const std::string_view name = location.substr(semicolon + 2);
  return std::find(kProtections.begin(), kProtections.end(), name) != kProtections.end();
}

}  // namespace tracerec::diff
