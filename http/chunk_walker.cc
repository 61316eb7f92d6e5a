#include "http/chunk_walker.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace tracerec::http {
namespace {

constexpr std::size_t kLineLimitBytes = 16 << 10;

// chunk-size [chunk-ext]
bool read_size(std::string_view line, std::uint64_t& size) {
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  const std::string_view digits = trim(line.substr(0, line.find(';')));
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
  return !digits.empty() && digits.front() != '-' && failed == std::errc{} && end == digits.data() + digits.size();
}

// A quoted extension may hold a bare LF; such a line ends at CRLF.
bool is_whole(std::string_view line) {
  return line.find('"') == std::string_view::npos || line.ends_with("\r\n");
}

}  // namespace

ChunkWalker::Piece ChunkWalker::next(std::string_view bytes) {
  switch (state_) {
    case State::kSizeLine:
      return next_size_line(bytes);
    case State::kData: {
      const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), remaining_));
      remaining_ -= taken;
      if (remaining_ == 0) state_ = State::kLineEnd;
      return {Part::kData, taken};
    }
    case State::kLineEnd:
      return next_line_end(bytes);
    case State::kTrailers:
      return next_trailers(bytes);
    case State::kEnd:
    case State::kError:
      break;
  }
  return fail();
}

ChunkWalker::Piece ChunkWalker::next_size_line(std::string_view bytes) {
  const std::size_t end = bytes.find('\n');
  const std::size_t taken = end == std::string_view::npos ? bytes.size() : end + 1;
  if (line_.size() + taken > kLineLimitBytes + 2) return fail();
  line_.append(bytes.substr(0, taken));
  if (end == std::string_view::npos || !is_whole(line_)) return {Part::kFraming, taken};
  if (!read_size(line_, remaining_)) return fail();
  state_ = remaining_ == 0 ? State::kTrailers : State::kData;
  line_.clear();
  return {Part::kFraming, taken};
}

ChunkWalker::Piece ChunkWalker::next_line_end(std::string_view bytes) {
  if (bytes.front() == '\r' && line_.empty()) {
    line_ = "\r";
    return {Part::kFraming, 1};
  }
  if (bytes.front() != '\n') return fail();
  line_.clear();
  state_ = State::kSizeLine;
  return {Part::kFraming, 1};
}

ChunkWalker::Piece ChunkWalker::next_trailers(std::string_view bytes) {
  const std::string_view allowed = bytes.substr(0, kLineLimitBytes - trailers_);
  for (std::size_t at = 0; at < allowed.size(); ++at) {
    if (allowed[at] != '\n') {
      if (line_.size() < 2) line_ += allowed[at];
      continue;
    }
    if (line_.empty() || line_ == "\r") {
      state_ = State::kEnd;
      return {Part::kTrailers, at + 1};
    }
    line_.clear();
  }
  trailers_ += allowed.size();
  return allowed.empty() ? fail() : Piece{Part::kTrailers, allowed.size()};
}

ChunkWalker::Piece ChunkWalker::fail() {
  state_ = State::kError;
  return {Part::kError, 0};
}

}  // namespace tracerec::http
