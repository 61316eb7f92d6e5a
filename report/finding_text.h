// What a finding or a group of findings is, in words. Raw recorded data is in them: each format escapes what it writes.
#pragma once

#include <string>
#include <string_view>

#include "gate/finding_groups.h"
#include "report/report.h"

namespace tracerec::report {

// One line, in parts, so that each format sets them as it can. Empty parts are left out.
struct Title {
  std::string endpoint;  // of a group: empty, since it has several
  std::string location;  // "$.items[*].price", "header Server", "cookie sid"
  std::string change;    // "number → string", "is missing", "lost HttpOnly"
};

[[nodiscard]] Title title_of(const gate::Finding& finding);

// Whether the title says both values, as that of a status does, so that no sample need be beside it.
[[nodiscard]] bool title_has_values(const gate::Finding& finding);

// "customer → customerName" "(renamed)"; of a single finding as above.
[[nodiscard]] Title title_of(const gate::Summary& summary, const gate::FindingGroup& group);

// The parts with two spaces in between.
[[nodiscard]] std::string in_one_line(const Title& title);

// "30 responses, 4 endpoints"; "3 responses".
[[nodiscard]] std::string scope_of(const gate::FindingGroup& group);

// A side of a sample: the value, or kAbsent where there is none. Raw.
inline constexpr std::string_view kAbsent = "absent";
[[nodiscard]] std::string_view baseline_of(const gate::Finding& finding, const gate::Sample& sample);
[[nodiscard]] std::string_view candidate_of(const gate::Finding& finding, const gate::Sample& sample);

// "2 findings and 3 requests that were not sent were caused by it"; empty: nothing was.
[[nodiscard]] std::string describe_consequences(const gate::FindingGroup& group);

// Which findings are not in the report, as there were too many: a line for all, and one for each of their causes, at
// most `most`, the largest first. Raw; nothing when none was left out.
[[nodiscard]] std::vector<std::string> not_kept_lines(const gate::Summary& summary, std::size_t most);

// "GET /orders $.customer missing: "cleo" → absent", for a file that people read: printable(), values cut.
[[nodiscard]] std::string describe_finding(const gate::Finding& finding);

// "tracerec show 12 --run 4 --diff": both responses of a sample's exchange.
[[nodiscard]] std::string compare_hint(const Report& report, const gate::Sample& sample);

// "tracerec approve 32f669b1122d --group --run 4 --reason '…'": accepts this group. To paste, with a reason put in.
[[nodiscard]] std::string approve_hint(const Report& report, const gate::FindingGroup& group);

}  // namespace tracerec::report
