// An evaluated run, and how to write it down.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "gate/gate.h"
#include "gate/judge.h"
#include "gate/latency.h"
#include "gate/mutation_test.h"

namespace tracerec::report {

struct LedgerLine {
  std::string key;
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
};

// An exchange whose response should have held a value that others needed; they were not sent.
struct UnresolvedRoot {
  std::int64_t exchange_id = 0;
  std::string location;  // of the value in its response
  std::string outcome;   // "failed (timeout)", "was answered with 404 without it", "was not sent"
  std::uint64_t exchanges = 0;
};

// What was re-sent after the run, twice each, to learn what varies on its own.
struct Rechecked {
  std::uint64_t exchanges = 0;
  std::uint64_t answered = 0;  // of these: both times
};

// The run whose responses were taken as the baseline instead of the recorded ones.
struct Baseline {
  std::int64_t run_id = 0;
  std::string target;
  std::uint64_t answered = 0;
  std::map<std::string, std::uint64_t> failed;  // reason → exchanges
};

// What one endpoint came to.
struct EndpointTime {
  std::string name;
  std::uint64_t responses = 0;
  std::int64_t duration_ns = 0;  // from sending to the last byte, of all of them together
};
constexpr std::size_t kMaxEndpointTimes = 1000;  // the others are one, gate::kOtherEndpoints

// Everything that a report says, as a value. Texts are raw recorded data; each format escapes what it writes.
struct Report {
  std::int64_t run_id = 0;
  std::int64_t recording_id = 0;
  std::int64_t run_started_unix_ns = 0;
  std::string target;   // "http://staging:8080"
  std::string version;  // of the tracerec that evaluated it
  gate::Summary summary;
  gate::Verdict verdict;
  std::map<std::string, std::uint64_t> skipped;  // reason → exchanges that were not sent
  std::vector<LedgerLine> ledger;
  std::vector<UnresolvedRoot> unresolved;  // the most exchanges first
  gate::LatencySummary latency;
  std::vector<EndpointTime> endpoints;  // that responded, by name
  std::int64_t against_run = 0;         // whose responses were the baseline; 0: the recording's
  Rechecked rechecked;
  std::optional<Baseline> baseline;
  std::optional<gate::MutationResult> mutation;
  std::map<std::int64_t, std::string> curl;    // exchange → the command that sends its request to the target again
  std::string show_command = "tracerec show";  // an exchange id after it shows that exchange
  std::string baseline_words;                  // after --diff: the same baseline, where it was chosen (" --against 6")
  std::string diff_command = "tracerec diff";  // evaluates the run again, by the same rules
  std::string approve_command = "tracerec approve";  // signatures after it approve them, in the same rules
  std::string ui_command = "tracerec ui";            // shows the file in a browser, with the same rules
  std::int64_t elapsed_ns = -1;                      // of the run; negative: it has no end
};

// One format. Stateless: any thread. Writes never fail on their own; the caller checks the stream.
class Reporter {
 public:
  virtual ~Reporter() = default;
  virtual void write(const Report& report, std::ostream& out) const = 0;
};

struct ReporterOptions {
  bool colours = false;     // text only: the caller knows whether a terminal reads
  std::size_t width = 100;  // of the page of text, in columns; at least kMinColumns, at most kMaxColumns are used
};

constexpr std::size_t kMinColumns = 40;
constexpr std::size_t kMaxColumns = 120;  // two columns further apart are not read as one line

inline constexpr std::string_view kReportFormats = "text, text:full, json, junit, html, markdown, github";

// Of one of kReportFormats. Error: there is no such format; the line names those there are.
[[nodiscard]] Result<std::unique_ptr<Reporter>> make_reporter(std::string_view format, ReporterOptions options = {});

[[nodiscard]] std::unique_ptr<Reporter> make_text_reporter(ReporterOptions options);
[[nodiscard]] std::unique_ptr<Reporter> make_full_text_reporter(ReporterOptions options);
[[nodiscard]] std::unique_ptr<Reporter> make_json_reporter();
[[nodiscard]] std::unique_ptr<Reporter> make_junit_reporter();
[[nodiscard]] std::unique_ptr<Reporter> make_html_reporter();
[[nodiscard]] std::unique_ptr<Reporter> make_markdown_reporter();
[[nodiscard]] std::unique_ptr<Reporter> make_github_reporter();

// Markup escaped for HTML and XML, after printable(): no control code, nothing that is not UTF-8, no XML noncharacter.
[[nodiscard]] std::string escape_markup(std::string_view raw);

// "2 locations of /a matched nothing": what is wrong with rules and approvals, one line each.
[[nodiscard]] std::vector<std::string> rule_problems(const gate::Summary& summary);

// "74 of 80 locations (92.5 %): 60 by value, 14 by presence, type and shape; 4 headers by presence only, 2 ignored by
// rule"
[[nodiscard]] std::string describe_coverage(const gate::Coverage& coverage);
[[nodiscard]] std::string describe_mutation(const gate::MutationResult& mutation);

// "12 exchanges re-sent to learn what varies on its own; 2 of them not answered twice"
[[nodiscard]] std::string describe_rechecked(const Rechecked& rechecked);

// "run 6 of http://stable:8080: 1,200 answered; failed: timeout 3". Raw.
[[nodiscard]] std::string describe_baseline(const Baseline& baseline);

// Of the findings that are only there because of another one: those with this cause, and those whose cause is no
// finding of this report (a write without a response, a request that could not be sent, an approved finding).
[[nodiscard]] std::vector<const gate::Finding*> dependents_of(const gate::Summary& summary, std::string_view cause);
[[nodiscard]] std::vector<const gate::Finding*> dependents_without_root(const gate::Summary& summary);

// "timeout" → "no end of a response within --timeout". The reason itself when it is not known (of a newer version, or
// of a hostile file).
[[nodiscard]] std::string explain_failure(std::string_view reason);

// "exchange 12 GET /orders: no end of a response within --timeout (timeout)" for each of the first ones that got no
// response, then how many more there are. Raw.
[[nodiscard]] std::vector<std::string> failure_lines(const gate::Summary& summary, std::size_t most);

// "GET /orders $.total, GET /orders $.items": the first of what varied only with writes in between. Raw; "" when there
// is nothing.
[[nodiscard]] std::string describe_state(const gate::Summary& summary);

// "GET /orders/{id} status status in 5 exchanges". Raw.
[[nodiscard]] std::string describe_dependent(const gate::Finding& finding);

// "  " and that, for each of the first ones, then how many more there are. Raw.
[[nodiscard]] std::vector<std::string> dependent_lines(const std::vector<const gate::Finding*>& findings,
                                                       std::size_t most);

// "exchange 12 was answered with 404 without it: 3 exchanges that need its `body /id` were not sent". Raw.
[[nodiscard]] std::string describe_unresolved(const UnresolvedRoot& root);

// What was not sent for want of a value, under its causes, and the findings that are there for no other reason but that
// or a failed request: one failed login is one line. At most `most` lines of each, then how many more. Raw.
[[nodiscard]] std::vector<std::string> unsent_lines(const Report& report, std::size_t most);

// The command that sends the request of this sample again, or the one that shows it.
[[nodiscard]] std::string reproduce_command(const Report& report, const gate::Sample& sample);

// "tracerec show 12", for the exchange of a sample.
[[nodiscard]] std::string show_hint(const Report& report, const gate::Sample& sample);

// "before → after", where one side may be absent, and the note; escaped with printable().
[[nodiscard]] std::string describe_sample(const gate::Finding& finding, const gate::Sample& sample);

}  // namespace tracerec::report
