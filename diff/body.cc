#include "diff/body.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/sha256.h"
#include "base/text.h"
#include "base/utf8.h"
#include "body/charset.h"
#include "body/event_stream.h"
#include "body/json_document.h"
#include "body/structured.h"
#include "diff/json_diff.h"
#include "diff/markup_order.h"
#include "diff/text_diff.h"
#include "diff/trailers.h"
#include "http/decode.h"

namespace tracerec::diff {
namespace {

constexpr std::string_view kBody = "body";
constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";

// What servers put before JSON so that no script can include it: Gerrit and Angular, Google, Facebook.
constexpr std::array<std::string_view, 7> kJsonGuards = {")]}',",    ")]}'",      "while(1);", "while (1);",
                                                         "for(;;);", "for (;;);", "{}&&"};

// The text of one side: content or, when it cannot be decoded, why not.
struct Content {
  std::string text;
  std::string error;
  bool marked = false;  // it began with the byte order mark of UTF-8
};

body::MediaType media_type(const http::HeaderList& headers) {
  const std::string* type = headers.find("Content-Type");
  return type ? body::parse_media_type(*type) : body::MediaType{};
}

Content decode(const Message& message, bool bodiless) {
  if (message.body_is_content || bodiless) return {message.body, {}};
  auto decoded = http::decode_body(message.headers, message.body);
  if (!decoded && message.open_ended) decoded = http::decode_beginning(message.headers, message.body);
  if (!decoded) return {{}, "cannot be decoded: " + decoded.error().message};
  return {std::move(*decoded), {}};
}

// NUL is valid UTF-8, but nobody's text.
bool is_text(std::string_view bytes) {
  return bytes.find('\0') == std::string_view::npos && is_utf8(bytes);
}

// Markup says its charset itself (XML 1.0 §4.3.3, WHATWG HTML §4.2.5.4).
bool may_declare_charset(std::string_view type) {
  return body::is_xml_type(type) || type == "text/html";
}

// Text in another charset means the same as in UTF-8.
void convert_charset(const Message& message, Content& content) {
  const body::MediaType type = media_type(message.headers);
  const bool marked = content.text.starts_with("\xFF\xFE") || content.text.starts_with("\xFE\xFF");
  const bool may_say = type.charset.empty() && !marked && may_declare_charset(type.type);
  const std::string charset = may_say ? body::declared_charset(content.text) : type.charset;
  if (!content.error.empty() || (!marked && (charset.empty() || charset == "utf-8"))) return;
  content.text = body::to_utf8(content.text, charset);
}

// The byte order mark of UTF-8 means nothing (RFC 3629 §6). Of other bytes it is a part.
void drop_mark(Content& content) {
  if (!content.text.starts_with(kUtf8Mark) || !is_text(content.text)) return;
  content.text.erase(0, kUtf8Mark.size());
  content.marked = true;
}

bool is_event_stream(const Message& message) {
  return body::is_event_stream_type(media_type(message.headers).type);
}

// Of a stream without an end only whole events count.
void drop_cut_event(const Message& message, Content& content) {
  if (!message.open_ended || !is_event_stream(message)) return;
  content.text.resize(body::first_events(content.text, body::count_events(content.text)).size());
}

Content content_of(const Message& message, bool bodiless) {
  Content content = decode(message, bodiless);
  drop_cut_event(message, content);
  convert_charset(message, content);
  drop_mark(content);
  return content;
}

// The guard that `text` begins with; empty when it has none.
std::string_view json_guard(std::string_view text) {
  const auto* const guard =
      std::find_if(kJsonGuards.begin(), kJsonGuards.end(), [&](std::string_view one) { return text.starts_with(one); });
  return guard == kJsonGuards.end() ? std::string_view{} : *guard;
}

// JSON may have one more mark: of files that were put together.
bool may_be_json(std::string_view text) {
  if (text.starts_with(kUtf8Mark)) text.remove_prefix(kUtf8Mark.size());
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
}

body::Value whole(std::string_view text) {
  return {body::ValueType::kString, text, text};
}

void report(DifferenceSink& sink, Kind kind, std::string_view path, const body::Value& recorded,
            const body::Value& replayed, std::string_view note = {}) {
  sink.on_difference({kind, kBody, path, recorded, replayed, note});
}

void compare_bytes(std::string_view recorded, std::string_view replayed, DifferenceSink& sink,
                   std::string_view note = {}) {
  const auto [at, other] = std::mismatch(recorded.begin(), recorded.end(), replayed.begin(), replayed.end());
  const std::string path = "offset " + std::to_string(at - recorded.begin());
  const std::string before = size_and_sha256(recorded);
  const std::string after = size_and_sha256(replayed);
  report(sink, recorded.size() == replayed.size() ? Kind::kValue : Kind::kLength, path,
         {body::ValueType::kBytes, recorded, before}, {body::ValueType::kBytes, replayed, after}, note);
}

// Each line takes some hundred bytes while texts are aligned.
constexpr std::ptrdiff_t kMaxLines = 1'000'000;

bool has_too_many_lines(std::string_view text) {
  return std::count(text.begin(), text.end(), '\n') >= kMaxLines;
}

void compare_plain(std::string_view recorded, std::string_view replayed, DifferenceSink& sink) {
  const bool is_long = has_too_many_lines(recorded) || has_too_many_lines(replayed);
  if (is_long) return compare_bytes(recorded, replayed, sink, "more than 1,000,000 lines: compared as bytes");
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
  if (const std::string_view guard = json_guard(left); !guard.empty() && guard == json_guard(right)) {
    left.remove_prefix(guard.size());
    right.remove_prefix(guard.size());
  }
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

// One side is decodable and the other is not, or neither is: equal bytes have equal contents, of others nobody knows.
void compare_undecodable(const Message& recorded, const Message& replayed, const Content& left, const Content& right,
                         const EndpointRules& rules, DifferenceSink& sink) {
  if (!left.error.empty() && !right.error.empty()) {
    if (recorded.body == replayed.body) return;
    if (!rules.is_ignored(kBody)) sink.on_not_compared(NotCompared::kUndecodable);
    return compare_bytes(recorded.body, replayed.body, sink);
  }
  const auto side = [](const Message& message, const Content& content) {
    return content.error.empty() ? whole(content.text)
                                 : body::Value{body::ValueType::kBytes, message.body, content.error};
  };
  report(sink, Kind::kType, kBody, side(recorded, left), side(replayed, right));
}

// Prefixes of XML are spelling: where the two sides have others, names are compared by their namespaces.
void unify_prefixes(std::string_view left, std::string_view right, body::Structured& before, body::Structured& after) {
  if (before.name != "xml" || before.json == after.json) return;
  auto pair = body::xml_pair_as_json(left, right);
  if (!pair) return;
  before.json = std::move(pair->first);
  after.json = std::move(pair->second);
}

// False when the recorded body has no such structure: the next rung of the ladder is tried.
bool compare_structured(const Message& recorded, const Message& replayed, std::string_view left, std::string_view right,
                        const EndpointRules& rules, DifferenceSink& sink) {
  const body::MediaType type = media_type(recorded.headers);
  auto before = body::read_structured(type, left, body::MarkupOrder::kKept);
  if (!before) {
    if (body::promises_structure(type)) sink.on_not_compared(NotCompared::kStructure);
    return false;
  }
  body::MediaType new_type = media_type(replayed.headers);
  new_type.type = type.type;  // another one is a difference of the header already
  auto after = body::read_structured(new_type, right, body::MarkupOrder::kKept);
  if (!after && !body::promises_structure(type)) return false;
  if (after) unify_prefixes(left, right, *before, *after);
  const auto old_tree = body::JsonDocument::parse(before->json);
  const auto new_tree = after ? body::JsonDocument::parse(after->json) : body::JsonDocument::parse("");
  if (old_tree && new_tree) {
    if (before->json == after->json) sink.on_not_compared(NotCompared::kSpelling);
    MarkupOrderSink with_order(sink);
    diff_json(*old_tree, *new_tree, rules, with_order);
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

// As far as both go: how many events came in that time is no difference, but none at all is.
void compare_streams(const Message& recorded, const Message& replayed, std::string_view left, std::string_view right,
                     const EndpointRules& rules, DifferenceSink& sink) {
  const std::uint64_t common = std::min(body::count_events(left), body::count_events(right));
  if (left.empty()) return;
  if (common == 0) return report(sink, Kind::kMissing, kBody, whole(body::first_events(left, 1)), {}, "no event came");
  compare_contents(recorded, replayed, body::first_events(left, common), body::first_events(right, common), rules,
                   sink);
}

}  // namespace

void compare_bodies(const Message& recorded, const Message& replayed, bool bodiless, const EndpointRules& rules,
                    DifferenceSink& sink) {
  if (!recorded.body_whole) return sink.on_not_compared(NotCompared::kRecordedIncomplete);
  if (!replayed.body_whole) return sink.on_not_compared(NotCompared::kReplayedIncomplete);
  const Content left = content_of(recorded, bodiless);
  const Content right = content_of(replayed, bodiless);
  if (!left.error.empty() || !right.error.empty())
    return compare_undecodable(recorded, replayed, left, right, rules, sink);
  if (!bodiless && !recorded.open_ended) compare_trailers(recorded, replayed, rules, sink);
  if (left.marked != right.marked) sink.on_not_compared(NotCompared::kSpelling);
  if (recorded.open_ended && is_event_stream(recorded) && is_event_stream(replayed))
    return compare_streams(recorded, replayed, left.text, right.text, rules, sink);
  compare_contents(recorded, replayed, left.text, right.text, rules, sink);
}

BodyReading read_body(const Message& message, bool bodiless) {
  using Form = BodyReading::Form;
  if (!message.body_whole) return {Form::kUnreadable, {}, false, {}, {}};
  Content content = content_of(message, bodiless);
  if (!content.error.empty()) return {Form::kUnreadable, {}, false, {}, {}};
  if (content.text.empty()) return {};
  const body::MediaType type = media_type(message.headers);
  const std::string_view json = std::string_view(content.text).substr(json_guard(content.text).size());
  if ((body::is_json_type(type.type) || may_be_json(json)) && body::JsonDocument::parse(json)) {
    content.text.erase(0, content.text.size() - json.size());
    return {Form::kTree, std::move(content.text), true, {}, {}};
  }
  if (auto tree = body::read_structured(type, content.text); tree && body::JsonDocument::parse(tree->json)) {
    return {Form::kTree, std::move(tree->json), false, std::move(content.text), tree->name};
  }
  const Form form = is_text(content.text) ? Form::kText : Form::kBytes;
  return {form, std::move(content.text), false, {}, {}};
}

}  // namespace tracerec::diff
