#include "cli/whole_number.h"

#include <charconv>
#include <string>
#include <utility>

#include "base/text.h"

// Tests: tests/e2e/bad_input_test.cc.

namespace tracerec::cli {

CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) {
  const auto check = [least, most](std::string& text) -> std::string {
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [parsed_to, error] = std::from_chars(text.data(), end, value);
    if (error == std::errc{} && parsed_to == end && value >= least && value <= most) {
      text = std::to_string(value);  // "010" is octal for the parser
      return {};
    }
    return printable(text, 40) + " is not a whole number from " + format_count(least) + " to " + format_count(most);
  };
  return CLI::Validator(check, std::string{});
}

CLI::Validator row_id() {
  return whole_number(0, INT64_MAX);
}

}  // namespace tracerec::cli
