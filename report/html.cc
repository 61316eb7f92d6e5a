// One file to look at and to keep: no script, no request to anywhere (the Content-Security-Policy forbids both), all
// recorded data escaped. Light and dark by the reader's system.
#include <string>

#include "base/text.h"
#include "report/html_findings.h"
#include "report/latency.h"
#include "report/report.h"

namespace tracerec::report {
namespace {

constexpr const char* kHead = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<title>tracerec report</title><style>
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --high: #c62828; --medium: #b26a00; --low: #00697a; --good: #2e7d32; }
@media (prefers-color-scheme: dark) { :root { --high: #ff8a80; --medium: #ffcc80; --low: #80deea; --good: #a5d6a7; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin: 0 0 .2rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
code, pre, td.mono { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { background: var(--soft); padding: .6rem; white-space: pre-wrap; margin: .4rem 0; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .25rem .6rem .25rem 0; vertical-align: top; border-bottom: 1px solid var(--line); }
details { border: 1px solid var(--line); border-radius: 6px; margin: .5rem 0; padding: .4rem .8rem; }
summary { cursor: pointer; } .high { color: var(--high); } .medium { color: var(--medium); } .low { color: var(--low); }
.passed { color: var(--good); } .failed { color: var(--high); } .soft { opacity: .7; }
pre.command { user-select: all; cursor: copy; } .sides { table-layout: fixed; } .sides th:first-child { width: 5rem; }
@media (max-width: 40rem) { table { display: block; overflow-x: auto; } .causes, .sides { display: table; } .causes th:nth-child(2), .causes td:nth-child(2), .causes th:nth-child(5), .causes td:nth-child(5), .sides th:first-child, .sides td:first-child { display: none; } }
a { color: inherit; } td code { overflow-wrap: anywhere; }
del { text-decoration: none; background: #e5393526; } ins { text-decoration: none; background: #43a04726; }
</style></head><body>
)";

class HtmlWriter {
 public:
  HtmlWriter(const Report& report, std::ostream& out) : report_(report), summary_(report.summary), out_(out) {}

  void write() {
    out_ << kHead;
    write_verdict();
    write_counts();
    write_unsent();
    write_html_findings(report_, out_);
    write_html_approved(report_, out_);
    write_latency();
    write_noise();
    write_survivors();
    write_problems();
    out_ << "</body></html>\n";
  }

 private:
  static std::string code(std::string_view raw) { return "<code>" + escape_markup(raw) + "</code>"; }

  void row(std::string_view name, const std::string& html) {
    out_ << "<tr><th scope=\"row\">" << name << "</th><td>" << html << "</td></tr>\n";
  }

  void write_verdict() {
    const bool passed = report_.verdict.passed;
    out_ << "<h1 class=\"" << (passed ? "passed\">Gate passed" : "failed\">Gate failed")
         << "</h1>\n<p class=\"soft\">run " << report_.run_id << " of recording " << report_.recording_id << " against "
         << escape_markup(report_.target) << ", tracerec " << escape_markup(report_.version) << "</p>\n";
    if (report_.verdict.reasons.empty()) return;
    out_ << "<ul>";
    for (const std::string& reason : report_.verdict.reasons) out_ << "<li>" << escape_markup(reason) << "</li>";
    out_ << "</ul>\n";
  }

  static std::string counts_of(const std::map<std::string, std::uint64_t>& counts) {
    std::string text;
    for (const auto& [name, count] : counts)
      text += (text.empty() ? "" : ", ") + escape_markup(name) + " " + format_count(count);
    return text;
  }

  void write_counts() {
    out_ << "<table>\n";
    row("compared", format_count(summary_.compared) + ": " + format_count(summary_.equal) + " equal (" +
                        format_count(summary_.equal_noisy) + " but for noise and rules), " +
                        format_count(summary_.different) + " different");
    if (summary_.failed > 0) row("failed", format_count(summary_.failed) + ": " + counts_of(summary_.failed_by_reason));
    if (!report_.skipped.empty()) row("skipped", counts_of(report_.skipped));
    if (!summary_.not_compared.empty()) row("not compared", counts_of(summary_.not_compared));
    if (summary_.coverage.locations > 0) row("gate checks", escape_markup(describe_coverage(summary_.coverage)));
    if (report_.baseline) row("baseline", escape_markup(describe_baseline(*report_.baseline)));
    if (report_.rechecked.exchanges > 0) row("rechecked", escape_markup(describe_rechecked(report_.rechecked)));
    if (report_.mutation) row("mutation", escape_markup(describe_mutation(*report_.mutation)));
    std::map<std::string, std::uint64_t> ledger;
    for (const LedgerLine& line : report_.ledger) ledger[line.key] = line.count;
    if (!ledger.empty()) row("ledger", counts_of(ledger));
    out_ << "</table>\n";
  }

  void write_unsent() {
    auto lines = failure_lines(summary_, 50);
    for (std::string& line : unsent_lines(report_, 50)) lines.push_back(std::move(line));
    if (lines.empty()) return;
    out_ << "<h2>Without a response, and what that caused</h2><pre>";
    for (const std::string& line : lines) out_ << escape_markup(line) << "\n";
    out_ << "</pre>\n";
  }

  void write_latency() {
    const auto lines = latency_lines(report_);
    if (lines.empty()) return;
    out_ << "<h2>Response times, ms</h2><table><tr><th></th><th></th>";
    for (const char* head : kLatencyHeads) out_ << "<th>" << head << "</th>";
    out_ << "<th>delta (95 % interval)</th></tr>\n";
    for (const LatencyLine& line : lines) {
      out_ << "<tr><td>" << (line.name.empty() ? std::string{} : code(line.name)) << "</td><td>" << line.side
           << "</td>";
      for (const std::string& cell : line.cells) out_ << "<td>" << cell << "</td>";
      const char* look = line.change == gate::Change::kSlower   ? "high"
                         : line.change == gate::Change::kFaster ? "passed"
                                                                : "soft";
      out_ << "<td class=\"" << look << "\">" << escape_markup(line.effect) << "</td></tr>\n";
    }
    out_ << "</table>\n";
    for (const std::string& note : latency_notes(report_))
      out_ << "<p class=\"soft\">" << escape_markup(note) << "</p>\n";
  }

  void write_noise() {
    if (!summary_.state.empty()) {
      out_ << "<h2>Changed by writes</h2><p>Not noise: a difference there is a finding.</p><p>"
           << escape_markup(describe_state(summary_)) << "</p>\n";
    }
    if (!summary_.generated.empty()) {
      out_ << "<h2>Times and ids that the target made itself</h2><ul>";
      for (const gate::NoiseEntry& entry : summary_.generated)
        out_ << "<li>" << code(entry.endpoint) << " " << code(entry.location) << ", " << format_count(entry.applied)
             << "</li>";
      out_ << "</ul>\n";
    }
    bool first = true;
    for (const gate::NoiseEntry& entry : summary_.noise) {
      if (entry.applied == 0) continue;
      if (first) {
        out_ << "<h2>Noise</h2><p>Varies between equal requests of the recording; presence, type and shape are still "
                "checked.</p><table><tr><th>endpoint</th><th>location</th><th>shape</th><th>allowed</th><th>evidence</"
                "th></"
                "tr>\n";
      }
      first = false;
      out_ << "<tr><td>" << code(entry.endpoint) << "</td><td>" << code(entry.location) << "</td><td>"
           << escape_markup(entry.kinds + ": " + entry.shape) << "</td><td>" << format_count(entry.applied)
           << "</td><td>" << entry.groups_differed << " of " << entry.seen.groups << " groups</td></tr>\n";
    }
    if (!first) out_ << "</table>\n";
  }

  void write_survivors() {
    if (!report_.mutation || report_.mutation->survivors.empty()) return;
    out_ << "<h2>Mutants that survived</h2><ul>";
    for (const gate::Survivor& one : report_.mutation->survivors) {
      out_ << "<li>" << code(one.endpoint) << " " << code(one.location) << " " << name_of(one.kind) << ", "
           << format_count(one.count) << "</li>";
    }
    out_ << "</ul>\n";
  }

  void write_problems() {
    const auto problems = rule_problems(summary_);
    if (problems.empty()) return;
    out_ << "<h2>Rules and approvals to look at</h2><ul>";
    for (const std::string& problem : problems) out_ << "<li>" << escape_markup(problem) << "</li>";
    out_ << "</ul>\n";
  }

  const Report& report_;
  const gate::Summary& summary_;
  std::ostream& out_;
};

class HtmlReporter final : public Reporter {
 public:
  void write(const Report& report, std::ostream& out) const override { HtmlWriter(report, out).write(); }
};

}  // namespace

std::unique_ptr<Reporter> make_html_reporter() {
  return std::make_unique<HtmlReporter>();
}

}  // namespace tracerec::report
