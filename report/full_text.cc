// Everything there is, for people who look closer: numbers, times, findings by severity with all their samples and
// commands, the noise that was allowed, the verdict. As long as it gets; text.cc is the page to begin with.
// All recorded data goes through printable(): a body must not be able to steer a terminal.
#include <algorithm>
#include <cstdio>
#include <optional>

#include "base/clock.h"
#include "base/columns.h"
#include "base/text.h"
#include "report/finding_text.h"
#include "report/latency.h"
#include "report/report.h"

namespace tracerec::report {
namespace {

constexpr std::size_t kMaxColumnWidth = 60;  // of an aligned column; longer texts push what follows to the right

std::string decimal(double value, int places) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.*f", places, value);
  return buffer;
}

// "reason 3, other 1"
std::string list_counts(const std::map<std::string, std::uint64_t>& counts) {
  std::string text;
  for (const auto& [name, count] : counts) {
    if (!text.empty()) text += ", ";
    text += printable(name, 80) + " " + format_count(count);
  }
  return text;
}

std::uint64_t sum_of(const std::map<std::string, std::uint64_t>& counts) {
  std::uint64_t sum = 0;
  for (const auto& [name, count] : counts) sum += count;
  return sum;
}

class FullTextWriter {
 public:
  FullTextWriter(const Report& report, bool colours, std::ostream& out)
      : report_(report), summary_(report.summary), colours_(colours), out_(out) {}

  void write() {
    char when[32];
    out_ << "run " << report_.run_id << " of recording " << report_.recording_id << " against "
         << printable(report_.target, 200) << ", begun " << format_unix_ns(report_.run_started_unix_ns, when)
         << " UTC\n";
    write_counts();
    write_unresolved();
    write_latency();
    write_findings();
    write_approved();
    write_noise();
    write_survivors();
    write_problems();
    write_verdict();
  }

 private:
  std::string coloured(std::string_view code, std::string_view text) const {
    if (!colours_) return std::string(text);
    return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
  }

  void line(std::string_view name, const std::string& text) {
    out_ << "  " << pad_right(std::string(name), 14) << text << "\n";
  }

  void write_counts() {
    const std::string noisy =
        summary_.equal_noisy > 0 ? " (" + format_count(summary_.equal_noisy) + " but for noise)" : std::string{};
    line("compared", format_count(summary_.compared) + ": " + format_count(summary_.equal) + " equal" + noisy + ", " +
                         format_count(summary_.different) + " different; match rate " +
                         decimal(summary_.match_rate() * 100, 2) + " %");
    if (summary_.failed > 0)
      line("failed", format_count(summary_.failed) + ": " + list_counts(summary_.failed_by_reason));
    if (!report_.skipped.empty()) {
      line("skipped", format_count(sum_of(report_.skipped)) + ": " + list_counts(report_.skipped));
    }
    if (!summary_.not_compared.empty()) line("not compared", list_counts(summary_.not_compared));
    std::map<std::string, std::uint64_t> ledger;
    for (const LedgerLine& entry : report_.ledger) ledger[entry.key] = entry.count;
    if (!ledger.empty()) line("ledger", list_counts(ledger));
    if (summary_.coverage.locations > 0) line("gate checks", describe_coverage(summary_.coverage));
    if (report_.baseline) line("baseline", printable(describe_baseline(*report_.baseline), 300));
    if (report_.rechecked.exchanges > 0) line("rechecked", describe_rechecked(report_.rechecked));
    if (report_.mutation) line("mutation", describe_mutation(*report_.mutation));
  }

  void write_unresolved() {
    for (const std::string& line : failure_lines(summary_, 20)) out_ << "  " << printable(line, 500) << "\n";
    for (const std::string& line : unsent_lines(report_, 20)) out_ << "  " << printable(line, 500) << "\n";
  }

