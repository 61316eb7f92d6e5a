#include "diff/body.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/sha256.h"
#include "base/text.h"
#include "base/utf8.h"
#include "body/charset.h"
#include "body/json_document.h"
#include "body/structured.h"
#include "diff/json_diff.h"
#include "diff/text_diff.h"
#include "diff/trailers.h"
#include "http/decode.h"

namespace tracerec::diff {
namespace {

constexpr std::string_view kBody = "body";

// The text of one side: content or, when it cannot be decoded, why not.
struct Content {
  std::string text;
  std::string error;
};

body::MediaType media_type(const http::HeaderList& headers) {
  const std::string* type = headers.find("Content-Type");
  return type ? body::parse_media_type(*type) : body::MediaType{};
}

Content decode(const Message& message, bool bodiless) {
  if (message.body_is_content || bodiless) return {message.body, {}};
  auto decoded = http::decode_body(message.headers, message.body);
  if (!decoded) return {{}, "cannot be decoded: " + decoded.error().message};
  return {std::move(*decoded), {}};
}

// Text in another charset means the same as in UTF-8.
void convert_charset(const Message& message, Content& content) {
  const std::string charset = media_type(message.headers).charset;
  const bool marked = content.text.starts_with("\xFF\xFE") || content.text.starts_with("\xFE\xFF");
  if (!content.error.empty() || (!marked && (charset.empty() || charset == "utf-8"))) return;
  content.text = body::to_utf8(content.text, charset);
}

Content content_of(const Message& message, bool bodiless) {
  Content content = decode(message, bodiless);
  convert_charset(message, content);
  return content;
}

bool may_be_json(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
}

// NUL is valid UTF-8, but nobody's text.
bool is_text(std::string_view bytes) {
  return bytes.find('\0') == std::string_view::npos && is_utf8(bytes);
}

body::Value whole(std::string_view text) {
  return {body::ValueType::kString, text, text};
}

void report(DifferenceSink& sink, Kind kind, std::string_view path, const body::Value& recorded,
            const body::Value& replayed, std::string_view note = {}) {
  sink.on_difference({kind, kBody, path, recorded, replayed, note});
}

void compare_bytes(std::string_view recorded, std::string_view replayed, DifferenceSink& sink) {
  const auto [at, other] = std::mismatch(recorded.begin(), recorded.end(), replayed.begin(), replayed.end());
  const std::string path = "offset " + std::to_string(at - recorded.begin());
  const std::string before = size_and_sha256(recorded);
  const std::string after = size_and_sha256(replayed);
  report(sink, recorded.size() == replayed.size() ? Kind::kValue : Kind::kLength, path,
         {body::ValueType::kBytes, recorded, before}, {body::ValueType::kBytes, replayed, after});
}

void compare_plain(std::string_view recorded, std::string_view replayed, DifferenceSink& sink) {
  if (is_text(recorded) && is_text(replayed)) return diff_text(recorded, replayed, sink);
  compare_bytes(recorded, replayed, sink);
}

std::string not_json(const body::JsonError& error) {
  if (error.fault == body::JsonFault::kTooDeep)
    return "nested more than " + std::to_string(body::kMaxJsonDepth) + " deep";
  return "not JSON from offset " + std::to_string(error.offset);
}

// False when the pair is not one for this rung of the ladder.
bool compare_as_json(const Message& recorded, const Message& replayed, std::string_view left, std::string_view right,
                     const EndpointRules& rules, DifferenceSink& sink) {
  const bool labelled =
      body::is_json_type(media_type(recorded.headers).type) || body::is_json_type(media_type(replayed.headers).type);
  if (!labelled && !may_be_json(left)) return false;
  const auto before = body::JsonDocument::parse(left);
  const auto after = body::JsonDocument::parse(right);
  if (before && after) {
    diff_json(*before, *after, rules, sink);
    return true;
  }
  const bool beyond_us = (!before && before.error().fault != body::JsonFault::kSyntax) ||
                         (!after && after.error().fault != body::JsonFault::kSyntax);
  if (beyond_us || (!before && (!labelled || !after))) {
    if (beyond_us || labelled) sink.on_not_compared(NotCompared::kJsonStructure);
    return false;
  }
  const std::string note =
      before ? "the new body is " + not_json(after.error()) : "the recorded body is " + not_json(before.error());
  report(sink, Kind::kType, kBody, {before ? before->value(0).type : body::ValueType::kString, left, left},
         {after ? after->value(0).type : body::ValueType::kString, right, right}, note);
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
    return content.error.empty() ? whole(content.text)
                                 : body::Value{body::ValueType::kBytes, message.body, content.error};
  };
  report(sink, Kind::kType, kBody, side(recorded, left), side(replayed, right));
}

// False when the recorded body has no such structure: the next rung of the ladder is tried.
bool compare_structured(const Message& recorded, const Message& replayed, std::string_view left, std::string_view right,
                        const EndpointRules& rules, DifferenceSink& sink) {
  const body::MediaType type = media_type(recorded.headers);
  const auto before = body::read_structured(type, left);
  if (!before) {
    if (body::promises_structure(type)) sink.on_not_compared(NotCompared::kStructure);
    return false;
  }
  body::MediaType new_type = media_type(replayed.headers);
  new_type.type = type.type;  // another one is a difference of the header already
  const auto after = body::read_structured(new_type, right);
  if (!after && !body::promises_structure(type)) return false;
  const auto old_tree = body::JsonDocument::parse(before->json);
  const auto new_tree = after ? body::JsonDocument::parse(after->json) : body::JsonDocument::parse("");
  if (old_tree && new_tree) {
    if (before->json == after->json) sink.on_not_compared(NotCompared::kSpelling);
    diff_json(*old_tree, *new_tree, rules, sink);
    return true;
  }
  if (after || !old_tree) {
    sink.on_not_compared(NotCompared::kStructure);
    return false;
  }
  report(sink, Kind::kType, kBody, whole(left), whole(right), "is no longer " + std::string(before->name));
  return true;
}

void compare_contents(const Message& recorded, const Message& replayed, std::string_view left, std::string_view right,
                      const EndpointRules& rules, DifferenceSink& sink) {
  if (left == right) return;
  if (right.empty()) return report(sink, Kind::kMissing, kBody, whole(left), {});
  if (left.empty()) return report(sink, Kind::kAdded, kBody, {}, whole(right));
  if (compare_as_json(recorded, replayed, left, right, rules, sink)) return;
  if (compare_structured(recorded, replayed, left, right, rules, sink)) return;
  compare_plain(left, right, sink);
}

}  // namespace

