#include "convert/har_entry.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/base64.h"
#include "base/text.h"
#include "base/time_text.h"
#include "base/utf8.h"
#include "body/media_type.h"
#include "convert/har_values.h"
#include "convert/wire_form.h"
#include "http/decode.h"
#include "http/encode.h"

// Tests: tests/convert/har_entry_test.cc.

namespace tracerec::convert {
namespace {

using Json = nlohmann::json;

// A body as the file has it, before its framing. `length`: what is known of one that is not there.
struct Content {
  Payload payload;
  std::uint64_t length = 0;
};

http::HeaderList without(const http::HeaderList& headers, std::string_view name) {
  http::HeaderList kept;
  for (const http::Header& header : headers) {
    if (!equals_ignoring_case(header.name, name)) kept.add(header.name, header.value);
  }
  return kept;
}

http::HeaderList with_content_length(const http::HeaderList& headers, std::uint64_t bytes) {
  http::HeaderList changed;
  for (const http::Header& header : headers) {
    const bool is_length = equals_ignoring_case(header.name, "Content-Length");
    changed.add(header.name, is_length ? std::to_string(bytes) : header.value);
  }
  return changed;
}

// RFC 9113 §8.2.3: one field, as HTTP/1 wants it.
http::HeaderList with_joined_cookies(const http::HeaderList& headers) {
  const auto cookies = headers.values("Cookie");
  if (cookies.size() < 2) return headers;
  std::string all;
  for (const std::string_view one : cookies) all += (all.empty() ? "" : "; ") + std::string(one);
  http::HeaderList joined = without(headers, "Cookie");
  joined.add("Cookie", all);
  return joined;
}

// The pseudo-header fields of HTTP/2 (RFC 9113 §8.3) say what the start line and Host say in HTTP/1.
http::HeaderList without_pseudo_fields(const http::HeaderList& headers) {
  http::HeaderList kept;
  for (const http::Header& header : headers) {
    if (!header.name.starts_with(':')) kept.add(header.name, header.value);
  }
  return kept;
}

http::HeaderList request_headers(const Json& request, const Url& url) {
  const http::HeaderList all = headers_of(request);
  http::HeaderList given = with_joined_cookies(without_pseudo_fields(all));
  if (given.find("Host") != nullptr) return given;
  const std::string* authority = all.find(":authority");
  http::HeaderList headers;
  headers.add("Host", authority != nullptr ? *authority : url.authority);
  for (const http::Header& header : given) headers.add(header.name, header.value);
  return headers;
}

// Old versions of Firefox write the fields of a form before its body.
std::string_view without_leading_fields(std::string_view text, std::uint64_t length) {
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string_view::npos || !text.starts_with("Content-")) return text;
  return text.size() - end - 4 == length ? text.substr(end + 4) : text;
}

// The text of a body as bytes; nothing for base64 that is none.
Payload bytes_of(const Json& body) {
  const std::string& text = text_of(body, "text");
  const auto is_base64 = [&](const char* name) { return equals_ignoring_case(text_of(body, name), "base64"); };
  if (!is_base64("encoding") && !is_base64("_encoding")) return text;
  return decode_base64(text);
}

Content request_content(const Json& request, const http::HeaderList& headers) {
  const Json& data = member(request, "postData");
  const std::optional<std::uint64_t> announced = content_length(headers);
  const std::uint64_t length = announced.value_or(count_of(request, "bodySize").value_or(0));
  if (!member(data, "text").is_string() || text_of(data, "text").empty()) {
    const Json& params = member(data, "params");
    const bool is_empty = length == 0 && (!params.is_array() || params.empty());
    return is_empty ? Content{std::string(), 0} : Content{std::nullopt, length};
  }
  Payload bytes = bytes_of(data);
  if (bytes && announced) bytes = std::string(without_leading_fields(*bytes, *announced));
  if (!bytes || (length > 0 && bytes->size() != length)) return {std::nullopt, length};
  return {std::move(bytes), 0};
}

// Text that the tool decoded from another charset cannot be turned back for certain.
bool is_as_sent(const Json& content, std::string_view bytes, const http::HeaderList& headers) {
  if (!text_of(content, "encoding").empty()) return true;
  if (std::all_of(bytes.begin(), bytes.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) return true;
  const std::string* type = headers.find("Content-Type");
  const std::string charset = type == nullptr ? std::string() : body::parse_media_type(*type).charset;
  return charset.empty() || charset == "utf-8" || charset == "utf8";
}

// A body that was there is not: cut by the tool, or not kept at all.
bool is_cut(const Json& content, std::string_view bytes, const http::HeaderList& headers) {
  const std::optional<std::uint64_t> announced = content_length(headers);
  const bool is_coded = !http::content_codings(headers).empty();
  if (announced && !is_coded) return *announced != bytes.size();
  const std::optional<std::uint64_t> size = count_of(content, "size");
  return size && *size > 0 && *size != bytes.size() && size != announced;
}

// No text may mean no body, or one that was not kept.
bool says_it_is_empty(const Json& response, const http::HeaderList& headers) {
  const Json& content = member(response, "content");
  const std::string* type = headers.find("Content-Type");
  if (type != nullptr && body::type_of(*type) == "text/event-stream") return false;  // tools stop reading them
  if (const auto announced = content_length(headers)) return *announced == 0;
  return count_of(content, "size") == 0U && count_of(response, "bodySize").value_or(0) == 0;
}

// `headers` become those of the body: its length is another one where it was coded again.
Content response_content(const Json& response, Draft& draft, http::HeaderList& headers) {
  const Json& content = member(response, "content");
  const std::uint64_t length = content_length(headers).value_or(count_of(content, "size").value_or(0));
  if (text_of(content, "text").empty()) {
    return says_it_is_empty(response, headers) ? Content{std::string(), 0} : Content{std::nullopt, length};
  }
  Payload bytes = bytes_of(content);
  if (!bytes) return {std::nullopt, length};
  const http::HeaderList unframed = without(headers, "Transfer-Encoding");
  if (http::content_codings(headers).empty() || content_length(headers) == bytes->size() ||
      http::decode_body(unframed, *bytes)) {
    const bool known = is_as_sent(content, *bytes, headers) && !is_cut(content, *bytes, headers);
    return known ? Content{std::move(bytes), 0} : Content{std::nullopt, length};
  }
  if (is_cut(content, *bytes, headers)) return {std::nullopt, length};
  auto coded = http::encode_content(headers, *bytes);
  if (!coded) return {std::nullopt, length};
  headers = with_content_length(headers, coded->size());
  add_note(draft.row, "reencoded");
  return {std::move(*coded), 0};
}

std::optional<std::int64_t> start_of(const Json& entry) {
  const std::string& text = text_of(entry, "startedDateTime");
  const auto time = time_at(text, 0);
  if (!time || time->end != text.size() || time->unix_ns < 0 || time->unix_ns > kMostUnixNs) return std::nullopt;
  return time->unix_ns;
}

// The file has the time of the click; ours is that of the first byte of the request.
void set_times(const Json& entry, Draft& draft) {
  const Json& timings = member(entry, "timings");
  const auto phase = [&](const char* name) { return duration_of(timings, name).value_or(0); };
  if (const auto start = start_of(entry)) {
    draft.row.started_unix_ns = *start + phase("blocked") + phase("dns") + phase("connect");
  } else {
    add_note(draft.row, kNoTime);
  }
  if (draft.row.response_head.empty()) return;
  const auto wait = duration_of(timings, "wait");
  if (wait) {
    draft.row.ttfb_ns = phase("send") + *wait;
    draft.row.duration_ns = draft.row.ttfb_ns + phase("receive");
  } else if (const auto all = duration_of(entry, "time")) {
    draft.row.ttfb_ns = draft.row.duration_ns = *all;
  }
}

// Firefox writes the port of the server in place of a number of the connection.
std::string connection_of(const Json& entry, const Draft& draft) {
  const Json& id = member(entry, "connection");
  const std::string text = id.is_string() ? id.get<std::string>() : id.is_number_unsigned() ? id.dump() : "";
  if (text.empty() || draft.server.ends_with(":" + text) || schema::has_note(draft.row.notes, kAsHttp1)) return {};
  return text + "|" + draft.server;
}

Result<void> read_request(const Json& request, const Url& url, Draft& draft) {
  http::RequestHead head;
  head.method = text_of(request, "method");
  head.target = url.target;
  const auto minor = minor_version(text_of(request, "httpVersion"));
  if (!minor) add_note(draft.row, kAsHttp1);
  head.minor_version = minor.value_or(1);
  head.headers = request_headers(request, url);
  draft.host = *head.headers.find("Host");
  Content content = request_content(request, head.headers);
  return set_request(draft, head, std::move(content.payload), content.length);
}

Result<void> read_response(const Json& response, Draft& draft) {
  const std::optional<std::uint64_t> status = count_of(response, "status");
  if (!status || *status == 0 || *status > 999) {  // blocked, refused, given up; or a file of requests alone
    add_note(draft.row, "no_response");
    draft.row.complete = false;
    return {};
  }
  http::ResponseHead head;
  head.status = static_cast<int>(*status);
  head.reason = text_of(response, "statusText");
  head.minor_version = minor_version(text_of(response, "httpVersion")).value_or(1);
  head.headers = without_pseudo_fields(headers_of(response));
  if (!may_have_body(draft.row.method, head.status)) return set_response(draft, head, std::string());
  Content content = response_content(response, draft, head.headers);
  return set_response(draft, head, std::move(content.payload), content.length);
}

// Answered without a server.
std::string local_reason(const Json& entry, const std::optional<Url>& url) {
  if (!url) return kUnreadable;
  const std::string& scheme = url->scheme;
  if (scheme != "http" && scheme != "https" && scheme != "ws" && scheme != "wss") return "not_http";
  const std::string& cache = text_of(entry, "_fromCache");
  if (cache == "memory" || cache == "disk") return "cache";
  if (member(entry, "_fetchedViaServiceWorker") == true) return "service_worker";
  return text_of(member(entry, "request"), "method") == "CONNECT" ? "connect" : "";
}

}  // namespace

Entry read_har_entry(const Json& entry) {
  const Json& request = member(entry, "request");
  const std::optional<Url> url = parse_url(text_of(request, "url"));
  if (const std::string reason = local_reason(entry, url); !reason.empty())
    return Skipped{reason, reason == kUnreadable ? "it has no URL of a request" : ""};
  if (url->authority.empty()) return Skipped{kUnreadable, "its URL names no server"};
  Draft draft;
  draft.tls = url->scheme == "https" || url->scheme == "wss";
  const std::string& address = text_of(entry, "serverIPAddress");
  draft.server = address.empty() ? with_port(*url) : address_with_port(address, *url);
  draft.row.complete = true;
  if (auto read = read_request(request, *url, draft); !read) return Skipped{kUnreadable, read.error().message};
  if (auto read = read_response(member(entry, "response"), draft); !read)
    return Skipped{kUnreadable, read.error().message};
  set_times(entry, draft);
  draft.connection = connection_of(entry, draft);
  return draft;
}

}  // namespace tracerec::convert
