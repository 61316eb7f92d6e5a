#include "body/json_path.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/hex.h"
#include "base/utf8.h"

namespace tracerec::body {
namespace {

// Names longer than this are cut in paths: they are data rather than names, and paths are kept in memory.
constexpr std::size_t kMaxNameBytes = 128;

// member-name-shorthand of RFC 9535 §2.5.1.1; bytes above ASCII are name characters there.
bool is_shorthand(std::string_view name) {
  const auto first = [](char c) { return is_letter(c) || c == '_' || !is_ascii(c); };
  const auto other = [&](char c) { return first(c) || is_digit(c); };
  return !name.empty() && first(name.front()) && std::all_of(name.begin(), name.end(), other);
}

// The normalized form of a name (RFC 9535 §2.7).
std::string quote(std::string_view name) {
  std::string quoted = "['";
  for (const char c : name) {
    if (c == '\'' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      quoted += "\\u";
      append_hex(quoted, 4, static_cast<unsigned char>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + "']";
}

std::string cut_name(std::string_view name) {
  return std::string(utf8_prefix(name, kMaxNameBytes)) + "…(" + std::to_string(name.size()) + " bytes)";
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

void JsonPath::enter_json() {
  location_ += ".json()";
  path_ += ".json()";
}

}  // namespace tracerec::body
