// For a comment at a pull request: the verdict, then findings as long as there is room. GitHub refuses comments of more
// than 65,536 characters; ours stay below kMaxBytes, and what is left out is counted.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "base/columns.h"
#include "base/text.h"
#include "gate/finding_groups.h"
#include "gate/group_order.h"
#include "report/finding_text.h"
#include "report/latency.h"
#include "report/report.h"

namespace tracerec::report {
namespace {

constexpr std::size_t kMaxBytes = 60000;
constexpr std::size_t kMaxCell = 160;  // of one table cell

std::size_t longest_run(std::string_view text, char of) {
  std::size_t longest = 0, run = 0;
  for (const char c : text) {
    run = c == of ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

// Inline code: more backticks around it than stand in it (CommonMark §6.1), no line end gets out, no | ends the cell.
std::string code(std::string_view raw, std::size_t limit = kMaxCell) {
  const std::string text = printable(raw, limit);
  if (text.empty()) return "–";
  std::string escaped;
  std::size_t backslashes = 0;  // before c: two of them are a pair, after which a | ends the cell
  for (const char c : text) {
    if (c == '|') escaped += backslashes % 2 == 0 ? "\\" : "\\\\";
    escaped += c;
    backslashes = c == '\\' ? backslashes + 1 : 0;
  }
  const std::string fence(longest_run(text, '`') + 1, '`');
  const char* const space = text.front() == '`' || text.back() == '`' ? " " : "";
  return fence + space + escaped + space + fence;
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

// GitHub sets a comment some 100 letters wide and does not break code in a table.
constexpr std::size_t kMaxPart = 48;

std::string title_cell(const Title& title) {
  std::string text;
  for (const std::string* part : {&title.endpoint, &title.location}) {
    if (!part->empty()) text += code(cut_middle(printable(*part), kMaxPart)) + " ";
  }
  return text + plain(cut_middle(printable(title.change), kMaxPart));
}

std::string sample_cell(const gate::Finding& finding) {
  if (finding.samples.empty() || title_has_values(finding)) return {};
  const gate::Sample& sample = finding.samples.front();
  const auto [before, after] =
      cut_alike(printable(baseline_of(finding, sample)), printable(candidate_of(finding, sample)), 2 * kMaxPart);
  const auto side = [](const std::string& text) { return text == kAbsent ? text : code(text); };
  return "<br>" + side(before) + " → " + side(after);
}

std::string endpoints_cell(const gate::FindingGroup& group) {
  constexpr std::size_t kMostNamed = 3;
  if (group.endpoints.size() < 2) return {};
  std::string text = "<br>at ";
  for (std::size_t i = 0; i < std::min(group.endpoints.size(), kMostNamed); ++i)
    text += (i == 0 ? "" : ", ") + code(cut_middle(printable(group.endpoints[i]), kMaxPart));
  if (group.endpoints.size() > kMostNamed)
    text += " and " + format_count(group.endpoints.size() - kMostNamed) + " more";
  return text;
}

std::string group_row(const gate::Summary& summary, const gate::FindingGroup& group) {
  const gate::Finding& first = summary.findings[group.members.front()];
  std::string row = "| " + std::string(name_of(group.severity)) + " | " + title_cell(title_of(summary, group)) +
                    sample_cell(first) + endpoints_cell(group) + " | " + format_count(group.exchanges) + " | `" +
                    first.signature() + "`";
  if (group.members.size() > 1) row += " +" + format_count(group.members.size() - 1);
  return row + " |\n";
}

// Of a group with several: which findings it has.
std::string member_line(const gate::Finding& finding) {
  return "- `" + finding.signature() + "` " + code(finding.endpoint, 80) + " " + code(finding.location, 80) + " " +
         std::string(name_of(finding.kind)) + ", " + format_count(finding.exchanges) + "\n";
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
    add_slower(report, text);
    add_problems(report, text);
    add_latency(report, text);
    out << text;
  }

 private:
  static void add_findings(const Report& report, std::string& text) {
    const gate::Summary& summary = report.summary;
    if (summary.findings.empty()) return;
    const auto groups = gate::group_findings(summary.findings);
    text += "\n| severity | finding | responses | signature |\n|---|---|--:|---|\n";
    std::size_t shown = 0;
    for (const std::size_t i : groups_that_fit(summary, groups, kMaxBytes / 2 - std::min(kMaxBytes / 2, text.size()))) {
      text += group_row(summary, groups[i]);
      shown += groups[i].members.size();
    }
    if (shown < summary.findings.size())
      text += "\n" + format_count(summary.findings.size() - shown) + " more findings are not shown here.\n";
    add_not_kept(summary, text);
    if (!summary.dependent.empty()) {
      text += "\n" + format_count(summary.dependent.size()) +
              " more were caused by a request that failed or was not sent.\n";
    }
    add_members(summary, groups, text);
    add_commands(report, groups.front(), text);
  }

  // In the order in which they are listed.
  static std::vector<std::size_t> groups_that_fit(const gate::Summary& summary,
                                                  const std::vector<gate::FindingGroup>& groups, std::size_t room) {
    std::vector<std::size_t> chosen;
    std::size_t used = 0;
    for (const std::size_t i : gate::fair_order(groups, summary.findings)) {
      used += group_row(summary, groups[i]).size();
      if (used > room) break;
      chosen.push_back(i);
    }
    std::sort(chosen.begin(), chosen.end());
    return chosen;
  }

  static void add_not_kept(const gate::Summary& summary, std::string& text) {
    constexpr std::size_t kMostCauses = 10;
    const auto lines = not_kept_lines(summary, kMostCauses);
    for (std::size_t i = 0; i < lines.size(); ++i)
      text += (i == 0 ? "\n" : "- ") + plain(printable(trim(lines[i]), 300)) + (i == 0 ? "\n\n" : "\n");
  }

  static void add_members(const gate::Summary& summary, const std::vector<gate::FindingGroup>& groups,
                          std::string& text) {
    constexpr std::size_t kRoom = kMaxBytes * 2 / 3;
    std::string list;
    std::size_t left_out = 0;
    for (const gate::FindingGroup& group : groups) {
      for (std::size_t i = 0; i < group.members.size() && group.members.size() > 1; ++i) {
        const std::string line = member_line(summary.findings[group.members[i]]);
        const bool fits = left_out == 0 && text.size() + list.size() + line.size() <= kRoom;
        fits ? void(list += line) : void(++left_out);
      }
    }
    if (left_out > 0) list += "- and " + format_count(left_out) + " more, which the JSON report has\n";
    if (!list.empty()) text += "\n<details><summary>Findings with one cause</summary>\n\n" + list + "\n</details>\n";
  }

  static void add_commands(const Report& report, const gate::FindingGroup& group, std::string& text) {
    const gate::Finding& first = report.summary.findings[group.members.front()];
    std::string commands;
    const auto add = [&](const std::string& command) { commands += printable(command) + "\n"; };
    if (!first.samples.empty()) {
      add(compare_hint(report, first.samples.front()));
      add(reproduce_command(report, first.samples.front()));
    }
    add(approve_hint(report, group));
    if (commands.size() > 4000 || commands.find("```") != std::string::npos) return;
    text += "\n<details><summary>Look at the first one, send it again, accept it</summary>\n\n```sh\n" + commands +
            "```\n\n</details>\n";
  }

  // Proven ones, where they are seen without a click.
  static void add_slower(const Report& report, std::string& text) {
    std::size_t shown = 0;
    for (const gate::LatencyRow& row : report.latency.endpoints) {
      if (row.change != gate::Change::kSlower || shown++ >= kMostEndpoints) continue;
      char times[128];
      std::snprintf(times, sizeof times, ": p50 %.1f → %.1f ms, p99 %.1f → %.1f ms\n", row.against.p50_ms,
                    row.replayed.p50_ms, row.against.p99_ms, row.replayed.p99_ms);
      text += (shown == 1 ? "\n**Slower, proven:**\n\n- " : "- ") + code(row.name) + times;
    }
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
