// Heads that a strict parser refuses although the field lives with them, brought into strict form.
#pragma once

#include <string>
#include <string_view>

namespace tracerec::http {

// A copy of `head` (start line to empty line) with
//  - bare LF line ends as CRLF, and empty lines before a request line dropped (RFC 9112 §2.2),
//  - a space after the status code when the reason and its space are missing (§4),
//  - Content-Length dropped beside Transfer-Encoding (§6.3: the latter wins), and equal repetitions of it dropped,
//  - white space between a field name and its colon dropped (§5.1),
//  - identity dropped from Transfer-Encoding, where it means nothing,
//  - a colon after a line that has none, and '_' for what no field name may have (§5),
//  - control bytes in values, which RFC 9110 §5.5 forbids, as \x01, so that other bytes are another value.
// Only for reading: what is stored and sent is the original.
[[nodiscard]] std::string normalize_head(std::string_view head, bool is_request);

// A field value as a head in strict form has it: its control bytes as \x01.
[[nodiscard]] std::string without_control_bytes(std::string_view value);

// A field name as it was written, without white space around it, is `name` once its head was brought into strict form.
[[nodiscard]] bool is_read_as(std::string_view written, std::string_view name);

// "chunked, identity" → "chunked": identity in Transfer-Encoding changes nothing (RFC 2616 §3.6), and servers go on as
// if it was not there.
[[nodiscard]] std::string without_identity(std::string_view codings);

}  // namespace tracerec::http
