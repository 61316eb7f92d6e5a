// Tells the parts of a chunked body (RFC 9112 §7.1) apart while it passes by. Nothing is copied but size lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tracerec::http {

// One body. Sizes may have blanks and tabs around them and lines may end at a bare LF, as curl, Go and nginx take them.
// A size line and all trailers together are 16 KiB at most: servers stop at 4 KiB (Go, a line) to 16 KiB (Node,
// trailers). One thread at a time. Any split of the input gives the same parts.
class ChunkWalker {
 public:
  enum class Part {
    kFraming,   // size lines and the line ends after data
    kData,      // the payload
    kTrailers,  // what follows the last size line, up to the empty line that ends the body, which is included
    kError      // no chunked body, or it has ended; `bytes` is 0
  };
  struct Piece {
    Part part = Part::kError;
    std::size_t bytes = 0;
  };

  // What the first bytes of `bytes`, which is not empty, are.
  [[nodiscard]] Piece next(std::string_view bytes);

  [[nodiscard]] bool in_trailers() const { return state_ == State::kTrailers || at_end(); }
  [[nodiscard]] bool at_end() const { return state_ == State::kEnd; }

 private:
  enum class State { kSizeLine, kData, kLineEnd, kTrailers, kEnd, kError };
  Piece next_size_line(std::string_view bytes);
  Piece next_line_end(std::string_view bytes);
  Piece next_trailers(std::string_view bytes);
  Piece fail();

  State state_ = State::kSizeLine;
  std::string line_;             // of a size, as far as it has come; of a trailer its first two characters
  std::uint64_t remaining_ = 0;  // of the chunk
  std::size_t trailers_ = 0;     // bytes of them so far
};

}  // namespace tracerec::http
