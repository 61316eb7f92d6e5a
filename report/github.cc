// Workflow commands: lines on stdout that GitHub Actions shows as annotations. It shows ten errors and ten warnings of
// a step, so the important ones come first.
#include <string>

#include "base/text.h"
#include "gate/finding_groups.h"
#include "gate/group_order.h"
#include "report/finding_text.h"
#include "report/report.h"

namespace tracerec::report {
namespace {

constexpr std::size_t kMaxAnnotations = 50;

// As the runner reads them: % and line ends escaped, in properties : and , too. printable() left no line end.
std::string escape(std::string_view raw, bool property) {
  std::string escaped;
  for (const char c : printable(raw, 500)) {
    if (c == '%') {
      escaped += "%25";
    } else if (property && c == ':') {
      escaped += "%3A";
    } else if (property && c == ',') {
      escaped += "%2C";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

void annotate(std::ostream& out, std::string_view level, std::string_view title, std::string_view message) {
  out << "::" << level << " title=" << escape(title, true) << "::" << escape(message, false) << "\n";
}

std::string message_of(const Report& report, const gate::FindingGroup& group) {
  const gate::Finding& first = report.summary.findings[group.members.front()];
  Title title = title_of(report.summary, group);
  title.endpoint.clear();
  std::string text = in_one_line(title) + " in " + scope_of(group);
  if (!first.samples.empty()) {
    const gate::Sample& sample = first.samples.front();
    text += ": " + describe_sample(first, sample) + "; " + compare_hint(report, sample);
  }
  text += "; signature " + first.signature();
  return group.members.size() > 1 ? text + " and " + format_count(group.members.size() - 1) + " more" : text;
}

// GitHub shows ten annotations of a kind: one for each cause.
void annotate_groups(const Report& report, std::ostream& out) {
  const auto groups = gate::group_findings(report.summary.findings);
  const bool failed = !report.verdict.passed;
  auto shown = gate::fair_order(groups, report.summary.findings);
  shown.resize(std::min(shown.size(), kMaxAnnotations));
  std::sort(shown.begin(), shown.end());
  for (const std::size_t i : shown) {
    const bool high = groups[i].severity == gate::Severity::kHigh;
    const std::string endpoint = title_of(report.summary, groups[i]).endpoint;
    annotate(out,
             !failed ? "notice"
             : high  ? "error"
                     : "warning",
             endpoint.empty() ? "several endpoints" : endpoint, message_of(report, groups[i]));
  }
  if (groups.size() > kMaxAnnotations)
    annotate(out, "notice", "tracerec", format_count(groups.size() - kMaxAnnotations) + " more causes");
  const auto not_kept = not_kept_lines(report.summary, 0);
  if (!not_kept.empty()) annotate(out, "warning", "tracerec", not_kept.front() + " see the JSON report");
}

class GithubReporter final : public Reporter {
 public:
  void write(const Report& report, std::ostream& out) const override {
    std::string reasons;
    for (const std::string& reason : report.verdict.reasons) reasons += (reasons.empty() ? "" : "; ") + reason;
    const bool failed = !report.verdict.passed;
    annotate(out, failed ? "error" : "notice", failed ? "tracerec: gate failed" : "tracerec: gate passed",
             failed ? reasons : format_count(report.summary.compared) + " responses compared");
    annotate_groups(report, out);
    std::size_t shown = 0;
    for (const std::string& problem : rule_problems(report.summary)) {
      if (shown++ >= kMaxAnnotations) break;
      annotate(out, "warning", "tracerec rules", problem);
    }
  }
};

}  // namespace

std::unique_ptr<Reporter> make_github_reporter() {
  return std::make_unique<GithubReporter>();
}

}  // namespace tracerec::report
