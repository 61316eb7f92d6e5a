#include "report/report.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <unordered_set>
#include <utility>

#include "base/nearest.h"
#include "base/text.h"
#include "body/entities.h"

namespace tracerec::report {

Result<std::unique_ptr<Reporter>> make_reporter(std::string_view format, ReporterOptions options) {
  if (format == "text") return make_text_reporter(options);
  if (format == "text:full") return make_full_text_reporter(options);
  if (format == "json") return make_json_reporter();
  if (format == "junit") return make_junit_reporter();
  if (format == "html") return make_html_reporter();
  if (format == "markdown") return make_markdown_reporter();
  if (format == "github") return make_github_reporter();
  return Error{"no report format '" + printable(format, 40) + "'" + did_you_mean(format, kReportFormats) +
               "; there are " + std::string(kReportFormats)};
}

std::string show_hint(const Report& report, const gate::Sample& sample) {
  return report.show_command + " " + std::to_string(sample.exchange_id);
}

std::string describe_sample(const gate::Finding& finding, const gate::Sample& sample) {
  std::string text;
  if (finding.kind == diff::Kind::kAdded) {
    text = "added " + printable(sample.replayed);
  } else if (finding.kind == diff::Kind::kMissing) {
    text = "was " + printable(sample.recorded);
  } else {
    text = printable(sample.recorded) + " → " + printable(sample.replayed);
  }
  return sample.note.empty() ? text : text + " (" + printable(sample.note) + ")";
}

std::string escape_markup(std::string_view raw) {
  std::string text = printable(raw);
  for (const std::string_view noncharacter : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"}) {
    for (std::size_t at = 0; (at = text.find(noncharacter, at)) != std::string::npos;)
      text.replace(at, 3, "\xEF\xBF\xBD");
  }
  std::string escaped;
  body::append_with_entities(escaped, text);
  return escaped;
}

std::vector<std::string> rule_problems(const gate::Summary& summary) {
  std::vector<std::string> problems;
  for (const gate::RuleUse& use : summary.rules) {
    if (use.problem.empty()) continue;
    std::string line = use.name + " " + use.path + ": " + use.problem;
    for (const std::string& example : use.quiet_examples)
      line += (&example == &use.quiet_examples.front() ? " (" : ", ") + example;
    problems.push_back(use.quiet_examples.empty() ? line : line + ")");
  }
  for (const gate::ApprovalUse& use : summary.approvals) {
    if (!use.problem.empty()) problems.push_back(use.approval.name + " " + use.approval.signature + ": " + use.problem);
  }
  return problems;
}

namespace {

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", share * 100);
  return text;
}

}  // namespace

std::string describe_coverage(const gate::Coverage& coverage) {
  std::string text = format_count(coverage.exact + coverage.shape) + " of " + format_count(coverage.locations) +
                     " locations (" + percent(coverage.share()) + "): " + format_count(coverage.exact) + " by value, " +
                     format_count(coverage.shape) + " by presence, type and shape";
  if (coverage.presence > 0) text += "; " + format_count(coverage.presence) + " headers by presence only";
  if (coverage.ignored > 0) text += "; " + format_count(coverage.ignored) + " ignored by rule";
  if (coverage.unreadable_responses > 0)
    text += "; " + format_count(coverage.unreadable_responses) + " bodies could not be read";
  return text;
}

std::string describe_rechecked(const Rechecked& rechecked) {
  const bool one = rechecked.exchanges == 1;
  std::string text = format_count(rechecked.exchanges) + (one ? " exchange" : " exchanges") +
                     " re-sent to learn what varies on its own";
  if (rechecked.answered == rechecked.exchanges) return text;
  return text + "; " + format_count(rechecked.exchanges - rechecked.answered) + " of them not answered twice";
}

std::string describe_baseline(const Baseline& baseline) {
  std::string text = "run " + std::to_string(baseline.run_id) + " of " + baseline.target + ": " +
                     format_count(baseline.answered) + " answered";
  if (!baseline.failed.empty()) text += "; failed:";
  for (const auto& [reason, count] : baseline.failed) text += " " + reason + " " + format_count(count);
  return text;
}

std::string describe_mutation(const gate::MutationResult& mutation) {
  std::string text = format_count(mutation.killed) + " of " + format_count(mutation.tried) + " mutants killed (" +
                     percent(mutation.score()) + ", seed " + std::to_string(mutation.seed) + ")";
  for (std::size_t kind = 0; kind < gate::kMutationKinds; ++kind) {
    if (mutation.tried_of[kind] == 0) continue;
    text += (kind == 0 ? ": " : ", ") + std::string(name_of(static_cast<gate::MutationKind>(kind))) + " " +
            format_count(mutation.killed_of[kind]) + "/" + format_count(mutation.tried_of[kind]);
  }
  return text;
}

