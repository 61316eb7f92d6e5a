#include "cli/judging.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/histogram.h"
#include "cli/exchange_view.h"
#include "cli/unresolved.h"
#include "cli/value_mapping.h"
#include "cli/version.h"
#include "diff/judge.h"
#include "diff/latency.h"
#include "diff/mutation_test.h"
#include "diff/noise.h"
#include "http/message.h"
#include "report/report.h"
#include "schema/reader.h"

namespace tracerec::cli {
namespace {

// A longer body is not taken into memory; the judge counts it as not compared.
constexpr std::uint64_t kBodyLimitBytes = std::uint64_t{64} << 20;

// A request with a longer body is shown by `tracerec show --as curl`.
constexpr std::uint64_t kMaxCurlBodyBytes = 2000;

// Enough evidence to learn noise from, at a bounded price.
constexpr std::size_t kDuplicateGroups = 500;
constexpr std::size_t kDuplicatesPerGroup = 5;

// Reads one run and its recording out of the file and feeds the judge.
class RunJudge {
 public:
  RunJudge(schema::Reader& rows, schema::Reader& bodies, const schema::Run& run, const diff::Rules& rules,
           schema::RowId against)
      : rows_(rows),
        bodies_(bodies),
        run_(run),
        against_(against),
        rules_(rules),
        endpoints_(rules.endpoints),
        latency_(against != 0) {}

  Result<report::Report> judge() {
    if (auto learned = learn_endpoints(); !learned) return learned.error();
    if (auto learned = learn_noise(); !learned) return learned.error();
    auto mapping = ValueMapping::load(rows_, bodies_, run_);
    if (!mapping) return mapping.error();
    mapping_ = std::move(*mapping);
    diff::Judge judge(noise_, rules_, endpoints_);
    if (auto added = add_pairs(judge); !added) return added.error();
    report::Report report;
    report.run_id = run_.id;
    report.recording_id = run_.recording_id;
    report.target = run_.target;
    report.version = kVersion;
    report.summary = judge.summary();
    diff::apply_approvals(rules_, today(), report.summary);
    if (auto added = add_curl(report); !added) return added.error();
    auto unresolved = find_unresolved_roots(rows_, run_);
    if (!unresolved) return unresolved.error();
    report.unresolved = std::move(*unresolved);
    report.latency = latency_.summary();
    report.against_run = against_;
    if (auto added = add_ledger(report); !added) return added.error();
    return report;
  }

  // Spoils `count` recorded answers, spread over the run, and judges them.
  Result<void> test_by_mutation(std::size_t count, std::uint64_t seed, report::Report& report) {
    const std::uint64_t pairs = report.summary.compared;
    if (pairs == 0) return {};
    diff::MutationTest test(noise_, rules_, endpoints_, today(), seed);
    std::uint64_t index = 0;
    const auto due = [&](std::uint64_t at) { return at * count / pairs; };  // mutations before the pair `at`
    Result<void> outcome;
    auto visited =
        rows_.for_each_answer(run_.id, [&](const schema::StoredExchange& exchange, const schema::StoredAnswer& answer) {
          if (!answer.failure.empty() || !exchange.complete) return true;
          const std::uint64_t now = due(index + 1) - due(index);
          ++index;
          if (now == 0) return true;
          auto pair = make_pair(exchange, answer);
          if (!pair) outcome = pair.error();
          if (pair) test.add(*pair, now);
          return outcome.has_value();
        });
    report.mutation = test.result();
    return visited ? outcome : visited;
  }

  [[nodiscard]] diff::Metrics metrics(const report::Report& report) const {
    diff::Metrics metrics = diff::metrics_of(report.summary);
    diff::add_latency_metrics(report.latency, metrics);
    for (const auto& [name, quantile] : kQuantiles) {
      metrics["schedule." + std::string(name) + "_ms"] =
          static_cast<double>(schedule_error_.quantile_ns(quantile)) / 1e6;
    }
    if (report.mutation) metrics["mutation.caught"] = report.mutation->share();
    return metrics;
  }

 private:
  static constexpr std::pair<const char*, double> kQuantiles[] = {{"p50", 0.5}, {"p95", 0.95}, {"p99", 0.99}};

