#include "gate/operation.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/ascii.h"
#include "base/percent.h"
#include "body/json_document.h"

namespace tracerec::gate {
namespace {

using body::JsonDocument;
using body::JsonNodeId;

// Names are keys and stand in reports.
std::string plain_name(std::string_view name) {
  constexpr std::string_view kAllowed = "_.:-{},";
  std::string plain(name.substr(0, kMaxOperationBytes));
  for (char& c : plain) {
    if (!is_letter_or_digit(c) && kAllowed.find(c) == std::string_view::npos) c = '_';
  }
  return plain;
}

bool is_name_char(char c) {
  return is_letter_or_digit(c) || c == '_';
}

// The words of a GraphQL document that stand outside of braces, parentheses, strings and comments; an opening brace is
// a word, too (GraphQL §2.1).
class GraphQlWords {
 public:
  explicit GraphQlWords(std::string_view text) : text_(text) {}

  // Empty: the document is at its end.
  std::string_view next() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (is_name_char(c)) {
        const std::string_view word = take_word();
        if (depth_ == 0) return word;
      } else if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (c == '"') {
        skip_string();
      } else {
        ++at_;
        if (c == '{' && depth_++ == 0) return text_.substr(at_ - 1, 1);
        if (c == '(') ++depth_;
        if ((c == '}' || c == ')') && depth_ > 0) --depth_;
      }
    }
    return {};
  }

  // The next name, however deep.
  std::string_view next_name() {
    while (at_ < text_.size() && !is_name_char(text_[at_])) ++at_;
    return take_word();
  }

  [[nodiscard]] bool is_alias() const {
    const std::size_t next = text_.find_first_not_of(" \t\r\n,", at_);
    return next != std::string_view::npos && text_[next] == ':';
  }

