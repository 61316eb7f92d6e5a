// As much of POSIX.1-2017 (Shell Command Language §2.2, §2.3, §2.6; printf) as the commands that tracerec prints use.
// Whatever else would mean something to a shell ends the process.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fuzz.h"

namespace tracerec::fuzz {

using Words = std::vector<std::string>;

// What printf writes for a format without conversions.
inline std::string unformatted(std::string_view format) {
  std::string out;
  FUZZ_CHECK(!format.starts_with('-'));  // an option, to some
  while (!format.empty()) {
    const char c = format[0];
    format.remove_prefix(1);
    if (c != '\\' && c != '%') {
      out += c;
      continue;
    }
    FUZZ_CHECK(!format.empty());
    const std::size_t escape = std::string_view("nrt\\").find(format[0]);
    if (c == '%') {
      FUZZ_CHECK(format[0] == '%');
      out += '%';
      format.remove_prefix(1);
    } else if (escape != std::string_view::npos) {
      out += "\n\r\t\\"[escape];
      format.remove_prefix(1);
    } else {
      FUZZ_CHECK(format.size() >= 3);
      int value = 0;
      for (const char digit : format.substr(0, 3)) {
        FUZZ_CHECK(digit >= '0' && digit <= '7');
        value = value * 8 + (digit - '0');
      }
      FUZZ_CHECK(value < 256);
      out += static_cast<char>(value);
      format.remove_prefix(3);
    }
  }
  return out;
}

class ShellReader {
 public:
  explicit ShellReader(std::string_view text) : rest_(text) {}

  std::vector<Words> read() {
    std::vector<Words> commands(1);
    for (; !rest_.empty(); skip_blanks()) {
      if (rest_[0] == '|') {
        rest_.remove_prefix(1);
        commands.emplace_back();
      } else {
        commands.back().push_back(word());
      }
    }
    return commands;
  }

 private:
  void skip_blanks() {
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
  }

  std::string_view take_to(std::string_view end) {
    const std::size_t at = rest_.find(end);
    FUZZ_CHECK(at != std::string_view::npos);
    const std::string_view taken = rest_.substr(0, at);
    rest_.remove_prefix(at + end.size());
    return taken;
  }

  std::string word() {
    std::string out;
    while (!rest_.empty() && rest_[0] != ' ' && rest_[0] != '|') {
      const char c = rest_[0];
      rest_.remove_prefix(1);
      if (c == '\'') {
        out += take_to("'");
      } else if (c == '"') {
        out += substituted();
      } else if (c == '\\') {
        FUZZ_CHECK(rest_.starts_with('\''));
        out += '\'';
        rest_.remove_prefix(1);
      } else {
        FUZZ_CHECK(is_plain(c));
        out += c;
      }
    }
    return out;
  }

  // "$(printf '…')": line ends at its end are lost.
  std::string substituted() {
    constexpr std::string_view kBegin = "$(printf '";
    FUZZ_CHECK(rest_.starts_with(kBegin));
    rest_.remove_prefix(kBegin.size());
    std::string out = unformatted(take_to("'"));
    FUZZ_CHECK(rest_.starts_with(")\""));
    rest_.remove_prefix(2);
    while (out.ends_with('\n')) out.pop_back();
    return out;
  }

  static bool is_plain(char c) {
    const bool letter_or_digit = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    return letter_or_digit || std::string_view("-._/:@").find(c) != std::string_view::npos;
  }

  std::string_view rest_;
};

// The commands of a pipeline, as words.
inline std::vector<Words> read_commands(std::string_view text) {
  return ShellReader(text).read();
}

}  // namespace tracerec::fuzz
