#include "evaluate/rules_file.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/clock.h"
#include "base/option_file.h"
#include "base/text.h"
#include "base/utf8.h"
#include "gate/finding_groups.h"
#include "report/finding_text.h"

namespace tracerec::evaluate {
namespace {

const gate::Finding* find(const report::Report& report, const std::string& signature) {
  const gate::Summary& summary = report.summary;
  for (const auto* list : {&summary.findings, &summary.dependent, &summary.approved}) {
    for (const gate::Finding& finding : *list) {
      if (finding.signature() == signature) return &finding;
    }
  }
  return nullptr;
}

// The findings that the report shows as one with it, itself among them; alone where it is none of the report's causes.
std::vector<const gate::Finding*> group_of(const report::Report& report, const gate::Finding* finding) {
  const auto& findings = report.summary.findings;
  for (const gate::FindingGroup& group : gate::group_findings(findings)) {
    std::vector<const gate::Finding*> members;
    for (const std::size_t member : group.members) members.push_back(&findings[member]);
    if (std::find(members.begin(), members.end(), finding) != members.end()) return members;
  }
  return {finding};
}

void add(std::vector<Accepted>& accepted, const gate::Finding& finding) {
  const std::string signature = finding.signature();
  const bool is_there =
      std::any_of(accepted.begin(), accepted.end(), [&](const Accepted& one) { return one.signature == signature; });
  if (!is_there) accepted.push_back({signature, report::describe_finding(finding)});
}

}  // namespace

std::string today() {
  char buffer[32];
  return std::string(format_unix_ns(SystemClock().unix_ns(), buffer)).substr(0, 10);
}

Result<std::string> read_rules_text(const std::string& path) {
  constexpr std::size_t kMaxRulesBytes = std::size_t{16} << 20;
  auto text = read_option_file(path, kMaxRulesBytes, Pipes::kRefuse);  // read more than once, and edited
  if (!text) return Error{"cannot read the rules file " + printable(path) + ": " + text.error().message};
  return text;
}

Result<std::string> read_rules_text_if_there(const std::string& path) {
  std::error_code unknown;
  return std::filesystem::exists(path, unknown) ? read_rules_text(path) : std::string();
}

Result<diff::Rules> parse_rules_of(const std::string& path, const std::string& text) {
  auto rules = diff::parse_rules(text);
  if (!rules) return with_context(path, rules.error());
  return rules;
}

bool is_signature(const std::string& text) {
  return text.size() == 12 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

Result<std::vector<Accepted>> accepted_in(const report::Report& report, const std::vector<std::string>& signatures,
                                          bool group) {
  std::vector<Accepted> accepted;
  for (const std::string& signature : signatures) {
    const gate::Finding* const finding = find(report, signature);
    if (finding == nullptr)
      return Error{"run " + std::to_string(report.run_id) + " has no finding " + printable(signature, 40) +
                   ": copy it from a report"};
    if (!group) {
      add(accepted, *finding);
      continue;
    }
    for (const gate::Finding* member : group_of(report, finding)) add(accepted, *member);
  }
  return accepted;
}

Result<void> check_terms(const ApprovalTerms& terms, const std::string& today) {
  // "…" stands in the command that a report gives to paste.
  if (const auto reason = trim(terms.reason); reason.empty() || reason == "…")
    return Error{"reason must say why this difference is accepted"};
  for (const auto& [name, text] : {std::pair("reason", &terms.reason), std::pair("owner", &terms.owner)}) {
    if (!is_utf8(*text)) return Error{std::string(name) + " is not UTF-8, and the rules file is: write it in UTF-8"};
  }
  if (!terms.expires.empty() && !diff::is_date(terms.expires))
    return Error{"expires " + printable(terms.expires, 40) + " is not a valid date: write 2027-01-31"};
  if (!terms.expires.empty() && terms.expires < today)
    return Error{"expires " + terms.expires + " has passed: the approval would not count"};
  return {};
}

Result<std::string> with_approvals(std::string text, const std::vector<Accepted>& accepted,
                                   const ApprovalTerms& terms) {
  for (const Accepted& one : accepted) {
    auto edited = diff::add_approval(
        text, {one.signature, terms.reason, terms.owner, terms.expires, terms.max_count, {}, one.finding});
    if (!edited) return edited.error();
    text = std::move(*edited);
  }
  return text;
}

}  // namespace tracerec::evaluate
