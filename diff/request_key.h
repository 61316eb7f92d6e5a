// Which requests are equal, for finding duplicates inside a recording.
#pragma once

#include <string>
#include <string_view>

#include "http/message.h"

namespace tracerec::diff {

// 64 hexadecimal digits, the same for requests that ought to get the same answer: method, target, body, and the headers
// that choose an answer or say who asks (Accept…, Authorization, Cookie, Content-Type, Range, Host and the If- ones).
// The body counts by its content where it can be decoded, so that framing plays no part. Pure.
[[nodiscard]] std::string request_key(std::string_view method, std::string_view target, const http::HeaderList& headers,
                                      std::string_view wire_body);

}  // namespace tracerec::diff
