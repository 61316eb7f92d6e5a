// For machines: one object, its members described in docs/diff.md. Members are only ever added.
#include <nlohmann/json.hpp>

#include "report/report.h"

namespace tracerec::report {
namespace {

using Json = nlohmann::ordered_json;

Json sample_json(const Report& report, const diff::Finding& finding, const diff::Sample& sample) {
  Json json = {{"exchange", sample.exchange_id}, {"path", sample.path}};
  json["recorded"] = finding.kind == diff::Kind::kAdded ? Json(nullptr) : Json(sample.recorded);
  json["new"] = finding.kind == diff::Kind::kMissing ? Json(nullptr) : Json(sample.replayed);
  if (!sample.note.empty()) json["note"] = sample.note;
  json["show"] = show_hint(report, sample);
  return json;
}

Json finding_json(const Report& report, const diff::Finding& finding) {
  Json json = {{"signature", finding.signature()},   {"severity", name_of(finding.severity)},
               {"endpoint", finding.endpoint},       {"location", finding.location},
               {"kind", name_of(finding.kind)},      {"exchanges", finding.exchanges},
               {"differences", finding.differences}, {"samples", Json::array()}};
  for (const diff::Sample& sample : finding.samples) json["samples"].push_back(sample_json(report, finding, sample));
  return json;
}

Json noise_json(const diff::NoiseEntry& entry) {
  return {{"endpoint", entry.endpoint},
          {"location", entry.location},
          {"kinds", entry.kinds},
          {"shape", entry.shape},
          {"applied", entry.applied},
          {"evidence",
           {{"groups", entry.seen.groups},
            {"members", entry.seen.members},
            {"groups_differed", entry.groups_differed},
            {"members_differed", entry.members_differed}}}};
}

Json counts_json(const Report& report) {
  const diff::Summary& summary = report.summary;
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
          {"findings_not_kept", summary.findings_not_kept}};
}

Json list_json(const Report& report) {
  Json json = {{"findings", Json::array()}, {"noise", Json::array()}, {"ledger", Json::object()}};
  for (const diff::Finding& finding : report.summary.findings)
    json["findings"].push_back(finding_json(report, finding));
  for (const diff::NoiseEntry& entry : report.summary.noise) json["noise"].push_back(noise_json(entry));
  for (const LedgerLine& line : report.ledger)
    json["ledger"][line.key] = {{"count", line.count}, {"bytes", line.bytes}};
  if (report.latency.empty()) return json;
  for (const LatencyRow& row : report.latency) {
    json["latency_ms"][row.name] = {{"recorded", row.recorded_ms}, {"new", row.replayed_ms}};
  }
  return json;
}

class JsonReporter final : public Reporter {
 public:
  void write(const Report& report, std::ostream& out) const override {
    Json json = {{"format", "tracerec-report"},
                 {"format_version", 1},
                 {"tracerec", report.version},
                 {"run", report.run_id},
                 {"recording", report.recording_id},
                 {"target", report.target},
                 {"verdict", {{"passed", report.verdict.passed}, {"reasons", report.verdict.reasons}}},
                 {"counts", counts_json(report)}};
    json.update(list_json(report));
    // Recorded bytes need not be UTF-8; JSON must be. U+FFFD stands for what is not.
    out << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
  }
};

}  // namespace

std::unique_ptr<Reporter> make_json_reporter() {
  return std::make_unique<JsonReporter>();
}

}  // namespace tracerec::report
