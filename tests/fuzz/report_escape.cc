// Recorded values in reports: whatever they are, each format keeps the structure that it has with harmless ones, JSON
// parses, and nothing controls a terminal. Input: the format (t text, j JSON, x JUnit, h HTML, m Markdown, g GitHub),
// then texts with zero bytes between, which take turns in the report.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "base/text.h"
#include "fuzz.h"
#include "report/report.h"

namespace tracerec::fuzz {
namespace {

// Gives the texts one after the other, over and over; never an empty one, which reports may leave out.
class Texts {
 public:
  explicit Texts(std::string_view input) {
    while (!input.empty()) {
      std::string text(take_until(input, '\0'));
      if (!text.empty()) texts_.push_back(std::move(text));
    }
    if (texts_.empty()) texts_.emplace_back("x");
  }

  std::string next() { return texts_[next_++ % texts_.size()]; }

 private:
  std::vector<std::string> texts_;
  std::size_t next_ = 0;
};

// Each of another exchange: what one response lost and gained may be a rename, which is one entry.
gate::Finding finding(Texts& texts, diff::Kind kind, gate::Severity severity, std::int64_t exchange = 1) {
  gate::Finding finding;
  finding.endpoint = texts.next();
  finding.location = texts.next();
  finding.kind = kind;
  finding.severity = severity;
  finding.exchanges = finding.differences = 2;
  finding.samples.push_back({exchange, texts.next(), texts.next(), texts.next(), texts.next()});
  return finding;
}

gate::NoiseEntry noise(Texts& texts) {
  return {texts.next(), texts.next(), texts.next(), texts.next(), {4, 20}, 4, 16, {0.51, 1}, 900};
}

void add_summary(report::Report& report, Texts& texts) {
  gate::Summary& summary = report.summary;
  summary.compared = 10;
  summary.failed = 1;
  summary.failed_by_reason = {{texts.next(), 1}};
  summary.not_compared = {{texts.next(), 1}};
  summary.failures = {{21, texts.next(), texts.next(), texts.next()}};
  summary.findings = {finding(texts, diff::Kind::kValue, gate::Severity::kHigh),
                      finding(texts, diff::Kind::kMissing, gate::Severity::kMedium),
                      finding(texts, diff::Kind::kAdded, gate::Severity::kLow, 2)};
  summary.dependent = {finding(texts, diff::Kind::kStatus, gate::Severity::kHigh)};
  summary.dependent[0].cause = "exchange 4";
  summary.dependent[0].dependent_exchanges = 2;
  summary.approved = {finding(texts, diff::Kind::kValue, gate::Severity::kLow)};
  summary.approved[0].approval = texts.next();
  summary.noise = {noise(texts)};
  summary.state = {noise(texts)};
  summary.generated = {noise(texts)};
  summary.rules = {{"rules[0] (line 3)", texts.next(), texts.next(), 5, 2, 1, {texts.next()}, texts.next()}};
  summary.approvals = {{{texts.next(), texts.next(), texts.next(), "", {}, "approvals[0]"}, 0, texts.next()}};
}

report::Report make_report(Texts texts) {
  report::Report report;
  report.run_id = 3;
  report.target = texts.next();
  report.version = "0.1.0";
  report.verdict = {false, {texts.next(), texts.next()}};
  report.skipped = {{texts.next(), 3}};
  report.ledger = {{texts.next(), 3, 1}};
  report.unresolved = {{4, texts.next(), texts.next(), 2}};
  report.baseline = report::Baseline{6, texts.next(), 12, {{texts.next(), 1}}};
  report.curl = {{1, texts.next()}};
  report.latency.total = {"all", {9, 1, 2, 3, 4}, {9, 1, 2, 3, 4}, {9, 1, 2, 3, 4}, {}, {}};
  report.latency.endpoints = {{texts.next(), {9, 1, 2, 3, 4}, {9, 1, 2, 3, 4}, {9, 1, 2, 3, 4}, {}, {}}};
  gate::MutationResult mutation;
  mutation.tried = 10;
  mutation.survivors = {{texts.next(), texts.next(), gate::MutationKind::kChangeValue, 1}};
  report.mutation = mutation;
  add_summary(report, texts);
  return report;
}

std::string write(const char* format, const report::Report& report) {
  std::ostringstream out;
  (*report::make_reporter(format))->write(report, out);
  return out.str();
}

// The same report with harmless texts, written once.
const std::string& harmless(const char* format) {
  static std::map<std::string, std::string> written;
  const auto [at, added] = written.try_emplace(format);
  if (added) at->second = write(format, make_report(Texts("x")));
  return at->second;
}

// Nothing but line ends and what a terminal shows.
void check_lines(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = take_until(text, '\n');
    FUZZ_CHECK(printable(line) == line);
  }
}

// The tags and the names of their attributes, in order. Values of attributes stand in double quotes.
std::string tags_of(std::string_view markup) {
  std::string tags;
  for (std::size_t at = markup.find('<'); at != std::string_view::npos; at = markup.find('<', at)) {
    bool quoted = false;
    for (; at < markup.size() && (quoted || markup[at] != '>'); ++at) {
      if (markup[at] == '"') quoted = !quoted;
      if (!quoted) tags += markup[at];
      FUZZ_CHECK(!quoted || markup[at] != '<');
    }
    tags += '>';
  }
  return tags;
}

// Every & begins one of the references that XML knows (XML 1.0 §4.6).
void check_references(std::string_view markup) {
  for (std::size_t at = markup.find('&'); at != std::string_view::npos; at = markup.find('&', at + 1)) {
    const std::string_view rest = markup.substr(at);
    const auto is = [&](std::string_view one) { return rest.starts_with(one); };
    FUZZ_CHECK(is("&amp;") || is("&lt;") || is("&gt;") || is("&quot;") || is("&apos;") || is("&#39;"));
  }
}

void check_markup(const char* format, const report::Report& report) {
  const std::string text = write(format, report);
  check_lines(text);
  check_references(text);
  FUZZ_CHECK(text.find("\xEF\xBF\xBF") == std::string::npos && text.find("]]>") == std::string::npos);
  FUZZ_CHECK(tags_of(text) == tags_of(harmless(format)));
}

// Every run of backticks that opens code has one of its length that closes it (CommonMark §6.1).
void check_code_spans(std::string_view line) {
  const auto run_at = [&](std::size_t at) { return std::min(line.find_first_not_of('`', at), line.size()) - at; };
  for (std::size_t at = line.find('`'); at != std::string_view::npos; at = line.find('`', at)) {
    const std::size_t length = run_at(at);
    std::size_t end = line.find('`', at + length);
    while (end != std::string_view::npos && run_at(end) != length) end = line.find('`', end + run_at(end));
    FUZZ_CHECK(end != std::string_view::npos);
    at = end + length;
  }
}

// Where a | ends a cell: a backslash takes the character after it along (GFM §4.10).
std::string bars_of(std::string_view line) {
  std::string bars;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\') {
      ++i;
    } else if (line[i] == '|') {
      bars += '|';
    }
  }
  return bars;
}

