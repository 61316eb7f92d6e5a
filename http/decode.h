// From a body as it was on the wire to the content that it means: first the transfer coding (chunked), then the
// content codings (gzip, deflate, br, zstd). Both are kept as received in the trace; this is the derived view.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "http/message.h"

namespace tracerec::http {

// A tiny compressed body can grow without end; decoding stops here with an error. Far above any real API response.
constexpr std::size_t kDefaultDecodeLimitBytes = std::size_t{64} << 20;

// The payload of a wire body: chunk framing and trailers removed when `headers` say Transfer-Encoding: chunked
// (RFC 9112 §7.1), otherwise a copy. Error: framing that does not parse, or a body cut inside it.
[[nodiscard]] Result<std::string> decode_transfer(const HeaderList& headers, std::string_view wire_body,
                                                  std::size_t limit_bytes = kDefaultDecodeLimitBytes);

// The content of the beginning of a body whose end did not come: what is there of it, without chunk framing. Error: as
// of decode_body, but for a body that is cut; and a coding, which cannot be undone without the end.
[[nodiscard]] Result<std::string> decode_beginning(const HeaderList& headers, std::string_view wire_body,
                                                   std::size_t limit_bytes = kDefaultDecodeLimitBytes);

// decode_transfer, then each Content-Encoding from last to first (RFC 9110 §8.4). `identity` is a no-op; so is the name
// of a charset ("UTF-8"), and any other name that is not a registered coding when the body is text. Error: a coding
// that is not known, corrupt or cut data, or more than `limit_bytes` of output.
[[nodiscard]] Result<std::string> decode_body(const HeaderList& headers, std::string_view wire_body,
                                              std::size_t limit_bytes = kDefaultDecodeLimitBytes);

// The fields after the last chunk, in wire order; none when the body is not chunked. A line that is not a field is one
// with that name and no value, so that nothing is dropped. Error: as of decode_transfer.
[[nodiscard]] Result<HeaderList> decode_trailers(const HeaderList& headers, std::string_view wire_body);

// The codings of Content-Encoding in the order in which they were applied, in lower case.
[[nodiscard]] std::vector<std::string> content_codings(const HeaderList& headers);

}  // namespace tracerec::http
