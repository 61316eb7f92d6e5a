#include "evaluate/evaluate.h"

#include <malloc.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/histogram.h"
#include "base/text.h"
#include "evaluate/curl.h"
#include "evaluate/doubts.h"
#include "evaluate/evidence.h"
#include "evaluate/mutation.h"
#include "evaluate/pair_source.h"
#include "evaluate/run_balance.h"
#include "gate/approvals.h"
#include "gate/balanced_sample.h"
#include "gate/judge.h"
#include "gate/latency.h"
#include "gate/metrics.h"
#include "http/request_traits.h"
#include "replay/plan.h"
#include "schema/reader.h"

namespace tracerec::evaluate {
namespace {

// A request with a longer body is shown by `tracerec show --as curl`.
constexpr std::uint64_t kMaxCurlBodyBytes = 2000;

// Exchanges that are re-sent: enough to learn from, but not a second run.
constexpr std::size_t kRechecksPerEndpoint = 20;
constexpr std::size_t kRechecks = 2000;

struct Readers {
  std::unique_ptr<schema::Reader> rows;    // iterates
  std::unique_ptr<schema::Reader> bodies;  // loads what the other one found
};

Result<Readers> open_readers(const schema::TraceSource& db) {
  auto rows = schema::Reader::open(db);
  if (!rows) return rows.error();
  auto bodies = schema::Reader::open(db);
  if (!bodies) return bodies.error();
  return Readers{std::move(*rows), std::move(*bodies)};
}

// The exchanges that differ, evenly chosen over the endpoints.
class Different {
 public:
  // A status is never noise, and with a status of another class nothing else is compared: re-sending teaches nothing.
  void note(const diff::Pair& pair, bool clocks, const gate::Endpoints& endpoints) {
    if (pair.recorded.status / 100 != pair.replayed.status / 100) return;
    clocks_ = clocks_ || clocks;
    const std::string endpoint = endpoints.name_of(pair.method, pair.target, pair.operation).name;
    all_.add(endpoint, pair.exchange_id);
    if (!http::may_write(pair.method)) reads_.add(endpoint, pair.exchange_id);
  }

  [[nodiscard]] std::vector<schema::RowId> chosen(bool writes_too) const {
    return (writes_too ? all_ : reads_).chosen();
  }
  // A value that differs may be a clock.
  [[nodiscard]] bool clocks() const { return clocks_; }

 private:
  gate::BalancedSample all_{kRechecksPerEndpoint, kRechecks};
  gate::BalancedSample reads_{kRechecksPerEndpoint, kRechecks};
  bool clocks_ = false;
};

// How long the responses of each endpoint took. Memory: kMaxEndpointTimes names.
class EndpointTimes {
 public:
  void add(const std::string& endpoint, const schema::StoredResponse& response) {
    if (!response.failure.empty()) return;
    const bool has_room = times_.size() < report::kMaxEndpointTimes || times_.contains(endpoint);
    report::EndpointTime& time = times_[has_room ? endpoint : gate::kOtherEndpoints];
    ++time.responses;
    time.duration_ns += std::max<std::int64_t>(0, response.duration_ns);
  }

  [[nodiscard]] std::vector<report::EndpointTime> list() const {
    std::vector<report::EndpointTime> all;
    for (const auto& [name, time] : times_) all.push_back({name, time.responses, time.duration_ns});
    return all;
  }