// How many cells each row of a table has, and what other lines begin with. Each command in the fences is one line.
std::string rows_of(std::string_view text) {
  std::string rows;
  while (!text.empty()) {
    const std::string_view line = take_until(text, '\n');
    if (line == "```sh") {
      std::size_t commands = 0;
      while (take_until(text, '\n') != "```") FUZZ_CHECK(++commands <= 3);
    }
    if (line.starts_with("|")) {
      rows += bars_of(line);
      check_code_spans(line);
    } else {
      rows += line.substr(0, std::min<std::size_t>(2, line.size()));
    }
    rows += '\n';
  }
  return rows;
}

void check_markdown(const report::Report& report) {
  const std::string text = write("markdown", report);
  check_lines(text);
  const std::size_t commands = text.find("\n```sh\n");
  if (commands == std::string::npos) return;  // a command that cannot be shown is left out
  FUZZ_CHECK(text.find("\n```\n", commands + 1) != std::string::npos);
  FUZZ_CHECK(rows_of(text) == rows_of(harmless("markdown")));
}

void check_github(const report::Report& report) {
  const std::string text = write("github", report);
  check_lines(text);
  std::string_view rest = text;
  for (std::string_view line = take_until(rest, '\n'); !line.empty(); line = take_until(rest, '\n')) {
    constexpr std::string_view kTitle = " title=";
    FUZZ_CHECK(line.starts_with("::error title=") || line.starts_with("::warning title=") ||
               line.starts_with("::notice title="));
    const std::string_view title = line.substr(line.find(kTitle) + kTitle.size());
    FUZZ_CHECK(title.substr(0, title.find("::")).find_first_of(":,") == std::string_view::npos);
  }
  const std::string& other = harmless("github");
  FUZZ_CHECK(std::count(text.begin(), text.end(), '\n') == std::count(other.begin(), other.end(), '\n'));
}

}  // namespace

void fuzz_one(std::string_view input) {
  if (input.empty()) return;
  const report::Report report = make_report(Texts(input.substr(1)));
  switch (input[0]) {
    case 't':
      check_lines(write("text:full", report));
      return check_lines(write("text", report));
    case 'j':
      return FUZZ_CHECK(nlohmann::json::accept(write("json", report)));
    case 'x':
      return check_markup("junit", report);
    case 'h':
      return check_markup("html", report);
    case 'm':
      return check_markdown(report);
    case 'g':
      return check_github(report);
    default:
      return;
  }
}

}  // namespace tracerec::fuzz