  Result<void> learn_endpoints() {
    return rows_.for_each_exchange(run_.recording_id, [&](const schema::StoredExchange& exchange) {
      if (!schema::has_note(exchange.notes, "outgoing")) endpoints_.learn(exchange.method, exchange.target);
      return true;
    });
  }

  Result<void> learn_noise() {
    Result<void> outcome;
    auto visited = rows_.for_each_duplicate(
        run_.recording_id, kDuplicateGroups, kDuplicatesPerGroup,
        [&](std::size_t group, const schema::StoredExchange& exchange) {
          if (schema::has_note(exchange.notes, "outgoing")) return true;
          auto answer = message(exchange.response_head, exchange.response_body, exchange.started_unix_ns);
          if (!answer)
            outcome = answer.error();
          else
            noise_.learn({static_cast<std::int64_t>(group), exchange.method, exchange.target, std::move(*answer)});
          return outcome.has_value();
        });
    return visited ? outcome : visited;
  }

  Result<void> add_pairs(diff::Judge& judge) {
    Result<void> outcome;
    auto visited =
        rows_.for_each_answer(run_.id, [&](const schema::StoredExchange& exchange, const schema::StoredAnswer& answer) {
          auto pair = make_pair(exchange, answer);
          if (!pair) {
            outcome = with_context("judging exchange " + std::to_string(exchange.id), pair.error());
          } else {
            judge.add_pair(*pair);
            add_times(exchange, answer);
          }
          return outcome.has_value();
        });
    return visited ? outcome : visited;
  }

  Result<diff::Pair> make_pair(const schema::StoredExchange& exchange, const schema::StoredAnswer& answer) {
    diff::Pair pair;
    pair.exchange_id = exchange.id;
    pair.method = exchange.method;
    pair.target = exchange.target;
    pair.recorded_complete = exchange.complete;
    pair.failure = answer.failure;
    auto recorded = message(exchange.response_head, exchange.response_body, exchange.started_unix_ns);
    if (!recorded) return recorded.error();
    pair.recorded = std::move(*recorded);
    if (auto replaced = take_other_run(exchange.id, pair); !replaced) return replaced.error();
    if (!pair.failure.empty()) return pair;
    auto replayed = message(answer.response_head, answer.response_body, run_.started_unix_ns + answer.sent_ns);
    if (!replayed) return replayed.error();
    pair.replayed = std::move(*replayed);
    mapping_.apply(exchange, answer, pair.recorded, pair.replayed);
    return pair;
  }

  // With --against the answer of the other run is the truth; without one there is none.
  Result<void> take_other_run(schema::RowId exchange_id, diff::Pair& pair) {
    if (against_ == 0) return {};
    other_times_ = {};
    auto other = bodies_.answer(against_, exchange_id);
    if (!other) return other.error();
    pair.recorded_complete = other->has_value() && (*other)->failure.empty();
    if (!pair.recorded_complete) return {};
    other_times_ = times_of(**other);
    auto answer = message((*other)->response_head, (*other)->response_body, pair.recorded.at_unix_ns);
    if (!answer) return answer.error();
    pair.recorded = std::move(*answer);
    return {};
  }

  Result<diff::Message> message(const std::string& raw_head, const schema::StoredBody& body, std::int64_t at_unix_ns) {
    auto head = http::parse_response_head(raw_head);
    if (!head) return head.error();
    diff::Message message;
    message.status = head->status;
    message.at_unix_ns = at_unix_ns;
    message.headers = std::move(head->headers);
    message.body_whole = body.whole() && body.captured_bytes <= kBodyLimitBytes;
    if (!message.body_whole) return message;
    auto bytes = bodies_.load_body(body, kBodyLimitBytes);
    if (!bytes) return bytes.error();
    message.body = std::move(*bytes);
    return message;
  }