 private:
  std::string_view take_word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_name_char(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  void skip_string() {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) at_ += text_[at_] == '\\';
    at_ = std::min(at_ + 1, text_.size());
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
};

struct GraphQlOperation {
  std::string_view type;
  std::string_view name;
  std::string_view field;  // the first one
};

bool is_type(std::string_view word) {
  return word == "query" || word == "mutation" || word == "subscription";
}

// The operation of this name; of any name when it is empty.
std::optional<GraphQlOperation> find_operation(std::string_view document, std::string_view wanted) {
  GraphQlWords words(document);
  GraphQlOperation found{"query", {}, {}};
  bool is_fragment = false;
  std::string_view before;
  for (std::string_view word = words.next(); !word.empty(); word = words.next()) {
    if (is_type(before)) found = {before, word == "{" ? std::string_view{} : word, {}};
    if (word == "{" && !is_fragment && (wanted.empty() || wanted == found.name)) {
      found.field = words.next_name();
      if (words.is_alias()) found.field = words.next_name();
      return found;
    }
    if (word == "{") found = {"query", {}, {}};
    is_fragment = word == "fragment" || (is_fragment && word != "{");
    before = word;
  }
  return std::nullopt;
}

Operation graphql_operation(std::string_view document, std::string_view name) {
  const auto found = find_operation(document, name);
  Operation operation;
  if (!name.empty()) {
    operation.name = plain_name(name);
  } else if (found) {
    operation.name = found->name.empty() ? plain_name("{" + std::string(found->field) + "}") : plain_name(found->name);
  }
  if (found) (found->type == "mutation" ? operation.writes : operation.reads) = true;
  return operation;
}

bool looks_like_graphql(std::string_view document) {
  GraphQlWords words(document);
  const std::string_view first = words.next();
  return first == "{" || is_type(first) || first == "fragment";
}

// The member's text when it is a string.
std::string_view string_member(const JsonDocument& document, JsonNodeId object, std::string_view wanted) {
  JsonNodeId at = object + 1;
  for (std::uint32_t i = 0; i < document.node(object).children; ++i) {
    const JsonNodeId value = document.node(at).next;
    if (document.text(at) == wanted && document.node(value).type == body::ValueType::kString)
      return document.text(value);
    at = document.node(value).next;
  }
  return {};
}

Operation operation_in(const JsonDocument& document, JsonNodeId object) {
  if (document.node(object).type != body::ValueType::kObject) return {};
  if (!string_member(document, object, "jsonrpc").empty())
    return {plain_name(string_member(document, object, "method")), false, false};
  const std::string_view query = string_member(document, object, "query");
  const std::string_view name = string_member(document, object, "operationName");
  if (query.empty() ? name.empty() : !looks_like_graphql(query)) return {};
  return graphql_operation(query, name);
}

// Of a batch: every different name, and what all of them do.
Operation operation_of_batch(const JsonDocument& document) {
  Operation all;
  all.reads = document.node(0).children > 0;
  JsonNodeId at = 1;
  std::vector<std::string> names;
  for (std::uint32_t i = 0; i < document.node(0).children; ++i, at = document.node(at).next) {
    Operation one = operation_in(document, at);
    all.reads = all.reads && one.reads;
    all.writes = all.writes || one.writes;
    if (one.name.empty() || std::find(names.begin(), names.end(), one.name) != names.end()) continue;
    all.name += names.empty() ? "" : ",";
    all.name += one.name;
    names.push_back(std::move(one.name));
    if (all.name.size() > kMaxOperationBytes) break;
  }
  all.name = plain_name(all.name);
  return all;
}

Operation operation_in_json(std::string_view content) {
  if (content.size() > kMaxOperationContent) return {};
  const bool may_have = content.find("\"query\"") != std::string_view::npos ||
                        content.find("\"jsonrpc\"") != std::string_view::npos ||
                        content.find("\"operationName\"") != std::string_view::npos;
  if (!may_have) return {};
  const auto document = JsonDocument::parse(content);
  if (!document) return {};
  return document->node(0).type == body::ValueType::kArray ? operation_of_batch(*document) : operation_in(*document, 0);
}

// The value of a field of the query, decoded.
std::string query_field(std::string_view target, std::string_view wanted) {
  const std::size_t begin = target.find('?');
  if (begin == std::string_view::npos) return {};
  std::string_view rest = target.substr(begin + 1, target.find('#') - begin - 1);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view field = rest.substr(0, end);
    if (field.size() > wanted.size() && field.starts_with(wanted) && field[wanted.size()] == '=')
      return decode_percent(field.substr(wanted.size() + 1), Plus::kIsSpace);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {};
}

Operation operation_in_query(std::string_view target) {
  if (target.find("query=") == std::string_view::npos && target.find("operationName=") == std::string_view::npos)
    return {};
  const std::string query = query_field(target, "query");
  const std::string name = query_field(target, "operationName");
  if (query.empty() ? name.empty() : !looks_like_graphql(query)) return {};
  return graphql_operation(query, name);
}

// "\"http://example.com/ns#GetPrice\"" → "GetPrice"
std::string_view last_part(std::string_view action) {
  while (!action.empty() && (action.front() == '"' || action.front() == ' ')) action.remove_prefix(1);
  action = action.substr(0, action.find('"'));
  const std::size_t cut = action.find_last_of("/#:");
  return cut == std::string_view::npos ? action : action.substr(cut + 1);
}

std::string operation_in_headers(const http::HeaderList& headers) {
  if (const std::string* target = headers.find("X-Amz-Target")) return plain_name(*target);
  if (const std::string* action = headers.find("SOAPAction")) return plain_name(last_part(*action));
  const std::string* type = headers.find("Content-Type");
  if (type == nullptr || !type->starts_with("application/soap+xml")) return {};
  const std::size_t action = type->find("action=");
  return action == std::string::npos ? std::string()
                                     : plain_name(last_part(std::string_view(*type).substr(action + 7)));
}

}  // namespace

Operation operation_of(std::string_view method, std::string_view target, const http::HeaderList& headers,
                       std::string_view content) {
  if (std::string name = operation_in_headers(headers); !name.empty()) return {std::move(name), false, false};
  if (method == "GET") return operation_in_query(target);
  return method == "POST" ? operation_in_json(content) : Operation{};
}

}  // namespace tracerec::gate
