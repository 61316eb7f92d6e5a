#include "convert/har_view.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "base/base64.h"
#include "base/percent.h"
#include "base/text.h"
#include "base/utf8.h"
#include "body/media_type.h"
#include "http/decode.h"
#include "http/message.h"
#include "http/normalize.h"

// Tests: tests/convert/har_view_test.cc.

namespace tracerec::convert {
namespace {

using Ordered = nlohmann::ordered_json;

// "2026-03-01T12:00:05.123456789Z" (RFC 3339 §5.6).
std::string date_time(std::int64_t unix_ns) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::time_t seconds = unix_ns / kSecond;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%09lldZ", parts.tm_year + 1900, parts.tm_mon + 1,
                parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, static_cast<long long>(unix_ns % kSecond));
  return text;
}

double milliseconds(std::int64_t ns) {
  return static_cast<double>(std::max<std::int64_t>(0, ns)) / 1e6;
}

// JSON has no bytes: what is no UTF-8 is shown as \xNN.
std::string as_text(std::string_view bytes) {
  return is_utf8(bytes) ? std::string(bytes) : printable(bytes);
}

Ordered pair(std::string_view name, std::string_view value) {
  return {{"name", as_text(name)}, {"value", as_text(value)}};
}

Ordered headers_json(const http::HeaderList& headers) {
  Ordered list = Ordered::array();
  for (const http::Header& header : headers) list.push_back(pair(header.name, header.value));
  return list;
}