 private:
  std::map<std::string, report::EndpointTime> times_;
};

// "skipped.filtered" → "filtered"; empty: another key.
std::string_view skip_reason_in(std::string_view key) {
  constexpr std::string_view kSkipped = "skipped.";
  return key.starts_with(kSkipped) ? key.substr(kSkipped.size()) : std::string_view{};
}

void add_skip_metrics(const report::Report& report, gate::Metrics& metrics) {
  for (const char* key : replay::kSkipKeys) metrics[key] = 0;
  metrics["skipped"] = 0;
  for (const auto& [reason, count] : report.skipped) {
    metrics["skipped." + reason] = static_cast<double>(count);
    metrics["skipped"] += static_cast<double>(count);
  }
}

// What was asked for and not measured is 0, not unknown: then nothing was compared, and the gate fails by itself.
gate::Metrics metrics_of(const report::Report& report, const Histogram& schedule_error, const Plan& plan) {
  gate::Metrics metrics = gate::metrics_of(report.summary);
  gate::add_latency_metrics(report.latency, metrics);
  for (const char* name : {"p50", "p95", "p99", "max"}) {
    if (report.latency.proves) metrics.try_emplace(std::string("latency.") + name + "_ratio", 0);
  }
  gate::add_schedule_metrics(schedule_error, metrics);
  add_skip_metrics(report, metrics);
  if (plan.mutations > 0) metrics["mutation.score"] = report.mutation ? report.mutation->score() : 0;
  return metrics;
}

// One pass over the run. Evidence may have grown before the next one, which is a new object.
class Evaluation {
 public:
  Evaluation(Readers& readers, const schema::Run& run, const Plan& plan, const std::optional<schema::Run>& against,
             Onlooker onlooker)
      : rows_(*readers.rows),
        bodies_(*readers.bodies),
        run_(run),
        plan_(plan),
        against_(against),
        onlooker_(onlooker),
        evidence_(rows_, bodies_, run, plan.rules),
        pairs_(rows_, bodies_, run, against),
        latency_(against.has_value()) {}

  Result<report::Report> run() {
    if (auto learned = evidence_.learn(); !learned) return learned.error();
    if (auto loaded = pairs_.load(evidence_.has_writes()); !loaded) return loaded.error();
    gate::Judge judge(evidence_.noise(), plan_.rules, evidence_.endpoints(), pairs_.counterparts());
    if (auto added = add_pairs(judge); !added) return added.error();
    report::Report report = describe_run();
    report.summary = judge.summary();
    report.summary.state = state_entries();
    auto partial = has_skipped();
    if (!partial) return partial.error();
    report.summary.is_partial = *partial;
    if (onlooker_.basis != nullptr) onlooker_.basis->summary = report.summary;
    gate::apply_approvals(plan_.rules, plan_.today, report.summary);
    if (auto added = add_curl(report); !added) return added.error();
    if (auto added = add_ledger(report); !added) return added.error();
    if (auto added = add_baseline(report); !added) return added.error();
    return report;
  }

  [[nodiscard]] const Different& different() const { return different_; }

  Result<void> test_mutations(report::Report& report) {
    if (plan_.mutations == 0 || report.summary.compared == 0) return {};
    auto result = test_by_mutation(rows_, run_, plan_, evidence_, pairs_, report.summary.compared);
    if (!result) return result.error();
    report.mutation = std::move(*result);
    return {};
  }

  [[nodiscard]] gate::Metrics metrics(const report::Report& report) const {
    return metrics_of(report, schedule_error_, plan_);
  }

 private:
  Result<void> add_pairs(gate::Judge& judge) {
    Result<void> outcome;
    const auto add_one = [&](const schema::StoredExchange& exchange, const schema::StoredResponse& response) {
      auto pair = pairs_.pair_of(exchange, response);
      if (!pair) {
        outcome = with_context("comparing exchange " + std::to_string(exchange.id), pair.error());
      } else {
        const gate::Judge::Outcome judged = judge.add_pair(*pair);
        if (judged.different) different_.note(*pair, judged.clocks, evidence_.endpoints());
        tell(exchange.id, judged.different);
        add_times(exchange, pair->operation, response);
      }
      return outcome.has_value();
    };
    auto visited = rows_.for_each_response(run_.id, add_one);
    return visited ? outcome : visited;
  }

  void tell(schema::RowId exchange_id, bool different) {
    if (onlooker_.watch != nullptr) ++onlooker_.watch->compared;
    Basis* const basis = onlooker_.basis;
    if (basis != nullptr && different && basis->different.size() < kMostDifferent)
      basis->different.push_back(exchange_id);
  }

