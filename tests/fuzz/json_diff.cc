// A document equals itself, differences are seen from both sides, and what another JSON parser takes, ours takes.
// Input: one document up to the first line end, the other one after it.
#include "diff/json_diff.h"

#include <nlohmann/json.hpp>
#include <string>

#include "diff/compare.h"
#include "diff/shape.h"
#include "fuzz.h"

namespace tracerec::fuzz {
namespace {

class CountDifferences final : public diff::DifferenceSink {
 public:
  void on_difference(const diff::Difference& difference) override {
    ++count;
    FUZZ_CHECK(!difference.location.empty());
    FUZZ_CHECK(!diff::name_of(difference.kind).empty());
  }
  void on_not_compared(diff::NotCompared reason) override { FUZZ_CHECK(!diff::name_of(reason).empty()); }

  std::size_t count = 0;
};

std::size_t count_differences(const body::JsonDocument& a, const body::JsonDocument& b) {
  CountDifferences sink;
  diff::diff_json(a, b, sink);
  return sink.count;
}

std::size_t count_differences(std::string_view a, std::string_view b, const char* type) {
  const auto message = [&](std::string_view body) {
    diff::Message response;
    response.status = 200;
    response.headers.add("Content-Type", type);
    response.body = body;
    return response;
  };
  CountDifferences sink;
  diff::compare_messages("GET", message(a), message(b), sink);
  return sink.count;
}

void check_nodes(const body::JsonDocument& document, std::string_view source) {
  for (body::JsonNodeId id = 0; id < document.size(); ++id) {
    const body::JsonNode& node = document.node(id);
    FUZZ_CHECK(node.raw_begin < node.raw_end && node.raw_end <= source.size());
    FUZZ_CHECK(node.next > id && node.next <= document.size());
    FUZZ_CHECK(document.raw(id).size() == node.raw_end - node.raw_begin);
    FUZZ_CHECK(node.type != body::ValueType::kString || document.text(id).size() <= 3 * document.raw(id).size());
  }
}

// What the other parser is known to refuse although RFC 8259 allows it: numbers beyond a double, lone surrogates.
bool may_be_refused(std::string_view source) {
  return source.size() > 300 || source.find_first_of("eE\\") != std::string_view::npos;
}

void check_document(std::string_view source) {
  const auto document = body::JsonDocument::parse(source);
  // The other parser takes a zero byte for the end of the text.
  const bool has_zero = source.find('\0') != std::string_view::npos;
  const bool accepted = !has_zero && nlohmann::json::accept(source.begin(), source.end());
  if (!document) {
    FUZZ_CHECK(document.error().offset <= source.size());
    FUZZ_CHECK(!accepted || document.error().fault != body::JsonFault::kSyntax);
    return;
  }
  FUZZ_CHECK(!has_zero && (accepted || may_be_refused(source)));
  check_nodes(*document, source);
  FUZZ_CHECK(count_differences(*document, *document) == 0);
}

// What was learned from allows itself.
void check_shape(std::string_view a, std::string_view b) {
  const body::Value left{body::ValueType::kString, a, a};
  const body::Value right{body::ValueType::kString, b, b};
  diff::Shape shape;
  shape.learn(left, right);
  FUZZ_CHECK(!shape.violation(left, right));
  FUZZ_CHECK(!shape.describe().empty());
  static_cast<void>(shape.violation(right, left));
}

}  // namespace

void fuzz_one(std::string_view input) {
  const std::string_view a = take_until(input, '\n');
  const std::string_view b = input;
  check_document(a);
  check_document(b);
  constexpr const char* kJson = "application/json";
  FUZZ_CHECK(count_differences(a, a, kJson) == 0);
  FUZZ_CHECK((count_differences(a, b, kJson) == 0) == (count_differences(b, a, kJson) == 0));
  for (const char* markup : {"application/xml", "text/html"}) {
    FUZZ_CHECK(count_differences(a, a, markup) == 0);
    FUZZ_CHECK((count_differences(a, b, markup) == 0) == (count_differences(b, a, markup) == 0));
  }
  check_shape(a, b);
  // Without a label the recorded side says what it is: the other way round may be something else.
  FUZZ_CHECK(a != b || count_differences(a, b, "text/plain") == 0);
  static_cast<void>(count_differences(b, a, "text/plain"));
  const auto left = body::JsonDocument::parse(a);
  const auto right = body::JsonDocument::parse(b);
  if (left && right) FUZZ_CHECK((count_differences(*left, *right) == 0) == (count_differences(*right, *left) == 0));
}

}  // namespace tracerec::fuzz
