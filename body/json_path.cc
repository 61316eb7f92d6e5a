#include "body/json_path.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace tracerec::body {
namespace {

// Names longer than this are cut in paths: they are data rather than names, and paths are kept in memory.
constexpr std::size_t kMaxNameBytes = 128;

// member-name-shorthand of RFC 9535 §2.5.1.1; bytes above ASCII are name characters there.
bool is_shorthand(std::string_view name) {
  const auto first = [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
  };
  const auto other = [&](unsigned char c) { return first(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && first(static_cast<unsigned char>(name.front())) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return other(static_cast<unsigned char>(c)); });
}

// The normalized form of a name (RFC 9535 §2.7).
std::string quote(std::string_view name) {
  std::string quoted = "['";
  for (const char c : name) {
    if (c == '\'' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      quoted += escape.data();
    } else {
      quoted += c;
    }
  }
  return quoted + "']";
}

std::string cut_name(std::string_view name) {
  std::size_t end = kMaxNameBytes;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U) --end;
  return std::string(name.substr(0, end)) + "…(" + std::to_string(name.size()) + " bytes)";
}

void append_member(std::string& text, std::string_view name) {
  if (is_shorthand(name)) {
    text += '.';
    text += name;
  } else {
    text += quote(name);
  }
}

}  // namespace

void JsonPath::return_to(const Mark& mark) {
  location_.resize(mark.location_bytes);
  path_.resize(mark.path_bytes);
}

void JsonPath::enter_member(std::string_view name) {
  const std::string cut = name.size() > kMaxNameBytes ? cut_name(name) : std::string{};
  const std::string_view shown = cut.empty() ? name : std::string_view(cut);
  append_member(location_, shown);
  append_member(path_, shown);
}

void JsonPath::enter_element(std::size_t index) {
  location_ += "[*]";
  path_ += '[';
  path_ += std::to_string(index);
  path_ += ']';
}

}  // namespace tracerec::body