  void add_times(const schema::StoredExchange& exchange, const std::string& operation,
                 const schema::StoredResponse& response) {
    schedule_error_.add(response.sent_ns - response.intended_ns);
    const std::string endpoint = evidence_.endpoints().name_of(exchange.method, exchange.target, operation).name;
    endpoint_times_.add(endpoint, response);
    latency_.add(endpoint, {exchange.duration_ns, exchange.ttfb_ns, 0}, pairs_.against_times(), times_of(response));
  }

  // What varied only across writes.
  [[nodiscard]] std::vector<gate::NoiseEntry> state_entries() const {
    std::vector<gate::NoiseEntry> entries = evidence_.state().entries();
    std::erase_if(entries, [&](const gate::NoiseEntry& entry) {
      return evidence_.noise().find(entry.endpoint, entry.location) != nullptr;
    });
    return entries;
  }

  [[nodiscard]] report::Report describe_run() const {
    report::Report report;
    report.run_id = run_.id;
    report.run_started_unix_ns = run_.started_unix_ns;
    report.recording_id = run_.recording_id;
    if (run_.ended_unix_ns > 0) report.elapsed_ns = run_.ended_unix_ns - run_.started_unix_ns;
    report.target = run_.target;
    report.rechecked = evidence_.rechecked();
    report.version = plan_.version;
    report.unresolved = pairs_.unresolved().roots;
    report.latency = latency_.summary();
    report.endpoints = endpoint_times_.list();
    report.against_run = against_ ? against_->id : 0;
    return report;
  }

  // The command that re-sends the request of a finding's first sample to the target.
  Result<void> add_curl(report::Report& report) {
    for (const auto* list : {&report.summary.findings, &report.summary.dependent}) {
      for (const gate::Finding& finding : *list) {
        if (finding.samples.empty() || report.curl.contains(finding.samples.front().exchange_id)) continue;
        auto command = curl_for(finding.samples.front().exchange_id);
        if (!command) return command.error();
        if (!command->empty()) report.curl[finding.samples.front().exchange_id] = std::move(*command);
      }
    }
    return {};
  }

  // Empty: the request is too long, or cannot be had.
  Result<std::string> curl_for(schema::RowId id) {
    auto exchange = bodies_.exchange(id);
    if (!exchange) return exchange.error();
    const bool is_small = exchange->has_value() && (*exchange)->request_body.whole() &&
                          (*exchange)->request_body.wire_bytes <= kMaxCurlBodyBytes;
    if (!is_small) return std::string();
    auto command = to_curl(bodies_, **exchange, run_);
    return command ? command : Result<std::string>(std::string());
  }

  Result<void> add_ledger(report::Report& report) {
    auto ledger = rows_.run_ledger(run_.id);
    if (!ledger) return ledger.error();
    for (const schema::LedgerEntry& entry : *ledger) {
      report.ledger.push_back({entry.key, entry.count, entry.bytes});
      if (const auto reason = skip_reason_in(entry.key); !reason.empty())
        report.skipped[std::string(reason)] = entry.count;
    }
    return add_pruned(report);
  }

  // What the recording lost before the run was made is part of what the run says nothing of.
  Result<void> add_pruned(report::Report& report) {
    auto ledger = rows_.recording_ledger(run_.recording_id);
    if (!ledger) return ledger.error();
    for (const schema::LedgerEntry& entry : *ledger) {
      if (entry.key == "skipped.pruned") report.ledger.push_back({kRecordingPruned, entry.count, entry.bytes});
      if (entry.key == "skipped.interrupted")
        report.ledger.push_back({kRecordingInterrupted, entry.count, entry.bytes});
    }
    const auto recording = rows_.recording(run_.recording_id);
    if (!recording) return recording.error();
    if (*recording && (*recording)->ended_unix_ns == 0) report.ledger.push_back({kRecordingUnended, 1, 0});
    return {};
  }

