#include "replay/value_text.h"

#include <algorithm>
#include <functional>

#include "base/ascii.h"
#include "base/percent.h"
#include "base/text.h"
#include "base/uuid.h"
#include "body/entities.h"
#include "body/json_text.h"

// How this works. A text is strong when it looks generated: its letters, capitals and digits alternate as they do in
// random text and not in names, or it is one long run. Everything short of that which could still name something
// is weak. Tests: tests/replay/value_text_test.cc.

namespace tracerec::replay {
namespace {

constexpr std::size_t kLongestText = 8192;  // what servers accept as one header, and so as one token
constexpr std::size_t kLongestWeak = 64;
constexpr std::size_t kFewestStrong = 8;              // alphanumeric characters
constexpr std::size_t kLongRun = 16;                  // of them without a separator
constexpr std::size_t kStrongDigits = 15;             // more than a time in milliseconds has
constexpr std::string_view kAllowed = "!$'()*,;:@=";  // in a path and in a query (RFC 3986 §3.3, §3.4)

// What the letters of a text are like.
struct Letters {
  std::size_t digits = 0, lower = 0, upper = 0;
  std::size_t changes = 0;  // between the three, separators left aside
  std::size_t longest_run = 0;
  bool is_token = true;  // nothing that no token has

  [[nodiscard]] std::size_t count() const { return digits + lower + upper; }
};

Letters look_at(std::string_view text) {
  constexpr std::string_view kSeparators = "-_.~+/=:|!$,@&%";
  Letters seen;
  int last = 0;
  std::size_t run = 0;
  for (const char c : text) {
    const int kind = is_digit(c) ? 1 : is_lower(c) ? 2 : is_upper(c) ? 3 : 0;
    if (kind == 0) {
      if (kSeparators.find(c) == std::string_view::npos) seen.is_token = false;
      run = 0;
      continue;
    }
    ++(kind == 1 ? seen.digits : kind == 2 ? seen.lower : seen.upper);
    seen.changes += last != 0 && last != kind;
    last = kind;
    seen.longest_run = std::max(seen.longest_run, ++run);
  }
  return seen;
}

// "2024-01-02T03:04:05Z": what differs between two servers without meaning anything.
bool starts_with_date(std::string_view text) {
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') return false;
  return std::all_of(text.begin(), text.begin() + 4, is_digit) && is_digit(text[5]) && is_digit(text[8]);
}

bool looks_generated(const Letters& seen) {
  if (seen.count() < kFewestStrong) return false;
  if (seen.digits == seen.count()) return seen.longest_run >= kStrongDigits;
  if (seen.changes >= std::max<std::size_t>(3, seen.count() / 5)) return true;
  const bool mixed = seen.digits > 0 || (seen.lower > 0 && seen.upper > 0);
  return seen.longest_run >= kLongRun && (mixed || seen.longest_run >= kLongRun + 4);
}

bool is_integer(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return false;
  return std::all_of(text.begin(), text.end(), is_digit);
}

std::string singular(std::string name) {
  const auto ends = [&](std::string_view end) { return name.size() > end.size() && name.ends_with(end); };
  if (ends("ies")) return name.replace(name.size() - 3, 3, "y");
  if (ends("sses") || ends("xes") || ends("ches") || ends("shes")) return name.substr(0, name.size() - 2);
  if (ends("s") && !ends("ss")) name.pop_back();
  return name;
}

}  // namespace

Strength strength_of(std::string_view text) {
  if (text.empty() || text.size() > kLongestText) return Strength::kNone;
  const Letters seen = look_at(text);
  if (!seen.is_token || seen.count() == 0 || starts_with_date(text)) return Strength::kNone;
  if (is_generated_uuid(text) || looks_generated(seen)) return Strength::kStrong;
  if (text.size() > kLongestWeak || seen.digits == 0) return Strength::kNone;
  const bool fraction = seen.digits == seen.count() && text.find_first_of(".,:/") != std::string_view::npos;
  return fraction ? Strength::kNone : Strength::kWeak;
}

std::uint64_t hash_of(std::string_view text, std::uint64_t seed) {
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;
  std::uint64_t hash = std::hash<std::string_view>{}(text) + (seed + 1) * kOdd;
  hash ^= hash >> 32;
  hash *= 0xD6E8FEB86659FD93;
  return hash ^ hash >> 32;
}

void append_encoded(std::string& out, std::string_view text, const Coding& coding) {
  std::string percent;
  if (coding.percent) {
    append_percent_encoded(percent, text, coding.plus ? Plus::kIsSpace : Plus::kIsPlus, coding.sparing ? kAllowed : "");
    text = percent;
  }
  if (coding.bare) {
    if (is_integer(text)) {
      out += text;
      return;
    }
    out += '"';
    body::append_json_escaped(out, text);
    out += '"';
  } else if (coding.json) {
    body::append_json_escaped(out, text);
  } else if (coding.html) {
    body::append_with_entities(out, text);
  } else {
    out += text;
  }
}

std::string thing_of(std::string_view name) {
  if (name.size() > 2 && (name.starts_with("X-") || name.starts_with("x-"))) name.remove_prefix(2);
  std::string plain;
  for (const char c : name) {
    if (c != '_' && c != '-' && c != '[' && c != ']') plain += is_upper(c) ? static_cast<char>(c + 32) : c;
  }
  plain = singular(plain);
  for (const std::string_view ending : {"uuid", "guid", "number", "code", "id"}) {
    if (plain.ends_with(ending)) return singular(plain.substr(0, plain.size() - ending.size()));
  }
  return plain;
}

bool is_id_like(std::string_view name) {
  for (const std::string_view ending :
       {"Id", "ID", "Ids", "IDs", "_id", "-id", "_ids", "Uuid", "_uuid", "Number", "_number", "Code", "_code"}) {
    if (name.size() > ending.size() && name.ends_with(ending)) return true;
  }
  const std::string lower = to_lower(name);
  for (const std::string_view known : {"id", "uuid", "guid", "number", "code", "key"}) {
    if (lower == known) return true;
  }
  return false;
}

}  // namespace tracerec::replay
