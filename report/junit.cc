// For CI systems: one suite; a test case for the gate, one for the sends, one for each finding, and one for each
// endpoint that has none. Findings are failures when the gate failed, and plain output when it passed, so that a CI
// system shows the verdict that the exit code gives. The gate itself is a failure only for what no other case says, or
// one defect would be counted twice. The elements, attributes and their order are those of Ant's schema, the strictest
// of those in use.
#include <algorithm>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "report/finding_text.h"
#include "report/report.h"

namespace tracerec::report {
namespace {

constexpr std::size_t kMostLines = 50;  // of one list

std::string xml(std::string_view raw) {
  return escape_markup(raw);
}

std::string attribute(std::string_view name, std::string_view value) {
  return " " + std::string(name) + "=\"" + xml(value) + "\"";
}

// "2026-11-25T11:02:04": the schema allows neither fractions nor a zone.
std::string utc_seconds(std::int64_t unix_ns) {
  char buffer[32];
  std::string text = std::string(format_unix_ns(unix_ns, buffer)).substr(0, 19);
  text[10] = 'T';
  return text;
}

std::string seconds(std::int64_t ns) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", static_cast<double>(std::max<std::int64_t>(0, ns)) / 1e9);
  return text;
}

class JunitWriter {
 public:
  JunitWriter(const Report& report, std::ostream& out) : report_(report), out_(out) {}

  void write() {
    const auto quiet = quiet_endpoints();
    const std::size_t tests = 2 + report_.summary.findings.size() + quiet.size();
    const std::size_t failures =
        failed_gate() ? gate_is_failure() + sends_failed() + report_.summary.findings.size() : 0;
    out_ << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite" << attribute("id", "0")
         << attribute("package", "tracerec") << attribute("name", "tracerec replay against " + report_.target)
         << attribute("timestamp", utc_seconds(report_.run_started_unix_ns)) << attribute("hostname", "localhost")
         << attribute("tests", std::to_string(tests)) << attribute("failures", std::to_string(failures))
         << attribute("errors", "0") << attribute("time", seconds(report_.elapsed_ns)) << ">\n";
    write_properties();
    write_gate();
    write_sends();
    for (const gate::Finding& finding : report_.summary.findings) write_finding(finding);
    for (const EndpointTime* endpoint : quiet) write_endpoint(*endpoint);
    out_ << "    <system-out>" << output_ << "</system-out>\n    <system-err></system-err>\n"
         << "  </testsuite>\n</testsuites>\n";
  }

 private:
  [[nodiscard]] bool failed_gate() const { return !report_.verdict.passed; }
  [[nodiscard]] bool sends_failed() const { return report_.summary.failed > 0; }

  // Whether a reason is about what the other cases say: "findings.high > 0 (findings.high = 4)".
  static bool is_said_elsewhere(const std::string& reason) {
    return reason.starts_with("findings") || reason.starts_with("failed");
  }

  [[nodiscard]] bool gate_is_failure() const {
    const bool others = sends_failed() || !report_.summary.findings.empty();
    const auto& reasons = report_.verdict.reasons;
    return failed_gate() && (!others || !std::all_of(reasons.begin(), reasons.end(), is_said_elsewhere));
  }

  // Those without a finding.
  [[nodiscard]] std::vector<const EndpointTime*> quiet_endpoints() const {
    std::set<std::string_view> with_findings;
    for (const gate::Finding& finding : report_.summary.findings) with_findings.insert(finding.endpoint);
    std::vector<const EndpointTime*> quiet;
    for (const EndpointTime& one : report_.endpoints) {
      if (!with_findings.contains(one.name)) quiet.push_back(&one);
    }
    return quiet;
  }

  // Of its endpoint, once.
  [[nodiscard]] std::int64_t take_time_of(const std::string& endpoint) {
    if (!timed_.insert(endpoint).second) return 0;
    const auto at = std::find_if(report_.endpoints.begin(), report_.endpoints.end(),
                                 [&](const EndpointTime& one) { return one.name == endpoint; });
    return at == report_.endpoints.end() ? 0 : at->duration_ns;
  }

  void write_endpoint(const EndpointTime& endpoint) {
    begin_case(endpoint.name, "no findings", endpoint.duration_ns);
    end_case(false, "", "",
             xml(format_count(endpoint.responses) + (endpoint.responses == 1 ? " response" : " responses")));
  }