  // Left out by a filter, a sample or Ctrl-C: another run would have sent it.
  Result<bool> has_skipped() {
    const auto ledger = rows_.run_ledger(run_.id);
    if (!ledger) return ledger.error();
    return std::any_of(ledger->begin(), ledger->end(), [](const schema::LedgerEntry& entry) {
      const bool is_choice =
          entry.key == "skipped.filtered" || entry.key == "skipped.not_selected" || entry.key == "skipped.interrupted";
      return is_choice && entry.count > 0;
    });
  }

  Result<void> add_baseline(report::Report& report) {
    if (!against_) return {};
    auto ledger = rows_.run_ledger(against_->id);
    if (!ledger) return ledger.error();
    report.baseline = report::Baseline{against_->id, against_->target, 0, {}};
    constexpr std::string_view kFailed = "failed.";
    for (const schema::LedgerEntry& entry : *ledger) {
      if (entry.key == "answered") report.baseline->answered = entry.count;
      if (entry.key.starts_with(kFailed)) report.baseline->failed[entry.key.substr(kFailed.size())] = entry.count;
    }
    return {};
  }

  schema::Reader& rows_;
  schema::Reader& bodies_;
  const schema::Run& run_;
  const Plan& plan_;
  const std::optional<schema::Run>& against_;  // whose responses are the baseline; nothing: the recorded ones
  Onlooker onlooker_;
  Evidence evidence_;
  PairSource pairs_;
  gate::LatencyTable latency_;
  EndpointTimes endpoint_times_;
  Different different_;
  Histogram schedule_error_;
};

// Each pair of large documents takes and gives back the same tens of megabytes; without this, glibc returns them to the
// kernel every time, and the page faults take longer than the comparison (docs/diff.md, Figures).
void keep_freed_memory() {
  constexpr int kKeptBytes = 256 << 20;
  ::mallopt(M_MMAP_THRESHOLD, kKeptBytes);
  ::mallopt(M_TRIM_THRESHOLD, kKeptBytes);
}

void stop_when(const Readers& readers, const Onlooker& onlooker) {
  if (onlooker.watch == nullptr) return;
  readers.rows->stop_when(&onlooker.watch->stop);
  readers.bodies->stop_when(&onlooker.watch->stop);
}

// Whatever the numbers say, a doubt fails the gate.
Result<void> decide(const Plan& plan, const gate::Metrics& metrics, const std::vector<std::string>& problems,
                    report::Report& report) {
  auto verdict = gate::evaluate(plan.conditions, metrics);
  if (!verdict) return verdict.error();
  report.verdict = std::move(*verdict);
  if (!problems.empty()) report.verdict.passed = false;
  auto& reasons = report.verdict.reasons;
  reasons.insert(reasons.begin(), problems.begin(), problems.end());
  return {};
}

Result<void> check_is_run(const schema::Run& run) {
  if (run.recheck_of == 0) return {};
  const std::string of = std::to_string(run.recheck_of);
  return Error{"run " + std::to_string(run.id) + " only re-sent what differed in run " + of + ": evaluate run " + of};
}

// The run whose responses are the baseline; nothing: the recorded ones are.
Result<std::optional<schema::Run>> find_baseline(schema::Reader& reader, const schema::Run& run, const Plan& plan) {
  const schema::RowId id = plan.against.value_or(run.baseline_run_id);
  if (id == 0) return std::optional<schema::Run>();
  if (id == run.id) return Error{"run " + std::to_string(id) + " cannot be its own baseline; see tracerec ls"};
  if (auto usable = check_against(reader, run.recording_id, id); !usable) return usable.error();
  return reader.run(id);
}

}  // namespace

Result<void> check_against(schema::Reader& reader, schema::RowId recording_id, schema::RowId against) {
  const auto other = reader.run(against);
  if (!other) return other.error();
  const std::string run = "run " + std::to_string(against);
  const std::string so = ", so its responses cannot be the baseline; see tracerec ls";
  if (other->has_value() && (*other)->recheck_of != 0)
    return Error{run + " only re-sent what differed in run " + std::to_string((*other)->recheck_of) + so};
  if (other->has_value() && (*other)->recording_id == recording_id) return {};
  return Error{run + " is not a run of the same recording" + so};
}

Result<void> check_conditions(const Plan& plan, bool against_run) {
  if (auto provable = check_slowdowns(plan, against_run); !provable) return provable;
  const bool asks_score = std::any_of(plan.conditions.begin(), plan.conditions.end(),
                                      [](const auto& one) { return one.metric == "mutation.score"; });
  if (asks_score && plan.mutations == 0) return Error{"--fail-if mutation.score: nothing is mutated; add --mutate N"};
  report::Report nothing;
  nothing.latency.proves = against_run;
  const auto verdict = gate::evaluate(plan.conditions, metrics_of(nothing, Histogram(), plan));
  return verdict ? Result<void>() : verdict.error();
}

Result<void> check_slowdowns(const Plan& plan, bool against_run) {
  const auto asked = std::find_if(plan.conditions.begin(), plan.conditions.end(), [](const auto& condition) {
    return condition.metric == "slowdowns" || condition.metric.ends_with("_ratio");
  });
  if (asked == plan.conditions.end() || against_run) return {};
  return Error{"--fail-if " + asked->metric +
               ": recorded times prove no slowdown; add --against RUN or --baseline TARGET"};
}

Result<report::Report> evaluate(const schema::TraceSource& db, const schema::Run& run, const Plan& plan,
                                const Recheck* recheck, Onlooker onlooker) {
  keep_freed_memory();
  auto readers = open_readers(db);
  if (!readers) return readers.error();
  stop_when(*readers, onlooker);
  if (auto whole = check_is_run(run); !whole) return whole.error();
  const auto against = find_baseline(*readers->rows, run, plan);
  if (!against) return against.error();
  auto balanced = check_balance(*readers->rows, run);
  if (balanced && *against) balanced = check_balance(*readers->rows, **against);
  if (!balanced) return balanced.error();
  auto evaluation = std::make_unique<Evaluation>(*readers, run, plan, *against, onlooker);
  auto report = evaluation->run();
  if (!report) return report.error();
  const auto different =
      recheck == nullptr ? std::vector<schema::RowId>{} : evaluation->different().chosen(recheck->writes_too);
  if (!different.empty()) {
    // Readers see the file as it was when they opened it, and while they do, a writer leaves its log beside it.
    const bool clocks = evaluation->different().clocks();
    evaluation.reset();
    readers->rows.reset();
    readers->bodies.reset();
    const auto resent = recheck->send(different, clocks);
    if (!resent) return resent.error();
    readers = open_readers(db);
    if (!readers) return readers.error();
    stop_when(*readers, onlooker);
    evaluation = std::make_unique<Evaluation>(*readers, run, plan, *against, onlooker);
    report = evaluation->run();
    if (!report) return report.error();
  }
  if (auto tested = evaluation->test_mutations(*report); !tested) return tested.error();
  if (auto provable = check_slowdowns(plan, report->against_run != 0); !provable) return provable.error();
  const auto problems = doubts(*readers->rows, run, *against, plan, *report);
  if (!problems) return problems.error();
  const gate::Metrics metrics = evaluation->metrics(*report);
  if (auto decided = decide(plan, metrics, *problems, *report); !decided) return decided.error();
  if (onlooker.basis != nullptr) {
    onlooker.basis->metrics = metrics;
    onlooker.basis->doubts = *problems;
  }
  return report;
}

Result<report::Report> approve_again(report::Report report, const Basis& basis, const Plan& plan) {
  report.summary = basis.summary;
  gate::apply_approvals(plan.rules, plan.today, report.summary);
  gate::Metrics metrics = basis.metrics;
  for (const auto& [name, value] : gate::metrics_of(report.summary)) metrics[name] = value;
  if (auto decided = decide(plan, metrics, basis.doubts, report); !decided) return decided.error();
  return report;
}

}  // namespace tracerec::evaluate
