// For a comment at a pull request: the verdict, then findings as long as there is room. GitHub refuses comments of more
// than 65,536 characters; ours stay below kMaxBytes, and what is left out is counted.
#include <algorithm>
#include <string>

#include "base/text.h"
#include "report/latency.h"
#include "report/report.h"

namespace tracerec::report {
namespace {

constexpr std::size_t kMaxBytes = 60000;
constexpr std::size_t kMaxCell = 160;  // of one table cell

// Inline code: no backtick or line end may get out, no | may end the cell, no HTML begins inside code.
std::string code(std::string_view raw, std::size_t limit = kMaxCell) {
  std::string text = printable(raw, limit);
  std::replace(text.begin(), text.end(), '`', '\'');
  std::string escaped;
  for (const char c : text) escaped += c == '|' ? std::string("\\|") : std::string(1, c);
  return escaped.empty() ? std::string("–") : "`" + escaped + "`";
}

// Text outside code: markup, mentions and links of hostile data must not work.
std::string plain(std::string_view raw) {
  std::string escaped;
  for (const char c : escape_markup(raw)) {
    if (std::string_view("\\`*_[]()#+-!|~@").find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string finding_row(const gate::Finding& finding) {
  std::string row = "| " + std::string(name_of(finding.severity)) + " | " + code(finding.endpoint) + " | " +
                    code(finding.location) + " | " + std::string(name_of(finding.kind)) + " | " +
                    format_count(finding.exchanges) + " | ";
  if (!finding.samples.empty()) {
    const gate::Sample& sample = finding.samples.front();
    row += code(sample.recorded, 60) + " → " + code(sample.replayed, 60);
  }
  return row + " | `" + finding.signature() + "` |\n";
}

std::string counts_line(const Report& report) {
  const gate::Summary& summary = report.summary;
  std::string text = format_count(summary.compared) + " compared: " + format_count(summary.equal) + " equal, " +
                     format_count(summary.different) + " different";
  if (summary.failed > 0) text += "; " + format_count(summary.failed) + " failed";
  if (!summary.approved.empty()) text += "; " + format_count(summary.approved.size()) + " findings approved";
  if (summary.coverage.locations > 0) text += "  \nThe gate checks " + plain(describe_coverage(summary.coverage));
  if (report.baseline) text += "  \nBaseline: " + plain(printable(describe_baseline(*report.baseline), 300));
  if (report.rechecked.exchanges > 0) text += "  \n" + plain(describe_rechecked(report.rechecked));
  if (report.mutation) text += "  \nMutation testing: " + plain(describe_mutation(*report.mutation));
  return text + "\n\n";
}

class MarkdownReporter final : public Reporter {
 public:
  void write(const Report& report, std::ostream& out) const override {
    std::string text = report.verdict.passed ? "### ✅ tracerec: gate passed\n\n" : "### ❌ tracerec: gate failed\n\n";
    for (const std::string& reason : report.verdict.reasons) text += "- " + plain(printable(reason, 300)) + "\n";
    text += "\nRun " + std::to_string(report.run_id) + " against " + code(report.target) + ". " + counts_line(report);
    for (const std::string& line : failure_lines(report.summary, 5)) text += "- " + plain(printable(line, 300)) + "\n";
    for (const std::string& line : unsent_lines(report, 5)) text += "- " + plain(printable(line, 300)) + "\n";
    add_findings(report, text);
    add_problems(report, text);
    add_latency(report, text);
    out << text;
  }

 private:
  static void add_findings(const Report& report, std::string& text) {
    const auto& findings = report.summary.findings;
    if (findings.empty()) return;
    text +=
        "| severity | endpoint | location | kind | exchanges | first | signature |\n|---|---|---|---|--:|---|---|\n";
    std::size_t shown = 0;
    for (const gate::Finding& finding : findings) {
      const std::string row = finding_row(finding);
      if (text.size() + row.size() > kMaxBytes * 2 / 3) break;
      text += row;
      ++shown;
    }
    if (shown < findings.size())
      text += "\n" + format_count(findings.size() - shown) + " more findings are not shown here.\n";
    if (!report.summary.dependent.empty()) {
      text += "\n" + format_count(report.summary.dependent.size()) +
              " more were caused by a request that failed or was not sent.\n";
    }
    if (findings.front().samples.empty()) return;
    const std::string command = reproduce_command(report, findings.front().samples.front());
    if (command.size() > 4000 || command.find("```") != std::string::npos) return;
    text += "\n<details><summary>Reproduce the first one</summary>\n\n```sh\n" + printable(command) +
            "\n```\n\n</details>\n";
  }

  static void add_latency(const Report& report, std::string& text) {
    const auto lines = latency_lines(report);
    if (lines.empty()) return;
    std::string table = "\n<details><summary>Response times, ms</summary>\n\n| | |";
    for (const char* head : kLatencyHeads) table += " " + std::string(head) + " |";
    table += " delta (95 % interval) |\n|---|---|--:|--:|--:|--:|--:|---|\n";
    for (const LatencyLine& line : lines) {
      table += "| " + (line.name.empty() ? std::string{} : code(line.name)) + " | " + line.side + " |";
      for (const std::string& cell : line.cells) table += " " + cell + " |";
      table += " " + plain(line.effect) + " |\n";
    }
    for (const std::string& note : latency_notes(report)) table += "\n" + plain(note) + "\n";
    table += "\n</details>\n";
    if (text.size() + table.size() <= kMaxBytes) text += table;
  }

  static void add_problems(const Report& report, std::string& text) {
    const auto problems = rule_problems(report.summary);
    if (problems.empty()) return;
    text += "\nRules and approvals to look at:\n\n";
    for (const std::string& problem : problems) {
      const std::string line = "- " + plain(printable(problem, 300)) + "\n";
      if (text.size() + line.size() > kMaxBytes) return;
      text += line;
    }
  }
};

}  // namespace

std::unique_ptr<Reporter> make_markdown_reporter() {
  return std::make_unique<MarkdownReporter>();
}

}  // namespace tracerec::report