  void write_latency() {
    const auto lines = latency_lines(report_);
    if (lines.empty()) return;
    std::size_t name_width = 14;
    for (const LatencyLine& one : lines) {
      name_width = std::max(name_width, std::min(kMaxColumnWidth, display_width(printable(one.name, 200)) + 2));
    }
    out_ << "\n  " << pad_right("latency, ms", name_width + 10);
    for (const char* head : kLatencyHeads) out_ << pad_left(head, 12);
    out_ << "\n";
    for (const LatencyLine& one : lines) write_latency_line(one, name_width);
    for (const std::string& note : latency_notes(report_)) out_ << "  " << note << "\n";
  }

  void write_latency_line(const LatencyLine& one, std::size_t name_width) {
    out_ << "  " << pad_right(printable(one.name, 200), name_width) << pad_right(one.side, 10);
    for (const std::string& cell : one.cells) out_ << pad_left(cell, 12);
    const char* colour = one.change == gate::Change::kSlower   ? "1;31"
                         : one.change == gate::Change::kFaster ? "32"
                                                               : "2";
    if (!one.effect.empty()) out_ << "  " << coloured(colour, one.effect);
    out_ << "\n";
  }

  void write_findings() {
    const auto& findings = summary_.findings;
    std::optional<gate::Severity> group;
    for (const gate::Finding& finding : findings) {
      if (group != finding.severity) write_severity(finding.severity);
      group = finding.severity;
      write_finding(finding);
    }
    const auto not_kept = not_kept_lines(summary_, summary_.not_kept.size());
    if (!not_kept.empty()) out_ << "\n";
    for (const std::string& line : not_kept) out_ << "  " << printable(line) << "\n";
  }

  void write_severity(gate::Severity severity) {
    const auto& all = summary_.findings;
    const auto count = std::count_if(all.begin(), all.end(), [&](const auto& f) { return f.severity == severity; });
    const std::string_view colour = severity == gate::Severity::kHigh     ? "1;31"
                                    : severity == gate::Severity::kMedium ? "1;33"
                                                                          : "1;36";
    out_ << "\n" << coloured(colour, name_of(severity)) << " (" << count << ")\n";
    endpoint_width_ = location_width_ = 0;
    for (const gate::Finding& finding : all) {
      if (finding.severity != severity) continue;
      endpoint_width_ =
          std::max(endpoint_width_, std::min(kMaxColumnWidth, display_width(printable(finding.endpoint, 200))));
      location_width_ =
          std::max(location_width_, std::min(kMaxColumnWidth, display_width(printable(finding.location, 200))));
    }
  }

  void write_finding(const gate::Finding& finding) {
    const std::string exchanges =
        format_count(finding.exchanges) + (finding.exchanges == 1 ? " exchange" : " exchanges");
    out_ << "  " << pad_right(printable(finding.endpoint, 200), endpoint_width_) << "  "
         << pad_right(printable(finding.location, 200), location_width_) << "  "
         << pad_right(std::string(name_of(finding.kind)), 14) << "  " << pad_right(exchanges, 14) << "  "
         << coloured("2", finding.signature()) << "\n";
    for (const gate::Sample& sample : finding.samples) write_sample(finding, sample);
    if (!finding.samples.empty() && report_.curl.contains(finding.samples.front().exchange_id)) {
      out_ << "      " << coloured("2", printable(reproduce_command(report_, finding.samples.front()), 4000)) << "\n";
    }
    write_dependents(finding);
  }

  // What is only there because of this finding: names, no samples.
  void write_dependents(const gate::Finding& root) {
    if (root.unsent > 0) out_ << "      " << format_count(root.unsent) << " exchanges were not sent because of it\n";
    if (root.dependents == 0) return;
    out_ << "      findings caused by it:\n";
    for (const gate::Finding* finding : dependents_of(summary_, root.signature())) {
      out_ << "        " << printable(finding->endpoint, 200) << "  " << printable(finding->location, 200) << "  "
           << name_of(finding->kind) << "  " << format_count(finding->exchanges) << "\n";
    }
  }

