#include "cli/judging.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
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
#include "base/read_file.h"
#include "base/text.h"
#include "cli/exchange_view.h"
#include "cli/unresolved.h"
#include "cli/value_mapping.h"
#include "cli/version.h"
#include "gate/balanced_sample.h"
#include "gate/judge.h"
#include "gate/latency.h"
#include "gate/mutation_test.h"
#include "gate/noise.h"
#include "http/message.h"
#include "replay/correlate.h"
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

// Exchanges that are sent again: enough to learn from, but no second run.
constexpr std::size_t kRechecksPerEndpoint = 20;
constexpr std::size_t kRechecks = 2000;

// Reads one run and its recording out of the file and feeds the judge.
class RunJudge {
 public:
  RunJudge(schema::Reader& rows, schema::Reader& bodies, const schema::Run& run, const diff::Rules& rules,
           const std::optional<schema::Run>& against)
      : rows_(rows),
        bodies_(bodies),
        run_(run),
        against_(against),
        rules_(rules),
        endpoints_(rules.endpoints),
        latency_(against.has_value()) {}

  Result<report::Report> judge() {
    if (auto learned = learn_endpoints(); !learned) return learned.error();
    if (auto learned = learn_noise(); !learned) return learned.error();
    if (auto learned = learn_rechecks(); !learned) return learned.error();
    auto mapping = ValueMapping::load(rows_, bodies_, run_, against_ ? against_->id : 0);
    if (!mapping) return mapping.error();
    mapping_ = std::move(*mapping);
    auto unresolved = find_unresolved(rows_, run_);
    if (!unresolved) return unresolved.error();
    unresolved_ = std::move(*unresolved);
    gate::Judge judge(noise_, rules_, endpoints_);
    if (auto added = add_pairs(judge); !added) return added.error();
    report::Report report;
    report.run_id = run_.id;
    report.run_started_unix_ns = run_.started_unix_ns;
    report.recording_id = run_.recording_id;
    report.target = run_.target;
    report.rechecked = rechecked_;
    report.version = kVersion;
    report.summary = judge.summary();
    gate::apply_approvals(rules_, today(), report.summary);
    if (auto added = add_curl(report); !added) return added.error();
    report.unresolved = unresolved_.roots;
    report.latency = latency_.summary();
    report.against_run = against_ ? against_->id : 0;
    if (auto added = add_ledger(report); !added) return added.error();
    if (auto added = add_baseline(report); !added) return added.error();
    return report;
  }

  // Of the exchanges that differ, those to send again.
  [[nodiscard]] std::vector<schema::RowId> to_recheck(bool writes_too) const {
    return (writes_too ? different_ : different_reads_).chosen();
  }

  // Mutates `count` recorded responses, spread over the run, and judges them.
  Result<void> test_by_mutation(std::size_t count, std::uint64_t seed, report::Report& report) {
    const std::uint64_t pairs = report.summary.compared;
    if (pairs == 0) return {};
    gate::MutationTest test(noise_, rules_, endpoints_, today(), seed);
    std::uint64_t index = 0;
    const auto due = [&](std::uint64_t at) { return at * count / pairs; };  // mutations before the pair `at`
    Result<void> outcome;
    auto visited = rows_.for_each_response(
        run_.id, [&](const schema::StoredExchange& exchange, const schema::StoredResponse& response) {
          if (!response.failure.empty() || !exchange.complete) return true;
          const std::uint64_t now = due(index + 1) - due(index);
          ++index;
          if (now == 0) return true;
          auto pair = make_pair(exchange, response);
          if (!pair) outcome = pair.error();
          if (pair && !pair->baseline_failed) test.add(*pair, now);
          return outcome.has_value();
        });
    report.mutation = test.result();
    return visited ? outcome : visited;
  }

