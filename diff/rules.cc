// The file is read by our own JSON parser, which knows where each value stands: errors name line and column,.
// Comments are blanked first, byte for byte, so that positions are those of the file. rules_edit.cc changes its text.
#include "diff/rules.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <initializer_list>
#include <set>

#include "base/nearest.h"
#include "base/text.h"
#include "body/json_document.h"
#include "diff/rules_text.h"

namespace tracerec::diff {
namespace {

// Every list of the file: a bound on what a hostile or generated file can cost.
constexpr std::size_t kMaxEntries = 10000;
constexpr std::size_t kMaxKeys = 100;  // of one rule; each is looked up in each element

// Reads one file. The first error stops it.
class RulesReader {
 public:
  RulesReader(std::string_view text, const body::JsonDocument& document) : text_(text), document_(document) {}

  Result<Rules> read() {
    if (document_.node(0).type != body::ValueType::kObject) return at(0, "the file must hold one object, { … }");
    if (auto once = each_name_once(0); !once) return once.error();
    for (const RulesMember& member : members_of(document_, 0)) {
      Result<void> read;
      if (member.name == "$schema") {
        continue;
      } else if (member.name == "endpoints") {
        read = each(member, [this](body::JsonNodeId id, const std::string&) { return read_endpoint(id); });
      } else if (member.name == "rules") {
        read = each(member, [this](body::JsonNodeId id, const std::string& name) { return read_rule(id, name); });
      } else if (member.name == "redaction") {
        // Of recordings: tracerec record --redact reads and checks it.
      } else if (member.name == "approvals") {
        read = each(member, [this](body::JsonNodeId id, const std::string& name) { return read_approval(id, name); });
      } else {
        read = unknown(member, "endpoints, rules, approvals, redaction");
      }
      if (!read) return read.error();
    }
    return std::move(rules_);
  }

 private:
  [[nodiscard]] Error at(body::JsonNodeId id, const std::string& what) const {
    return {position_of(text_, document_.node(id).raw_begin) + ": " + what};
  }
  [[nodiscard]] Result<void> unknown(const RulesMember& member, const char* known) const {
    return at(member.name_id, "there is no '" + printable(member.name, 40) + "' here" +
                                  did_you_mean(member.name, known) + "; there are " + known);
  }

  // Which of two would count is anybody's guess (RFC 8259 §4).
  [[nodiscard]] Result<void> each_name_once(body::JsonNodeId object) const {
    std::set<std::string_view> seen;
    for (const RulesMember& member : members_of(document_, object)) {
      if (!seen.insert(member.name).second)
        return at(member.name_id, "'" + printable(member.name, 40) + "' stands here for the second time");
    }
    return {};
  }

  template <class Read>
  Result<void> each(const RulesMember& list, Read read) {
    if (document_.node(list.value).type != body::ValueType::kArray)
      return at(list.value, quoted(list.name) + " is a list: write [ … ]");
    if (document_.node(list.value).children > kMaxEntries) return at(list.value, "more than 10,000 entries");
    body::JsonNodeId id = list.value + 1;
    std::size_t counted_to = 0, line = 1;
    for (std::uint32_t i = 0; i < document_.node(list.value).children; ++i, id = document_.node(id).next) {
      const std::size_t begin = document_.node(id).raw_begin;
      const std::string_view passed = text_.substr(counted_to, begin - counted_to);
      line += static_cast<std::size_t>(std::count(passed.begin(), passed.end(), '\n'));
      counted_to = begin;
      const std::string name =
          std::string(list.name) + "[" + std::to_string(i) + "] (line " + std::to_string(line) + ")";
      if (auto done = read(id, name); !done) return done;
    }
    return {};
  }

  static std::string quoted(std::string_view name) { return "'" + std::string(name) + "'"; }

  Result<std::string> text(const RulesMember& member) const {
    if (document_.node(member.value).type != body::ValueType::kString || document_.text(member.value).empty()) {
      return at(member.value, quoted(member.name) + " is a text that is not empty");
    }
    return std::string(document_.text(member.value));
  }
  Result<bool> truth(const RulesMember& member) const {
    if (document_.node(member.value).type != body::ValueType::kBool)
      return at(member.value, quoted(member.name) + " is true or false");
    return document_.raw(member.value) == "true";
  }
  Result<double> number(const RulesMember& member) const {
    const std::string_view raw = document_.raw(member.value);
    double value = 0;
    const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), value);
    const bool whole = end == raw.data() + raw.size();
    if (whole && error == std::errc::result_out_of_range)
      return at(member.value, quoted(member.name) + " is beyond what a number can be; write one of up to 1e308");
    if (error != std::errc{} || !whole || !std::isfinite(value) || value < 0)
      return at(member.value, quoted(member.name) + " is a number of at least 0");
    return value;
  }
  Result<std::uint64_t> count(const RulesMember& member) const {
    auto value = number(member);
    if (!value) return value.error();
    if (*value != std::floor(*value)) return at(member.value, quoted(member.name) + " is a whole number");
    return static_cast<std::uint64_t>(std::min(*value, 1e18));
  }