// "a=1; b=2" with this between two of them.
Ordered pairs_json(std::string_view text, char separator, Plus plus) {
  Ordered list = Ordered::array();
  while (!text.empty()) {
    const std::size_t end = text.find(separator);
    const std::string_view one = trim(text.substr(0, end));
    const std::size_t equals = one.find('=');
    const std::string_view value = equals == std::string_view::npos ? std::string_view() : one.substr(equals + 1);
    if (!one.empty()) {
      const bool is_cookie = separator == ';';
      list.push_back(is_cookie ? pair(one.substr(0, equals), value)
                               : pair(decode_percent(one.substr(0, equals), plus), decode_percent(value, plus)));
    }
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return list;
}

Ordered request_cookies(const http::HeaderList& headers) {
  Ordered list = Ordered::array();
  for (const std::string_view value : headers.values("Cookie")) {
    for (Ordered& one : pairs_json(value, ';', Plus::kIsPlus)) list.push_back(std::move(one));
  }
  return list;
}

// Their attributes stand in the header.
Ordered response_cookies(const http::HeaderList& headers) {
  Ordered list = Ordered::array();
  for (const std::string_view value : headers.values("Set-Cookie")) {
    Ordered cookie = pairs_json(value.substr(0, value.find(';')), ';', Plus::kIsPlus);
    if (!cookie.empty()) list.push_back(std::move(cookie[0]));
  }
  return list;
}

Ordered query_json(std::string_view target) {
  const std::size_t mark = target.find('?');
  return mark == std::string_view::npos ? Ordered::array() : pairs_json(target.substr(mark + 1), '&', Plus::kIsSpace);
}

std::string media_type(const http::HeaderList& headers, const char* otherwise) {
  const std::string* type = headers.find("Content-Type");
  return type == nullptr ? otherwise : as_text(*type);
}

// Who reads it turns text into bytes by UTF-8, whatever charset the fields name.
bool is_plain_text(std::string_view bytes, const http::HeaderList& headers) {
  const bool is_ascii =
      std::all_of(bytes.begin(), bytes.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (is_ascii || !is_utf8(bytes)) return is_ascii;
  const std::string* type = headers.find("Content-Type");
  const std::string charset = type == nullptr ? std::string() : body::parse_media_type(*type).charset;
  return charset.empty() || charset == "utf-8";
}

void set_text(Ordered& body, std::string_view bytes, const http::HeaderList& headers, const char* encoding) {
  const bool is_text = is_plain_text(bytes, headers);
  body["text"] = is_text ? std::string(bytes) : encode_base64(bytes);
  if (!is_text) body[encoding] = "base64";
}

// The payload without chunk framing; nothing when it is not whole, too long, or its framing is broken.
Result<std::optional<std::string>> payload_of(schema::Reader& reader, const schema::StoredBody& body,
                                              const http::HeaderList& headers) {
  if (!body.whole() || body.wire_bytes > http::kDefaultDecodeLimitBytes) return std::optional<std::string>();
  auto wire = reader.load_body(body, http::kDefaultDecodeLimitBytes);
  if (!wire) return wire.error();
  auto payload = http::decode_transfer(headers, *wire);
  if (!payload) return std::optional<std::string>();
  return std::optional<std::string>(std::move(*payload));
}

Result<std::string> url_of(const http::RequestHead& head, const std::optional<schema::Connection>& connection) {
  const std::string& target = head.target;
  if (target.starts_with("http://") || target.starts_with("https://")) return as_text(target);
  if (!target.starts_with("/")) return Error{"its target is no path: " + printable(target, 80)};
  const std::string* host = head.headers.find("Host");
  const std::string local = connection ? connection->local : std::string();
  const std::string authority = host != nullptr && !host->empty() ? *host : local;
  if (authority.empty()) return Error{"its server has no name: there is no Host"};
  return std::string(connection && connection->tls ? "https" : "http") + "://" + as_text(authority + target);
}

Result<Ordered> request_json(schema::Reader& reader, const schema::StoredExchange& exchange,
                             const http::RequestHead& head, std::string url) {
  Ordered request;
  request["method"] = as_text(head.method);
  request["url"] = std::move(url);
  request["httpVersion"] = "HTTP/1." + std::to_string(head.minor_version);
  request["cookies"] = request_cookies(head.headers);
  request["headers"] = headers_json(head.headers);
  request["queryString"] = query_json(head.target);
  request["headersSize"] = exchange.request_head.size();
  const auto payload = payload_of(reader, exchange.request_body, head.headers);
  if (!payload) return payload.error();
  if (*payload && !(*payload)->empty()) {
    request["postData"] = {{"mimeType", media_type(head.headers, "")}};
    set_text(request["postData"], **payload, head.headers, "_encoding");
  }
  request["bodySize"] = *payload ? Ordered((*payload)->size()) : Ordered(exchange.request_body.wire_bytes);
  return request;
}

Ordered no_response() {
  return {{"status", 0},
          {"statusText", ""},
          {"httpVersion", ""},
          {"cookies", Ordered::array()},
          {"headers", Ordered::array()},
          {"content", {{"size", 0}, {"mimeType", "x-unknown"}}},
          {"redirectURL", ""},
          {"headersSize", -1},
          {"bodySize", -1}};
}

Ordered content_json(const std::optional<std::string>& payload, std::uint64_t wire_bytes,
                     const http::HeaderList& headers) {
  Ordered content{{"size", wire_bytes}, {"mimeType", media_type(headers, "x-unknown")}};
  if (!payload) return content;
  http::HeaderList unframed;
  for (const http::Header& header : headers) {
    if (!equals_ignoring_case(header.name, "Transfer-Encoding")) unframed.add(header.name, header.value);
  }
  const auto decoded = http::decode_body(unframed, *payload);
  const std::string& bytes = decoded ? *decoded : *payload;
  content["size"] = bytes.size();
  if (bytes.size() > payload->size()) content["compression"] = bytes.size() - payload->size();
  set_text(content, bytes, headers, "encoding");
  return content;
}

Result<Ordered> response_json(schema::Reader& reader, const schema::StoredExchange& exchange) {
  if (exchange.response_head.empty()) return no_response();
  const auto head = http::parse_response_head(http::normalize_head(exchange.response_head, false));
  if (!head) return no_response();
  const auto payload = payload_of(reader, exchange.response_body, head->headers);
  if (!payload) return payload.error();
  const std::string* location = head->headers.find("Location");
  Ordered response;
  response["status"] = head->status;
  response["statusText"] = as_text(head->reason);
  response["httpVersion"] = "HTTP/1." + std::to_string(head->minor_version);
  response["cookies"] = response_cookies(head->headers);
  response["headers"] = headers_json(head->headers);
  response["content"] = content_json(*payload, exchange.response_body.wire_bytes, head->headers);
  response["redirectURL"] = location == nullptr ? "" : as_text(*location);
  response["headersSize"] = exchange.response_head.size();
  response["bodySize"] = *payload ? Ordered((*payload)->size()) : Ordered(-1);
  return response;
}

void add_server(const schema::Connection& connection, Ordered& entry) {
  const std::size_t colon = connection.local.rfind(':');
  const std::string address = connection.local.substr(0, colon);
  const bool is_address =
      colon != std::string::npos && address.find_first_not_of("0123456789.:abcdefABCDEF[]") == std::string::npos;
  if (is_address) entry["serverIPAddress"] = address;
  entry["connection"] = std::to_string(connection.id);
}

}  // namespace

std::string har_opening(const std::string& version) {
  const Ordered creator{{"name", "tracerec"}, {"version", version}};
  return R"({"log":{"version":"1.2","creator":)" + creator.dump() + ",\"entries\":[\n";
}

Result<HarEntry> to_har_entry(schema::Reader& reader, const schema::StoredExchange& exchange,
                              const std::optional<schema::Connection>& connection) {
  const auto head = http::parse_request_head(http::normalize_head(exchange.request_head, true));
  if (!head) return HarEntry{{}, head.error().message};
  auto url = url_of(*head, connection);
  if (!url) return HarEntry{{}, url.error().message};
  auto request = request_json(reader, exchange, *head, std::move(*url));
  if (!request) return request.error();
  auto response = response_json(reader, exchange);
  if (!response) return response.error();
  Ordered entry;
  entry["startedDateTime"] = date_time(exchange.started_unix_ns);
  entry["time"] = milliseconds(exchange.duration_ns);
  entry["request"] = std::move(*request);
  entry["response"] = std::move(*response);
  entry["cache"] = Ordered::object();
  const std::int64_t receive = exchange.duration_ns - exchange.ttfb_ns;
  entry["timings"] = {{"send", 0},
                      {"wait", milliseconds(exchange.ttfb_ns)},
                      {"receive", exchange.duration_ns < 0 ? 0.0 : milliseconds(receive)}};
  if (connection) add_server(*connection, entry);
  if (!exchange.notes.empty()) entry["comment"] = as_text(exchange.notes);
  return HarEntry{std::move(entry), {}};
}

}  // namespace tracerec::convert
