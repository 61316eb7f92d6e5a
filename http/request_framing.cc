#include "http/request_framing.h"

#include <charconv>
#include <optional>
#include <string>

#include "base/ascii.h"
#include "base/text.h"
#include "http/head_end.h"
#include "http/parser.h"

// How this works. A head as most clients write it is looked at line by line, which takes a third of the time that the
// parser takes; whatever is not plain goes to the parser. Tests: tests/http/request_framing_test.cc.

namespace tracerec::http {
namespace {

bool begins_with(std::string_view line, std::string_view name) {
  return line.size() >= name.size() && equals_ignoring_case(line.substr(0, name.size()), name);
}

// "GET /a HTTP/1.1"
bool is_plain_request_line(std::string_view line) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || space == 0 || space > 16 || line.size() < space + 11) return false;
  for (const char c : line.substr(0, space)) {
    if (!is_letter(c)) return false;
  }
  const std::string_view version = line.substr(line.size() - 9);
  if (version != " HTTP/1.1" && version != " HTTP/1.0") return false;
  return line.substr(space + 1, line.size() - 9 - space - 1).find(' ') == std::string_view::npos;
}

std::optional<std::uint64_t> plain_number(std::string_view text) {
  constexpr std::size_t kMostDigits = 18;  // fit into 64 bits
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || text.size() > kMostDigits || error != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return number;
}

// Cuts the next line off; nothing: it does not end as it should.
std::optional<std::string_view> cut_line(std::string_view& head) {
  const std::size_t lf = head.find('\n');
  if (lf == std::string_view::npos || lf == 0 || head[lf - 1] != '\r') return std::nullopt;
  const std::string_view line = head.substr(0, lf - 1);
  head.remove_prefix(lf + 1);
  return line;
}

// The length of the body; nothing: the head is not plain.
std::optional<std::uint64_t> plain_length(std::string_view head) {
  constexpr std::string_view kLength = "Content-Length:";
  std::optional<std::uint64_t> length;
  auto line = cut_line(head);
  if (!line || !is_plain_request_line(*line)) return std::nullopt;
  while ((line = cut_line(head)) && !line->empty()) {
    const char first = line->front();
    const bool is_coding = (first == 't' || first == 'T') && begins_with(*line, "Transfer");
    if (!is_letter(first) || is_coding) return std::nullopt;
    if ((first != 'c' && first != 'C') || !begins_with(*line, "Content-Length")) continue;
    if (length || !begins_with(*line, kLength)) return std::nullopt;
    length = plain_number(trim(line->substr(kLength.size())));
    if (!length) return std::nullopt;
  }
  return line && head.empty() ? std::optional(length.value_or(0)) : std::nullopt;
}

Result<BodyFraming> check_length(std::uint64_t said, std::uint64_t body_bytes) {
  if (said == body_bytes) return BodyFraming::kLength;
  const std::string there = std::to_string(body_bytes) + " bytes";
  if (said == 0) return Error{"has a body of " + there + " that its head does not announce"};
  return Error{"has a body of " + there + ", but its head announces " + std::to_string(said)};
}

Result<BodyFraming> check_with_parser(std::string_view head, std::uint64_t body_bytes) {
  const std::size_t end = find_head_end(head, blank_prefix(head));
  if (end == std::string_view::npos) return Error{"has a head without an empty line at its end"};
  if (end != head.size()) return Error{"has a head with bytes after its empty line"};
  RequestParser parser;
  if (const Step step = parser.next(head); step.part != Part::kHead || step.consumed != head.size())
    return Error{"has a head that cannot be read (" + std::string(parser.error()) + ")"};
  if (parser.skippable_bytes() > 0) return check_length(parser.skippable_bytes(), body_bytes);
  if (parser.next({}).part == Part::kEnd) return check_length(0, body_bytes);
  return BodyFraming::kChunked;
}

}  // namespace

Result<BodyFraming> check_request(std::string_view head, std::uint64_t body_bytes) {
  const auto length = plain_length(head);
  return length ? check_length(*length, body_bytes) : check_with_parser(head, body_bytes);
}

bool ChunkedBody::add(std::string_view piece) {
  while (!piece.empty()) {
    const ChunkWalker::Piece part = walker_.next(piece);
    if (part.part == ChunkWalker::Part::kError) return false;
    piece.remove_prefix(part.bytes);
  }
  return true;
}

}  // namespace tracerec::http
