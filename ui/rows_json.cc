#include "ui/rows_json.h"

#include <algorithm>

namespace tracerec::ui {
namespace {

// A file may say anything; a list of exchanges shows the beginning.
constexpr std::size_t kMostTargetBytes = 2000;

Json when(std::int64_t unix_ns) {
  return unix_ns == 0 ? Json(nullptr) : Json(unix_ns / 1000);
}

const char* name_of(schema::Secrets secrets) {
  if (secrets == schema::Secrets::kReplaced) return "replaced";
  return secrets == schema::Secrets::kKept ? "kept" : "unknown";
}

Json status(int code) {
  return code == 0 ? Json(nullptr) : Json(code);
}

Json row(schema::RowId id) {
  return id == 0 ? Json(nullptr) : Json(id);
}

}  // namespace

Json to_json(const schema::Recording& recording) {
  return {{"id", recording.id},
          {"name", safe(recording.name)},
          {"pid", recording.pid},
          {"command", safe(recording.command)},
          {"host", safe(recording.host)},
          {"version", safe(recording.version)},
          {"options", safe(recording.options)},
          {"started_us", when(recording.started_unix_ns)},
          {"ended_us", when(recording.ended_unix_ns)},
          {"secrets", name_of(recording.secrets)}};
}

Json to_json(const schema::RecordingSummary& summary) {
  Json json = to_json(summary.recording);
  json["exchanges"] = summary.exchanges;
  json["incomplete"] = summary.incomplete;
  json["connections"] = summary.connections;
  return json;
}

Json to_json(const schema::Run& run) {
  return {{"id", run.id},
          {"recording", run.recording_id},
          {"target", safe(run.target)},
          {"options", safe(run.options)},
          {"started_us", when(run.started_unix_ns)},
          {"ended_us", when(run.ended_unix_ns)},
          {"baseline_run", row(run.baseline_run_id)},
          {"recheck_of", row(run.recheck_of)},
          {"secrets", name_of(run.secrets)}};
}

Json to_json(const schema::RunSummary& summary) {
  Json json = to_json(summary.run);
  json["responses"] = summary.responses;
  json["failed"] = summary.failed;
  return json;
}

Json to_json(const schema::ExchangeLine& line, bool with_run) {
  const auto cut = [](const std::string& text) { return safe(std::string_view(text).substr(0, kMostTargetBytes)); };
  Json json = {{"id", line.id},
               {"connection", line.connection_id},
               {"seq", line.seq},
               {"started_us", line.started_unix_ns / 1000},
               {"ttfb_us", microseconds(line.ttfb_ns)},
               {"duration_us", microseconds(line.duration_ns)},
               {"method", cut(line.method)},
               {"target", cut(line.target)},
               {"status", status(line.status)},
               {"complete", line.complete},
               {"notes", cut(line.notes)},
               {"request_bytes", line.request_bytes},
               {"response_bytes", line.response_bytes}};
  if (!with_run) return json;
  json["new"] = nullptr;
  if (line.sent)
    json["new"] = {{"status", status(line.new_status)},
                   {"failure", cut(line.failure)},
                   {"duration_us", microseconds(line.new_duration_ns)}};
  return json;
}

Json to_json(const schema::Substitution& substitution) {
  return {{"location", safe(substitution.location)},
          {"producer_exchange", substitution.producer_exchange_id},
          {"producer_location", safe(substitution.producer_location)},
          {"resolved", substitution.resolved}};
}

Json ledger_json(const schema::Ledger& ledger) {
  Json json = Json::array();
  for (const schema::LedgerEntry& entry : ledger)
    json.push_back({{"key", safe(entry.key)}, {"count", entry.count}, {"bytes", entry.bytes}});
  return json;
}

}  // namespace tracerec::ui