  void write_approved() {
    if (summary_.approved.empty()) return;
    out_ << "\napproved (" << summary_.approved.size() << ")\n";
    for (const gate::Finding& finding : summary_.approved) {
      out_ << "  " << printable(finding.endpoint, 200) << "  " << printable(finding.location, 200) << "  "
           << name_of(finding.kind) << "  " << format_count(finding.exchanges) << "  " << finding.signature() << ": "
           << printable(finding.approval, 200) << "\n";
    }
  }

  void write_problems() {
    const auto problems = rule_problems(summary_);
    if (problems.empty()) return;
    out_ << "\nrules and approvals to look at\n";
    for (const std::string& problem : problems) out_ << "  " << printable(problem, 400) << "\n";
  }

  void write_survivors() {
    if (!report_.mutation || report_.mutation->survivors.empty()) return;
    out_ << "\nmutants that survived\n";
    for (const gate::Survivor& survivor : report_.mutation->survivors) {
      out_ << "  " << printable(survivor.endpoint, 200) << "  " << printable(survivor.location, 200) << "  "
           << name_of(survivor.kind) << "  " << format_count(survivor.count) << "\n";
    }
  }

  void write_sample(const gate::Finding& finding, const gate::Sample& sample) {
    const bool same_location = sample.path == finding.location;
    out_ << "      " << (same_location ? std::string{} : printable(sample.path, 200) + ": ")
         << describe_sample(finding, sample) << "  " << coloured("2", "# " + show_hint(report_, sample)) << "\n";
  }

  void write_noise() {
    const auto applied = [](const gate::NoiseEntry& entry) { return entry.applied > 0; };
    if (!summary_.state.empty()) {
      out_ << "\nchanged by writes, not noise: a difference there is a finding; review\n  "
           << printable(describe_state(summary_), 1000) << "\n";
    }
    if (!summary_.generated.empty()) {
      out_ << "\ntimes and ids that the target made itself (near the moment of the response, or as it said before)\n";
      for (const gate::NoiseEntry& entry : summary_.generated)
        out_ << "  " << printable(entry.endpoint, 200) << "  " << printable(entry.location, 200) << "  "
             << format_count(entry.applied) << " allowed\n";
    }
    const auto& noise = summary_.noise;
    if (std::none_of(noise.begin(), noise.end(), applied)) return;
    out_ << "\nnoise (varies between equal requests, recorded or re-sent; presence, type and shape are "
            "still checked)\n";
    for (const gate::NoiseEntry& entry : noise) {
      if (entry.applied == 0) continue;
      out_ << "  " << printable(entry.endpoint, 200) << "  " << printable(entry.location, 200) << "  "
           << printable(entry.kinds, 200) << ": " << printable(entry.shape, 200) << "; " << format_count(entry.applied)
           << " allowed; evidence: " << format_count(entry.members_differed) << " of "
           << format_count(entry.seen.members) << " responses in " << format_count(entry.groups_differed) << " of "
           << format_count(entry.seen.groups) << " groups differed\n";
    }
  }

  void write_verdict() {
    out_ << "\ngate " << (report_.verdict.passed ? coloured("1;32", "passed") : coloured("1;31", "failed"));
    for (std::size_t i = 0; i < report_.verdict.reasons.size(); ++i) {
      out_ << (i == 0 ? ": " : "; ") << printable(report_.verdict.reasons[i], 200);
    }
    out_ << "\n";
  }

  const Report& report_;
  const gate::Summary& summary_;
  bool colours_;
  std::ostream& out_;
  std::size_t endpoint_width_ = 0;
  std::size_t location_width_ = 0;
};

class FullTextReporter final : public Reporter {
 public:
  explicit FullTextReporter(ReporterOptions options) : options_(options) {}
  void write(const Report& report, std::ostream& out) const override {
    FullTextWriter(report, options_.colours, out).write();
  }

 private:
  ReporterOptions options_;
};

}  // namespace

std::unique_ptr<Reporter> make_full_text_reporter(ReporterOptions options) {
  return std::make_unique<FullTextReporter>(options);
}

}  // namespace tracerec::report
