#include "convert/jsonl_file.h"

#include <algorithm>
#include <istream>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/text.h"
#include "convert/har_values.h"
#include "convert/wire_form.h"

// Tests: tests/convert/jsonl_file_test.cc.

namespace tracerec::convert {
namespace {

using Json = nlohmann::json;

// As `export jsonl` marks bytes that are not UTF-8.
Result<std::string> exported_bytes(const Json& value) {
  if (!value.is_string()) return Error{"a text is missing"};
  const std::string& text = value.get_ref<const std::string&>();
  constexpr std::string_view kMark = "base64:";
  if (!text.starts_with(kMark)) return text;
  auto bytes = decode_base64(std::string_view(text).substr(kMark.size()));
  return bytes ? Result<std::string>(std::move(*bytes))
               : Result<std::string>(Error{"a text is not the base64 it says"});
}

Result<http::HeaderList> exported_fields(const Json& message) {
  http::HeaderList headers;
  for (const Json& pair : member(message, "headers")) {
    if (!pair.is_array() || pair.size() != 2) return Error{"a header is no pair of name and value"};
    const auto name = exported_bytes(pair[0]);
    const auto value = exported_bytes(pair[1]);
    if (!name) return name.error();
    if (!value) return value.error();
    headers.add(*name, *value);
  }
  return headers;
}

Result<Payload> exported_payload(const Json& message) {
  const Json& body = member(message, "body");
  if (body.is_null()) return Payload();
  if (!body.is_string()) return Error{"a body is no text"};
  const std::string& encoding = text_of(message, "body_encoding");
  if (encoding == "utf8") return Payload(body.get<std::string>());
  if (encoding != "base64") return Error{"a body has an unknown body_encoding"};
  auto bytes = decode_base64(body.get_ref<const std::string&>());
  return bytes ? Result<Payload>(std::move(bytes)) : Result<Payload>(Error{"a body is not the base64 it says"});
}

std::int64_t time_of(const Json& exchange, const char* name) {
  const Json& value = member(exchange, name);
  constexpr std::int64_t kMost = std::int64_t{366} * 24 * 3600 * 1'000'000;
  if (!value.is_number_integer() || value.get<std::int64_t>() < 0 || value.get<std::int64_t>() > kMost) return -1;
  return value.get<std::int64_t>() * 1000;
}

Result<void> read_exported_request(const Json& request, Draft& draft) {
  http::RequestHead head;
  const auto method = exported_bytes(member(request, "method"));
  const auto target = exported_bytes(member(request, "target"));
  if (!method) return method.error();
  if (!target) return target.error();
  auto headers = exported_fields(request);
  if (!headers) return headers.error();
  auto payload = exported_payload(request);
  if (!payload) return payload.error();
  head.method = *method;
  head.target = *target;
  head.minor_version = minor_version(text_of(request, "version")).value_or(1);
  head.headers = std::move(*headers);
  const std::string* host = head.headers.find("Host");
  if (host != nullptr) draft.server = draft.host = *host;
  return set_request(draft, head, std::move(*payload), content_length(head.headers).value_or(0));
}

Result<void> read_exported_response(const Json& response, Draft& draft) {
  if (!response.is_object()) {
    draft.row.complete = false;
    return {};
  }
  http::ResponseHead head;
  head.status = static_cast<int>(count_of(response, "status").value_or(0) % 1000);
  const auto reason = exported_bytes(member(response, "reason"));
  if (!reason) return reason.error();
  auto headers = exported_fields(response);
  if (!headers) return headers.error();
  auto payload = exported_payload(response);
  if (!payload) return payload.error();
  head.reason = *reason;
  head.minor_version = minor_version(text_of(response, "version")).value_or(1);
  head.headers = std::move(*headers);
  return set_response(draft, head, std::move(*payload), content_length(head.headers).value_or(0));
}

// Those that are words; how often an exchange was there before somebody pruned it, the new recording does not know.
void set_notes(std::string_view notes, schema::Exchange& row) {
  while (!notes.empty()) {
    const std::string_view word = notes.substr(0, notes.find(','));
    notes.remove_prefix(std::min(word.size() + 1, notes.size()));
    const bool is_word = std::all_of(word.begin(), word.end(), [](char c) {
      return is_letter_or_digit(c) || std::string_view("_:=.-").find(c) != std::string_view::npos;
    });
    if (!word.empty() && is_word && !word.starts_with("repeats:")) add_note(row, std::string(word).c_str());
  }
}

Result<Entry> read_line(const std::string& line) {
  const Json exchange = Json::parse(line, nullptr, false);
  if (!exchange.is_object() || !exchange.contains("request")) return Error{"is no exchange of export jsonl"};
  if (!member(exchange, "request").is_object()) return Entry(Skipped{kUnreadable, "it has no request"});
  Draft draft;
  const auto started = member(exchange, "started_ns");
  if (!started.is_number_integer() || started.get<std::int64_t>() < 0 || started.get<std::int64_t>() > kMostUnixNs)
    return Error{"has no started_ns"};
  draft.row.started_unix_ns = started.get<std::int64_t>();
  draft.row.ttfb_ns = time_of(exchange, "ttfb_us");
  draft.row.duration_ns = time_of(exchange, "duration_us");
  draft.row.complete = member(exchange, "complete") == true;
  set_notes(text_of(exchange, "notes"), draft.row);
  draft.connection = member(exchange, "connection").dump(-1, ' ', false, Json::error_handler_t::replace);
  if (auto read = read_exported_request(member(exchange, "request"), draft); !read)
    return Entry(Skipped{kUnreadable, read.error().message});
  if (auto read = read_exported_response(member(exchange, "response"), draft); !read)
    return Entry(Skipped{kUnreadable, read.error().message});
  return Entry(std::move(draft));
}

}  // namespace

Result<FileOrigin> read_jsonl(InputFile& file, const EntryVisitor& visit) {
  std::istream stream(&file);
  std::string line;
  for (std::uint64_t number = 1; file.begin_entry(), std::getline(stream, line); ++number) {
    const std::string where = "line " + std::to_string(number);
    if (!file.failure().empty()) return with_context(where, {file.failure()});
    if (trim(line).empty()) continue;
    auto entry = read_line(line);
    if (!entry) return Error{where + " " + entry.error().message};
    if (!visit(std::move(*entry))) return FileOrigin{};
  }
  if (!file.failure().empty()) return Error{file.failure()};
  return FileOrigin{};
}

}  // namespace tracerec::convert