  [[nodiscard]] gate::Metrics metrics(const report::Report& report) const {
    gate::Metrics metrics = gate::metrics_of(report.summary);
    gate::add_latency_metrics(report.latency, metrics);
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
          auto response = message(exchange.response_head, exchange.response_body, exchange.started_unix_ns);
          if (!response)
            outcome = response.error();
          else
            noise_.learn({static_cast<std::int64_t>(group), exchange.method, exchange.target, std::move(*response)});
          return outcome.has_value();
        });
    return visited ? outcome : visited;
  }

  // What was sent again after the run, twice: both responses met the same state.
  Result<void> learn_rechecks() {
    const auto runs = rows_.rechecks_of(run_.id);
    if (!runs) return runs.error();
    for (std::size_t i = 0; i + 1 < runs->size(); i += 2) {
      if (auto learned = learn_twins((*runs)[i], (*runs)[i + 1]); !learned) return learned;
    }
    return {};
  }

  Result<void> learn_twins(const schema::Run& first, const schema::Run& second) {
    Result<void> outcome;
    auto visited = rows_.for_each_response(
        first.id, [&](const schema::StoredExchange& exchange, const schema::StoredResponse& response) {
          auto twin = bodies_.response(second.id, exchange.id);
          outcome = twin ? Result<void>() : twin.error();
          if (!outcome || !twin->has_value()) return outcome.has_value();
          ++rechecked_.exchanges;
          if (!response.failure.empty() || !(*twin)->failure.empty()) return true;
          ++rechecked_.answered;
          outcome = learn_again(exchange, first, response);
          if (outcome) outcome = learn_again(exchange, second, **twin);
          return outcome.has_value();
        });
    return visited ? outcome : visited;
  }

  Result<void> learn_again(const schema::StoredExchange& exchange, const schema::Run& run,
                           const schema::StoredResponse& response) {
    auto one = message(response.response_head, response.response_body, run.started_unix_ns + response.sent_ns);
    if (!one) return one.error();
    // Ids below 0: groups of the recording count from there.
    noise_.learn({-exchange.id, exchange.method, exchange.target, std::move(*one), run_.baseline_run_id == 0});
    return {};
  }

  // A status is never noise, and after another class of status nothing is compared: no use to send that again.
  void note_different(const diff::Pair& pair) {
    if (pair.recorded.status / 100 != pair.replayed.status / 100) return;
    const std::string endpoint = endpoints_.name_of(pair.method, pair.target);
    different_.add(endpoint, pair.exchange_id);
    if (!replay::is_write(pair.method)) different_reads_.add(endpoint, pair.exchange_id);
  }

  Result<void> add_pairs(gate::Judge& judge) {
    Result<void> outcome;
    auto visited = rows_.for_each_response(
        run_.id, [&](const schema::StoredExchange& exchange, const schema::StoredResponse& response) {
          auto pair = make_pair(exchange, response);
          if (!pair) {
            outcome = with_context("judging exchange " + std::to_string(exchange.id), pair.error());
          } else {
            if (judge.add_pair(*pair)) note_different(*pair);
            add_times(exchange, response);
          }
          return outcome.has_value();
        });
    return visited ? outcome : visited;
  }

  Result<diff::Pair> make_pair(const schema::StoredExchange& exchange, const schema::StoredResponse& response) {
    diff::Pair pair;
    pair.exchange_id = exchange.id;
    pair.method = exchange.method;
    pair.target = exchange.target;
    pair.recorded_complete = exchange.complete;
    pair.failure = response.failure;
    pair.needs_exchange = response.failure.empty() ? 0 : unresolved_.root_of(exchange.id);
    pair.is_needed = unresolved_.root_ids.contains(exchange.id);
    auto recorded = message(exchange.response_head, exchange.response_body, exchange.started_unix_ns);
    if (!recorded) return recorded.error();
    pair.recorded = std::move(*recorded);
    std::string baseline_head = exchange.response_head;
    if (auto replaced = take_other_run(exchange.id, pair, baseline_head); !replaced) return replaced.error();
    if (!pair.failure.empty()) return pair;
    auto replayed = message(response.response_head, response.response_body, run_.started_unix_ns + response.sent_ns);
    if (!replayed) return replayed.error();
    pair.replayed = std::move(*replayed);
    mapping_.apply(baseline_head, response.response_head, pair.recorded, pair.replayed);
    return pair;
  }

  // The response of the baseline, or of the run of --against, is the baseline; without one there is none.
  Result<void> take_other_run(schema::RowId exchange_id, diff::Pair& pair, std::string& head) {
    if (!against_) return {};
    other_times_ = {};
    auto other = bodies_.response(against_->id, exchange_id);
    if (!other) return other.error();
    pair.baseline_failed = !other->has_value() || !(*other)->failure.empty();
    if (pair.baseline_failed) return {};
    other_times_ = times_of(**other);
    auto response =
        message((*other)->response_head, (*other)->response_body, against_->started_unix_ns + (*other)->sent_ns);
    if (!response) return response.error();
    pair.recorded = std::move(*response);
    pair.recorded_complete = true;
    head = std::move((*other)->response_head);
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
      for (const gate::Finding& finding : *list) {
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

  void add_times(const schema::StoredExchange& exchange, const schema::StoredResponse& response) {
    schedule_error_.add(response.sent_ns - response.intended_ns);
    latency_.add(endpoints_.name_of(exchange.method, exchange.target), {exchange.duration_ns, exchange.ttfb_ns, 0},
                 other_times_, times_of(response));
  }

  static gate::Times times_of(const schema::StoredResponse& response) {
    return {response.duration_ns, response.ttfb_ns, response.sent_ns - response.intended_ns};
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

  Result<void> add_baseline(report::Report& report) {
    if (!against_) return {};
    auto ledger = rows_.run_ledger(against_->id);
    if (!ledger) return ledger.error();
    report.baseline = report::Baseline{against_->id, against_->target, 0, {}};
    constexpr std::string_view kFailed = "failed.";
    for (const schema::LedgerEntry& entry : *ledger) {
      if (entry.key == "answered") report.baseline->answered = entry.count;
      if (entry.key.rfind(kFailed, 0) == 0) report.baseline->failed[entry.key.substr(kFailed.size())] = entry.count;
    }
    return {};
  }

  schema::Reader& rows_;
  schema::Reader& bodies_;
  const schema::Run& run_;
  const std::optional<schema::Run>& against_;  // whose responses are the baseline; nothing: the recorded ones
  const diff::Rules& rules_;
  gate::Endpoints endpoints_;
  gate::Noise noise_{&endpoints_, &rules_};
  ValueMapping mapping_;
  Unresolved unresolved_;
  gate::LatencyTable latency_;
  gate::Times other_times_;  // of the response that was the baseline of the last pair
  gate::BalancedSample different_{kRechecksPerEndpoint, kRechecks};
  gate::BalancedSample different_reads_{kRechecksPerEndpoint, kRechecks};
  report::Rechecked rechecked_;
  Histogram schedule_error_;
};

// A run that was given up is never green, whatever the expressions say: what was not sent proves nothing.
void fail_when_given_up(report::Report& report) {
  const auto at = report.skipped.find("overload");
  if (at == report.skipped.end() || at->second == 0) return;
  report.verdict.passed = false;
  report.verdict.reasons.insert(report.verdict.reasons.begin(),
                                "the target did not keep up with the schedule: the replay was given up, " +
                                    format_count(at->second) + " exchanges were not sent");
}

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
          "Fail the gate when this holds, as 'findings.high > 0'; repeatable (default: findings > 0, failed > 0,\n"
          "not_compared.baseline_failed > 0)")
      ->type_name("EXPR")
      ->allow_extra_args(false);
  command.add_option("--rules", options.rules, "What may differ (default: tracerec.rules.json, when it is there)")
      ->type_name("FILE");
  command
      .add_option("--mutate", options.mutations,
                  "Also mutate N recorded responses and count how many the gate notices: mutation.caught, 0 to 1")
      ->type_name("N");
  command
      .add_option("--against", options.against,
                  "Judge against the responses of another run, or the recorded ones (default: the run's --baseline,\n"
                  "where it has one, else recorded)")
      ->type_name("RUN|recorded");
  command.add_option("--mutate-seed", options.seed, "The same seed mutates the same locations")
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
  auto text = read_file(path, kMaxRulesBytes);
  if (!text) return Error{"cannot read the rules file " + path + ": " + text.error().message};
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

namespace {

Result<std::optional<schema::RowId>> parse_against(const std::string& text) {
  if (text.empty()) return std::optional<schema::RowId>();
  if (text == "recorded") return std::optional<schema::RowId>(0);
  schema::RowId id = 0;
  const char* end = text.data() + text.size();
  const auto [parsed_to, error] = std::from_chars(text.data(), end, id);
  if (error == std::errc{} && parsed_to == end && id > 0) return std::optional(id);
  return Error{"--against " + printable(text, 40) + " is neither the id of a run (tracerec ls) nor 'recorded'"};
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
  auto against = parse_against(options.against);
  if (!against) return against.error();
  plan.against = *against;
  if (plan.reports.empty()) plan.reports.push_back({"text", ""});
  for (const std::string& text : options.fail_if) {
    auto condition = gate::parse_condition(text);
    if (!condition) return with_context("--fail-if", condition.error());
    plan.conditions.push_back(std::move(*condition));
  }
  return plan;
}

Result<void> check_slowdowns(const JudgingPlan& plan, bool against_run) {
  const bool asked = std::any_of(plan.conditions.begin(), plan.conditions.end(),
                                 [](const auto& condition) { return condition.metric == "slowdowns"; });
  if (!asked || against_run) return {};
  return Error{"--fail-if slowdowns: recorded times prove no slowdown; add --against RUN or --baseline TARGET"};
}

namespace {

// Each pair of large documents takes and gives back the same tens of megabytes; without this, glibc returns them to the
// kernel every time, and the page faults take longer than the comparison (docs/diff.md, Figures).
void keep_freed_memory() {
  constexpr int kKeptBytes = 256 << 20;
  ::mallopt(M_MMAP_THRESHOLD, kKeptBytes);
  ::mallopt(M_TRIM_THRESHOLD, kKeptBytes);
}

// The run whose responses are the baseline; nothing: the recorded ones are.
Result<std::optional<schema::Run>> find_baseline(schema::Reader& reader, const schema::Run& run,
                                                 const JudgingPlan& plan) {
  const schema::RowId id = plan.against.value_or(run.baseline_run_id);
  if (id == 0) return std::optional<schema::Run>();
  auto other = reader.run(id);
  if (!other) return other.error();
  if (other->has_value() && (*other)->recording_id == run.recording_id) return other;
  return Error{"--against " + std::to_string(id) + " is no run of the same recording; see tracerec ls"};
}

}  // namespace

Result<ExitStatus> judge_run(const std::string& db, const schema::Run& run, const JudgingPlan& plan,
                             const Rechecking* rechecking) {
  keep_freed_memory();
  auto rows = schema::Reader::open(db);
  if (!rows) return rows.error();
  auto bodies = schema::Reader::open(db);
  if (!bodies) return bodies.error();
  auto truth = find_baseline(**rows, run, plan);
  if (!truth) return truth.error();
  auto judge = std::make_unique<RunJudge>(**rows, **bodies, run, plan.rules, *truth);
  auto report = judge->judge();
  if (!report) return report.error();
  if (rechecking != nullptr) {
    const std::vector<schema::RowId> different = judge->to_recheck(rechecking->writes_too);
    const auto sent = different.empty() ? Result<bool>(false) : rechecking->send(different);
    if (!sent) return sent.error();
    if (*sent) {
      judge = std::make_unique<RunJudge>(**rows, **bodies, run, plan.rules, *truth);
      report = judge->judge();
      if (!report) return report.error();
    }
  }
  if (plan.mutations > 0) {
    if (auto tested = judge->test_by_mutation(plan.mutations, plan.seed, *report); !tested) return tested.error();
  }
  if (auto provable = check_slowdowns(plan, report->against_run != 0); !provable) return provable.error();
  auto verdict = gate::evaluate(plan.conditions, judge->metrics(*report));
  if (!verdict) return verdict.error();
  report->verdict = std::move(*verdict);
  fail_when_given_up(*report);
  report->show_command = db == "tracerec.db" ? "tracerec show" : "tracerec -d " + db + " show";
  for (const ReportRequest& request : plan.reports) {
    if (auto written = write_report(*report, request); !written) return written.error();
  }
  return report->verdict.passed ? ExitStatus::kDone : ExitStatus::kGateFailed;
}

}  // namespace tracerec::cli
