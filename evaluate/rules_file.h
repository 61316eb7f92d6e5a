// The rules file of a team: read, and edited by a command or the viewer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "diff/rules.h"
#include "report/report.h"

namespace tracerec::evaluate {

// "2027-01-31", UTC: approvals expire by it.
[[nodiscard]] std::string today();

// The whole file. Error: it cannot be read, or is longer than any rules file.
[[nodiscard]] Result<std::string> read_rules_text(const std::string& path);

// The same, and empty where there is no such file.
[[nodiscard]] Result<std::string> read_rules_text_if_there(const std::string& path);

// Error, too: the text is not a rules file; names the file, line and column.
[[nodiscard]] Result<diff::Rules> parse_rules_of(const std::string& path, const std::string& text);

// A finding to write down, and what it is.
struct Accepted {
  std::string signature;
  std::string finding;  // for people; empty: nobody looked
};

[[nodiscard]] bool is_signature(const std::string& text);

// The findings of a report with these signatures, each once; with `group` also those that the report shows as one with
// them. Error: `report` has none of that signature.
[[nodiscard]] Result<std::vector<Accepted>> accepted_in(const report::Report& report,
                                                        const std::vector<std::string>& signatures, bool group);

// On what terms.
struct ApprovalTerms {
  std::string reason;
  std::string owner;
  std::string expires;
  std::optional<std::uint64_t> max_count;
};

// Error: begins with the name of the term, "reason must say…". `today`: as above.
[[nodiscard]] Result<void> check_terms(const ApprovalTerms& terms, const std::string& today);

// The text of a rules file with these approvals. Error: `text` is none, or it would become one that is not read again.
[[nodiscard]] Result<std::string> with_approvals(const std::string& text, const std::vector<Accepted>& accepted,
                                                 const ApprovalTerms& terms);

}  // namespace tracerec::evaluate
