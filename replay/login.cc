#include "replay/login.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.h"
#include "body/json_document.h"
#include "http/decode.h"
#include "replay/rewrite.h"
#include "replay/set_cookie.h"

// The file is the user's and may have comments: nlohmann's parser reads it. The response is somebody else's: the
// parser of body/ reads it, whose stack does not grow and which keeps numbers as they are written.
// Tests: tests/replay/login_test.cc.

namespace tracerec::replay {
namespace {

using body::JsonDocument;
using body::JsonNodeId;
using body::ValueType;
using nlohmann::json;

// A body of the file is written out by recursion.
constexpr int kMaxFileDepth = 100;

bool has_header(const std::vector<http::Header>& headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const http::Header& header) { return equals_ignoring_case(header.name, name); });
}

void append_field(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ").append(value).append("\r\n");
}

bool may_have_body(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

// A request target in origin form (RFC 9112 §3.2.1), as far as it could break the request line.
bool is_path(std::string_view path) {
  return path.starts_with('/') &&
         std::all_of(path.begin(), path.end(), [](char c) { return static_cast<unsigned char>(c) > ' ' && c != 0x7f; });
}

constexpr std::size_t kMostUsers = 1000;

Result<json> parse_file(std::string_view text) {
  bool too_deep = false;
  const auto look = [&too_deep](int depth, json::parse_event_t, const json&) {
    too_deep = too_deep || depth > kMaxFileDepth;
    return !too_deep;
  };
  json parsed = json::parse(text, look, false, true);
  if (too_deep) return Error{"is nested deeper than " + std::to_string(kMaxFileDepth)};
  if (!parsed.is_object() && !parsed.is_array()) return Error{"is not a valid JSON object or list"};
  if (parsed.is_array() && (parsed.empty() || parsed.size() > kMostUsers))
    return Error{"must have 1 to " + std::to_string(kMostUsers) + " logins"};
  return parsed;
}

// Of an object, a text that may be missing.
std::string text_at(const json& object, const char* key, const std::string& otherwise = {}) {
  if (!object.is_object()) return otherwise;
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : otherwise;
}

Result<void> read_request_line(const json& file, Login& login) {
  const Result<std::string> method = parse_header_name(text_at(file, "method", "POST"));  // both are tokens
  if (!method) return Error{"\"method\" must be a method like \"POST\""};
  login.method = *method;
  login.path = text_at(file, "path");
  if (!is_path(login.path)) return Error{"\"path\" must be a path like \"/login\""};
  return {};
}

Result<void> read_header(const std::string& name, const json& value, Login& login) {
  if (!value.is_string()) return Error{"\"headers\" must be an object of texts"};
  const Result<http::Header> header = parse_header_option(name + ": " + value.get<std::string>());
  if (!header) return Error{"\"headers\" has a name or a value that is not valid in a header"};
  if (equals_ignoring_case(name, "content-length") || equals_ignoring_case(name, "transfer-encoding")) {
    return Error{"\"headers\" must not have " + name + ", which follows from the body"};
  }
  login.headers.push_back(*header);
  return {};
}

Result<void> read_headers(const json& file, Login& login) {
  const auto headers = file.find("headers");
  if (headers == file.end()) return {};
  if (!headers->is_object()) return Error{"\"headers\" must be an object of texts"};
  for (const auto& [name, value] : headers->items()) {
    if (Result<void> read = read_header(name, value, login); !read) return read;
  }
  return {};
}

void read_body(const json& file, Login& login) {
  const auto body = file.find("body");
  if (body == file.end()) return;
  login.body = body->is_string() ? body->get<std::string>() : body->dump();
  if (login.body.empty() || has_header(login.headers, "content-type")) return;
  login.headers.push_back(
      {"Content-Type", body->is_string() ? "application/x-www-form-urlencoded" : "application/json"});
}

std::optional<Login::From> parse_from(std::string_view text) {
  if (text == "body") return Login::From::kBody;
  if (text == "header") return Login::From::kHeader;
  if (text == "cookie") return Login::From::kCookie;
  return std::nullopt;
}

const char* name_of(Login::From from) {
  if (from == Login::From::kBody) return "body";
  return from == Login::From::kHeader ? "header" : "cookie";
}

Result<void> read_take(const json& file, Login& login) {
  const std::string take = text_at(file, "take");
  const std::size_t colon = take.find(':');
  const std::optional<Login::From> from = parse_from(std::string_view(take).substr(0, colon));
  if (!from || colon == std::string::npos) {
    return Error{"\"take\" must be like \"body:/token\", \"header:X-Token\" or \"cookie:sid\""};
  }
  login.from = *from;
  login.name = take.substr(colon + 1);
  return {};
}

Result<void> read_set(const json& file, Login& login) {
  const Result<http::Header> set = parse_header_option(text_at(file, "set"));
  if (!set || set->value.find("{}") == std::string::npos) {
    return Error{"\"set\" must be a header with {} for the value, like \"Authorization: Bearer {}\""};
  }
  if (is_framing(set->name)) return Error{"\"set\" must not be " + set->name + ", which follows from the request"};
  login.set = *set;
  return {};
}

Result<void> read_identity(const json& file, Login& login) {
  const auto identity = file.find("identity");
  if (identity == file.end()) return {};
  IdentityKey key{text_at(*identity, "header"), text_at(*identity, "cookie"), text_at(*identity, "recorded")};
  if (key.header.empty() == key.cookie.empty() || key.recorded.empty()) {
    return Error{
        "\"identity\" must be like {\"header\": \"Authorization\", \"recorded\": \"exchange 12\"} or "
        "{\"cookie\": \"sid\", \"recorded\": …}"};
  }
  if (key.header.empty()) key.header = "Cookie";
  if (!parse_header_name(key.header)) return Error{"\"identity\" has a name that is not valid in a header"};
  login.identity = std::move(key);
  return {};
}

// One step of a JSON pointer (RFC 6901 §4): ~1 is a slash and ~0 a tilde.
std::string unescape(std::string_view step) {
  std::string name;
  for (std::size_t i = 0; i < step.size(); ++i) {
    const bool escaped = step[i] == '~' && i + 1 < step.size() && (step[i + 1] == '0' || step[i + 1] == '1');
    name += !escaped ? step[i] : step[++i] == '0' ? '~' : '/';
  }
  return name;
}

// Of members of one name the last, as most parsers have it.
std::optional<JsonNodeId> member(const JsonDocument& document, JsonNodeId object, const std::string& name) {
  std::optional<JsonNodeId> found;
  JsonNodeId at = object + 1;
  for (std::uint32_t i = 0; i < document.node(object).children; ++i) {
    if (document.text(at) == name) found = at + 1;
    at = document.node(at + 1).next;
  }
  return found;
}

// Without leading zeros, and no sign (RFC 6901 §4).
std::optional<JsonNodeId> element(const JsonDocument& document, JsonNodeId array, const std::string& step) {
  std::uint32_t index = 0;
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
  const bool whole = error == std::errc{} && end == step.data() + step.size();
  if (!whole || (step.size() > 1 && step.front() == '0') || index >= document.node(array).children) return std::nullopt;
  JsonNodeId at = array + 1;
  for (; index > 0; --index) at = document.node(at).next;
  return at;
}

std::optional<JsonNodeId> child(const JsonDocument& document, JsonNodeId parent, const std::string& step) {
  const ValueType type = document.node(parent).type;
  if (type == ValueType::kObject) return member(document, parent, step);
  if (type == ValueType::kArray) return element(document, parent, step);
  return std::nullopt;
}

// RFC 6901 §4: empty is the whole document.
std::optional<JsonNodeId> resolve_pointer(const JsonDocument& document, std::string_view pointer) {
  std::optional<JsonNodeId> at = JsonDocument::root();
  while (at && !pointer.empty()) {
    if (pointer.front() != '/') return std::nullopt;
    pointer.remove_prefix(1);
    const std::string_view step = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(step.size());
    at = child(document, *at, unescape(step));
  }
  return at;
}

// Only what stands for a value of a header: no containers, and not null.
std::optional<std::string> body_value(std::string_view content, std::string_view pointer) {
  const auto document = JsonDocument::parse(content);
  if (!document) return std::nullopt;
  const std::optional<JsonNodeId> at = resolve_pointer(*document, pointer);
  if (!at) return std::nullopt;
  const ValueType type = document->node(*at).type;
  if (type == ValueType::kArray || type == ValueType::kObject || type == ValueType::kNull) return std::nullopt;
  return std::string(document->text(*at));
}

// Of several of one name the last (RFC 6265 §5.3).
std::optional<std::string> cookie_value(const http::HeaderList& headers, const std::string& name) {
  std::optional<std::string> value;
  for (const std::string_view cookie : headers.values("Set-Cookie")) {
    if (!cookie.starts_with(name + "=") || ends_cookie(cookie)) continue;
    value = std::string(cookie.substr(name.size() + 1, cookie.find(';') - name.size() - 1));
  }
  return value;
}

Result<std::optional<std::string>> take_from_body(const Login& login, const http::HeaderList& headers,
                                                  const OneResponse& response) {
  if (response.body_is_cut) return Error{"its body is longer than " + format_bytes(kMaxLoginBodyBytes)};
  const Result<std::string> content = http::decode_body(headers, response.body, kMaxLoginBodyBytes);
  if (!content) return with_context("its body", content.error());
  return body_value(*content, login.name);
}

Result<std::optional<std::string>> take_value(const Login& login, const OneResponse& response) {
  const Result<http::ResponseHead> head = http::parse_response_head(response.head);
  if (!head) return head.error();
  if (login.from == Login::From::kBody) return take_from_body(login, head->headers, response);
  if (login.from == Login::From::kCookie) return cookie_value(head->headers, login.name);
  const std::string* const value = head->headers.find(login.name);
  return value != nullptr ? std::optional(*value) : std::nullopt;
}

Result<Login> read_login(const json& file) {
  if (!file.is_object()) return Error{"is not a valid JSON object"};
  Login login;
  for (const auto read : {read_request_line, read_headers, read_take, read_set, read_identity}) {
    if (const Result<void> done = read(file, login); !done) return done.error();
  }
  read_body(file, login);
  return login;
}

}  // namespace

