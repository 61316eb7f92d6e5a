#include "replay/value_text.h"

#include <algorithm>
#include <array>
#include <functional>

#include "base/text.h"

// How this works. A text is strong when it looks generated: its letters, capitals and digits alternate as they do in
// random text and not in names, or it is one long run. Everything short of that which could still name something
// is weak. Tests: tests/replay/value_text_test.cc.

namespace tracerec::replay {
namespace {

constexpr std::size_t kLongestText = 8192;  // what servers accept as one header, and so as one token
constexpr std::size_t kLongestWeak = 64;
constexpr std::size_t kFewestStrong = 8;   // alphanumeric characters
constexpr std::size_t kLongRun = 16;       // of them without a separator
constexpr std::size_t kStrongDigits = 15;  // more than a time in milliseconds has

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

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

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_hex(std::string& out, unsigned char byte) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

void append_percent(std::string& out, std::string_view text, const Coding& coding) {
  constexpr std::string_view kUnreserved = "-._~";
  constexpr std::string_view kAllowed = "!$'()*,;:@=";  // in a path and in a query (RFC 3986 §3.3, §3.4)
  for (const char c : text) {
    if (is_digit(c) || is_lower(c) || is_upper(c) || kUnreserved.find(c) != std::string_view::npos) {
      out += c;
    } else if (coding.sparing && kAllowed.find(c) != std::string_view::npos) {
      out += c;
    } else if (c == ' ' && coding.plus) {
      out += '+';
    } else {
      out += '%';
      append_hex(out, static_cast<unsigned char>(c));
    }
  }
}

void append_json(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      append_hex(out, byte);
    } else {
      out += c;
    }
  }
}

constexpr std::array<std::pair<std::string_view, char>, 7> kEntities = {
    {{"&amp;", '&'}, {"&quot;", '"'}, {"&#39;", '\''}, {"&#x27;", '\''}, {"&lt;", '<'}, {"&gt;", '>'}, {"&#34;", '"'}}};

void append_html(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto* const entity =
        std::find_if(kEntities.begin(), kEntities.end(), [&](const auto& e) { return e.second == c; });
    if (entity == kEntities.end()) {
      out += c;
    } else {
      out += entity->first;
    }
  }
}

bool is_integer(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return false;
  return std::all_of(text.begin(), text.end(), is_digit);
}

// Reads the four digits of \uXXXX; -1 when they are none.
int code_unit(std::string_view raw, std::size_t at) {
  if (at + 4 > raw.size()) return -1;
  int unit = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    const int digit = hex_value(raw[i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

void append_utf8(std::string& out, unsigned code) {
  const auto put = [&](unsigned byte) { out += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) return put(0xC0 | code >> 6), put(0x80 | (code & 63));
  if (code < 0x10000) return put(0xE0 | code >> 12), put(0x80 | (code >> 6 & 63)), put(0x80 | (code & 63));
  put(0xF0 | code >> 18), put(0x80 | (code >> 12 & 63)), put(0x80 | (code >> 6 & 63)), put(0x80 | (code & 63));
}

// `at` is after "\u"; moved after what was read.
bool append_escaped_unit(std::string& out, std::string_view raw, std::size_t& at) {
  const int unit = code_unit(raw, at);
  if (unit < 0) return false;
  at += 4;
  auto code = static_cast<unsigned>(unit);
  if (code >= 0xD800 && code < 0xDC00 && raw.substr(at, 2) == "\\u") {
    const int low = code_unit(raw, at + 2);
    if (low >= 0xDC00 && low < 0xE000) {
      code = 0x10000 + ((code - 0xD800) << 10) + (static_cast<unsigned>(low) - 0xDC00);
      at += 6;
    }
  }
  append_utf8(out, code);
  return true;
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
  if (looks_generated(seen)) return Strength::kStrong;
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

std::string percent_decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape =
        text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0;
    if (escape) {
      out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' && plus_is_space ? ' ' : text[i];
    }
  }
  return out;
}

std::string html_decoded(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto* const entity =
        std::find_if(kEntities.begin(), kEntities.end(), [&](const auto& e) { return text.starts_with(e.first); });
    out += entity == kEntities.end() ? text[0] : entity->second;
    text.remove_prefix(entity == kEntities.end() ? 1 : entity->first.size());
  }
  return out;
}

void append_encoded(std::string& out, std::string_view text, const Coding& coding) {
  std::string percent;
  if (coding.percent) {
    append_percent(percent, text, coding);
    text = percent;
  }
  if (coding.bare) {
    if (is_integer(text)) {
      out += text;
      return;
    }
    out += '"';
    append_json(out, text);
    out += '"';
  } else if (coding.json) {
    append_json(out, text);
  } else if (coding.html) {
    append_html(out, text);
  } else {
    out += text;
  }
}

bool json_decoded(std::string_view raw, std::string& out) {
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  out.clear();
  for (std::size_t i = 0; i < raw.size();) {
    if (raw[i] != '\\') {
      out += raw[i++];
      continue;
    }
    if (i + 1 >= raw.size()) return false;
    const char name = raw[i + 1];
    i += 2;
    if (name == 'u') {
      if (!append_escaped_unit(out, raw, i)) return false;
      continue;
    }
    const std::size_t known = kNames.find(name);
    if (known == std::string_view::npos) return false;
    out += kMeanings[known];
  }
  return true;
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
