// Workflow commands: lines on stdout that GitHub Actions shows as annotations. It shows ten errors and ten warnings of
// a step, so the important ones come first.
#include <string>

#include "base/text.h"
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

std::string message_of(const Report& report, const gate::Finding& finding) {
  std::string text = std::string(name_of(finding.kind)) + " at " + finding.location + " in " +
                     format_count(finding.exchanges) + (finding.exchanges == 1 ? " exchange" : " exchanges");
  if (!finding.samples.empty()) {
    const gate::Sample& sample = finding.samples.front();
    text += ": " + describe_sample(finding, sample) + "; " + show_hint(report, sample);
  }
  return text + "; signature " + finding.signature();
}

class GithubReporter final : public Reporter {
 public:
  void write(const Report& report, std::ostream& out) const override {
    std::string reasons;
    for (const std::string& reason : report.verdict.reasons) reasons += (reasons.empty() ? "" : "; ") + reason;
    const bool failed = !report.verdict.passed;
    annotate(out, failed ? "error" : "notice", failed ? "tracerec: gate failed" : "tracerec: gate passed",
             failed ? reasons : format_count(report.summary.compared) + " responses compared");
    std::size_t shown = 0;
    for (const gate::Finding& finding : report.summary.findings) {
      if (shown++ >= kMaxAnnotations) break;
      const bool high = finding.severity == gate::Severity::kHigh;
      annotate(out, !failed ? "notice" : high ? "error" : "warning", finding.endpoint, message_of(report, finding));
    }
    if (report.summary.findings.size() > kMaxAnnotations) {
      annotate(out, "notice", "tracerec",
               format_count(report.summary.findings.size() - kMaxAnnotations) + " more findings");
    }
    for (const std::string& problem : rule_problems(report.summary)) {
      if (shown++ >= 2 * kMaxAnnotations) break;
      annotate(out, "warning", "tracerec rules", problem);
    }
  }
};

}  // namespace

std::unique_ptr<Reporter> make_github_reporter() {
  return std::make_unique<GithubReporter>();
}

}  // namespace tracerec::report