OneRequest make_request(const Target& target, const std::string& method, const std::string& path,
                        const std::vector<http::Header>& headers, std::string body) {
  OneRequest request{method, method + " " + path + " HTTP/1.1\r\n", std::move(body)};
  const http::Header usual[] = {
      {"Host", target.authority()}, {"User-Agent", "tracerec"}, {"Accept", "*/*"}, {"Connection", "close"}};
  for (const http::Header& header : usual) {
    if (!has_header(headers, header.name)) append_field(request.head, header.name, header.value);
  }
  for (const http::Header& header : headers) append_field(request.head, header.name, header.value);
  if (!request.body.empty() || may_have_body(method)) {
    append_field(request.head, "Content-Length", std::to_string(request.body.size()));
  }
  request.head += "\r\n";
  return request;
}

Result<std::vector<Login>> parse_logins(std::string_view text) {
  const Result<json> file = parse_file(text);
  if (!file) return file.error();
  std::vector<Login> logins;
  if (file->is_object()) {
    Result<Login> login = read_login(*file);
    if (!login) return login.error();
    logins.push_back(std::move(*login));
    return logins;
  }
  for (std::size_t i = 0; i < file->size(); ++i) {
    Result<Login> login = read_login((*file)[i]);
    if (login && !login->identity) login = Error{"\"identity\" is missing, which says whose requests get the header"};
    if (!login) return with_context("login " + std::to_string(i + 1) + " of the list", login.error());
    logins.push_back(std::move(*login));
  }
  return logins;
}

OneRequest make_request(const Login& login, const Target& target) {
  return make_request(target, login.method, login.path, login.headers, login.body);
}

std::size_t body_bytes_needed(const Login& login) {
  return login.from == Login::From::kBody ? kMaxLoginBodyBytes : 0;
}

Result<http::Header> header_of(const Login& login, const OneResponse& response) {
  if (response.status >= 400) return Error{"its status is " + std::to_string(response.status)};
  const Result<std::optional<std::string>> value = take_value(login, response);
  if (!value) return value.error();
  if (!*value || (*value)->empty())
    return Error{std::string("it has no ") + name_of(login.from) + " " + printable(login.name)};
  http::Header header = login.set;
  header.value.replace(header.value.find("{}"), 2, **value);
  if (!is_field_value(header.value)) return Error{"the value has line ends or control bytes, which no header may have"};
  return header;
}

}  // namespace tracerec::replay
