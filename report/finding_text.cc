#include "report/finding_text.h"

#include "base/columns.h"
#include "base/text.h"
#include "gate/location_name.h"
#include "gate/sample_values.h"

namespace tracerec::report {
namespace {

constexpr std::string_view kCookie = "header:Set-Cookie ";

// "header:Set-Cookie sid; HttpOnly": the cookie, and what of it; the attribute is empty for the cookie itself.
struct CookiePart {
  std::string_view name;
  std::string_view attribute;
};

CookiePart cookie_part(std::string_view location) {
  location.remove_prefix(kCookie.size());
  const std::size_t end = location.find("; ");
  if (end == std::string_view::npos) return {location, {}};
  return {location.substr(0, end), location.substr(end + 2)};
}

std::string location_text(std::string_view location) {
  if (location.starts_with(kCookie)) return "cookie " + std::string(cookie_part(location).name);
  for (const std::string_view part : {"header:", "trailer:"}) {
    if (location.starts_with(part))
      return std::string(part.substr(0, part.size() - 1)) + " " + std::string(location.substr(part.size()));
  }
  return std::string(location);
}

std::string attribute_change(std::string_view attribute, diff::Kind kind) {
  if (kind == diff::Kind::kMissing) return "lost " + std::string(attribute);
  if (kind == diff::Kind::kAdded) return "got " + std::string(attribute);
  return "another " + std::string(attribute);
}

std::string status_text(const gate::Finding& finding) {
  const auto change = gate::single_change(finding);
  if (change) return change->before + " → " + change->after;
  if (finding.samples.empty() || gate::is_redacted(finding.samples.front())) return "another status";
  return finding.samples.front().recorded + " → " + finding.samples.front().replayed + " and others";
}

std::string type_text(const gate::Finding& finding) {
  const std::string types = gate::types_of(finding);
  return types.empty() || types.find("text") != std::string::npos ? "another type" : types;
}

std::string change_text(const gate::Finding& finding) {
  switch (finding.kind) {
    case diff::Kind::kStatus:
      return status_text(finding);
    case diff::Kind::kMissing:
      return "is missing";
    case diff::Kind::kAdded:
      return "was added";
    case diff::Kind::kType:
      return type_text(finding);
    case diff::Kind::kValue:
      return "another value";
    case diff::Kind::kLength:
      return "another length";
    case diff::Kind::kOrder:
      return "same items, other order";
    case diff::Kind::kRepresentation:
      return "written differently";
    case diff::Kind::kShape:
      return "not as it always looked";
  }
  return {};
}

// The failed login itself, or the first response that shows it.
Title login_title(const gate::Finding& first) {
  Title title = title_of(first);
  if (first.kind != diff::Kind::kStatus || (!title.change.ends_with("401") && !title.change.ends_with("403"))) {
    title.change += ", then 401 or 403";
    return title;
  }
  return {"", "status", title.change + ": not logged in"};
}

std::string count_of(std::uint64_t count, std::string_view one, std::string_view many) {
  return format_count(count) + " " + std::string(count == 1 ? one : many);
}

}  // namespace

Title title_of(const gate::Finding& finding) {
  Title title{finding.endpoint, location_text(finding.location), change_text(finding)};
  if (!finding.location.starts_with(kCookie)) return title;
  const CookiePart part = cookie_part(finding.location);
  if (!part.attribute.empty()) title.change = attribute_change(part.attribute, finding.kind);
  return title;
}

bool title_has_values(const gate::Finding& finding) {
  return finding.kind == diff::Kind::kStatus && gate::single_change(finding).has_value();
}

Title title_of(const gate::Summary& summary, const gate::FindingGroup& group) {
  const gate::Finding& first = summary.findings[group.members.front()];
  Title title = title_of(first);
  switch (group.cause) {
    case gate::Cause::kSingle:
      return title;
    case gate::Cause::kRename:
      return {"", group.before + " → " + group.after, "renamed"};
    case gate::Cause::kSharedValue:
      return {"", group.before + " → " + group.after, "in several places"};
    case gate::Cause::kLogin:
      return login_title(first);
    case gate::Cause::kSharedStatus:
    case gate::Cause::kSharedChange:
      break;
  }
  if (group.endpoints.size() > 1) title.endpoint.clear();
  if (first.location.starts_with('$')) title.location = group.name;
  return title;
}

std::string in_one_line(const Title& title) {
  std::string line;
  for (const std::string* part : {&title.endpoint, &title.location, &title.change}) {
    if (!line.empty() && !part->empty()) line += "  ";
    line += *part;
  }
  return line;
}

std::string scope_of(const gate::FindingGroup& group) {
  std::string text = count_of(group.exchanges, "response", "responses");
  if (group.endpoints.size() > 1) return text + ", " + format_count(group.endpoints.size()) + " endpoints";
  const std::size_t places = group.cause == gate::Cause::kRename ? group.members.size() / 2 : group.members.size();
  return places > 1 ? text + ", " + format_count(places) + " locations" : text;
}

std::string_view baseline_of(const gate::Finding& finding, const gate::Sample& sample) {
  return finding.kind == diff::Kind::kAdded ? kAbsent : std::string_view(sample.recorded);
}

std::string_view candidate_of(const gate::Finding& finding, const gate::Sample& sample) {
  return finding.kind == diff::Kind::kMissing ? kAbsent : std::string_view(sample.replayed);
}

std::string describe_consequences(const gate::FindingGroup& group) {
  std::string text;
  if (group.dependents > 0) text = count_of(group.dependents, "finding", "findings");
  if (group.unsent > 0)
    text += (text.empty() ? "" : " and ") + count_of(group.unsent, "request", "requests") + " that could not be sent";
  return text;
}

std::string describe_finding(const gate::Finding& finding) {
  constexpr std::size_t kColumns = 100, kMostNameBytes = 300;
  std::string text = printable(finding.endpoint, kMostNameBytes) + " " + printable(finding.location, kMostNameBytes) +
                     " " + std::string(name_of(finding.kind));
  if (finding.samples.empty()) return text;
  const gate::Sample& sample = finding.samples.front();
  const auto [before, after] =
      cut_alike(printable(baseline_of(finding, sample)), printable(candidate_of(finding, sample)), kColumns);
  return text + ": " + before + " → " + after;
}

std::vector<std::string> not_kept_lines(const gate::Summary& summary, std::size_t most) {
  std::vector<std::string> lines;
  if (summary.findings_not_kept == 0) return lines;
  lines.push_back("and " + count_of(summary.findings_not_kept, "more difference", "more differences") +
                  ", of findings beyond those that are kept:");
  std::uint64_t named = 0;
  for (const gate::NotKept& cause : summary.not_kept) {
    if (lines.size() > most) break;
    const Title title{cause.endpoint, cause.name, std::string(name_of(cause.kind))};
    lines.push_back("  " + format_count(cause.differences) + " of  " + in_one_line(title));
    named += cause.differences;
  }
  if (named < summary.findings_not_kept)
    lines.push_back("  " + format_count(summary.findings_not_kept - named) + " of other causes");
  return lines;
}

std::string compare_hint(const Report& report, const gate::Sample& sample) {
  return show_hint(report, sample) + " --run " + std::to_string(report.run_id) + " --diff" + report.baseline_words;
}

std::string approve_hint(const Report& report, const gate::FindingGroup& group) {
  const std::string signature = report.summary.findings[group.members.front()].signature();
  return report.approve_command + " " + signature + (group.members.size() > 1 ? " --group" : "") + " --run " +
         std::to_string(report.run_id) + " --reason '…'";
}

}  // namespace tracerec::report
