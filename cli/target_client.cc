#include "cli/target_client.h"

#include <httplib.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "base/read_file.h"
#include "base/text.h"

namespace tracerec::cli {
namespace {

using nlohmann::json;

constexpr auto kAskAgain = std::chrono::milliseconds(200);
constexpr int kResponseSeconds = 5;
constexpr std::size_t kMaxFileBytes = std::size_t{1} << 20;

std::unique_ptr<httplib::Client> make_client(const replay::ReplayOptions& options) {
  const replay::Target& target = options.target;
  std::unique_ptr<httplib::Client> client;
  if (!target.unix_path.empty()) {
    client = std::make_unique<httplib::Client>(target.unix_path);
    client->set_address_family(AF_UNIX);
  } else if (!options.cert.empty()) {
    client =
        std::make_unique<httplib::Client>(target.url(), options.cert, options.key.empty() ? options.cert : options.key);
  } else {
    client = std::make_unique<httplib::Client>(target.url());
  }
  client->enable_server_certificate_verification(!options.insecure);
  if (!options.cacert.empty()) client->set_ca_cert_path(options.cacert);
  client->set_connection_timeout(kResponseSeconds);
  client->set_read_timeout(kResponseSeconds);
  client->set_tcp_nodelay(true);
  return client;
}

struct Login {
  std::string method, path, content_type, body;
  httplib::Headers headers;
  std::string from, name;  // "body" "/token"
  http::Header set;
};

Result<json> read_json(const std::string& path) {
  const auto text = read_file(path, kMaxFileBytes);
  if (!text) return text.error();
  json parsed = json::parse(*text, nullptr, false, true);
  if (parsed.is_discarded() || !parsed.is_object()) return Error{"is no JSON object"};
  return parsed;
}

// Of an object, a text that may be missing.
std::string text_at(const json& object, const char* key, const std::string& otherwise = {}) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : otherwise;
}

Result<Login> read_login(const std::string& path) {
  const Result<json> parsed = read_json(path);
  if (!parsed) return parsed.error();
  Login login;
  login.method = text_at(*parsed, "method", "POST");
  login.path = text_at(*parsed, "path");
  if (login.path.empty() || login.path.front() != '/') return Error{"\"path\" must be a path like \"/login\""};
  if (const auto body = parsed->find("body"); body != parsed->end()) {
    login.body = body->is_string() ? body->get<std::string>() : body->dump();
    login.content_type = body->is_string() ? "application/x-www-form-urlencoded" : "application/json";
  }
  const json headers = parsed->value("headers", json::object());
  for (const auto& [name, value] : headers.items()) {
    if (!value.is_string()) return Error{"\"headers\" must be texts"};
    if (equals_ignoring_case(name, "content-type")) {
      login.content_type = value.get<std::string>();
    } else {
      login.headers.emplace(name, value.get<std::string>());
    }
  }
  const std::string take = text_at(*parsed, "take");
  const std::size_t colon = take.find(':');
  login.from = take.substr(0, colon);
  const bool known = login.from == "body" || login.from == "header" || login.from == "cookie";
  if (!known || colon == std::string::npos) {
    return Error{"\"take\" must be like \"body:/token\", \"header:X-Token\" or \"cookie:sid\""};
  }
  login.name = take.substr(colon + 1);
  const Result<http::Header> set = replay::parse_header_option(text_at(*parsed, "set"));
  if (!set || set->value.find("{}") == std::string::npos) {
    return Error{"\"set\" must be a header with {} for the value, like \"Authorization: Bearer {}\""};
  }
  login.set = *set;
  return login;
}

std::optional<std::string> body_value(const std::string& body, const std::string& pointer) {
  const json parsed = json::parse(body, nullptr, false);
  if (parsed.is_discarded()) return std::nullopt;
  try {
    const json& found = parsed.at(json::json_pointer(pointer));
    return found.is_string() ? found.get<std::string>() : found.dump();
  } catch (const json::exception&) {  // no such location, or no pointer
    return std::nullopt;
  }
}

std::optional<std::string> cookie_value(const httplib::Response& response, const std::string& name) {
  const auto [first, last] = response.headers.equal_range("Set-Cookie");
  for (auto one = first; one != last; ++one) {
    const std::string& cookie = one->second;
    if (cookie.rfind(name + "=", 0) == 0) return cookie.substr(name.size() + 1, cookie.find(';') - name.size() - 1);
  }
  return std::nullopt;
}

std::optional<std::string> take(const Login& login, const httplib::Response& response) {
  if (login.from == "body") return body_value(response.body, login.name);
  if (login.from == "cookie") return cookie_value(response, login.name);
  if (!response.has_header(login.name)) return std::nullopt;
  return response.get_header_value(login.name);
}

Result<http::Header> ask(const replay::ReplayOptions& options, const Login& login) {
  httplib::Request request;
  request.method = login.method;
  request.path = login.path;
  request.headers = login.headers;
  request.body = login.body;
  if (!login.body.empty()) request.headers.emplace("Content-Type", login.content_type);
  const httplib::Result response = make_client(options)->send(request);
  const std::string what = login.method + " " + login.path + " of " + options.target.url();
  if (!response) return Error{what + " was not answered: " + httplib::to_string(response.error())};
  if (response->status >= 400) return Error{what + " was answered with " + std::to_string(response->status)};
  const std::optional<std::string> value = take(login, *response);
  if (!value || value->empty()) return Error{"the response to " + what + " has no " + login.from + " " + login.name};
  http::Header header = login.set;
  header.value.replace(header.value.find("{}"), 2, *value);
  if (header.value.find_first_of("\r\n") != std::string::npos) return Error{"the value would end its header line"};
  return header;
}

}  // namespace

Result<void> wait_until_ready(const replay::ReplayOptions& options, std::int64_t limit_ns,
                              const std::atomic<bool>& stop) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::nanoseconds(limit_ns);
  while (!stop.load()) {
    const httplib::Result response = make_client(options)->Get("/");
    if (response) return {};
    if (std::chrono::steady_clock::now() + kAskAgain >= deadline) {
      return Error{"target " + options.target.url() + " was not ready in time: " +
                   httplib::to_string(response.error()) + "; --wait-ready says how long to wait"};
    }
    std::this_thread::sleep_for(kAskAgain);
  }
  return Error{"stopped while waiting for target " + options.target.url()};
}

Result<http::Header> log_in(const replay::ReplayOptions& options, const std::string& path) {
  const Result<Login> login = read_login(path);
  if (!login) return with_context("--login " + path, login.error());
  Result<http::Header> header = ask(options, *login);
  if (!header) return with_context("--login " + path, header.error());
  return header;
}

}  // namespace tracerec::cli
