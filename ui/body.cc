// GET exchanges/{id}/body, GET exchanges/{id}/diff: bodies in windows, and two responses as one list of lines.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "base/utf8.h"
#include "body/charset.h"
#include "body/json_document.h"
#include "body/json_layout.h"
#include "body/media_type.h"
#include "evaluate/message.h"
#include "evaluate/response_sides.h"
#include "http/decode.h"
#include "http/message.h"
#include "ui/app.h"
#include "ui/evaluation.h"
#include "ui/stored_message.h"

namespace tracerec::ui {
namespace {

constexpr std::int64_t kMostWindowBytes = 256 << 10;
constexpr std::int64_t kMostLines = 5000;
constexpr std::size_t kMostLaidOutBytes = std::size_t{16} << 20;  // JSON of many levels becomes twenty times as long

struct Text {
  std::string bytes;
  std::string form;  // "json", "text", "bytes"; of raw: "wire"
  std::string note;  // why it is not what was asked for; empty: it is
};

http::HeaderList headers_of(const StoredMessage& message) {
  if (message.is_request) {
    const auto head = http::parse_request_head(message.head);
    return head ? head->headers : http::HeaderList();
  }
  const auto head = http::parse_response_head(message.head);
  return head ? head->headers : http::HeaderList();
}

// Without framing and coding, in UTF-8, JSON in lines. Of what is none of that, the bytes.
Text pretty(const StoredMessage& message, std::string wire) {
  const http::HeaderList headers = headers_of(message);
  const auto content = message.body.whole() ? http::decode_body(headers, wire, evaluate::kMaxBodyBytes)
                                            : http::decode_beginning(headers, wire, evaluate::kMaxBodyBytes);
  if (!content) return {std::move(wire), "bytes", "not decoded: " + content.error().message};
  const std::string* const type = headers.find("Content-Type");
  const body::MediaType media = body::parse_media_type(type == nullptr ? "" : *type);
  std::string text = body::to_utf8(*content, media.charset);
  if (!is_utf8(text)) return {std::move(text), "bytes", ""};
  if (text.size() > kMostLaidOutBytes)
    return {std::move(text), "text", "longer than " + format_bytes(kMostLaidOutBytes) + ": JSON is not laid out"};
  if (body::JsonDocument::parse(text)) return {body::lay_out_json(text), "json", ""};
  return {std::move(text), "text", ""};
}

// A window that ends between two characters, as far as there are some.
std::string_view window_of(std::string_view text, std::size_t offset, std::size_t limit) {
  const std::string_view rest = text.substr(std::min(offset, text.size()));
  const std::string_view cut = utf8_prefix(rest, limit);
  return cut.empty() ? rest.substr(0, limit) : cut;
}

Reply body_reply(const Text& text, const StoredMessage& message, std::size_t offset, std::size_t limit) {
  const std::string_view window = window_of(text.bytes, offset, limit);
  const std::size_t end = std::min(offset, text.bytes.size()) + window.size();
  return {
      200,
      {{"form", text.form},
       {"note", safe(text.note)},
       {"text", text.form == "bytes" ? printable(window) : safe(window)},
       {"offset", std::min(offset, text.bytes.size())},
       {"total", text.bytes.size()},
       {"next", end < text.bytes.size() ? Json(end) : Json(nullptr)},
       {"wire_bytes", message.body.wire_bytes},
       {"missing_bytes", message.body.wire_bytes - std::min(message.body.wire_bytes, message.body.captured_bytes)}}};
}

Json side_json(const evaluate::ResponseSide& side) {
  return {{"name", safe(side.name)}, {"why", safe(side.why)}, {"there", side.lines.has_value()}};
}

}  // namespace

Reply get_body(App&, schema::Reader& reader, const Query& query) {
  const auto named = find_exchange(reader, query);
  if (!named.exchange) return named.reply;
  const auto offset = query.number("offset", 0, 0, INT64_MAX);
  const auto limit = query.number("limit", 64 << 10, 1, kMostWindowBytes);
  const auto raw = query.flag("raw");
  if (!offset || !limit) return bad_request((!offset ? offset.error() : limit.error()).message);
  if (!raw) return bad_request(raw.error().message);
  const auto message = find_message(reader, named, query.text("side"));
  if (!message) return bad_request(message.error().message);
  if (!*message) return not_found("there is no such message");
  if ((*message)->body.captured_bytes > evaluate::kMaxBodyBytes)
    return failure(409, "too_large",
                   "a body of " + format_count((*message)->body.captured_bytes) +
                       " bytes is not shown here: tracerec show --as http has it");
  auto wire = reader.load_body((*message)->body, evaluate::kMaxBodyBytes);
  if (!wire) return unreadable(wire.error());
  const Text text = *raw ? Text{std::move(*wire), "bytes", ""} : pretty(**message, std::move(*wire));
  return body_reply(text, **message, static_cast<std::size_t>(*offset), static_cast<std::size_t>(*limit));
}

Reply get_diff(App&, schema::Reader& reader, const Query& query) {
  const auto named = find_exchange(reader, query);
  if (!named.exchange) return named.reply;
  if (!named.run) return bad_request("run is missing: whose response is compared?");
  const auto after = query.number("after", 0, 0, INT32_MAX);
  const auto limit = query.number("limit", 1000, 1, kMostLines);
  if (!after || !limit) return bad_request((!after ? after.error() : limit.error()).message);
  const auto against = baseline_of(query.text("against"));
  if (!against) return bad_request(against.error().message);
  if (const auto named_run = reader.run(against->value_or(0)); !named_run) {
    return unreadable(named_run.error());
  } else if (against->value_or(0) != 0 && !*named_run) {
    return not_found("there is no run " + std::to_string(against->value_or(0)));
  }
  const auto before = evaluate::baseline_side(reader, *named.exchange, *named.run, *against);
  if (!before) return unreadable(before.error());
  auto now = evaluate::side_of_run(reader, *named.exchange, *named.run);
  if (!now) return unreadable(now.error());
  Json lines = Json::array();
  const Json sides = {{"before", side_json(*before)}, {"after", side_json(*now)}};
  if (before->lines && now->lines) {
    for (std::string& line : evaluate::response_diff(*before->lines, std::move(*now->lines)))
      lines.push_back(std::move(line));
  }
  Json page = page_of(lines, static_cast<std::size_t>(*after), static_cast<std::size_t>(*limit));
  page.update(sides);
  return {200, std::move(page)};
}

}  // namespace tracerec::ui
