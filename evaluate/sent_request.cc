#include "evaluate/sent_request.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "base/text.h"
#include "evaluate/run_values.h"
#include "http/decode.h"
#include "http/normalize.h"
#include "replay/rewrite.h"
#include "replay/target.h"
#include "replay/values.h"

// Tests: tests/evaluate/curl_test.cc, tests/evaluate/curl_shell_test.cc.

namespace tracerec::evaluate {
namespace {

using Json = nlohmann::json;

// A file is hostile input: what is not of the kind that a replay writes is as if it were not there.
std::vector<std::string> texts_at(const Json& options, const char* key) {
  std::vector<std::string> texts;
  const auto found = options.find(key);
  if (found == options.end() || !found->is_array()) return texts;
  for (const Json& one : *found) {
    if (one.is_string()) texts.push_back(one.get<std::string>());
  }
  return texts;
}

std::string text_at(const Json& options, const char* key) {
  const auto found = options.find(key);
  return found != options.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool flag_at(const Json& options, const char* key) {
  const auto found = options.find(key);
  return found != options.end() && found->is_boolean() && found->get<bool>();
}

Json options_of(const schema::Run& run) {
  Json options = Json::parse(run.options, nullptr, false);
  return options.is_object() ? options : Json::object();
}

std::vector<std::string> headers_of_all(const Json& options) {
  std::vector<std::string> names = texts_at(options, "set_header");
  std::erase_if(names, [](const std::string& name) { return !replay::parse_header_name(name); });
  return names;
}

// One of a list of logins whose user the request is of.
struct OwnHeader {
  replay::Identity identity;
  std::size_t user = 0;  // from 1
};

std::vector<OwnHeader> headers_of_user(const Json& options, std::string_view head) {
  std::vector<OwnHeader> own;
  const auto list = options.find("identities");
  if (list == options.end() || !list->is_array()) return own;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const Json& one = (*list)[i];
    if (!one.is_object()) continue;
    replay::IdentityKey key{text_at(one, "header"), text_at(one, "cookie"), {}};
    key.recorded = replay::credential_with_digest(head, key, text_at(one, "recorded_sha256"));
    std::string name = text_at(one, "set_header");
    const bool is_taken = std::any_of(own.begin(), own.end(), [&](const OwnHeader& other) {
      return equals_ignoring_case(other.identity.set.name, name);
    });
    if (key.recorded.empty() || is_taken || !replay::parse_header_name(name)) continue;
    own.push_back({{std::move(key), {std::move(name), kNotStored}}, i + 1});
  }
  return own;
}

// Those that replay::rewrite_head sets in this request.
std::vector<SetHeader> set_headers_of(const Json& options, std::string_view head) {
  std::vector<SetHeader> set;
  for (const OwnHeader& own : headers_of_user(options, head)) set.push_back({own.identity.set.name, own.user});
  for (std::string& name : headers_of_all(options)) {
    const bool is_own = std::any_of(set.begin(), set.end(),
                                    [&](const SetHeader& other) { return equals_ignoring_case(other.name, name); });
    if (!is_own) set.push_back({std::move(name), 0});
  }
  return set;
}

replay::Rewrite rewrite_of(const Json& options, const replay::Target& target, std::string_view head) {
  std::vector<http::Header> set;
  for (std::string& name : headers_of_all(options)) set.push_back({std::move(name), kNotStored});
  std::vector<replay::PathRewrite> paths;
  for (const std::string& text : texts_at(options, "rewrite_path")) {
    if (auto path = replay::parse_path_rewrite(text)) paths.push_back(std::move(*path));
  }
  replay::Rewrite rewrite =
      replay::make_rewrite(target, std::move(set), texts_at(options, "remove_header"), std::move(paths));
  rewrite.keep_host = flag_at(options, "keep_host");
  for (OwnHeader& own : headers_of_user(options, head)) rewrite.identities.push_back(std::move(own.identity));
  return rewrite;
}

Result<std::string> load_wire(schema::Reader& reader, const schema::StoredBody& body) {
  if (!body.whole()) return Error{"its body was not recorded in full"};
  return reader.load_body(body, http::kDefaultDecodeLimitBytes);
}

// The parser shows control bytes as \x01 (http/normalize.h); sent is what was on the wire. A folded field stays as the
// parser has it.
void restore_values(const std::string& head, http::HeaderList& headers) {
  std::vector<std::pair<std::string_view, std::string_view>> raw;
  replay::for_each_header(head, [&](std::string_view name, std::string_view value) { raw.emplace_back(name, value); });
  http::HeaderList restored;
  std::size_t next = 0;
  for (const http::Header& header : headers) {
    std::size_t at = next;
    while (at < raw.size() &&
           !(raw[at].first == header.name && http::without_control_bytes(raw[at].second) == header.value))
      ++at;
    if (at < raw.size()) next = at + 1;
    restored.add(header.name, at < raw.size() ? raw[at].second : std::string_view(header.value));
  }
  headers = std::move(restored);
}

// Head and payload from the bytes on the wire.
Result<void> read_message(const std::string& head, const std::string& wire, SentRequest& request) {
  auto parsed = http::parse_request_head(head);
  if (!parsed) return parsed.error();
  request.head = std::move(*parsed);
  restore_values(head, request.head.headers);
  const std::vector<std::string_view> codings = request.head.headers.values("Transfer-Encoding");
  request.chunked = codings.size() == 1 && equals_ignoring_case(trim(codings.front()), "chunked");
  if (!codings.empty() && !request.chunked) return Error{"its Transfer-Encoding is not chunked alone"};
  auto payload = http::decode_transfer(request.head.headers, wire);
  if (!payload) return payload.error();
  request.payload = std::move(*payload);
  return {};
}

// "host", "host:80", "[::1]:80": nothing that a URL would take for something else.
bool is_authority(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_digit(c) || is_lower(c) || is_upper(c) || std::string_view("-._:[]").find(c) != std::string_view::npos;
  });
}

