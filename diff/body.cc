#include "diff/body.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/sha256.h"
#include "base/text.h"
#include "diff/json_diff.h"
#include "diff/json_document.h"
#include "http/decode.h"

namespace tracerec::diff {
namespace {

constexpr std::string_view kBody = "body";

// The text of one side: content or, when it cannot be decoded, why not.
struct Content {
  std::string text;
  std::string error;
};

Content content_of(const Message& message, bool bodiless) {
  if (message.body_is_content || bodiless) return {message.body, {}};
  auto decoded = http::decode_body(message.headers, message.body);
  if (!decoded) return {{}, "cannot be decoded: " + decoded.error().message};
  return {std::move(*decoded), {}};
}

std::string media_type(const http::HeaderList& headers) {
  const std::string* type = headers.find("Content-Type");
  return type ? to_lower(trim(std::string_view(*type).substr(0, type->find(';')))) : std::string{};
}

// RFC 6839 §3.1 for +json.
bool is_json_type(std::string_view type) {
  return type.ends_with("/json") || type.ends_with("+json");
}

bool may_be_json(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
}

// NUL is valid UTF-8, but nobody's text.
bool is_text(std::string_view bytes) {
  return bytes.find('\0') == std::string_view::npos && is_utf8(bytes);
}

Value whole(std::string_view text) {
  return {ValueType::kString, text, text};
}

void report(DifferenceSink& sink, Kind kind, std::string_view path, const Value& recorded, const Value& replayed,
            std::string_view note = {}) {
  sink.on_difference({kind, kBody, path, recorded, replayed, note});
}

// Lines end with LF; a CR before it is left in.
std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

std::string_view without_cr(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

void compare_text(std::string_view recorded, std::string_view replayed, DifferenceSink& sink) {
  std::string_view left = recorded;
  std::string_view right = replayed;
  for (std::size_t line = 1; !left.empty() || !right.empty(); ++line) {
    const std::string_view before = take_line(left);
    const std::string_view after = take_line(right);
    if (without_cr(before) == without_cr(after)) continue;
    const std::string path = "line " + std::to_string(line);
    return report(sink, Kind::kValue, path, {ValueType::kString, recorded, before},
                  {ValueType::kString, replayed, after});
  }
  report(sink, Kind::kRepresentation, kBody, whole(recorded), whole(replayed), "only the line ends differ");
}

std::string describe_bytes(std::string_view bytes) {
  return std::to_string(bytes.size()) + " bytes, sha256 " + to_hex(sha256(bytes).data(), 32);
}

void compare_bytes(std::string_view recorded, std::string_view replayed, DifferenceSink& sink) {
  const auto [at, other] = std::mismatch(recorded.begin(), recorded.end(), replayed.begin(), replayed.end());
  const std::string path = "offset " + std::to_string(at - recorded.begin());
  const std::string before = describe_bytes(recorded);
  const std::string after = describe_bytes(replayed);
  report(sink, recorded.size() == replayed.size() ? Kind::kValue : Kind::kLength, path,
         {ValueType::kBytes, recorded, before}, {ValueType::kBytes, replayed, after});
}

void compare_plain(std::string_view recorded, std::string_view replayed, DifferenceSink& sink) {
  if (is_text(recorded) && is_text(replayed)) return compare_text(recorded, replayed, sink);
  compare_bytes(recorded, replayed, sink);
}

std::string not_json(const JsonError& error) {
  if (error.fault == JsonFault::kTooDeep) return "nested more than " + std::to_string(kMaxJsonDepth) + " deep";
  return "not JSON from offset " + std::to_string(error.offset);
}

// False when the pair is not one for this rung of the ladder.
bool compare_as_json(const Message& recorded, const Message& replayed, std::string_view left, std::string_view right,
                     DifferenceSink& sink) {
  const bool labelled = is_json_type(media_type(recorded.headers)) || is_json_type(media_type(replayed.headers));
  if (!labelled && !may_be_json(left)) return false;
  const auto before = JsonDocument::parse(left);
  const auto after = JsonDocument::parse(right);
  if (before && after) {
    diff_json(*before, *after, sink);
    return true;
  }
  const bool beyond_us =
      (!before && before.error().fault != JsonFault::kSyntax) || (!after && after.error().fault != JsonFault::kSyntax);
  if (beyond_us || (!before && (!labelled || !after))) {
    if (beyond_us || labelled) sink.on_not_compared(NotCompared::kJsonStructure);
    return false;
  }
  const std::string note =
      before ? "the new body is " + not_json(after.error()) : "the recorded body is " + not_json(before.error());
  report(sink, Kind::kType, kBody, {before ? before->value(0).type : ValueType::kString, left, left},
         {after ? after->value(0).type : ValueType::kString, right, right}, note);
  return true;
}

// One side is decodable and the other is not, or neither is.
void compare_undecodable(const Message& recorded, const Message& replayed, const Content& left, const Content& right,
                         DifferenceSink& sink) {
  if (!left.error.empty() && !right.error.empty()) {
    sink.on_not_compared(NotCompared::kUndecodable);
    if (recorded.body != replayed.body) compare_bytes(recorded.body, replayed.body, sink);
    return;
  }
  const auto side = [](const Message& message, const Content& content) {
    return content.error.empty() ? whole(content.text) : Value{ValueType::kBytes, message.body, content.error};
  };
  report(sink, Kind::kType, kBody, side(recorded, left), side(replayed, right));
}

void compare_contents(const Message& recorded, const Message& replayed, std::string_view left, std::string_view right,
                      DifferenceSink& sink) {
  if (left == right) return;
  if (right.empty()) return report(sink, Kind::kMissing, kBody, whole(left), {});
  if (left.empty()) return report(sink, Kind::kAdded, kBody, {}, whole(right));
  if (!compare_as_json(recorded, replayed, left, right, sink)) compare_plain(left, right, sink);
}

// A chunked body without trailers ends with an empty line right after the last chunk.
bool has_trailers(const Message& message) {
  const std::string* coding = message.headers.find("Transfer-Encoding");
  if (message.body_is_content || !coding || !to_lower(*coding).ends_with("chunked")) return false;
  return !message.body.empty() && message.body != "0\r\n\r\n" && !message.body.ends_with("\n0\r\n\r\n");
}

}  // namespace

void compare_bodies(const Message& recorded, const Message& replayed, bool bodiless, DifferenceSink& sink) {
  if (!recorded.body_whole) return sink.on_not_compared(NotCompared::kRecordedIncomplete);
  if (!replayed.body_whole) return sink.on_not_compared(NotCompared::kReplayedIncomplete);
  const Content left = content_of(recorded, bodiless);
  const Content right = content_of(replayed, bodiless);
  if (!left.error.empty() || !right.error.empty()) return compare_undecodable(recorded, replayed, left, right, sink);
  if (has_trailers(recorded) || has_trailers(replayed)) sink.on_not_compared(NotCompared::kTrailers);
  compare_contents(recorded, replayed, left.text, right.text, sink);
}

}  // namespace tracerec::diff