  Result<void> read_endpoint(body::JsonNodeId id) {
    const std::string_view written = document_.text(id);
    const std::size_t space = written.find(' ');
    const bool good = document_.node(id).type == body::ValueType::kString && space != std::string_view::npos &&
                      space > 0 && written.substr(space + 1).starts_with('/');
    if (!good) return at(id, "an endpoint is a text like \"GET /users/{name}/orders\"");
    rules_.endpoints.emplace_back(written);
    return {};
  }

  Result<void> read_rule(body::JsonNodeId id, const std::string& name) {
    if (document_.node(id).type != body::ValueType::kObject)
      return at(id, R"(a rule is an object, like {"path": "$.id", "ignore": true})");
    if (auto once = each_name_once(id); !once) return once;
    Rule rule;
    rule.name = name;
    for (const RulesMember& member : members_of(document_, id)) {
      if (auto read = read_rule_member(member, rule); !read) return read;
    }
    if (rule.location.text().empty()) return at(id, R"(a rule needs "path" (like "$.items[*].id") or "header")");
    const bool says_something = rule.ignore || rule.unordered || rule.redact || rule.exact || !rule.keys.empty() ||
                                rule.tolerance || rule.shape;
    if (!says_something)
      return at(id, "this rule has no effect; add ignore, tolerance, unordered, keys, shape, exact or redact");
    if (auto fits = check_together(id, rule); !fits) return fits;
    rules_.rules.push_back(std::move(rule));
    return {};
  }

  // What one rule says must go together, and apply where it points.
  [[nodiscard]] Result<void> check_together(body::JsonNodeId id, const Rule& rule) const {
    const bool about_arrays = rule.unordered || !rule.keys.empty();
    const bool about_values = rule.tolerance || rule.shape;
    const std::string& location = rule.location.text();
    if (rule.ignore && (rule.exact || about_arrays || about_values))
      return at(id, "'ignore' leaves nothing to compare; take it out, or the rest of what this rule asks for");
    if (about_arrays && !rule.location.is_json())
      return at(id, "'unordered' and 'keys' are for arrays; " + printable(location, 80) + " is none");
    if (about_values && (location == "status" || location == "version"))
      return at(id, "'tolerance' and 'shape' do not apply to " + location + "; there are ignore and exact");
    return {};
  }

  Result<void> read_flag(const RulesMember& member, bool& flag) {
    auto value = truth(member);
    if (!value) return value.error();
    flag = *value;
    return {};
  }

  Result<void> read_rule_member(const RulesMember& member, Rule& rule) {
    if (member.name == "ignore") return read_flag(member, rule.ignore);
    if (member.name == "unordered") return read_flag(member, rule.unordered);
    if (member.name == "redact") return read_flag(member, rule.redact);
    if (member.name == "exact") return read_flag(member, rule.exact);
    if (member.name == "keys") return read_keys(member, rule);
    if (member.name == "tolerance") return read_tolerance(member, rule);
    if (member.name == "shape") return read_shape(member, rule);
    if (member.name == "path" || member.name == "header") return read_location(member, rule);
    if (member.name != "endpoint" && member.name != "reason") {
      return unknown(member,
                     "endpoint, path, header, ignore, tolerance, unordered, keys, shape, exact, redact, reason");
    }
    auto value = text(member);
    if (!value) return value.error();
    (member.name == "endpoint" ? rule.endpoint : rule.reason) = std::move(*value);
    return {};
  }

  Result<void> read_location(const RulesMember& member, Rule& rule) {
    auto value = text(member);
    if (!value) return value.error();
    if (!rule.location.text().empty()) return at(member.name_id, "a rule has one path or one header, not two");
    auto pattern = LocationPattern::parse(member.name == "header" ? "header:" + *value : *value);
    if (!pattern) return at(member.value, pattern.error().message);
    rule.location = std::move(*pattern);
    return {};
  }

  Result<void> read_keys(const RulesMember& member, Rule& rule) {
    const body::JsonNode& list = document_.node(member.value);
    body::JsonNodeId id = member.value + 1;
    const Error wrong = at(member.value, R"('keys' is a list of member names, like ["id"])");
    if (list.type != body::ValueType::kArray || list.children == 0 || list.children > kMaxKeys) return wrong;
    for (std::uint32_t i = 0; i < list.children; ++i, id = document_.node(id).next) {
      if (document_.node(id).type != body::ValueType::kString) return wrong;
      rule.keys.emplace_back(document_.text(id));
    }
    return {};
  }

