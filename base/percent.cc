#include "base/percent.h"

#include "base/ascii.h"
#include "base/hex.h"

namespace tracerec {
namespace {

bool is_unreserved(char c) {
  return is_letter_or_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

}  // namespace

int percent_escape(std::string_view text, std::size_t at) {
  return at < text.size() && text[at] == '%' ? read_hex(text, at + 1, 2) : -1;
}

std::string decode_percent(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int escaped = percent_escape(text, i);
    if (escaped >= 0) {
      out += static_cast<char>(escaped);
      i += 2;
    } else {
      out += text[i] == '+' && plus == Plus::kIsSpace ? ' ' : text[i];
    }
  }
  return out;
}

void append_percent_encoded(std::string& out, std::string_view text, Plus plus, std::string_view allowed) {
  for (const char c : text) {
    if (is_unreserved(c) || allowed.find(c) != std::string_view::npos) {
      out += c;
    } else if (c == ' ' && plus == Plus::kIsSpace) {
      out += '+';
    } else {
      out += '%';
      append_hex(out, 2, static_cast<unsigned char>(c), HexCase::kUpper);
    }
  }
}

}  // namespace tracerec
