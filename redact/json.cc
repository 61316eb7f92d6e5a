#include "redact/json.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/text.h"
#include "body/json_scanner.h"
#include "redact/json_pairs.h"

// How this works. The scanner tells of each value where it stands; nothing is kept of the text but where the values to
// replace are. They are replaced at the end, once the whole text is known to be JSON. Which rules have been followed
// how far is a list of states: each level of the document appends its own after those of the level above and drops them
// when it is left. With the built-in names there are pairs, too: an object that names a secret in one member and has it
// in another, in any order. What such a value could be is kept until its object ends. Tests: tests/redact/json_test.cc.

namespace tracerec::redact {
namespace {

// Far deeper than documents are. What servers of other languages read as JSON is to be read here too: a string may hold
// control characters and bytes that are not UTF-8.
using http::Secrecy;

constexpr body::JsonDialect kDialect = {.max_depth = 512, .control_characters = true, .any_bytes = true};

class RuleFollower {
 public:
  RuleFollower(std::string_view text, const std::vector<JsonRule>& rules) : text_(text), rules_(rules) {
    for (std::uint32_t rule = 0; rule < rules.size(); ++rule) {
      states_.push_back({rule, 0});
      for (const JsonRule::Step& step : rules[rule].steps) builtin_ = step.builtin ? step.builtin.get() : builtin_;
    }
    value_ = {0, states_.size(), Secrecy::kNone};
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
    if (has_pairs_) order();
    return true;
  }

  [[nodiscard]] const std::vector<Found>& found() const { return found_; }

  void on_begin(body::ValueType type, std::size_t) {
    open_.push_back({value_, 0, type == body::ValueType::kObject});
    open_.back().is_card = std::exchange(next_is_card_, false);
    open_.back().is_headers = std::exchange(next_is_headers_, false);
  }

  void on_end(std::size_t) {
    end_pair();
    value_ = open_.back().value;
    open_.pop_back();
    leave();
  }

  void on_element() {
    const std::uint64_t index = open_.back().next_index++;
    next_is_card_ = open_.back().is_card;
    next_is_headers_ = open_.back().is_headers;
    enter([&](const JsonRule::Step& step) {
      return step.wildcard || (step.is_index && step.index == index) ? Secrecy::kAll : Secrecy::kNone;
    });
  }

  void on_name(const body::JsonString& at) {
    std::string buffer;
    const std::string_view name = unescaped(at, buffer);
    if (builtin_ != nullptr) begin_member(pair_role_of(name));
    const bool is_card_number = open_.back().is_card && equals_ignoring_case(name, "number");
    const bool is_header = open_.back().is_headers && builtin_->has_label(name);
    next_is_card_ = builtin_ != nullptr && names_a_card(name);
    next_is_headers_ = builtin_ != nullptr && names_headers(name);
    enter([&](const JsonRule::Step& step) {
      if (step.builtin != nullptr) return is_card_number || is_header ? Secrecy::kAll : step.builtin->of_member(name);
      return step.wildcard || (!step.is_index && equals_ignoring_case(step.name, name)) ? Secrecy::kAll
                                                                                        : Secrecy::kNone;
    });
  }

  void on_string(const body::JsonString& string) {
    if (!open_.empty() && open_.back().role == PairRole::kLabel) {
      std::string buffer;
      const auto is_secret = [this](std::string_view label) { return builtin_->has_label(label); };
      open_.back().names_a_secret = open_.back().names_a_secret || label_names(unescaped(string, buffer), is_secret);
    }
    take({string.begin, string.end, true}, value_.secrecy != Secrecy::kNone);
    leave();
  }

  void on_scalar(body::ValueType type, std::size_t begin, std::size_t end) {
    const bool number = type == body::ValueType::kInteger || type == body::ValueType::kDecimal;
    if (number) take({begin, end, false}, value_.secrecy == Secrecy::kAll);
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
    Secrecy secrecy;
  };
  struct Open {
    Followed value;
    std::uint64_t next_index;
    bool is_object;
    PairRole role = PairRole::kNone;  // of the member that was named last
    bool names_a_secret = false;
    bool is_card = false;                             // its `number` is a secret
    bool is_headers = false;                          // its members are fields of a header
    std::size_t pair_begin = SIZE_MAX, pair_end = 0;  // its values, in candidates_
  };

