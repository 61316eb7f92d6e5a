#include "convert/wire_form.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/ascii.h"
#include "base/text.h"
#include "http/encode.h"
#include "http/normalize.h"
#include "http/request_framing.h"

// Tests: tests/convert/har_entry_test.cc.

namespace tracerec::convert {
namespace {

constexpr std::string_view kLastChunk = "0\r\n\r\n";

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool is_word(std::string_view text) {
  return !text.empty() && std::none_of(text.begin(), text.end(), [](char c) { return is_control(c) || c == ' '; });
}

bool is_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

Result<void> append_fields(std::string& head, const http::HeaderList& headers) {
  for (const http::Header& header : headers) {
    if (!is_word(header.name) || header.name.find(':') != std::string::npos)
      return Error{"\"" + printable(header.name, 60) + "\" is no name of a header field"};
    if (!is_line(header.value))
      return Error{"the field " + printable(header.name, 60) + " has a line end in its value"};
    head += header.name + ": " + header.value + "\r\n";
  }
  head += "\r\n";
  return {};
}

std::string version_text(int minor) {
  return minor == 0 ? "HTTP/1.0" : "HTTP/1.1";
}

bool is_chunked(const http::HeaderList& headers) {
  const auto codings = headers.values("Transfer-Encoding");
  return std::any_of(codings.begin(), codings.end(), [](std::string_view value) {
    const std::string lower = to_lower(trim(value));
    return lower == "chunked" || lower.ends_with(", chunked") || lower.ends_with(",chunked");
  });
}

// Chunks say where a body ends; a length beside them is for somebody else to believe (RFC 9112 §6.1).
http::HeaderList with_one_framing(const http::HeaderList& headers) {
  if (!is_chunked(headers)) return headers;
  http::HeaderList kept;
  for (const http::Header& header : headers) {
    if (!equals_ignoring_case(header.name, "Content-Length")) kept.add(header.name, header.value);
  }
  return kept;
}

// The payload as the fields frame it.
void set_body(schema::BodyIn& body, const http::HeaderList& headers, std::string payload) {
  body.bytes = is_chunked(headers) ? http::one_chunk(payload).append(kLastChunk) : std::move(payload);
  body.wire_bytes = body.bytes.size();
}

// Something of it is not there: it is no baseline.
Result<void> lack(schema::Exchange& row, const char* word) {
  row.complete = false;
  add_note(row, word);
  return {};
}

}  // namespace

void add_note(schema::Exchange& row, const char* word) {
  if (schema::has_note(row.notes, word)) return;
  row.notes += (row.notes.empty() ? "" : ",") + std::string(word);
}

std::optional<std::uint64_t> content_length(const http::HeaderList& headers) {
  const std::string* text = headers.find("Content-Length");
  std::uint64_t length = 0;
  if (text == nullptr) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), length);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return length;
}

bool may_have_body(std::string_view method, int status) {
  return method != "HEAD" && status >= 200 && status != 204 && status != 304;
}

Result<void> set_request(Draft& draft, const http::RequestHead& head, Payload payload, std::uint64_t length) {
  if (!is_word(head.method)) return Error{"\"" + printable(head.method, 40) + "\" is no method"};
  if (!is_word(head.target)) return Error{"\"" + printable(head.target, 80) + "\" is no target of a request"};
  schema::Exchange& row = draft.row;
  row.method = head.method;
  row.target = head.target;
  http::HeaderList headers = with_one_framing(head.headers);
  const bool announced = is_chunked(headers) || headers.find("Content-Length") != nullptr;
  if (payload && !payload->empty() && !announced) headers.add("Content-Length", std::to_string(payload->size()));
  row.request_head = head.method + " " + head.target + " " + version_text(head.minor_version) + "\r\n";
  if (auto added = append_fields(row.request_head, headers); !added) return added;
  if (!payload) {
    row.request_body.wire_bytes = length;
    row.complete = false;
    add_note(row, kRequestBodyUnknown);
    return {};
  }
  set_body(row.request_body, headers, std::move(*payload));
  const auto framing = http::check_request(row.request_head, row.request_body.wire_bytes);
  return framing ? Result<void>() : Result<void>(with_context("its request", framing.error()));
}

Result<void> set_response(Draft& draft, const http::ResponseHead& head, Payload payload, std::uint64_t length) {
  if (head.status < 100 || head.status > 999) return Error{std::to_string(head.status) + " is no status of a response"};
  if (!is_line(head.reason)) return Error{"there is a line end in the reason after the status"};
  schema::Exchange& row = draft.row;
  row.status = head.status;
  row.response_head = version_text(head.minor_version) + " " + std::to_string(head.status) + " " + head.reason + "\r\n";
  const http::HeaderList headers = with_one_framing(head.headers);
  if (auto added = append_fields(row.response_head, headers); !added) return added;
  if (head.status == 101) add_note(row, "upgrade");
  if (head.status < 200 && head.status != 101) return lack(row, "no_response");  // the final one is not there
  if (!http::parse_response_head(http::normalize_head(row.response_head, false))) return lack(row, "response_refused");
  if (!may_have_body(row.method, row.status)) return {};
  const auto announced = content_length(headers);
  const bool is_known = payload && (!announced || *announced == payload->size());
  if (!is_known) {
    row.response_body.wire_bytes = length;
    return lack(row, kResponseBodyUnknown);
  }
  set_body(row.response_body, headers, std::move(*payload));
  return {};
}

}  // namespace tracerec::convert
