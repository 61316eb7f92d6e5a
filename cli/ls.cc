// tracerec ls
#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "base/utf8.h"
#include "cli/command.h"
#include "cli/pick.h"
#include "cli/whole_number.h"
#include "schema/reader.h"

namespace tracerec::cli {
namespace {

struct Options {
  schema::RowId recording = 0;
  bool json = false;
};

using Json = nlohmann::ordered_json;

// Recorded text may hold any bytes; JSON may not.
std::string safe(const std::string& text) {
  return is_utf8(text) ? text : printable(text);
}

Json to_json(const schema::RecordingSummary& summary) {
  const schema::Recording& recording = summary.recording;
  return {{"id", recording.id},
          {"name", safe(recording.name)},
          {"pid", recording.pid},
          {"command", safe(recording.command)},
          {"host", safe(recording.host)},
          {"started_ns", recording.started_unix_ns},
          {"ended_ns", recording.ended_unix_ns == 0 ? Json(nullptr) : Json(recording.ended_unix_ns)},
          {"exchanges", summary.exchanges},
          {"incomplete", summary.incomplete},
          {"connections", summary.connections},
          {"pruned", summary.pruned}};
}

Json to_json(const schema::RunSummary& summary) {
  const schema::Run& run = summary.run;
  return {{"id", run.id},
          {"recording", run.recording_id},
          {"target", safe(run.target)},
          {"started_ns", run.started_unix_ns},
          {"ended_ns", run.ended_unix_ns == 0 ? Json(nullptr) : Json(run.ended_unix_ns)},
          {"responses", summary.responses},
          {"answers", summary.responses},  // the former name
          {"failed", summary.failed},
          {"baseline_run", run.baseline_run_id == 0 ? Json(nullptr) : Json(run.baseline_run_id)},
          {"recheck_of", run.recheck_of == 0 ? Json(nullptr) : Json(run.recheck_of)}};
}

Json to_json(const schema::StoredExchange& exchange) {
  return {{"id", exchange.id},
          {"connection", exchange.connection_id},
          {"seq", exchange.seq},
          {"started_ns", exchange.started_unix_ns},
          {"duration_us", exchange.duration_ns < 0 ? Json(nullptr) : Json(exchange.duration_ns / 1000)},
          {"method", safe(exchange.method)},
          {"target", safe(exchange.target)},
          {"status", exchange.status},
          {"request_bytes", exchange.request_head.size() + exchange.request_body.wire_bytes},
          {"response_bytes", exchange.response_head.size() + exchange.response_body.wire_bytes},
          {"complete", exchange.complete},
          {"notes", safe(exchange.notes)}};
}

// "20 of 5,000 exchanges kept"
std::string kept_of(const schema::RecordingSummary& recording) {
  return format_count(recording.exchanges) + " of " + format_count(recording.exchanges + recording.pruned) +
         " exchanges kept";
}

void print_recordings(const std::vector<schema::RecordingSummary>& recordings) {
  std::printf("%-4s %-20s %10s %10s %11s  %s\n", "REC", "STARTED (UTC)", "EXCHANGES", "INCOMPLETE", "CONNECTIONS",
              "WHAT");
  for (const schema::RecordingSummary& one : recordings) {
    char when[32];
    const schema::Recording& recording = one.recording;
    std::string what =
        printable(recording.name.empty() ? recording.command : recording.name + ": " + recording.command, 60);
    if (recording.ended_unix_ns == 0) what += "  (still running, or its recorder was killed)";
    if (one.pruned > 0) what += "  (pruned: " + kept_of(one) + ")";
    std::printf("%-4" PRId64 " %-20.19s %10s %10s %11s  %s\n", recording.id,
                format_unix_ns(recording.started_unix_ns, when), format_count(one.exchanges).c_str(),
                format_count(one.incomplete).c_str(), format_count(one.connections).c_str(), what.c_str());
  }
}

// Rechecks under the run that they belong to.
std::vector<schema::RunSummary> in_families(const std::vector<schema::RunSummary>& runs) {
  std::vector<schema::RunSummary> ordered = runs;
  std::stable_sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) {
    const auto family = [](const schema::Run& run) { return run.recheck_of != 0 ? run.recheck_of : run.id; };
    return std::pair(family(a.run), a.run.id) < std::pair(family(b.run), b.run.id);
  });
  return ordered;
}

// From a baseline to the first run that is compared with it.
std::map<schema::RowId, schema::RowId> candidates_in(const std::vector<schema::RunSummary>& runs) {
  std::map<schema::RowId, schema::RowId> candidates;
  for (const schema::RunSummary& one : runs) candidates.emplace(one.run.baseline_run_id, one.run.id);
  return candidates;
}

