// The page that people begin with: verdict, counts, findings by cause with one sample each, proven slowdowns, a line of
// noise and coverage, the next commands. It is at most kScreenLines long unless what must be said is longer. Lines fit
// the width; only commands to paste are never cut. full_text.cc has everything.
// All recorded data goes through printable(): a body must not be able to steer a terminal.
#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/clock.h"
#include "base/columns.h"
#include "base/text.h"
#include "gate/finding_groups.h"
#include "report/finding_text.h"
#include "report/latency.h"
#include "report/page.h"
#include "report/report.h"
#include "report/text_entries.h"

namespace tracerec::report {
namespace {

constexpr std::size_t kScreenLines = 40;
constexpr std::size_t kMostReasons = 6;     // why the gate failed
constexpr std::size_t kMostUnanswered = 3;  // of each list
constexpr std::size_t kMostSlower = 3;
constexpr std::size_t kMostCommandBytes = 4000;

std::string count_of(std::uint64_t count, const char* what) {
  return format_count(count) + " " + what;
}

// "reason 3, other 1"
std::string list_counts(const std::map<std::string, std::uint64_t>& counts) {
  std::string text;
  for (const auto& [name, count] : counts)
    text += (text.empty() ? "" : ", ") + printable(name, 80) + " " + format_count(count);
  return text;
}

std::uint64_t sum_of(const std::map<std::string, std::uint64_t>& counts) {
  std::uint64_t sum = 0;
  for (const auto& [name, count] : counts) sum += count;
  return sum;
}

std::string formatted(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string p50_change(double before_ms, double after_ms) {
  return formatted("p50 %.1f", before_ms) + formatted(" → %.1f ms", after_ms);
}

class TextWriter {
 public:
  TextWriter(const Report& report, ReporterOptions options)
      : report_(report),
        summary_(report.summary),
        page_(options),
        groups_(gate::group_findings(report.summary.findings)) {}

  void write(std::ostream& out) const {
    const Lines before = head(), after = foot();
    const std::size_t used = before.size() + after.size();
    const Lines entries = text_entries(report_, groups_, page_, kScreenLines - std::min(kScreenLines, used));
    for (const Lines* lines : {&before, &entries, &after}) {
      for (const std::string& line : *lines) out << line << "\n";
    }
  }

 private:
  [[nodiscard]] Lines head() const {
    Lines lines;
    add_verdict(lines);
    add_reasons(lines);
    add_unanswered(lines);
    return lines;
  }

  void add_verdict(Lines& lines) const {
    char when[32];
    const std::string run = "run " + std::to_string(report_.run_id);
    const std::string more = " of recording " + std::to_string(report_.recording_id) + ", " +
                             std::string(format_unix_ns(report_.run_started_unix_ns, when)).substr(0, 19) + " UTC";
    const std::string target = printable(report_.target, 200);
    const bool has_room = display_width("PASSED  " + target + "  " + run + more) <= page_.width();
    const bool passed = report_.verdict.passed;
    lines.push_back(
        page_.labelled(passed ? "PASSED" : "FAILED", passed ? kGood : kBad, target, has_room ? run + more : run));
    append(lines, join_parts(counts(), " · ", page_.width()));
    if (report_.baseline)
      append(lines, page_.paragraph("baseline", printable(describe_baseline(*report_.baseline), 300), kFaint));
  }

  [[nodiscard]] Lines counts() const {
    Lines parts{count_of(summary_.compared, "compared"), count_of(summary_.equal, "match"),
                count_of(summary_.different, "differ")};
    if (summary_.failed > 0)
      parts.push_back(count_of(summary_.failed, "without a response (") + list_counts(summary_.failed_by_reason) + ")");
    const std::uint64_t skipped = sum_of(report_.skipped);
    if (skipped > 0) parts.push_back(count_of(skipped, "not sent (") + list_counts(report_.skipped) + ")");
    if (!summary_.rules.empty()) parts.push_back("rules: " + format_count(summary_.rules.size()));
    if (!summary_.approved.empty()) parts.push_back("approved findings: " + format_count(summary_.approved.size()));
    if (report_.elapsed_ns >= 0) parts.push_back(formatted("%.1f s", static_cast<double>(report_.elapsed_ns) / 1e9));
    return parts;
  }

  void add_reasons(Lines& lines) const {
    const auto& reasons = report_.verdict.reasons;
    for (std::size_t i = 0; i < std::min(reasons.size(), kMostReasons); ++i)
      append(lines, page_.paragraph(i == 0 ? "because" : "       ", printable(reasons[i], 600), kBad));
    if (reasons.size() > kMostReasons)
      lines.push_back("         and " + count_of(reasons.size() - kMostReasons, "more reasons"));
  }

  void add_unanswered(Lines& lines) const {
    // What was not sent for want of a value is below its cause.
    const bool has_causes = !report_.unresolved.empty() && summary_.failed_by_reason.contains("unresolved");
    Lines texts;
    if (!has_causes || summary_.failed_by_reason.size() > 1) texts = failure_lines(summary_, kMostUnanswered);
    append(texts, unsent_lines(report_, kMostUnanswered));
    if (texts.empty()) return;
    lines.push_back("");
    lines.push_back(page_.coloured(kBold, "NO RESPONSE"));
    for (const std::string& line : texts) lines.push_back("  " + cut_middle(printable(line, 600), page_.width() - 2));
  }

  [[nodiscard]] Lines foot() const {
    Lines lines{""};
    add_slower(lines);
    add_noise(lines);
    add_mutation(lines);
    add_problems(lines);
    if (lines.size() > 1) lines.push_back("");
    add_commands(lines);
    return lines;
  }

  void add_slower(Lines& lines) const {
    std::size_t shown = 0;
    for (const gate::LatencyRow& row : report_.latency.endpoints) {
      if (row.change != gate::Change::kSlower || shown++ >= kMostSlower) continue;
      lines.push_back(page_.labelled("SLOWER", kBad, printable(row.name, 200),
                                     p50_change(row.against.p50_ms, row.replayed.p50_ms) + ", proven", kPlain));
    }
    if (shown > kMostSlower) lines.push_back("        and " + count_of(shown - kMostSlower, "more endpoints"));
    if (shown == 0) add_suspect(lines);
  }

  void add_suspect(Lines& lines) const {
    const auto suspect = slow_suspect(report_.latency);
    if (!suspect) return;
    const std::string times = p50_change(suspect->before_ms, suspect->after_ms);
    lines.push_back(
        page_.labelled("SLOWER?", kBold, printable(suspect->endpoint, 200), times + "  " + suspect->doubt, kPlain));
  }

  [[nodiscard]] std::string noise_text() const {
    const auto varied = std::count_if(summary_.noise.begin(), summary_.noise.end(),
                                      [](const gate::NoiseEntry& one) { return one.applied > 0; });
    std::string text;
    const auto add = [&](std::uint64_t count, const char* what) {
      if (count > 0) text += (text.empty() ? "" : ", ") + count_of(count, what);
    };
    add(static_cast<std::uint64_t>(varied), varied == 1 ? "field" : "fields");
    add(summary_.generated.size(),
        summary_.generated.size() == 1 ? "time or id of the target" : "times and ids of the target");
    add(summary_.state.size(), "changed by writes: review");
    return text;
  }

  [[nodiscard]] std::string coverage_text() const {
    const gate::Coverage& coverage = summary_.coverage;
    if (coverage.locations == 0) return {};
    std::string text = count_of(coverage.exact, "by value");
    const auto add = [&](std::uint64_t count, const char* what) {
      if (count > 0) text += ", " + count_of(count, what);
    };
    add(coverage.shape, "by shape");
    add(coverage.presence, coverage.presence == 1 ? "header by presence" : "headers by presence");
    add(coverage.ignored, "ignored");
    add(coverage.unreadable_responses, coverage.unreadable_responses == 1 ? "body unreadable" : "bodies unreadable");
    return text;
  }

  // In one line where it fits.
  void add_noise(Lines& lines) const {
    const std::string noise = noise_text(), coverage = coverage_text();
    const auto label = [&](const char* name) { return page_.coloured(kBold, name) + "  "; };
    if (display_width("NOISE  " + noise + "   COVERAGE  " + coverage) <= page_.width()) {
      std::string line = noise.empty() ? "" : label("NOISE") + noise;
      if (!coverage.empty()) line += (noise.empty() ? "" : "   ") + label("COVERAGE") + coverage;
      if (!line.empty()) lines.push_back(line);
      return;
    }
    if (!noise.empty()) append(lines, page_.paragraph("NOISE", noise));
    if (!coverage.empty()) append(lines, page_.paragraph("COVERAGE", coverage));
  }

  void add_mutation(Lines& lines) const {
    if (!report_.mutation) return;
    append(lines, page_.paragraph("MUTATION", count_of(report_.mutation->killed, "of ") +
                                                  count_of(report_.mutation->tried, "mutants killed")));
  }

  void add_problems(Lines& lines) const {
    const auto problems = rule_problems(summary_);
    if (problems.empty()) return;
    const std::string more = problems.size() > 1 ? " (and " + count_of(problems.size() - 1, "more to look at)") : "";
    const std::size_t room = page_.width() - std::min(page_.width(), 7 + display_width(more));
    lines.push_back(page_.coloured(kBold, "RULES") + "  " + cut_middle(printable(problems.front(), 600), room) + more);
  }

  void add_commands(Lines& lines) const {
    const std::string run = " --run " + std::to_string(report_.run_id);
    const auto add = [&](const char* name, const std::string& command) {
      lines.push_back(page_.coloured(kFaint, pad_right(name, 9)) + printable(command, kMostCommandBytes));
    };
    if (!groups_.empty()) {
      const gate::Finding& first = summary_.findings[groups_.front().members.front()];
      if (!first.samples.empty()) add_look(lines, compare_hint(report_, first.samples.front()));
      add("accept", approve_hint(report_, groups_.front()));
      if (!first.samples.empty()) add("re-send", show_hint(report_, first.samples.front()) + run + " --as curl | sh");
    }
    add("all", report_.diff_command + run + " --report text:full");
  }

  // The remark is one of the shell, so that the line can be pasted whole.
  void add_look(Lines& lines, const std::string& compare) const {
    const std::string remark = "  # in a browser: " + report_.ui_command;
    lines.push_back(page_.coloured(kFaint, pad_right("look", 9)) + printable(compare, kMostCommandBytes));
    const bool fits = display_width("look     " + compare + remark) <= page_.width();
    if (fits) {
      lines.back() += page_.coloured(kFaint, remark);
    } else {
      lines.push_back(std::string(9, ' ') + printable(report_.ui_command, kMostCommandBytes));
    }
  }

  const Report& report_;
  const gate::Summary& summary_;
  Page page_;
  std::vector<gate::FindingGroup> groups_;
};

class TextReporter final : public Reporter {
 public:
  explicit TextReporter(ReporterOptions options) : options_(options) {}
  void write(const Report& report, std::ostream& out) const override { TextWriter(report, options_).write(out); }

 private:
  ReporterOptions options_;
};

}  // namespace

std::unique_ptr<Reporter> make_text_reporter(ReporterOptions options) {
  return std::make_unique<TextReporter>(options);
}

}  // namespace tracerec::report
