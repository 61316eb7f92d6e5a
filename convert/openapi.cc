#include "convert/openapi.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/ascii.h"
#include "base/percent.h"
#include "base/text.h"
#include "base/utf8.h"
#include "body/media_type.h"
#include "convert/json_shape.h"
#include "gate/endpoint.h"
#include "http/decode.h"
#include "http/message.h"
#include "http/normalize.h"

// Tests: tests/convert/openapi_test.cc.

namespace tracerec::convert {
namespace {

using Document = nlohmann::ordered_json;

// The kind of a parameter's values.
class TextKind {
 public:
  void add(std::string_view value) {
    const bool is_number = !value.empty() && value.size() < 19 && std::all_of(value.begin(), value.end(), is_digit);
    only_integers_ = only_integers_ && is_number;
    only_booleans_ = only_booleans_ && (value == "true" || value == "false");
  }
  [[nodiscard]] Document schema() const {
    return {{"type", only_integers_ ? "integer" : only_booleans_ ? "boolean" : "string"}};
  }

 private:
  bool only_integers_ = true, only_booleans_ = true;
};

// Bodies of one message by their type.
class Bodies {
 public:
  // Nothing in `content`: it cannot be read.
  void add(const std::string& type, const std::optional<std::string>& content) {
    constexpr std::size_t kMostTypes = 20;
    if (by_type_.size() >= kMostTypes && !by_type_.contains(type)) return;
    JsonShape& shape = by_type_[type];
    ++messages_;
    if (!content || !body::is_json_type(type)) return;
    const auto json = nlohmann::json::parse(*content, nullptr, false);
    if (!json.is_discarded()) shape.add(json);
  }
  [[nodiscard]] std::uint64_t messages() const { return messages_; }
  [[nodiscard]] Document content() const {
    Document content = Document::object();
    for (const auto& [type, shape] : by_type_) {
      Document media = Document::object();
      if (Document schema = shape.schema(); !schema.empty()) media["schema"] = std::move(schema);
      content[type] = std::move(media);
    }
    return content;
  }

 private:
  std::map<std::string, JsonShape> by_type_;
  std::uint64_t messages_ = 0;
};

struct Parameter {
  std::uint64_t requests = 0;  // that had it
  TextKind kind;
};

struct Operation {
  std::uint64_t requests = 0;
  std::map<std::string, Parameter> query;
  Bodies bodies;
  std::map<int, std::pair<std::string, Bodies>> responses;  // by status: the reason, and what came
};

struct Endpoint {
  std::string path;                    // "/users/{id}/orders/{id2}"
  std::vector<std::string> variables;  // "id", "id2"
  std::string method;                  // lower case
};

// "GET /users/{id}/orders/{id}" with a name of its own for each variable.
Endpoint read_endpoint(const std::string& name) {
  const std::size_t space = name.find(' ');
  Endpoint endpoint;
  endpoint.method = to_lower(name.substr(0, space));
  std::string_view rest = std::string_view(name).substr(space == std::string::npos ? name.size() : space + 1);
  std::set<std::string> used;
  while (!rest.empty()) {
    const std::size_t open = rest.find('{'), close = rest.find('}');
    endpoint.path += rest.substr(0, open);
    if (open == std::string_view::npos || close == std::string_view::npos || close < open) break;
    const std::string base(rest.substr(open + 1, close - open - 1));
    std::string variable = base;
    for (int number = 2; !used.insert(variable).second; ++number) variable = base + std::to_string(number);
    endpoint.path += '{';
    endpoint.path += variable + '}';
    endpoint.variables.push_back(variable);
    rest.remove_prefix(close + 1);
  }
  return endpoint;
}

bool is_described(const schema::StoredExchange& exchange) {
  constexpr const char* kMethods[] = {"GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"};
  const bool is_known = std::any_of(std::begin(kMethods), std::end(kMethods),
                                    [&](const char* method) { return exchange.method == method; });
  return is_known && exchange.complete && exchange.target.starts_with('/') && is_utf8(exchange.target) &&
         !schema::has_note(exchange.notes, "outgoing");
}

class Survey {
 public:
  explicit Survey(schema::Reader& bodies) : bodies_(bodies) {}

  void learn(const schema::StoredExchange& exchange) {
    if (is_described(exchange)) endpoints_.learn(exchange.method, exchange.target);
  }

  Result<void> add(const schema::StoredExchange& exchange) {
    if (!is_described(exchange)) {
      ++counts.left_out;
      return {};
    }
    const std::string name = endpoints_.name_of(exchange.method, exchange.target).name;
    if (operations_.size() >= kMostEndpoints && !operations_.contains(name)) {
      ++counts.beyond_limit;
      return {};
    }
    ++counts.exchanges;
    Operation& operation = operations_[name];
    ++operation.requests;
    add_query(exchange.target, operation);
    if (auto added = add_request(exchange, operation); !added) return added;
    return add_response(exchange, operation);
  }

  [[nodiscard]] Document paths() const {
    Document paths = Document::object();
    for (const auto& [name, operation] : operations_) {
      const Endpoint endpoint = read_endpoint(name);
      paths[endpoint.path][endpoint.method] = describe(endpoint, operation);
    }
    return paths;
  }

