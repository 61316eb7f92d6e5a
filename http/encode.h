// The way back from a content to what is sent: content codings and chunk framing. Counterpart of http/decode.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "http/message.h"

namespace tracerec::http {

// `content` with each Content-Encoding of `headers` applied, from first to last: decode_body() of the result is
// `content` again. Fast rather than small; deflate is written in the zlib format that RFC 9110 §8.4.1.2 asks for.
// Error: an unknown coding.
[[nodiscard]] Result<std::string> encode_content(const HeaderList& headers, std::string_view content);

// `payload` as one chunk, without a last one (RFC 9112 §7.1); nothing when it is empty.
[[nodiscard]] std::string one_chunk(std::string_view payload);

// `head` with the value of every Content-Length replaced.
[[nodiscard]] std::string with_content_length(std::string_view head, std::uint64_t bytes);

}  // namespace tracerec::http