Result<void> set_recorded_server(schema::Reader& reader, schema::RowId connection_id, SentRequest& request) {
  constexpr std::string_view kUnix = "unix:";
  const auto connection = reader.connection(connection_id);
  if (!connection) return connection.error();
  const std::string local = *connection ? (*connection)->local : std::string();
  request.tls = *connection && (*connection)->tls;
  if (local.starts_with(kUnix)) request.unix_socket = local.substr(kUnix.size());
  const std::string* const host = request.head.headers.find("Host");
  if (host != nullptr && is_authority(*host)) {
    request.authority = *host;
  } else {
    request.authority = is_authority(local) && request.unix_socket.empty() ? local : "localhost";
  }
  return {};
}

Result<void> set_target(const schema::Run& run, const Json& options, const replay::Target& target,
                        SentRequest& request) {
  if (!is_authority(target.authority())) return Error{"the target of run " + std::to_string(run.id) + " is not a host"};
  request.tls = target.tls;
  request.authority = target.authority();
  request.unix_socket = target.unix_path;
  request.insecure = flag_at(options, "insecure");
  request.cacert = text_at(options, "cacert");
  request.cert = text_at(options, "cert");
  request.key = text_at(options, "key");
  return {};
}

// The replacements that make the values of the request those that were sent.
class Filling final : public replay::ValueSink {
 public:
  explicit Filling(const std::vector<SentValue>& values) : values_(values) {}
  void on_value(const replay::Value& value) override {
    if (value.begin == value.end) return;
    const std::string location = value.location();
    const auto found = std::find_if(values_.begin(), values_.end(), [&](const SentValue& one) {
      return one.location == location && one.recorded == value.text;
    });
    if (found == values_.end() || found->sent == value.text) return;
    replay::Replacement one{value.in_head, value.begin, value.end, {}};
    replay::append_encoded(one.bytes, found->sent, value.coding);
    replacements.push_back(std::move(one));
  }

  std::vector<replay::Replacement> replacements;

 private:
  const std::vector<SentValue>& values_;
};

Result<replay::Message> filled(schema::Reader& reader, const schema::StoredExchange& exchange, const schema::Run& run,
                               std::string wire) {
  if (run.id == 0) return replay::Message{exchange.request_head, std::move(wire)};
  const auto values = values_sent(reader, run, exchange.id, kCookieReach);
  if (!values) return values.error();
  std::string buffer;
  const auto decoded = replay::content_of(exchange.request_head, wire, true, buffer);
  const std::string_view content = decoded ? *decoded : std::string_view{};
  Filling filling(*values);
  replay::for_each_request_value(exchange.request_head, content, filling);
  return replay::with_replacements(exchange.request_head, wire, content, std::move(filling.replacements));
}

}  // namespace

Result<SentRequest> recorded_request(schema::Reader& reader, const schema::StoredExchange& exchange) {
  auto wire = load_wire(reader, exchange.request_body);
  if (!wire) return wire.error();
  SentRequest request;
  if (auto read = read_message(exchange.request_head, *wire, request); !read) return read.error();
  if (auto set = set_recorded_server(reader, exchange.connection_id, request); !set) return set.error();
  return request;
}

Result<SentRequest> request_of_run(schema::Reader& reader, const schema::StoredExchange& exchange,
                                   const schema::Run& run) {
  const auto target = replay::Target::parse(run.target);
  if (!target) return target.error();
  const Json options = options_of(run);
  auto wire = load_wire(reader, exchange.request_body);
  if (!wire) return wire.error();
  const auto message = filled(reader, exchange, run, std::move(*wire));
  if (!message) return message.error();
  SentRequest request;
  const std::string head = replay::rewrite_head(message->head, rewrite_of(options, *target, message->head));
  request.set_headers = set_headers_of(options, message->head);
  if (auto read = read_message(head, message->body, request); !read) return read.error();
  if (auto set = set_target(run, options, *target, request); !set) return set.error();
  return request;
}

Result<SentMessage> message_of_run(schema::Reader& reader, const schema::StoredExchange& exchange,
                                   const schema::Run& run) {
  const auto target = replay::Target::parse(run.target);
  if (!target) return target.error();
  const Json options = options_of(run);
  // Of a longer body no values were replaced.
  const schema::StoredBody& body = exchange.request_body;
  const bool is_short = body.whole() && body.captured_bytes <= replay::kMaxContentBytes;
  auto wire = is_short ? load_wire(reader, body) : Result<std::string>(std::string());
  if (!wire) return wire.error();
  auto message = filled(reader, exchange, run, std::move(*wire));
  if (!message) return message.error();
  SentMessage sent{replay::rewrite_head(message->head, rewrite_of(options, *target, message->head)), {}};
  if (is_short) sent.body = std::move(message->body);
  return sent;
}

}  // namespace tracerec::evaluate
