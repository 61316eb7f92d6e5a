// Tells the parts of a chunked body (RFC 9112 §7.1) apart while it passes by. Nothing is copied but size lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tracerec::http {

// One body. One thread at a time. Any split of the input gives the same parts.
class ChunkWalker {
 public:
  enum class Part {
    kFraming,   // size lines and the line ends after data
    kData,      // the payload
    kTrailers,  // all that follows the last size line, the closing empty line included
    kError      // no chunked body; `bytes` is 0
  };
  struct Piece {
    Part part = Part::kError;
    std::size_t bytes = 0;
  };

  // What the first bytes of `bytes`, which is not empty, are.
  [[nodiscard]] Piece next(std::string_view bytes);

  [[nodiscard]] bool in_trailers() const { return state_ == State::kTrailers; }

 private:
  enum class State { kSizeLine, kData, kLineEnd, kTrailers, kError };
  Piece next_size_line(std::string_view bytes);
  Piece next_line_end(std::string_view bytes);
  Piece fail();

  State state_ = State::kSizeLine;
  std::string line_;  // of a size, as far as it has come
  std::uint64_t remaining_ = 0;
};

}  // namespace tracerec::http
