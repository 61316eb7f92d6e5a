// Whether a stored head and a stored body are one request: what is sent as one must be read as one.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "http/chunk_walker.h"

namespace tracerec::http {

// How a request says where its body ends.
enum class BodyFraming : std::uint8_t { kLength, kChunked };

// Reads `head` as the recorder does (http/parser.h), which takes what servers in the field take. `body_bytes`: length
// of the body on the wire. Error: no request line; no empty line, or bytes after it; a body of another length than
// Content-Length, or one that nothing announces. The text follows "its request ". The chunks of kChunked are not looked
// at. Any thread.
[[nodiscard]] Result<BodyFraming> check_request(std::string_view head, std::uint64_t body_bytes);

// Whether a body that comes in pieces consists of chunks and ends with the last one (RFC 9112 §7.1). One thread.
class ChunkedBody {
 public:
  // False: it is none, or there is more after its end.
  [[nodiscard]] bool add(std::string_view piece);
  [[nodiscard]] bool at_end() const { return walker_.at_end(); }

 private:
  ChunkWalker walker_;
};

}  // namespace tracerec::http
