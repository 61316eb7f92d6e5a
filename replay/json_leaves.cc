#include "replay/json_leaves.h"

#include <algorithm>

namespace tracerec::replay {
namespace {

bool is_word(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

class Scanner {
 public:
  Scanner(std::string_view text, JsonLeafSink& sink) : text_(text), sink_(sink) {}

  bool scan() {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    skip_space();
    if (!value()) return false;
    skip_space();
    return at_ == text_.size();
  }

 private:
  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t')) {
      ++at_;
    }
  }

  bool take(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool value() {
    skip_space();
    if (at_ >= text_.size()) return false;
    const char first = text_[at_];
    if (first == '{') return path_.size() < kMaxLeafDepth && object();
    if (first == '[') return path_.size() < kMaxLeafDepth && array();
    if (first == '"') return string_value();
    return bare_value();
  }

  // After the opening quote; leaves at_ after the closing one.
  bool quoted(std::string_view& raw) {
    const std::size_t begin = at_;
    while (true) {
      at_ = text_.find_first_of("\"\\", at_);
      if (at_ == std::string_view::npos) {
        at_ = text_.size();
        return false;
      }
      if (text_[at_] == '"') break;
      at_ += 2;
    }
    raw = text_.substr(begin, at_++ - begin);
    return true;
  }

  bool string_value() {
    const std::size_t begin = ++at_;
    std::string_view raw;
    if (!quoted(raw)) return false;
    sink_.on_leaf({path_, raw, begin, true});
    return true;
  }

  bool bare_value() {
    const std::size_t begin = at_;
    const std::size_t end = std::min(text_.find_first_of(",]} \t\r\n", at_), text_.size());
    at_ = end;
    if (end == begin) return false;
    const char first = text_[begin];
    if (first == '-' || (first >= '0' && first <= '9')) {
      sink_.on_leaf({path_, text_.substr(begin, end - begin), begin, false});
    }
    return true;
  }

  bool object() {
    ++at_;
    if (take('}')) return true;
    path_.emplace_back();
    do {
      if (!take('"') || !quoted(path_.back().name) || !take(':') || !value()) return false;
    } while (take(','));
    path_.pop_back();
    return take('}');
  }

  bool array() {
    ++at_;
    if (take(']')) return true;
    path_.push_back({{}, 0, true});
    do {
      if (!value()) return false;
      ++path_.back().index;
    } while (take(','));
    path_.pop_back();
    return take(']');
  }

  std::string_view text_;
  JsonLeafSink& sink_;
  std::size_t at_ = 0;
  std::vector<JsonStep> path_;
};

}  // namespace

bool for_each_json_leaf(std::string_view text, JsonLeafSink& sink) {
  return Scanner(text, sink).scan();
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