  Result<void> read_tolerance(const RulesMember& member, Rule& rule) {
    if (document_.node(member.value).type != body::ValueType::kObject) {
      return at(member.value, R"('tolerance' is an object, like {"absolute": 0.01} or {"time": "5s"})");
    }
    if (document_.node(member.value).children == 0)
      return at(member.value, "'tolerance' is empty; it needs absolute, relative or time");
    if (auto once = each_name_once(member.value); !once) return once;
    rule.tolerance.emplace();
    for (const RulesMember& part : members_of(document_, member.value)) {
      if (part.name == "time") {
        auto value = text(part);
        const auto time_ns = value ? parse_duration_ns(*value) : std::nullopt;
        if (!time_ns) return at(part.value, "'time' is a duration like \"5s\" or \"500ms\"");
        rule.tolerance->time_ns = time_ns;
        continue;
      }
      if (part.name != "absolute" && part.name != "relative") return unknown(part, "absolute, relative, time");
      auto value = number(part);
      if (!value) return value.error();
      (part.name == "absolute" ? rule.tolerance->absolute : rule.tolerance->relative) = *value;
    }
    return {};
  }

  Result<void> read_shape(const RulesMember& member, Rule& rule) {
    rule.shape.emplace();
    if (document_.node(member.value).type == body::ValueType::kString) return read_shape_name(member, *rule.shape);
    if (document_.node(member.value).type != body::ValueType::kObject) {
      return at(member.value, R"('shape' is a name like "uuid", or {"is": "hex", "length": 32})");
    }
    if (auto once = each_name_once(member.value); !once) return once;
    for (const RulesMember& part : members_of(document_, member.value)) {
      if (part.name == "is") {
        if (auto read = read_shape_name(part, *rule.shape); !read) return read;
      } else if (part.name == "length") {
        auto value = count(part);
        if (!value) return value.error();
        rule.shape->length = *value;
      } else {
        return unknown(part, "is, length");
      }
    }
    if (rule.shape->name.empty()) return at(member.value, "'shape' needs \"is\"; there are " + shape_names());
    if (rule.shape->length && !is_text_shape(rule.shape->name))
      return at(member.value, "'length' is that of a text; " + rule.shape->name + " has none");
    return {};
  }

  Result<void> read_shape_name(const RulesMember& member, NamedShape& shape) {
    shape.name = document_.text(member.value);
    if (is_shape_name(shape.name)) return {};
    return at(member.value, "no shape '" + printable(shape.name, 40) + "'; there are " + shape_names());
  }

  Result<void> read_approval(body::JsonNodeId id, const std::string& name) {
    if (document_.node(id).type != body::ValueType::kObject)
      return at(id, R"(an approval is an object with "signature" and "reason")");
    if (auto once = each_name_once(id); !once) return once;
    Approval approval;
    approval.name = name;
    for (const RulesMember& member : members_of(document_, id)) {
      if (auto read = read_approval_member(member, approval); !read) return read;
    }
    if (approval.signature.empty()) return at(id, "an approval needs \"signature\", as the report names it");
    if (approval.reason.empty()) return at(id, "an approval needs \"reason\": why is this difference accepted?");
    rules_.approvals.push_back(std::move(approval));
    return {};
  }

  Result<void> read_approval_member(const RulesMember& member, Approval& approval) {
    if (member.name == "max") {
      auto value = count(member);
      if (!value) return value.error();
      approval.max_count = *value;
      return {};
    }
    std::string* into = member.name == "signature" ? &approval.signature
                        : member.name == "reason"  ? &approval.reason
                        : member.name == "owner"   ? &approval.owner
                        : member.name == "expires" ? &approval.expires
                                                   : nullptr;
    // What was accepted is said to the reader in words; the judge goes by the signature.
    if (member.name == "finding") return {};
    if (into == nullptr) return unknown(member, "signature, reason, owner, expires, max, finding");
    auto value = text(member);
    if (!value) return value.error();
    if (member.name == "expires" && !is_date(*value))
      return at(member.value, "'expires' is a date like \"2027-01-31\"");
    *into = std::move(*value);
    return {};
  }

  std::string_view text_;
  const body::JsonDocument& document_;
  Rules rules_;
};

}  // namespace

Result<Rules> parse_rules(std::string_view text) {
  auto parsed = parse_rules_text(text);
  if (!parsed) return parsed.error();
  return RulesReader(text, parsed->document).read();
}

bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const auto digits = [&](std::size_t at, std::size_t count) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + count, value);
    return error == std::errc{} && end == text.data() + at + count && value >= 0 ? value : -1;
  };
  const int year = digits(0, 4), month = digits(5, 2), day = digits(8, 2);
  if (year < 1 || month < 1 || day < 1) return false;
  return std::chrono::year_month_day(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                     std::chrono::day(static_cast<unsigned>(day)))
      .ok();
}

}  // namespace tracerec::diff
