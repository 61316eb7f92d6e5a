// From the parts of a message, as other tools write them down, to the bytes of HTTP/1. What such a file does not have,
// the framing of bodies, is made here: one chunk where the fields say chunked, else the length.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "convert/draft.h"
#include "http/message.h"

namespace tracerec::convert {

// A body without chunk framing, with its content codings. Nothing: the file does not have it.
using Payload = std::optional<std::string>;

// Puts the request into `draft.row`: head, body, method and target. A body that no field announces gets a
// Content-Length. `length` is what is known of one that is not there. Error: something that no message of HTTP/1 can
// say, or two lengths that contradict each other.
[[nodiscard]] Result<void> set_request(Draft& draft, const http::RequestHead& head, Payload payload,
                                       std::uint64_t length = 0);

// Likewise the response, with its status.
[[nodiscard]] Result<void> set_response(Draft& draft, const http::ResponseHead& head, Payload payload,
                                        std::uint64_t length = 0);

// Whether a response to such a request has a body (RFC 9112 §6.3).
[[nodiscard]] bool may_have_body(std::string_view method, int status);

// The value of the first Content-Length, if it is a number.
[[nodiscard]] std::optional<std::uint64_t> content_length(const http::HeaderList& headers);

}  // namespace tracerec::convert