  // The command that sends the request of a finding's first sample again, to the target.
  Result<void> add_curl(report::Report& report) {
    for (const auto* list : {&report.summary.findings, &report.summary.folded}) {
      for (const diff::Finding& finding : *list) {
        if (finding.samples.empty() || report.curl.contains(finding.samples.front().exchange_id)) continue;
        const std::int64_t id = finding.samples.front().exchange_id;
        auto exchange = bodies_.exchange(id);
        if (!exchange) return exchange.error();
        const bool small = exchange->has_value() && (*exchange)->request_body.whole() &&
                           (*exchange)->request_body.wire_bytes <= kMaxCurlBodyBytes;
        auto command = small ? to_curl(bodies_, **exchange, run_.target) : Result<std::string>(std::string{});
        if (command && !command->empty()) report.curl[id] = std::move(*command);
      }
    }
    return {};
  }

  void add_times(const schema::StoredExchange& exchange, const schema::StoredAnswer& answer) {
    schedule_error_.add(answer.sent_ns - answer.intended_ns);
    latency_.add(endpoints_.name_of(exchange.method, exchange.target), {exchange.duration_ns, exchange.ttfb_ns, 0},
                 other_times_, times_of(answer));
  }

  static diff::Times times_of(const schema::StoredAnswer& answer) {
    return {answer.duration_ns, answer.ttfb_ns, answer.sent_ns - answer.intended_ns};
  }

  Result<void> add_ledger(report::Report& report) {
    auto ledger = rows_.run_ledger(run_.id);
    if (!ledger) return ledger.error();
    constexpr std::string_view kSkipped = "skipped.";
    for (const schema::LedgerEntry& entry : *ledger) {
      report.ledger.push_back({entry.key, entry.count, entry.bytes});
      if (entry.key.rfind(kSkipped, 0) == 0) report.skipped[entry.key.substr(kSkipped.size())] = entry.count;
    }
    return {};
  }