// What the run is to others: "(baseline of run 7)".
std::string part_of(const schema::Run& run, const std::map<schema::RowId, schema::RowId>& candidates) {
  if (run.recheck_of != 0) return "  (recheck of run " + std::to_string(run.recheck_of) + ")";
  const auto candidate = candidates.find(run.id);
  return candidate == candidates.end() ? "" : "  (baseline of run " + std::to_string(candidate->second) + ")";
}

void print_runs(const std::vector<schema::RunSummary>& runs) {
  if (runs.empty()) return;
  std::printf("\n%-4s %-20s %10s %10s %11s  %s\n", "RUN", "STARTED (UTC)", "RESPONSES", "FAILED", "RECORDING",
              "TARGET");
  const auto candidates = candidates_in(runs);
  for (const schema::RunSummary& one : in_families(runs)) {
    char when[32];
    std::printf("%-4" PRId64 " %-20.19s %10s %10s %11" PRId64 "  %s%s\n", one.run.id,
                format_unix_ns(one.run.started_unix_ns, when), format_count(one.responses).c_str(),
                format_count(one.failed).c_str(), one.run.recording_id, printable(one.run.target, 60).c_str(),
                part_of(one.run, candidates).c_str());
  }
}

const char* state_of(const schema::StoredExchange& exchange) {
  if (exchange.complete) return "";
  return schema::is_open_ended(exchange) ? "  " : "  INCOMPLETE ";
}

void print_exchange(const schema::StoredExchange& exchange) {
  std::printf("%-8" PRId64 " %6" PRId64 " %4" PRId64 "  %-7s %3d %12s %10.3f  %s%s%s\n", exchange.id,
              exchange.connection_id, exchange.seq, printable(exchange.method, 12).c_str(), exchange.status,
              format_count(exchange.response_body.wire_bytes).c_str(), static_cast<double>(exchange.duration_ns) / 1e6,
              printable(exchange.target, 80).c_str(), state_of(exchange),
              exchange.complete ? "" : printable(exchange.notes).c_str());
}

ExitStatus list_exchanges(schema::Reader& reader, const Options& options, const Globals& globals) {
  auto recording = pick_recording(reader, options.recording, globals.db);
  if (!recording) return fail(recording.error());
  if (!options.json) {
    std::printf("%-8s %6s %4s  %-7s %3s %12s %10s  %s\n", "ID", "CONN", "SEQ", "METHOD", "ST", "BODY BYTES", "MS",
                "TARGET");
  }
  auto walked = reader.for_each_exchange(recording->id, [&](const schema::StoredExchange& exchange) {
    if (options.json) {
      std::puts(to_json(exchange).dump().c_str());
    } else {
      print_exchange(exchange);
    }
    return std::ferror(stdout) == 0;
  });
  if (!walked) return fail(walked.error());
  return ExitStatus::kDone;
}

ExitStatus list_all(schema::Reader& reader, const Options& options, const std::string& db) {
  auto recordings = reader.recordings();
  if (!recordings) return fail(recordings.error());
  auto runs = reader.runs();
  if (!runs) return fail(runs.error());
  const bool is_apart = reader.recording_path() != db;  // of a file of runs
  if (!options.json) {
    if (is_apart) std::printf("recordings of %s\n", printable(reader.recording_path(), 300).c_str());
    print_recordings(*recordings);
    print_runs(*runs);
    return ExitStatus::kDone;
  }
  Json all = {{"recordings", Json::array()}, {"runs", Json::array()}};
  if (is_apart) all["recording_file"] = safe(reader.recording_path());
  for (const auto& one : *recordings) all["recordings"].push_back(to_json(one));
  for (const auto& one : *runs) all["runs"].push_back(to_json(one));
  std::puts(all.dump(2).c_str());
  return ExitStatus::kDone;
}

}  // namespace

void add_ls(CLI::App& app, const Globals& globals, Action& action) {
  CLI::App* command = app.add_subcommand("ls", "List recordings and runs, or the exchanges of a recording");
  auto options = std::make_shared<Options>();
  CLI::Option* recording =
      command->add_option("--recording", options->recording, "List its exchanges (0: of the newest)")
          ->check(row_id())
          ->type_name("ID");
  command->add_flag("--json", options->json, "For machines: one object, or one exchange a line");
  command->callback([options, recording, &globals, &action] {
    const bool exchanges = recording->count() > 0;
    action = [options, exchanges, &globals] {
      auto reader = schema::Reader::open(globals.source());
      if (!reader) return fail(reader.error());
      return exchanges ? list_exchanges(**reader, *options, globals) : list_all(**reader, *options, globals.db);
    };
  });
}

}  // namespace tracerec::cli
