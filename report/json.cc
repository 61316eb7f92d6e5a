// For machines: one object, described by docs/report.schema.json. Within a format version members are only added.
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "gate/finding_groups.h"
#include "report/finding_text.h"
#include "report/report.h"

namespace tracerec::report {
namespace {

using Json = nlohmann::ordered_json;

Json sample_json(const Report& report, const gate::Finding& finding, const gate::Sample& sample) {
  Json json = {{"exchange", sample.exchange_id}, {"path", sample.path}};
  json["baseline"] = finding.kind == diff::Kind::kAdded ? Json(nullptr) : Json(sample.recorded);
  json["candidate"] = finding.kind == diff::Kind::kMissing ? Json(nullptr) : Json(sample.replayed);
  if (!sample.note.empty()) json["note"] = sample.note;
  json["show"] = show_hint(report, sample);
  return json;
}

Json finding_json(const Report& report, const gate::Finding& finding) {
  Json json = {{"signature", finding.signature()},   {"severity", name_of(finding.severity)},
               {"endpoint", finding.endpoint},       {"location", finding.location},
               {"kind", name_of(finding.kind)},      {"exchanges", finding.exchanges},
               {"differences", finding.differences}, {"samples", Json::array()}};
  if (!finding.status_classes.empty()) json["status_classes"] = finding.status_classes;
  for (const gate::Sample& sample : finding.samples) json["samples"].push_back(sample_json(report, finding, sample));
  if (!finding.samples.empty()) json["reproduce"] = reproduce_command(report, finding.samples.front());
  if (!finding.cause.empty() && finding.dependent_exchanges == finding.exchanges) json["cause"] = finding.cause;
  if (finding.dependents > 0) json["dependents"] = finding.dependents;
  if (finding.unsent > 0) json["unsent"] = finding.unsent;
  if (!finding.approval.empty()) json["approval"] = finding.approval;
  return json;
}

Json noise_json(const gate::NoiseEntry& entry) {
  return {{"endpoint", entry.endpoint},
          {"location", entry.location},
          {"kinds", entry.kinds},
          {"shape", entry.shape},
          {"applied", entry.applied},
          {"evidence",
           {{"groups", entry.seen.groups},
            {"members", entry.seen.members},
            {"groups_differed", entry.groups_differed},
            {"drift_low", entry.drift.low},
            {"drift_high", entry.drift.high},
            {"members_differed", entry.members_differed}}}};
}

Json counts_json(const Report& report) {
  const gate::Summary& summary = report.summary;
  return {{"compared", summary.compared},
          {"equal", summary.equal},
          {"equal_noisy", summary.equal_noisy},
          {"different", summary.different},
          {"match_rate", summary.match_rate()},
          {"status_changes", summary.status_changes},
          {"failed", summary.failed},
          {"failed_by_reason", Json(summary.failed_by_reason)},
          {"skipped_by_reason", Json(report.skipped)},
          {"not_compared", Json(summary.not_compared)},
          {"findings_not_kept", summary.findings_not_kept},
          {"limits_reached", Json(summary.limits)}};
}

Json coverage_json(const gate::Coverage& coverage) {
  return {{"locations", coverage.locations}, {"exact", coverage.exact},
          {"shape", coverage.shape},         {"presence", coverage.presence},
          {"ignored", coverage.ignored},     {"unreadable_responses", coverage.unreadable_responses},
          {"share", coverage.share()}};
}

Json mutation_json(const gate::MutationResult& mutation) {
  Json json = {{"seed", mutation.seed},
               {"mutants", mutation.tried},
               {"killed", mutation.killed},
               {"score", mutation.score()},
               {"survivors", Json::array()}};
  for (std::size_t kind = 0; kind < gate::kMutationKinds; ++kind) {
    json["kinds"][std::string(name_of(static_cast<gate::MutationKind>(kind)))] = {{"mutants", mutation.tried_of[kind]},
                                                                                  {"killed", mutation.killed_of[kind]}};
  }
  for (const gate::Survivor& survivor : mutation.survivors) {
    json["survivors"].push_back({{"endpoint", survivor.endpoint},
                                 {"location", survivor.location},
                                 {"mutation", name_of(survivor.kind)},
                                 {"count", survivor.count}});
  }
  return json;
}

Json rules_json(const gate::Summary& summary) {
  Json json = {{"rules", Json::array()}, {"approvals", Json::array()}};
  for (const gate::RuleUse& use : summary.rules) {
    json["rules"].push_back({{"name", use.name},
                             {"endpoint", use.endpoint},
                             {"path", use.path},
                             {"allowed", use.passed},
                             {"locations", use.locations},
                             {"never_varied", use.quiet},
                             {"problem", use.problem}});
  }
  for (const gate::ApprovalUse& use : summary.approvals) {
    json["approvals"].push_back({{"signature", use.approval.signature},
                                 {"reason", use.approval.reason},
                                 {"owner", use.approval.owner},
                                 {"expires", use.approval.expires},
                                 {"exchanges", use.exchanges},
                                 {"problem", use.problem}});
  }
  return json;
}

// null: not measured.
Json column_json(const gate::LatencyColumn& column) {
  if (column.responses == 0) return nullptr;
  return {{"responses", column.responses},
          {"p50_ms", column.p50_ms},
          {"p95_ms", column.p95_ms},
          {"p99_ms", column.p99_ms},
          {"max_ms", column.max_ms}};
}

Json latency_row_json(const gate::LatencyRow& row) {
  const gate::Effect& effect = row.effect;
  const char* change = row.change == gate::Change::kSlower   ? "slower"
                       : row.change == gate::Change::kFaster ? "faster"
                                                             : "not_proven";
  Json json = {{"name", row.name},
               {"recorded", column_json(row.recorded)},
               {"baseline_run", column_json(row.against)},
               {"candidate", column_json(row.replayed)},
               {"effect", nullptr},  // there is no other run
               {"change", change}};
  if (row.against.responses == 0) return json;
  json["effect"] = {{"delta", effect.delta},
                    {"delta_low", effect.delta_range.low},
                    {"delta_high", effect.delta_range.high},
                    {"median_ratio", effect.median_ratio},  // null: the other median is 0
                    {"p_value", effect.p_value}};
  return json;
}

Json latency_json(const Report& report) {
  const gate::LatencySummary& latency = report.latency;
  Json json = {{"compared_with", latency.proves ? "run " + std::to_string(report.against_run) : "recorded"},
               {"proves", latency.proves},
               {"slowdowns", latency.slowdowns()},
               {"too_few_responses", latency.too_few()},
               {"total", latency_row_json(latency.total)},
               {"first_byte", latency_row_json(latency.first_byte)},
               {"from_intended", latency_row_json(latency.intended)},
               {"endpoints", Json::array()}};
  for (const gate::LatencyRow& row : latency.endpoints) json["endpoints"].push_back(latency_row_json(row));
  return json;
}

Json group_json(const gate::Summary& summary, const gate::FindingGroup& group) {
  Json json = {{"cause", name_of(group.cause)},       {"title", in_one_line(title_of(summary, group))},
               {"severity", name_of(group.severity)}, {"exchanges", group.exchanges},
               {"endpoints", group.endpoints},        {"findings", Json::array()}};
  for (const std::size_t member : group.members) json["findings"].push_back(summary.findings[member].signature());
  return json;
}

Json groups_json(const gate::Summary& summary) {
  Json json = Json::array();
  for (const gate::FindingGroup& group : gate::group_findings(summary.findings))
    json.push_back(group_json(summary, group));
  return json;
}

Json list_json(const Report& report) {
  Json json = {{"findings", Json::array()}, {"dependent_findings", Json::array()},
               {"approved", Json::array()}, {"noise", Json::array()},
               {"state", Json::array()},    {"generated", Json::array()},
               {"failures", Json::array()}, {"ledger", Json::object()}};
  for (const gate::Finding& finding : report.summary.dependent)
    json["dependent_findings"].push_back(finding_json(report, finding));
  for (const gate::Finding& finding : report.summary.approved)
    json["approved"].push_back(finding_json(report, finding));
  json.update(rules_json(report.summary));
  json["coverage"] = coverage_json(report.summary.coverage);
  if (report.rechecked.exchanges > 0) {
    json["rechecked"] = {{"exchanges", report.rechecked.exchanges}, {"answered", report.rechecked.answered}};
  }
  if (report.baseline) {
    json["baseline"] = {{"run", report.baseline->run_id},
                        {"target", report.baseline->target},
                        {"answered", report.baseline->answered},
                        {"failed_by_reason", report.baseline->failed}};
  }
  if (report.mutation) json["mutation"] = mutation_json(*report.mutation);
  for (const gate::Finding& finding : report.summary.findings)
    json["findings"].push_back(finding_json(report, finding));
  for (const gate::NoiseEntry& entry : report.summary.noise) json["noise"].push_back(noise_json(entry));
  for (const gate::NoiseEntry& entry : report.summary.state) json["state"].push_back(noise_json(entry));
  for (const gate::NoiseEntry& entry : report.summary.generated) {
    json["generated"].push_back(
        {{"endpoint", entry.endpoint}, {"location", entry.location}, {"applied", entry.applied}});
  }
  for (const gate::FailedExchange& one : report.summary.failures) {
    json["failures"].push_back(
        {{"exchange", one.exchange_id}, {"method", one.method}, {"target", one.target}, {"reason", one.reason}});
  }
  for (const LedgerLine& line : report.ledger)
    json["ledger"][line.key] = {{"count", line.count}, {"bytes", line.bytes}};
  json["groups"] = groups_json(report.summary);
  json["unresolved"] = Json::array();
  for (const UnresolvedRoot& root : report.unresolved) {
    json["unresolved"].push_back({{"exchange", root.exchange_id},
                                  {"location", root.location},
                                  {"outcome", root.outcome},
                                  {"exchanges", root.exchanges}});
  }
  if (!report.latency.measured()) return json;
  json["latency"] = latency_json(report);
  return json;
}

Json not_kept_json(const gate::Summary& summary) {
  Json json = Json::array();
  for (const gate::NotKept& cause : summary.not_kept) {
    json.push_back({{"endpoint", cause.endpoint.empty() ? Json(nullptr) : Json(cause.endpoint)},
                    {"name", cause.name.empty() ? Json(nullptr) : Json(cause.name)},
                    {"kind", name_of(cause.kind)},
                    {"differences", cause.differences}});
  }
  return json;
}

// Recorded bytes need not be UTF-8, and characters that reorder or hide text must not act where people read the file.
Json made_printable(const Json& json) {
  if (json.is_string()) return printable(json.get_ref<const std::string&>());
  if (!json.is_structured()) return json;
  Json safe = json.is_array() ? Json::array() : Json::object();
  for (const auto& item : json.items()) {
    if (json.is_array()) {
      safe.push_back(made_printable(item.value()));
    } else {
      safe[printable(item.key())] = made_printable(item.value());
    }
  }
  return safe;
}

class JsonReporter final : public Reporter {
 public:
  void write(const Report& report, std::ostream& out) const override {
    Json json = {{"format", "tracerec-report"},
                 {"format_version", 2},
                 {"tracerec", report.version},
                 {"run", report.run_id},
                 {"recording", report.recording_id},
                 {"target", report.target},
                 {"verdict", {{"passed", report.verdict.passed}, {"reasons", report.verdict.reasons}}},
                 {"counts", counts_json(report)}};
    json.update(list_json(report));
    if (!report.summary.not_kept.empty()) json["not_kept"] = not_kept_json(report.summary);
    out << made_printable(json).dump(2) << "\n";
  }
};

}  // namespace

std::unique_ptr<Reporter> make_json_reporter() {
  return std::make_unique<JsonReporter>();
}

}  // namespace tracerec::report
