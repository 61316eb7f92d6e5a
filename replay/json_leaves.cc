#include "replay/json_leaves.h"

#include <algorithm>

#include "base/ascii.h"
#include "body/json_scanner.h"

namespace tracerec::replay {
namespace {

// What is not quite JSON is read as far as its values are certain: Python writes NaN, and a value with a strange escape
// is passed over by whoever decodes it.
constexpr body::JsonDialect kDialect = {
    .max_depth = kMaxLeafDepth, .control_characters = true, .any_bytes = true, .any_escape = true, .any_word = true};
constexpr std::size_t kBeforeFirst = SIZE_MAX;

bool is_word(std::string_view name) {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_letter_or_digit(c) || c == '_'; });
}

class LeafReader {
 public:
  LeafReader(std::string_view text, JsonLeafSink& sink) : text_(text), sink_(sink) {}

  bool run() {
    body::JsonScanner<kDialect, LeafReader> scanner(text_, *this);
    return scanner.read_value() && scanner.at_end();
  }

  void on_begin(body::ValueType type, std::size_t) {
    const bool array = type == body::ValueType::kArray;
    path_.push_back({{}, array ? kBeforeFirst : 0, array});
  }
  void on_end(std::size_t) { path_.pop_back(); }
  void on_element() { ++path_.back().index; }
  void on_name(const body::JsonString& name) { path_.back().name = name.in(text_); }
  void on_string(const body::JsonString& string) { sink_.on_leaf({path_, string.in(text_), string.begin, true}); }

  void on_scalar(body::ValueType type, std::size_t begin, std::size_t end) {
    if (type != body::ValueType::kDecimal) return;  // what this dialect calls every number
    sink_.on_leaf({path_, text_.substr(begin, end - begin), begin, false});
  }

 private:
  std::string_view text_;
  JsonLeafSink& sink_;
  std::vector<JsonStep> path_;
};

}  // namespace

bool for_each_json_leaf(std::string_view text, JsonLeafSink& sink) {
  return LeafReader(text, sink).run();
}

std::string json_location(const std::vector<JsonStep>& path) {
  std::string out = "$";
  for (const JsonStep& step : path) {
    if (step.is_element) {
      out += '[' + std::to_string(step.index) + ']';
    } else if (is_word(step.name)) {
      out.append(".").append(step.name);
    } else {
      out.append("['").append(step.name).append("']");
    }
  }
  return out;
}

}  // namespace tracerec::replay