  OpenapiCounts counts;

 private:
  static void add_query(const std::string& target, Operation& operation) {
    constexpr std::size_t kMostParameters = 200;
    const std::size_t mark = target.find('?');
    std::string_view query = mark == std::string::npos ? std::string_view() : std::string_view(target).substr(mark + 1);
    std::set<std::string> seen;
    while (!query.empty()) {
      const std::size_t end = std::min(query.find('&'), query.size());
      const std::string_view pair = query.substr(0, end);
      const std::size_t equals = std::min(pair.find('='), pair.size());
      const std::string name = decode_percent(pair.substr(0, equals), Plus::kIsSpace);
      const bool fits = operation.query.size() < kMostParameters || operation.query.contains(name);
      if (!name.empty() && is_utf8(name) && fits) {
        Parameter& parameter = operation.query[name];
        parameter.kind.add(decode_percent(pair.substr(std::min(equals + 1, pair.size())), Plus::kIsSpace));
        if (seen.insert(name).second) ++parameter.requests;
      }
      query.remove_prefix(std::min(end + 1, query.size()));
    }
  }

  template <class Head>
  Result<void> add_body(const schema::StoredBody& body, const Head& head, Bodies& to) {
    if (body.wire_bytes == 0) return {};
    const std::string* type = head.headers.find("Content-Type");
    const std::string name = type == nullptr ? "" : body::type_of(*type);
    const bool is_json = body::is_json_type(name);
    std::optional<std::string> content;
    if (is_json && body.wire_bytes <= http::kDefaultDecodeLimitBytes) {
      auto wire = bodies_.load_body(body, http::kDefaultDecodeLimitBytes);
      if (!wire) return wire.error();
      auto decoded = http::decode_body(head.headers, *wire);
      if (decoded) content = std::move(*decoded);
    }
    if (is_json && !content) ++counts.undecoded;
    to.add(name.empty() || !is_utf8(name) ? "application/octet-stream" : name, content);
    return {};
  }

  Result<void> add_request(const schema::StoredExchange& exchange, Operation& operation) {
    const auto head = http::parse_request_head(http::normalize_head(exchange.request_head, true));
    return head ? add_body(exchange.request_body, *head, operation.bodies) : Result<void>();
  }

  Result<void> add_response(const schema::StoredExchange& exchange, Operation& operation) {
    const auto head = http::parse_response_head(http::normalize_head(exchange.response_head, false));
    if (!head) return {};
    auto& [reason, bodies] = operation.responses[head->status];
    if (reason.empty() && is_utf8(head->reason)) reason = head->reason;
    return add_body(exchange.response_body, *head, bodies);
  }

  static Document describe(const Endpoint& endpoint, const Operation& operation) {
    Document described = Document::object();
    Document parameters = Document::array();
    for (const std::string& variable : endpoint.variables) {
      parameters.push_back({{"name", variable}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}});
    }
    for (const auto& [name, parameter] : operation.query) {
      Document one{{"name", name}, {"in", "query"}};
      if (parameter.requests == operation.requests) one["required"] = true;
      one["schema"] = parameter.kind.schema();
      parameters.push_back(std::move(one));
    }
    if (!parameters.empty()) described["parameters"] = std::move(parameters);
    if (operation.bodies.messages() > 0) {
      described["requestBody"] = {{"required", operation.bodies.messages() == operation.requests},
                                  {"content", operation.bodies.content()}};
    }
    Document responses = Document::object();
    for (const auto& [status, response] : operation.responses) {
      Document one{{"description", response.first}};
      if (response.second.messages() > 0) one["content"] = response.second.content();
      responses[std::to_string(status)] = std::move(one);
    }
    described["responses"] = std::move(responses);
    return described;
  }

  schema::Reader& bodies_;
  gate::Endpoints endpoints_;
  std::map<std::string, Operation> operations_;
};

std::string title_of(const schema::Recording& recording) {
  if (!recording.name.empty() && is_utf8(recording.name)) return recording.name;
  return "Recording " + std::to_string(recording.id);
}

}  // namespace

Result<Openapi> to_openapi(schema::Reader& rows, schema::Reader& bodies, const schema::Recording& recording) {
  Survey survey(bodies);
  const auto learned = rows.for_each_request(recording.id, [&](const schema::StoredExchange& exchange) {
    survey.learn(exchange);
    return true;
  });
  if (!learned) return learned.error();
  Result<void> added;
  const auto walked = rows.for_each_exchange(recording.id, [&](const schema::StoredExchange& exchange) {
    added = survey.add(exchange);
    return added.has_value();
  });
  if (!walked) return walked.error();
  if (!added) return added.error();
  Openapi openapi;
  openapi.counts = survey.counts;
  openapi.document["openapi"] = "3.1.0";
  openapi.document["info"] = {
      {"title", title_of(recording)},
      {"version", "0"},
      {"description", "What " + std::to_string(survey.counts.exchanges) +
                          " recorded exchanges had in common. What was not called is not in here."}};
  openapi.document["paths"] = survey.paths();
  return openapi;
}

}  // namespace tracerec::convert
