#include "redact/json.h"

#include <cstdint>

#include "base/text.h"
#include "body/json_scanner.h"

// How this works. The scanner tells of each value where it stands; nothing is kept of the text but where the values to
// replace are. They are replaced at the end, once the whole text is known to be JSON. Which rules have been followed
// how far is a list of states: each level of the document appends its own after those of the level above and drops them
// when it is left. Tests: tests/redact/json_test.cc.

namespace tracerec::redact {
namespace {

// Far deeper than documents are. What servers of other languages read as JSON is to be read here too: a string may hold
// control characters and bytes that are not UTF-8.
constexpr body::JsonDialect kDialect = {.max_depth = 512, .control_characters = true, .any_bytes = true};

class RuleFollower {
 public:
  RuleFollower(std::string_view text, const std::vector<JsonRule>& rules) : text_(text), rules_(rules) {
    for (std::uint32_t rule = 0; rule < rules.size(); ++rule) states_.push_back({rule, 0});
    value_ = {0, states_.size(), false};
  }

  struct Found {
    std::size_t begin;
    std::size_t end;
    bool string;
  };

  // Every document in the text.
  bool run() {
    body::JsonScanner<kDialect, RuleFollower> scanner(text_, *this);
    do {
      if (!scanner.read_value()) return false;
    } while (!scanner.at_end());
    return true;
  }

  [[nodiscard]] const std::vector<Found>& found() const { return found_; }

  void on_begin(body::ValueType, std::size_t) { open_.push_back({value_, 0}); }

  void on_end(std::size_t) {
    value_ = open_.back().value;
    open_.pop_back();
    leave();
  }

  void on_element() {
    const std::uint64_t index = open_.back().next_index++;
    enter([&](const JsonRule::Step& step) { return step.wildcard || (step.is_index && step.index == index); });
  }

  void on_name(const body::JsonString& at) {
    std::string_view name = at.in(text_);
    std::string unescaped;
    if (at.escaped) {
      (void)body::append_json_unescaped(unescaped, name);  // the scanner let valid escapes through only
      name = unescaped;
    }
    enter([&](const JsonRule::Step& step) {
      if (step.builtin != nullptr) return step.builtin->has_member(name);
      return step.wildcard || (!step.is_index && equals_ignoring_case(step.name, name));
    });
  }

  void on_string(const body::JsonString& string) {
    if (value_.secret) found_.push_back({string.begin, string.end, true});
    leave();
  }

  void on_scalar(body::ValueType type, std::size_t begin, std::size_t end) {
    const bool number = type == body::ValueType::kInteger || type == body::ValueType::kDecimal;
    if (value_.secret && number) found_.push_back({begin, end, false});
    leave();
  }

 private:
  struct State {
    std::uint32_t rule;
    std::uint32_t step;  // the next one to follow
  };
  // What is known about a value: its states are those from `begin` to `end` of states_.
  struct Followed {
    std::size_t begin, end;
    bool secret;
  };
  struct Open {
    Followed value;
    std::uint64_t next_index;
  };

  // The value that comes next is a child of the innermost container; `matches` says whether a step goes there.
  template <class Matches>
  void enter(const Matches& matches) {
    const Followed& parent = open_.back().value;
    value_ = {states_.size(), 0, parent.secret};
    for (std::size_t i = parent.begin; i < parent.end && !value_.secret; ++i) {
      const State state = states_[i];
      const JsonRule& rule = rules_[state.rule];
      const JsonRule::Step& step = rule.steps[state.step];
      if (step.any_depth) states_.push_back(state);
      if (!matches(step)) continue;
      if (state.step + 1 == rule.steps.size()) {
        value_.secret = true;
      } else {
        states_.push_back({state.rule, state.step + 1});
      }
    }
    value_.end = states_.size();
  }

  // The value was read. That of a whole document keeps its states for the next one.
  void leave() {
    if (!open_.empty()) states_.resize(value_.begin);
  }

  std::string_view text_;
  const std::vector<JsonRule>& rules_;
  std::vector<State> states_;
  std::vector<Open> open_;
  Followed value_{};
  std::vector<Found> found_;
};

}  // namespace

bool redact_json(Bytes text, const std::vector<JsonRule>& rules, Replacer& replacer) {
  RuleFollower follower(view(text), rules);
  if (!follower.run()) return false;
  for (const RuleFollower::Found& one : follower.found()) {
    const Bytes value = text.subspan(one.begin, one.end - one.begin);
    one.string ? replacer.json_string(value) : replacer.json_number(value);
  }
  return true;
}

}  // namespace tracerec::redact
