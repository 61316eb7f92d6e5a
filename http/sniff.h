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

// Nothing but the heads of interim responses (RFC 9110 §15.2), the last of which may not be whole. 101 is none of them:
// it ends its request.
[[nodiscard]] bool is_interim_response(std::string_view bytes);

// A TLS handshake record of a ClientHello (RFC 8446 §5.1).
[[nodiscard]] bool starts_with_tls_hello(std::string_view bytes);

// The header of any TLS record (RFC 8446 §5.1): type, version 3.x, a length that is allowed.
[[nodiscard]] bool starts_with_tls_record(std::string_view bytes);

// The connection preface of an HTTP/2 client (RFC 9113 §3.4).
[[nodiscard]] bool starts_with_http2_preface(std::string_view bytes);

// A SETTINGS frame on stream 0 (§6.5), which is what a server begins with, perhaps before it has read anything.
[[nodiscard]] bool starts_with_http2_settings(std::string_view bytes);

}  // namespace tracerec::http