std::vector<const gate::Finding*> dependents_of(const gate::Summary& summary, std::string_view cause) {
  std::vector<const gate::Finding*> found;
  for (const gate::Finding& finding : summary.dependent) {
    if (finding.cause == cause) found.push_back(&finding);
  }
  return found;
}

std::vector<const gate::Finding*> dependents_without_root(const gate::Summary& summary) {
  std::unordered_set<std::string> shown;
  for (const gate::Finding& finding : summary.findings) shown.insert(finding.signature());
  std::vector<const gate::Finding*> found;
  for (const gate::Finding& finding : summary.dependent) {
    if (!shown.contains(finding.cause)) found.push_back(&finding);
  }
  return found;
}

std::string describe_dependent(const gate::Finding& finding) {
  return finding.endpoint + " " + finding.location + " " + std::string(name_of(finding.kind)) + " in " +
         format_count(finding.exchanges) + (finding.exchanges == 1 ? " exchange" : " exchanges");
}

std::string describe_unresolved(const UnresolvedRoot& root) {
  const bool one = root.exchanges == 1;
  return "exchange " + std::to_string(root.exchange_id) + " " + root.outcome + ": " + format_count(root.exchanges) +
         (one ? " exchange that needs its `" : " exchanges that need its `") + root.location +
         (one ? "` was not sent" : "` were not sent");
}

namespace {

template <class Things, class Describe>
void add_first(std::vector<std::string>& lines, const Things& things, std::size_t most, const Describe& describe) {
  std::size_t shown = 0;
  for (const auto& thing : things) {
    if (shown++ < most) lines.push_back(describe(thing));
  }
  if (shown > most) lines.push_back("and " + format_count(shown - most) + " more of these");
}

}  // namespace

std::vector<std::string> dependent_lines(const std::vector<const gate::Finding*>& findings, std::size_t most) {
  std::vector<std::string> lines;
  add_first(lines, findings, most, [](const gate::Finding* one) { return "  " + describe_dependent(*one); });
  return lines;
}

std::string explain_failure(std::string_view reason) {
  using Line = std::pair<std::string_view, std::string_view>;
  constexpr std::array<Line, 11> kReasons = {
      Line{"timeout", "no end of a response within --timeout"},
      Line{"connection_closed", "the target closed the connection before the end of its response"},
      Line{"bad_response", "what the target sent is not a valid HTTP/1 response"},
      Line{"too_long", "the response was longer than --max-response and is cut"},
      Line{"surplus_bytes",
           "the target sent more bytes than its response has: a body to HEAD, 204 or 304, or a wrong length"},
      Line{"refused", "the target refused the connection"},
      Line{"connect", "no connection to the target"},
      Line{"tls", "no TLS session with the target"},
      Line{"unresolved", "not sent: the target did not return a value that it needs"},
      Line{"interrupted", "no response before the replay was stopped"},
      Line{"io", "an error of the socket"}};
  const auto found =
      std::find_if(kReasons.begin(), kReasons.end(), [&](const Line& line) { return line.first == reason; });
  return std::string(found == kReasons.end() ? reason : found->second);
}

std::vector<std::string> failure_lines(const gate::Summary& summary, std::size_t most) {
  std::vector<std::string> lines;
  std::uint64_t sent = 0;
  for (const gate::FailedExchange& one : summary.failures) {
    if (sent++ == most) break;
    lines.push_back("exchange " + std::to_string(one.exchange_id) + " " + one.method + " " + one.target + ": " +
                    explain_failure(one.reason) + " (" + one.reason + ")");
  }
  if (summary.failed > lines.size())
    lines.push_back("and " + format_count(summary.failed - lines.size()) + " more without a response");
  return lines;
}

std::string describe_state(const gate::Summary& summary) {
  constexpr std::size_t kShown = 5;
  std::string text;
  for (std::size_t i = 0; i < summary.state.size() && i < kShown; ++i)
    text += (i == 0 ? "" : ", ") + summary.state[i].endpoint + " " + summary.state[i].location;
  if (summary.state.size() > kShown) text += " and " + format_count(summary.state.size() - kShown) + " more";
  return text;
}

std::vector<std::string> unsent_lines(const Report& report, std::size_t most) {
  std::vector<std::string> lines;
  add_first(lines, report.unresolved, most, describe_unresolved);
  const auto dependent = dependents_without_root(report.summary);
  if (!dependent.empty()) lines.push_back("caused by a request that failed or was not sent:");
  for (std::string& line : dependent_lines(dependent, most)) lines.push_back(std::move(line));
  return lines;
}

std::string reproduce_command(const Report& report, const gate::Sample& sample) {
  const auto at = report.curl.find(sample.exchange_id);
  return at == report.curl.end() ? show_hint(report, sample) + " --as curl" : at->second;
}

}  // namespace tracerec::report
