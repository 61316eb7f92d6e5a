#include "record/redact/json.h"

#include <cstdint>
#include <cstring>

#include "base/text.h"

// How this works. A recursive descent over the text that keeps nothing of it but where the values to replace stand;
// they are replaced at the end, once the whole text is known to be JSON. Which rules have been followed how far is a
// list of states: each level of the document appends its own after those of the level above and drops them when it is
// left. Tests: tests/record/redact_json_test.cc.

namespace tracerec::record {
namespace {

// Far deeper than documents are, and shallow enough for the stack.
constexpr int kDepthLimit = 512;

class Scanner {
 public:
  Scanner(std::string_view text, const std::vector<JsonRule>& rules) : text_(text), rules_(rules) {
    for (std::uint32_t rule = 0; rule < rules.size(); ++rule) states_.push_back({rule, 0});
  }

  struct Found {
    std::size_t begin;
    std::size_t end;
    bool string;
  };

  // Every document in the text.
  bool run(std::vector<Found>& found) {
    found_ = &found;
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    do {
      if (!value({0, states_.size(), false}, 0)) return false;
      skip_space();
    } while (at_ < text_.size());
    return true;
  }

 private:
  struct State {
    std::uint32_t rule;
    std::uint32_t step;  // the next one to follow
  };
  // What is known where a value begins: its states are those from `begin` to `end` of states_.
  struct Place {
    std::size_t begin, end;
    bool secret;
  };

  void skip_space() {
    while (at_ < text_.size() && std::strchr(" \t\r\n", text_[at_]) != nullptr && text_[at_] != '\0') ++at_;
  }
  bool take(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool take_word(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }
  bool take_digits() {
    const std::size_t start = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return at_ > start;
  }

  // The states of a child, appended to states_; `matches` says whether a step goes there.
  template <class Matches>
  Place enter(const Place& parent, const Matches& matches) {
    Place child{states_.size(), 0, parent.secret};
    for (std::size_t i = parent.begin; i < parent.end && !child.secret; ++i) {
      const State state = states_[i];
      const JsonRule& rule = rules_[state.rule];
      const JsonRule::Step& step = rule.steps[state.step];
      if (step.any_depth) states_.push_back(state);
      if (!matches(step)) continue;
      if (state.step + 1 == rule.steps.size()) {
        child.secret = true;
      } else {
        states_.push_back({state.rule, state.step + 1});
      }
    }
    child.end = states_.size();
    return child;
  }
  bool child_value(const Place& child, int depth) {
    const bool read = value(child, depth + 1);
    states_.resize(child.begin);
    return read;
  }

  bool value(const Place& place, int depth) {
    skip_space();
    if (at_ >= text_.size() || depth > kDepthLimit) return false;
    switch (text_[at_]) {
      case '{':
        return object(place, depth);
      case '[':
        return array(place, depth);
      case '"':
        return string_value(place.secret);
      case 't':
        return take_word("true");
      case 'f':
        return take_word("false");
      case 'n':
        return take_word("null");
      default:
        return number(place.secret);
    }
  }

  bool object(const Place& place, int depth) {
    ++at_;
    if (take('}')) return true;
    do {
      std::string_view name;
      skip_space();
      if (!string(name) || !take(':')) return false;
      std::string unescaped;
      if (name.find('\\') != std::string_view::npos) name = unescaped = decode_json_string(name);
      const Place child = enter(place, [&](const JsonRule::Step& step) {
        return step.wildcard || (!step.is_index && equals_ignoring_case(step.name, name));
      });
      if (!child_value(child, depth)) return false;
    } while (take(','));
    return take('}');
  }

  bool array(const Place& place, int depth) {
    ++at_;
    if (take(']')) return true;
    std::uint64_t index = 0;
    do {
      const Place child = enter(
          place, [&](const JsonRule::Step& step) { return step.wildcard || (step.is_index && step.index == index); });
      if (!child_value(child, depth)) return false;
      ++index;
    } while (take(','));
    return take(']');
  }

  // Leaves what stands between the quotes. Control characters are let through: they hide no quote.
  bool string(std::string_view& inside) {
    if (at_ >= text_.size() || text_[at_] != '"') return false;
    const std::size_t start = ++at_;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\\' && !is_escape()) return false;
      at_ += text_[at_] == '\\' ? 2 : 1;
    }
    if (at_ >= text_.size()) return false;
    inside = text_.substr(start, at_ - start);
    ++at_;
    return true;
  }
  [[nodiscard]] bool is_escape() const {
    const char c = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (c != 'u') return c != '\0' && std::strchr("\"\\/bfnrt", c) != nullptr;
    for (std::size_t i = at_ + 2; i < at_ + 6; ++i) {
      if (i >= text_.size() || std::strchr("0123456789abcdefABCDEF", text_[i]) == nullptr || text_[i] == '\0')
        return false;
    }
    return true;
  }

  bool string_value(bool secret) {
    std::string_view inside;
    if (!string(inside)) return false;
    const auto begin = static_cast<std::size_t>(inside.data() - text_.data());
    if (secret) found_->push_back({begin, begin + inside.size(), true});
    return true;
  }

  bool number(bool secret) {
    const std::size_t start = at_;
    if (text_[at_] == '-') ++at_;
    if (!take_digits()) return false;
    if (at_ < text_.size() && text_[at_] == '.') {
      ++at_;
      if (!take_digits()) return false;
    }
    if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      ++at_;
      if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
      if (!take_digits()) return false;
    }
    if (secret) found_->push_back({start, at_, false});
    return true;
  }

  std::string_view text_;
  const std::vector<JsonRule>& rules_;
  std::size_t at_ = 0;
  std::vector<State> states_;
  std::vector<Found>* found_ = nullptr;
};

}  // namespace

bool redact_json(Bytes text, const std::vector<JsonRule>& rules, Replacer& replacer) {
  std::vector<Scanner::Found> found;
  if (!Scanner(view(text), rules).run(found)) return false;
  for (const Scanner::Found& one : found) {
    const Bytes value = text.subspan(one.begin, one.end - one.begin);
    one.string ? replacer.json_string(value) : replacer.json_number(value);
  }
  return true;
}

}  // namespace tracerec::record
