#include "evaluate/sent_request.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "base/text.h"
#include "evaluate/run_values.h"
#include "http/decode.h"
#include "replay/rewrite.h"
#include "replay/target.h"
#include "replay/values.h"

// Tests: tests/evaluate/curl_test.cc, tests/evaluate/curl_shell_test.cc.

namespace tracerec::evaluate {
namespace {

using Json = nlohmann::json;

// What stands for a value that was not stored until curl.cc puts a variable in its place.
constexpr const char* kNotStored = "not-stored";

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

replay::Rewrite rewrite_of(const Json& options, const replay::Target& target) {
  std::vector<http::Header> set;
  for (std::string& name : texts_at(options, "set_header")) {
    if (replay::parse_header_name(name)) set.push_back({std::move(name), kNotStored});
  }
  std::vector<replay::PathRewrite> paths;
  for (const std::string& text : texts_at(options, "rewrite_path")) {
    if (auto path = replay::parse_path_rewrite(text)) paths.push_back(std::move(*path));
  }
  replay::Rewrite rewrite =
      replay::make_rewrite(target, std::move(set), texts_at(options, "remove_header"), std::move(paths));
  rewrite.keep_host = flag_at(options, "keep_host");
  return rewrite;
}

Result<std::string> load_wire(schema::Reader& reader, const schema::StoredBody& body) {
  if (!body.whole()) return Error{"its body was not recorded in full"};
  return reader.load_body(body, http::kDefaultDecodeLimitBytes);
}

// Head and payload from the bytes on the wire.
Result<void> read_message(const std::string& head, const std::string& wire, SentRequest& request) {
  auto parsed = http::parse_request_head(head);
  if (!parsed) return parsed.error();
  request.head = std::move(*parsed);
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
  request.set_headers = texts_at(options, "set_header");
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
  const std::string head = replay::rewrite_head(message->head, rewrite_of(options, *target));
  if (auto read = read_message(head, message->body, request); !read) return read.error();
  if (auto set = set_target(run, options, *target, request); !set) return set.error();
  return request;
}

}  // namespace tracerec::evaluate