  std::string_view unescaped(const body::JsonString& at, std::string& buffer) const {
    if (!at.escaped) return at.in(text_);
    (void)body::append_json_unescaped(buffer, at.in(text_));  // the scanner let valid escapes through only
    return buffer;
  }

  void take(const Found& one, bool secret) {
    if (secret) {
      found_.push_back(one);
    } else if (open_pairs_ > 0) {
      candidates_.push_back(one);
    }
  }

  void begin_member(PairRole role) {
    end_member();
    Open& object = open_.back();
    object.role = role;
    if (role != PairRole::kValue) return;
    ++open_pairs_;
    if (object.pair_begin != SIZE_MAX) return;
    ++objects_with_values_;
    object.pair_begin = candidates_.size();
  }

  void end_member() {
    Open& object = open_.back();
    if (object.role == PairRole::kValue) {
      --open_pairs_;
      object.pair_end = candidates_.size();
    }
    object.role = PairRole::kNone;
  }

  void end_pair() {
    if (!open_.back().is_object) return;
    end_member();
    const Open& object = open_.back();
    for (std::size_t i = object.pair_begin; object.names_a_secret && i < object.pair_end; ++i) {
      found_.push_back(candidates_[i]);
      has_pairs_ = true;
    }
    if (object.pair_begin != SIZE_MAX && --objects_with_values_ == 0) candidates_.clear();
  }

  // By place, and each once: a pair may stand in the value of another.
  void order() {
    std::sort(found_.begin(), found_.end(), [](const Found& a, const Found& b) { return a.begin < b.begin; });
    const auto same = [](const Found& a, const Found& b) { return a.begin == b.begin; };
    found_.erase(std::unique(found_.begin(), found_.end(), same), found_.end());
  }

  // The value that comes next is a child of the innermost container; `matches` says what a step that goes there makes
  // of it.
  template <class Matches>
  void enter(const Matches& matches) {
    const Open& container = open_.back();
    const Followed parent = container.value;
    const bool inherits = parent.secrecy == Secrecy::kAll || !container.is_object;
    value_ = {states_.size(), 0, inherits ? parent.secrecy : Secrecy::kNone};
    for (std::size_t i = parent.begin; i < parent.end && value_.secrecy != Secrecy::kAll; ++i) {
      const State state = states_[i];
      const JsonRule& rule = rules_[state.rule];
      const JsonRule::Step& step = rule.steps[state.step];
      if (step.any_depth) states_.push_back(state);
      const Secrecy secrecy = matches(step);
      if (secrecy == Secrecy::kNone) continue;
      if (state.step + 1 == rule.steps.size()) {
        value_.secrecy = std::max(value_.secrecy, secrecy);
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
  const SecretFields* builtin_ = nullptr;
  std::vector<Found> candidates_;  // values of pairs whose objects are open
  std::size_t open_pairs_ = 0;     // open members that are the value of a pair
  std::size_t objects_with_values_ = 0;
  bool has_pairs_ = false;
  bool next_is_card_ = false;     // the value that comes next describes a payment card
  bool next_is_headers_ = false;  // or has fields of a header
};

}  // namespace

std::vector<std::string> secrets_in_json(std::string_view text, const std::vector<JsonRule>& rules) {
  std::vector<std::string> secrets;
  RuleFollower follower(text, rules);
  if (!follower.run()) return secrets;
  for (const RuleFollower::Found& one : follower.found()) {
    std::string& secret = secrets.emplace_back();
    const std::string_view value = text.substr(one.begin, one.end - one.begin);
    if (!one.string || !body::append_json_unescaped(secret, value)) secret = value;
  }
  return secrets;
}

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
