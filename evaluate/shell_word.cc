#include "evaluate/shell_word.h"

#include <array>

#include "base/text.h"
#include "base/utf8.h"

// How this works. A text is cut into pieces of one code point, or of one byte where there is none. A piece is shown as
// it is when printable() would. An octal escape has three digits always, so that a digit after it is one of its own.
// Tests: tests/evaluate/curl_shell_test.cc.

namespace tracerec::evaluate {
namespace {

// The letters that switch the direction of text, and those without a width: what is shown would not be what is run.
constexpr bool deceives(char32_t point) {
  return (point >= 0x200B && point <= 0x200F) || (point >= 0x202A && point <= 0x202E) ||
         (point >= 0x2060 && point <= 0x206F) || point == 0xFEFF || point == 0x2028 || point == 0x2029;
}

struct Piece {
  std::string_view bytes;
  bool shown = false;  // as it is
};

Piece take_piece(std::string_view& rest) {
  const std::size_t length = utf8_length(rest);
  Piece piece{rest.substr(0, length == 0 ? 1 : length), false};
  rest.remove_prefix(piece.bytes.size());
  if (length == 1) piece.shown = piece.bytes[0] >= ' ' && piece.bytes[0] != '\x7f';
  if (length > 1) {
    piece.shown = !deceives(read_code_point(piece.bytes, length)) && printable(piece.bytes) == piece.bytes;
  }
  return piece;
}

void append_octal(std::string& out, std::string_view bytes) {
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    const std::array<char, 4> digits = {'\\', static_cast<char>('0' + (byte >> 6)),
                                        static_cast<char>('0' + (byte >> 3 & 7)), static_cast<char>('0' + (byte & 7))};
    out.append(digits.data(), digits.size());
  }
}

// The escapes of printf's format that POSIX names; empty: there is none.
std::string_view short_escape(char c) {
  switch (c) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    case '\\':
      return "\\\\";
    case '%':
      return "%%";
    default:
      return {};
  }
}

// A format of printf without its quotes.
class Format {
 public:
  void add(const Piece& piece) {
    const char c = piece.bytes[0];
    const std::string_view escape = short_escape(c);
    const bool is_option = c == '-' && text_.empty();
    if (escape.empty() && (!piece.shown || c == '\'' || is_option)) return append_octal(text_, piece.bytes);
    text_ += escape.empty() ? piece.bytes : escape;
  }

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// What cannot be shown, up to the next piece that can. The shell takes line ends off the end of what a command writes:
// one there takes the next piece along.
std::string take_hidden(std::string_view& rest) {
  Format format;
  bool ends_line = false;
  while (!rest.empty()) {
    std::string_view after = rest;
    const Piece piece = take_piece(after);
    if (piece.shown && !ends_line) break;
    rest = after;
    format.add(piece);
    ends_line = piece.bytes[0] == '\n';
  }
  return "\"$(printf '" + format.text() + "')\"";
}

// What can be shown, in quotes.
std::string take_shown(std::string_view& rest) {
  std::string quoted = "'";
  while (!rest.empty()) {
    std::string_view after = rest;
    const Piece piece = take_piece(after);
    if (!piece.shown) break;
    rest = after;
    if (piece.bytes[0] == '\'') {
      quoted += "'\\''";
    } else {
      quoted += piece.bytes;
    }
  }
  return quoted + "'";
}

}  // namespace

bool is_plain_word(std::string_view text) {
  while (!text.empty()) {
    if (!take_piece(text).shown) return false;
  }
  return true;
}

std::string shell_quote(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) {  // first of all: it may hide a line end at the end
    std::string rest(text);
    std::erase(rest, '\0');
    return shell_quote(rest);
  }
  // Line ends at the very end would be lost from printf's output: they stand inside quotes of their own.
  const std::size_t last = text.find_last_not_of('\n');
  const std::string_view ends = text.substr(last == std::string_view::npos ? 0 : last + 1);
  std::string_view rest = text.substr(0, text.size() - ends.size());
  std::string word;
  while (!rest.empty()) {
    std::string_view after = rest;
    word += take_piece(after).shown ? take_shown(rest) : take_hidden(rest);
  }
  if (!ends.empty()) word.append("'").append(ends).append("'");
  return word.empty() ? "''" : word;
}

std::string printf_command(std::string_view bytes) {
  Format format;
  while (!bytes.empty()) format.add(take_piece(bytes));
  return "printf '" + format.text() + "'";
}

}  // namespace tracerec::evaluate
