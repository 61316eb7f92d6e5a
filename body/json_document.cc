// Builds the node array while the scanner reads, in one pass, with a stack of its own for open containers.
// tests/diff/conformance_test.cc runs it against JSONTestSuite, tests/body/json_document_test.cc against nlohmann's
// parser on random input.
#include "body/json_document.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>

#include "body/json_scanner.h"
#include "body/json_text.h"

namespace tracerec::body {
namespace {

// A first guess at bytes per node, so that the array seldom grows.
constexpr std::size_t kBytesPerNode = 12;

}  // namespace

class JsonNodeBuilder {
 public:
  explicit JsonNodeBuilder(std::string_view source) {
    document_.source_ = source;
    document_.nodes_.reserve(std::min(source.size() / kBytesPerNode, kMaxJsonNodes) + 1);
  }

  boost::system::result<JsonDocument, JsonError> run() {
    if (document_.source_.size() >= std::numeric_limits<std::uint32_t>::max()) {
      return JsonError{JsonFault::kTooLarge, 0};
    }
    JsonScanner<JsonDialect{}, JsonNodeBuilder> scanner(document_.source_, *this);
    if (!scanner.read_value()) return JsonError{scanner.fault(), scanner.offset()};
    if (!scanner.at_end()) return JsonError{JsonFault::kSyntax, scanner.offset()};
    return std::move(document_);
  }

  [[nodiscard]] bool is_full() const { return document_.nodes_.size() > kMaxJsonNodes; }

  void on_begin(ValueType type, std::size_t begin) {
    open_.push_back(static_cast<JsonNodeId>(document_.nodes_.size()));
    add(type, begin, begin + 1);
  }

  void on_end(std::size_t end) {
    JsonNode& node = document_.nodes_[open_.back()];
    node.raw_end = static_cast<std::uint32_t>(end);
    node.next = static_cast<std::uint32_t>(document_.nodes_.size());
    open_.pop_back();
  }

  void on_element() { ++document_.nodes_[open_.back()].children; }

  void on_name(const JsonString& name) {
    on_element();
    on_string(name);
  }

  void on_string(const JsonString& string) {
    JsonNode& node = add(ValueType::kString, string.begin - 1, string.end + 1);
    if (string.escaped) return unescape(string, node);
    node.text_begin = static_cast<std::uint32_t>(string.begin);
    node.text_end = static_cast<std::uint32_t>(string.end);
  }

  void on_scalar(ValueType type, std::size_t begin, std::size_t end) { add(type, begin, end); }

 private:
  JsonNode& add(ValueType type, std::size_t begin, std::size_t end) {
    JsonNode& node = document_.nodes_.emplace_back();
    node.type = type;
    node.raw_begin = static_cast<std::uint32_t>(begin);
    node.raw_end = static_cast<std::uint32_t>(end);
    node.next = static_cast<std::uint32_t>(document_.nodes_.size());
    return node;
  }

  void unescape(const JsonString& string, JsonNode& node) {
    std::string& text = document_.unescaped_;
    node.unescaped = true;
    node.text_begin = static_cast<std::uint32_t>(text.size());
    append_json_unescaped(text, string.in(document_.source_));
    node.text_end = static_cast<std::uint32_t>(text.size());
  }

  JsonDocument document_;
  std::vector<JsonNodeId> open_;
};

boost::system::result<JsonDocument, JsonError> JsonDocument::parse(std::string_view source) {
  return JsonNodeBuilder(source).run();
}

void append_json_or_string(std::string& json, std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool container = first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
  if (container && JsonDocument::parse(text)) {
    json += text;
  } else {
    append_json_string(json, text);
  }
}

void throw_exception_from_error(const JsonError&, const boost::source_location&) {
  throw std::logic_error("unchecked JSON error");
}

}  // namespace tracerec::body
