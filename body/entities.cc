#include "body/entities.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "base/hex.h"
#include "base/utf8.h"

namespace tracerec::body {
namespace {

struct NamedEntity {
  std::string_view name;
  char32_t first;
  char32_t second = 0;
  bool bare = false;  // may go without its semicolon
};

constexpr NamedEntity kNames[] = {
#include "body/html_entities.inc"
};
constexpr std::size_t kLongestEntity = 31;   // CounterClockwiseContourIntegral
constexpr std::size_t kLongestBareName = 6;  // Aacute
constexpr char32_t kBeyondUnicode = 0x110000;

// What HTML makes of the numbers of C1 controls (WHATWG HTML §13.2.5.80): the characters of Windows-1252. 0 stays.
constexpr std::array<std::uint16_t, 32> kOfC1 = {0x20AC, 0,      0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021,
                                                 0x2C6,  0x2030, 0x160,  0x2039, 0x152,  0,      0x17D,  0,
                                                 0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                 0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0,      0x17E,  0x178};

const NamedEntity* find_name(std::string_view name) {
  const auto* const at =
      std::lower_bound(std::begin(kNames), std::end(kNames), name,
                       [](const NamedEntity& one, std::string_view other) { return one.name < other; });
  return at != std::end(kNames) && at->name == name ? at : nullptr;
}

// XML 1.0 §2.2, Char.
bool is_xml_character(char32_t point) {
  if (point < 0x20) return point == '\t' || point == '\n' || point == '\r';
  return point < 0xD800 || (point > 0xDFFF && point != 0xFFFE && point != 0xFFFF && point < kBeyondUnicode);
}

// Nothing when the number stands for no character and so stays as it is.
std::optional<char32_t> character_of(char32_t number, EntityRules rules) {
  if (rules == EntityRules::kXml) return is_xml_character(number) ? std::optional(number) : std::nullopt;
  if (number >= 0x80 && number < 0xA0 && kOfC1[number - 0x80] != 0) return kOfC1[number - 0x80];
  const bool none = number == 0 || number >= kBeyondUnicode || is_high_surrogate(number) || is_low_surrogate(number);
  return none ? kReplacementCharacter : number;
}

// "&#…" at `at`.
Entity read_number(std::string_view text, std::size_t at, EntityRules rules) {
  std::size_t end = at + 2;
  const bool hex = end < text.size() && (text[end] == 'x' || (text[end] == 'X' && rules != EntityRules::kXml));
  if (hex) ++end;
  const std::size_t begin = end;
  char32_t number = 0;
  for (; end < text.size() && (hex ? hex_value(text[end]) >= 0 : is_digit(text[end])); ++end) {
    number = std::min<char32_t>(number * (hex ? 16 : 10) + static_cast<char32_t>(hex_value(text[end])), kBeyondUnicode);
  }
  if (end == begin) return {};
  const bool closed = end < text.size() && text[end] == ';';
  if (!closed && rules == EntityRules::kXml) return {};
  const auto character = character_of(number, rules);
  if (!character) return {};
  return {end + (closed ? 1 : 0) - at, *character, 0};
}

// The longest name of those that need no semicolon.
Entity read_bare_name(std::string_view text, std::size_t at, std::string_view name, EntityRules rules) {
  for (std::size_t length = std::min(name.size(), kLongestBareName); length > 1; --length) {
    const NamedEntity* known = find_name(name.substr(0, length));
    if (known == nullptr || !known->bare) continue;
    const std::size_t next = at + 1 + length;
    const bool goes_on = next < text.size() && (text[next] == '=' || is_letter_or_digit(text[next]));
    if (goes_on && rules == EntityRules::kHtmlAttribute) return {};
    return {1 + length, known->first, known->second};
  }
  return {};
}

}  // namespace

Entity read_entity(std::string_view text, std::size_t at, EntityRules rules) {
  const std::string_view rest = text.substr(at + 1);
  if (rest.starts_with('#')) return read_number(text, at, rules);
  std::size_t length = 0;
  while (length < rest.size() && length <= kLongestEntity && is_letter_or_digit(rest[length])) ++length;
  const std::string_view name = rest.substr(0, length);
  const bool closed = length < rest.size() && rest[length] == ';';
  const NamedEntity* known = closed ? find_name(name) : nullptr;
  if (known != nullptr) return {length + 2, known->first, known->second};
  return rules == EntityRules::kXml ? Entity{} : read_bare_name(text, at, name, rules);
}

void append_without_entities(std::string& out, std::string_view text, EntityRules rules) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t ampersand = std::min(text.find('&', at), text.size());
    out += text.substr(at, ampersand - at);
    if (ampersand == text.size()) break;
    const Entity entity = read_entity(text, ampersand, rules);
    if (entity.length == 0) {
      out += '&';
    } else {
      append_code_point(out, entity.first);
      if (entity.second != 0) append_code_point(out, entity.second);
    }
    at = ampersand + std::max<std::size_t>(entity.length, 1);
  }
}

void append_with_entities(std::string& out, std::string_view text) {
  constexpr std::array<std::pair<char, std::string_view>, 5> kMarkup = {
      {{'&', "&amp;"}, {'"', "&quot;"}, {'\'', "&#39;"}, {'<', "&lt;"}, {'>', "&gt;"}}};
  for (const char c : text) {
    const auto* const entity =
        std::find_if(kMarkup.begin(), kMarkup.end(), [&](const auto& e) { return e.first == c; });
    if (entity == kMarkup.end()) {
      out += c;
    } else {
      out += entity->second;
    }
  }
}

}  // namespace tracerec::body
