// Percent encoding (RFC 3986 §2.1) and the form variant in which a space is '+' (WHATWG URL §5,
// application/x-www-form-urlencoded). Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tracerec {

// What '+' stands for.
enum class Plus {
  kIsPlus,   // paths, cookies
  kIsSpace,  // queries and forms
};

// The byte that "%XX" at `at` stands for, 0 to 255; -1 when no such escape stands there.
[[nodiscard]] int percent_escape(std::string_view text, std::size_t at);

// What `text` means. A '%' that begins no escape stays as it is, and the bytes need not be UTF-8.
[[nodiscard]] std::string decode_percent(std::string_view text, Plus plus);

// Appends `text` with everything escaped but letters, digits, "-._~" (RFC 3986 §2.3) and the characters of `allowed`;
// upper-case digits, as §2.1 asks for. With Plus::kIsSpace a space becomes '+'.
void append_percent_encoded(std::string& out, std::string_view text, Plus plus, std::string_view allowed = {});

}  // namespace tracerec
