// Rules files of the gate and of redaction: any text is read, or refused with one printable line that names the place;
// what was accepted can be asked about any location and document, and an approval and a rule can be added to it.
// Input: the file, a zero byte, a location, a zero byte, its path, a zero byte, a JSON document.
#include "diff/rules.h"

#include <string>
#include <vector>

#include "base/text.h"
#include "diff/endpoint_rules.h"
#include "fuzz.h"
#include "redact/json.h"
#include "redact/rules.h"

namespace tracerec::fuzz {
namespace {

struct Asked {
  std::string_view location, path, document;
};

void check_line(const Error& error) {
  FUZZ_CHECK(!error.message.empty());
  FUZZ_CHECK(printable(error.message) == error.message);
}

// What means a location reaches its elements, and what reaches it covers what lies in it.
void check_pattern(const diff::LocationPattern& pattern, const Asked& asked) {
  const bool matches = pattern.matches(asked.location, asked.path);
  const bool reaches = pattern.reaches(asked.location, asked.path);
  FUZZ_CHECK(!matches || reaches);
  FUZZ_CHECK(!reaches || pattern.covers(asked.location, asked.path));
}

// A pattern without anything general in it means the location that it spells.
void check_location(std::string_view text) {
  const auto pattern = diff::LocationPattern::parse(text);
  if (!pattern) return check_line(pattern.error());
  FUZZ_CHECK(pattern->text() == text);
  const bool general = text.find('*') != std::string_view::npos || text.find("..") != std::string_view::npos;
  if (!general) FUZZ_CHECK(pattern->matches(text, text));
}

void check_decisions(const diff::Rules& rules, std::string_view endpoint, const Asked& asked) {
  const diff::EndpointRules of_endpoint(rules, endpoint);
  for (const diff::Kind kind : {diff::Kind::kValue, diff::Kind::kLength, diff::Kind::kOrder, diff::Kind::kMissing}) {
    const body::Value value{body::ValueType::kString, asked.document, asked.document};
    const auto decision = of_endpoint.decide({kind, asked.location, asked.path, value, value, {}});
    FUZZ_CHECK(decision.rule == 0 || decision.rule < rules.rules.size());
    FUZZ_CHECK((decision.verdict == diff::RuleDecision::Verdict::kViolates) == !decision.why.empty());
  }
  for (const std::size_t rule : of_endpoint.loosening(asked.location)) FUZZ_CHECK(rule < rules.rules.size());
  (void)of_endpoint.keys_at(asked.location, asked.path);
  (void)of_endpoint.is_exact(asked.location, asked.path);
  (void)of_endpoint.is_redacted(asked.location, asked.path);
}

// It is in there afterwards, once, and nothing else has changed.
void check_approval(std::string_view text, const diff::Rules& before) {
  diff::Approval approval;
  approval.signature = "0123456789ab";
  approval.reason = "a \"reason\"\\\n";
  const auto edited = diff::add_approvals(text, {approval});
  FUZZ_CHECK(edited.has_value());
  const auto after = diff::parse_rules(*edited);
  FUZZ_CHECK(after.has_value());
  FUZZ_CHECK(after->rules.size() == before.rules.size() && after->endpoints == before.endpoints);
  std::size_t found = 0, others = 0, others_before = 0;
  for (const diff::Approval& one : after->approvals) ++(one.signature == approval.signature ? found : others);
  for (const diff::Approval& one : before.approvals) others_before += one.signature != approval.signature ? 1 : 0;
  FUZZ_CHECK(found >= 1 && others == others_before);
}

// It comes first, and nothing else has changed; or it would be no rule.
void check_new_rule(std::string_view text, const diff::Rules& before, const Asked& asked) {
  const auto edited =
      diff::add_rule(text, {"GET /", std::string(asked.location), diff::NewRule::What::kExact, "a \"reason\"\\\n"});
  if (!edited) return check_line(edited.error());
  const auto after = diff::parse_rules(*edited);
  FUZZ_CHECK(after.has_value());
  FUZZ_CHECK(after->rules.size() == before.rules.size() + 1 && after->rules.front().exact);
  FUZZ_CHECK(after->approvals.size() == before.approvals.size() && after->endpoints == before.endpoints);
}

void check_rules(std::string_view text, const Asked& asked) {
  const auto rules = diff::parse_rules(text);
  if (!rules) return check_line(rules.error());
  for (const diff::Rule& rule : rules->rules) {
    check_pattern(rule.location, asked);
    check_decisions(*rules, rule.endpoint, asked);
  }
  check_decisions(*rules, "GET /", asked);
  check_approval(text, *rules);
  check_new_rule(text, *rules, asked);
}

// The document keeps its length, and with it every offset; what was replaced once can be read again.
void check_redaction(std::string_view text, std::string_view document) {
  const auto rules = redact::parse_redaction_rules(text);
  if (!rules) return check_line(rules.error());
  redact::Replacer replacer({1, 2, 3});
  std::string out(document);
  const bool read = redact::redact_json(out, rules->json.all, replacer);
  FUZZ_CHECK(out.size() == document.size());
  FUZZ_CHECK(read || out == document);
  FUZZ_CHECK(redact::redact_json(out, rules->json.all, replacer) == read);
}

void check_json_rule(std::string_view text) {
  const auto rule = redact::parse_json_rule(text);
  if (!rule) return check_line(rule.error());
  FUZZ_CHECK(!rule->steps.empty());
}

}  // namespace

void fuzz_one(std::string_view input) {
  const std::string_view text = take_until(input, '\0');
  Asked asked;
  asked.location = take_until(input, '\0');
  asked.path = take_until(input, '\0');
  asked.document = input;
  check_location(asked.location);
  check_json_rule(asked.location);
  check_rules(text, asked);
  check_redaction(text, asked.document);
}

}  // namespace tracerec::fuzz
