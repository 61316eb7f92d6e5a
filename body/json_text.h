// How JSON writes strings (RFC 8259 §7). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tracerec::body {

// An escape: how much of the text it is, and the code point it stands for. `length` is 0 when it is not a valid one.
struct JsonEscape {
  std::size_t length = 0;
  char32_t point = 0;
};

// The escape whose backslash stands at `at`. Two halves of a surrogate pair are one escape of twelve bytes; half a pair
// stands for itself.
[[nodiscard]] JsonEscape json_escape(std::string_view text, std::size_t at);

// Appends what `inside`, the text between the quotes, means. Lone surrogates are kept as three bytes each. False when
// it has an escape that is not valid; what stands before that was appended.
bool append_json_unescaped(std::string& out, std::string_view inside);

// Appends what is to stand between the quotes for `text`: quotes, backslashes and what is below U+0020 are escaped,
// everything else is left as it is.
void append_json_escaped(std::string& out, std::string_view text);

// Appends `text` as a JSON string, quotes included, that shows in any viewer: DEL is escaped too, and when `text` is
// not UTF-8, each byte beyond ASCII becomes U+FFFD.
void append_json_string(std::string& json, std::string_view text);

}  // namespace tracerec::body
