// What the value of a header means, apart from how it is written.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tracerec::diff {

// The parts between separators, trimmed, empty ones left out. A separator inside a quoted string (RFC 9110 §5.6.4) is
// part of its value. Views into `text`.
[[nodiscard]] std::vector<std::string_view> split_outside_quotes(std::string_view text, char separator);

// Media type and parameters in one spelling and order (RFC 9110 §8.3.1). The boundary of a multipart body is left out:
// it is made anew for each response.
[[nodiscard]] std::string normal_content_type(std::string_view value);

// The members of a list whose order has no meaning (Cache-Control, Vary, Allow), sorted, each once. Names of directives
// are in lower case; with `any_case`, members as a whole.
[[nodiscard]] std::string normal_list(std::string_view value, bool any_case);

// A date as RFC 9110 §5.6.7 wants it to be sent, of a day and an hour that exist.
[[nodiscard]] bool is_http_date(std::string_view text);

// How the form of a value changed that is another one in each response, for people; nothing when it did not. Of an
// entity tag: whether it is weak, and quoted as RFC 9110 §8.8.3 has it. Of a date: whether it is one ("0" and "-1" are
// none, and may take each other's place).
[[nodiscard]] std::optional<std::string> etag_change(std::string_view recorded, std::string_view replayed);
[[nodiscard]] std::optional<std::string> date_change(std::string_view recorded, std::string_view replayed);

}  // namespace tracerec::diff