  void write_properties() {
    out_ << "    <properties>\n";
    const auto property = [this](std::string_view name, const std::string& value) {
      out_ << "      <property" << attribute("name", name) << attribute("value", value) << "/>\n";
    };
    property("version", report_.version);
    property("run", std::to_string(report_.run_id));
    property("recording", std::to_string(report_.recording_id));
    out_ << "    </properties>\n";
  }

  void begin_case(std::string_view classname, std::string_view name, std::int64_t duration_ns = 0) {
    out_ << "    <testcase" << attribute("classname", classname) << attribute("name", name)
         << attribute("time", seconds(duration_ns)) << ">\n";
    output_ += xml(classname) + " " + xml(name) + "\n";
  }

  // `lines` are escaped already. Ant's schema has no output of a single case, so that goes to the end.
  void end_case(bool failure, std::string_view type, std::string_view message, const std::string& lines) {
    if (failure) {
      out_ << "      <failure" << attribute("message", message) << attribute("type", type) << ">" << lines
           << "</failure>\n";
      output_ += "  failed\n";
    } else {
      output_ += lines + (lines.empty() || lines.ends_with('\n') ? "" : "\n");
    }
    out_ << "    </testcase>\n";
  }

  void write_gate() {
    std::string reasons;
    for (const std::string& reason : report_.verdict.reasons) reasons += (reasons.empty() ? "" : "; ") + reason;
    begin_case("tracerec.gate", "gate");
    const gate::Summary& summary = report_.summary;
    if (!reasons.empty() && !gate_is_failure()) output_ += xml(reasons) + "\n";
    end_case(gate_is_failure(), "gate", reasons,
             xml("compared " + std::to_string(summary.compared) + ", equal " + std::to_string(summary.equal) +
                 ", different " + std::to_string(summary.different) + ", run " + std::to_string(report_.run_id)));
  }

  void write_sends() {
    std::string lines;
    for (const auto& [reason, count] : report_.summary.failed_by_reason) {
      lines += xml(reason + " " + std::to_string(count)) + "\n";
    }
    for (const std::string& line : failure_lines(report_.summary, kMostLines)) lines += xml(line) + "\n";
    for (const std::string& line : unsent_lines(report_, kMostLines)) lines += xml(line) + "\n";
    begin_case("tracerec.sends", "every request was answered");
    end_case(failed_gate() && sends_failed(), "failed", std::to_string(report_.summary.failed) + " requests failed",
             lines);
  }

  void add_dependents(std::string& lines, const gate::Finding& root) const {
    if (root.unsent > 0) lines += xml(format_count(root.unsent) + " exchanges were not sent because of it") + "\n";
    if (root.dependents == 0) return;
    lines += "only there because of this one:\n";
    for (const std::string& line : dependent_lines(dependents_of(report_.summary, root.signature()), kMostLines)) {
      lines += xml(line) + "\n";
    }
  }

  void write_finding(const gate::Finding& finding) {
    const std::string kind(name_of(finding.kind));
    std::string lines = xml("signature " + finding.signature()) + "\n";
    for (const gate::Sample& sample : finding.samples) {
      lines += xml(sample.path + ": ") + xml(describe_sample(finding, sample)) + "\n  " +
               xml(compare_hint(report_, sample)) + "\n";
    }
    if (!finding.samples.empty()) lines += xml(reproduce_command(report_, finding.samples.front())) + "\n";
    add_dependents(lines, finding);
    const std::string classes = finding.status_classes.empty() ? "" : " " + finding.status_classes;
    begin_case(finding.endpoint, finding.location + " " + kind + classes, take_time_of(finding.endpoint));
    end_case(failed_gate(), kind,
             std::string(name_of(finding.severity)) + ": " + kind + " at " + finding.location + " in " +
                 std::to_string(finding.exchanges) + " exchanges",
             lines);
  }

  const Report& report_;
  std::ostream& out_;
  std::string output_;
  std::set<std::string> timed_;  // endpoints whose time a case has
};

class JunitReporter final : public Reporter {
 public:
  void write(const Report& report, std::ostream& out) const override { JunitWriter(report, out).write(); }
};

}  // namespace

std::unique_ptr<Reporter> make_junit_reporter() {
  return std::make_unique<JunitReporter>();
}

}  // namespace tracerec::report