  schema::Reader& rows_;
  schema::Reader& bodies_;
  const schema::Run& run_;
  schema::RowId against_;
  const diff::Rules& rules_;
  diff::Endpoints endpoints_;
  diff::Noise noise_{&endpoints_, &rules_};
  ValueMapping mapping_;
  diff::LatencyTable latency_;
  diff::Times other_times_;  // of the answer that was the truth of the last pair
  Histogram schedule_error_;
};

Result<void> write_report(const report::Report& report, const ReportRequest& request) {
  const bool to_stdout = request.path.empty();
  auto reporter = report::make_reporter(request.format, {to_stdout && ::isatty(STDOUT_FILENO) == 1});
  if (!reporter) return reporter.error();
  if (to_stdout) {
    (*reporter)->write(report, std::cout);
    std::cout.flush();
    return std::cout.good() ? Result<void>() : Error{"cannot write the report to stdout"};
  }
  std::ofstream file(request.path, std::ios::binary | std::ios::trunc);
  if (file) (*reporter)->write(report, file);
  file.close();
  return file.good() ? Result<void>() : Error{"cannot write the report to " + request.path};
}

}  // namespace

void add_judging_options(CLI::App& command, JudgingOptions& options) {
  command
      .add_option("--report", options.reports,
                  "text, json, junit, html, markdown or github, to stdout or =FILE; repeatable (default: text)")
      ->type_name("FORMAT[=FILE]")
      ->allow_extra_args(false);
  command
      .add_option(
          "--fail-if", options.fail_if,
          "Fail the gate when this holds, as 'findings.high > 0'; repeatable (default: findings > 0, failed > 0)")
      ->type_name("EXPR")
      ->allow_extra_args(false);
  command.add_option("--rules", options.rules, "What may differ (default: tracerec.rules.json, when it is there)")
      ->type_name("FILE");
  command
      .add_option("--mutate", options.mutations,
                  "Also spoil N recorded answers and count how many the gate notices: mutation.caught, 0 to 1")
      ->type_name("N");
  command
      .add_option("--against", options.against, "Judge against the answers of another run instead of the recorded ones")
      ->type_name("RUN");
  command.add_option("--mutate-seed", options.seed, "The same seed spoils the same places")
      ->capture_default_str()
      ->type_name("N");
}

std::string today() {
  char buffer[32];
  return std::string(format_unix_ns(SystemClock().unix_ns(), buffer)).substr(0, 10);
}

Result<std::string> read_rules_text(const std::string& path) {
  constexpr std::size_t kMaxRulesBytes = std::size_t{16} << 20;
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return Error{"there is no rules file " + path};
  if (std::filesystem::file_size(path, error) > kMaxRulesBytes) {
    return Error{"the rules file " + path + " is longer than 16 MiB"};
  }
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (!file.is_open() || file.bad()) return Error{"cannot read the rules file " + path + ": " + std::strerror(errno)};
  return text;
}

namespace {

Result<diff::Rules> load_rules(const std::string& given) {
  const std::string path = given.empty() ? kDefaultRulesFile : given;
  if (given.empty() && !std::filesystem::exists(path)) return diff::Rules{};
  auto text = read_rules_text(path);
  if (!text) return text.error();
  auto rules = diff::parse_rules(*text);
  if (!rules) return with_context(path, rules.error());
  return rules;
}

}  // namespace

Result<JudgingPlan> plan_judging(const JudgingOptions& options) {
  JudgingPlan plan;
  for (const std::string& text : options.reports) {
    const std::size_t equals = text.find('=');
    ReportRequest request{text.substr(0, equals), equals == std::string::npos ? "" : text.substr(equals + 1)};
    if (auto known = report::make_reporter(request.format, {}); !known)
      return with_context("--report " + text, known.error());
    plan.reports.push_back(std::move(request));
  }
  auto rules = load_rules(options.rules);
  if (!rules) return rules.error();
  plan.rules = std::move(*rules);
  plan.mutations = options.mutations;
  plan.seed = options.seed;
  plan.against = options.against;
  if (plan.reports.empty()) plan.reports.push_back({"text", ""});
  for (const std::string& text : options.fail_if) {
    auto condition = diff::parse_condition(text);
    if (!condition) return with_context("--fail-if", condition.error());
    plan.conditions.push_back(std::move(*condition));
  }
  return plan;
}

namespace {

// Each pair of large documents takes and gives back the same tens of megabytes; without this, glibc returns them to the
// kernel every time, and the page faults take longer than the comparison (docs/diff.md, Figures).
void keep_freed_memory() {
  constexpr int kKeptBytes = 256 << 20;
  ::mallopt(M_MMAP_THRESHOLD, kKeptBytes);
  ::mallopt(M_TRIM_THRESHOLD, kKeptBytes);
}

}  // namespace

Result<ExitStatus> judge_run(const std::string& db, const schema::Run& run, const JudgingPlan& plan) {
  keep_freed_memory();
  auto rows = schema::Reader::open(db);
  if (!rows) return rows.error();
  auto bodies = schema::Reader::open(db);
  if (!bodies) return bodies.error();
  if (plan.against != 0) {
    auto other = (*rows)->run(plan.against);
    if (!other) return other.error();
    const bool fits = other->has_value() && (*other)->recording_id == run.recording_id;
    if (!fits)
      return Error{"--against " + std::to_string(plan.against) + " is no run of the same recording; see tracerec ls"};
  }
  RunJudge judge(**rows, **bodies, run, plan.rules, plan.against);
  auto report = judge.judge();
  if (!report) return report.error();
  if (plan.mutations > 0) {
    if (auto tested = judge.test_by_mutation(plan.mutations, plan.seed, *report); !tested) return tested.error();
  }
  const bool asks_for_slowdowns = std::any_of(plan.conditions.begin(), plan.conditions.end(),
                                              [](const auto& condition) { return condition.metric == "slowdowns"; });
  if (asks_for_slowdowns && plan.against == 0)
    return Error{"--fail-if slowdowns: recorded times prove no slowdown; add --against RUN, another run"};
  auto verdict = diff::evaluate(plan.conditions, judge.metrics(*report));
  if (!verdict) return verdict.error();
  report->verdict = std::move(*verdict);
  report->show_command = db == "tracerec.db" ? "tracerec show" : "tracerec -d " + db + " show";
  for (const ReportRequest& request : plan.reports) {
    if (auto written = write_report(*report, request); !written) return written.error();
  }
  return report->verdict.passed ? ExitStatus::kDone : ExitStatus::kGateFailed;
}

}  // namespace tracerec::cli
