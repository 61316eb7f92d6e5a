#include "evaluate/rules_file.h"

#include <filesystem>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/clock.h"
#include "base/option_file.h"
#include "base/text.h"
#include "base/utf8.h"
#include "gate/finding_groups.h"
#include "report/finding_text.h"

namespace tracerec::evaluate {
namespace {

constexpr std::size_t kMaxRulesBytes = std::size_t{16} << 20;

using Members = std::vector<const gate::Finding*>;

// The findings of a report by their signature, and what it shows as one with each. Borrows the report.
class FindingIndex {
 public:
  explicit FindingIndex(const report::Report& report) {
    const gate::Summary& summary = report.summary;
    for (const auto* list : {&summary.findings, &summary.dependent, &summary.approved}) {
      for (const gate::Finding& finding : *list) findings_.emplace(finding.signature(), &finding);
    }
    // With those that are accepted already: the others of their cause are still theirs.
    std::vector<gate::Finding> all = summary.findings;
    all.insert(all.end(), summary.approved.begin(), summary.approved.end());
    const std::size_t open = summary.findings.size();
    for (const gate::FindingGroup& group : gate::group_findings(all)) {
      const auto members = std::make_shared<Members>();
      for (const std::size_t at : group.members)
        members->push_back(at < open ? &summary.findings[at] : &summary.approved[at - open]);
      for (const gate::Finding* one : *members) groups_[one] = members;
    }
  }

  [[nodiscard]] const gate::Finding* find(const std::string& signature) const {
    const auto at = findings_.find(signature);
    return at == findings_.end() ? nullptr : at->second;
  }

  // Itself among them; alone where it is none of the report's causes.
  [[nodiscard]] Members group_of(const gate::Finding* finding) const {
    const auto at = groups_.find(finding);
    return at == groups_.end() ? Members{finding} : *at->second;
  }

 private:
  std::unordered_map<std::string, const gate::Finding*> findings_;
  std::unordered_map<const gate::Finding*, std::shared_ptr<Members>> groups_;
};

}  // namespace

std::string today() {
  char buffer[32];
  return std::string(format_unix_ns(SystemClock().unix_ns(), buffer)).substr(0, 10);
}

Result<std::string> read_rules_text(const std::string& path) {
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
  const FindingIndex index(report);
  std::vector<Accepted> accepted;
  std::unordered_set<const gate::Finding*> taken;
  for (const std::string& signature : signatures) {
    const gate::Finding* const finding = index.find(signature);
    if (finding == nullptr)
      return Error{"run " + std::to_string(report.run_id) + " has no finding " + printable(signature, 40) +
                   ": copy it from a report"};
    if (taken.contains(finding)) continue;
    for (const gate::Finding* one : group ? index.group_of(finding) : Members{finding}) {
      if (taken.insert(one).second) accepted.push_back({one->signature(), report::describe_finding(*one)});
    }
  }
  return accepted;
}

Result<void> check_terms(const ApprovalTerms& terms, const std::string& today) {
  // "…" stands in the command that a report gives to paste.
  if (const auto reason = trim(terms.reason); reason.empty() || reason == "…")
    return Error{"reason must say why this difference is accepted"};
  for (const auto& [name, text] : {std::pair("reason", &terms.reason), std::pair("owner", &terms.owner)}) {
    if (!is_utf8(*text)) return Error{std::string(name) + " is not UTF-8, and the rules file is: write it in UTF-8"};
    if (printable(*text) != *text)
      return Error{std::string(name) +
                   " has a control character, or one that hides or reorders text: " + printable(*text, 200)};
  }
  if (!terms.expires.empty() && !diff::is_date(terms.expires))
    return Error{"expires " + printable(terms.expires, 40) + " is not a valid date: write 2027-01-31"};
  if (!terms.expires.empty() && terms.expires < today)
    return Error{"expires " + terms.expires + " has passed: the approval would not count"};
  return {};
}

Result<std::string> with_approvals(const std::string& text, const std::vector<Accepted>& accepted,
                                   const ApprovalTerms& terms) {
  std::vector<diff::Approval> approvals;
  for (const Accepted& one : accepted)
    approvals.push_back({one.signature, terms.reason, terms.owner, terms.expires, terms.max_count, {}, one.finding});
  auto edited = diff::add_approvals(text, approvals);
  if (edited && edited->size() > kMaxRulesBytes)
    return Error{"with these " + format_count(accepted.size()) + " approvals it would be longer than " +
                 format_count(kMaxRulesBytes >> 20U) + " MiB, and not be read again; a rule covers many locations"};
  return edited;
}

}  // namespace tracerec::evaluate
