// What the first bytes of something say about the rest.
#pragma once

#include <string_view>

namespace tracerec::http {

// A whole request line of HTTP/1.x with a known method stands at the start: method, target, version and line end.
// Strict on purpose: it decides whether a stream that was joined in the middle is at a message boundary.
[[nodiscard]] bool starts_with_request_line(std::string_view bytes);

// What is there may be the start of such a line: a known method, or a part of one, and no line end yet.
[[nodiscard]] bool may_start_request_line(std::string_view bytes);

// "HTTP/1.x NNN" stands at the start.
[[nodiscard]] bool starts_with_status_line(std::string_view bytes);

// A TLS handshake record of a ClientHello (RFC 8446 §5.1).
[[nodiscard]] bool starts_with_tls_hello(std::string_view bytes);

}  // namespace tracerec::http