void compare_bodies(const Message& recorded, const Message& replayed, bool bodiless, const EndpointRules& rules,
                    DifferenceSink& sink) {
  if (!recorded.body_whole) return sink.on_not_compared(NotCompared::kRecordedIncomplete);
  if (!replayed.body_whole) return sink.on_not_compared(NotCompared::kReplayedIncomplete);
  const Content left = content_of(recorded, bodiless);
  const Content right = content_of(replayed, bodiless);
  if (!left.error.empty() || !right.error.empty()) return compare_undecodable(recorded, replayed, left, right, sink);
  if (!bodiless) compare_trailers(recorded, replayed, rules, sink);
  compare_contents(recorded, replayed, left.text, right.text, rules, sink);
}

BodyReading read_body(const Message& message, bool bodiless) {
  using Form = BodyReading::Form;
  if (!message.body_whole) return {Form::kUnreadable, {}, false, {}, {}};
  Content content = content_of(message, bodiless);
  if (!content.error.empty()) return {Form::kUnreadable, {}, false, {}, {}};
  if (content.text.empty()) return {};
  const body::MediaType type = media_type(message.headers);
  if ((body::is_json_type(type.type) || may_be_json(content.text)) && body::JsonDocument::parse(content.text)) {
    return {Form::kTree, std::move(content.text), true, {}, {}};
  }
  if (auto tree = body::read_structured(type, content.text); tree && body::JsonDocument::parse(tree->json)) {
    return {Form::kTree, std::move(tree->json), false, std::move(content.text), tree->name};
  }
  const Form form = is_text(content.text) ? Form::kText : Form::kBytes;
  return {form, std::move(content.text), false, {}, {}};
}

}  // namespace tracerec::diff
