// tracerec replay
#include "replay/replay.h"

#include <charconv>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/clock.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/filters.h"
#include "cli/judging.h"
#include "cli/pick.h"
#include "cli/signals.h"
#include "cli/status_line.h"
#include "schema/batch_writer.h"
#include "schema/reader.h"

namespace tracerec::cli {
namespace {

struct Options {
  std::string target;
  schema::RowId recording = 0;
  std::string speed = "1";
  double rate = 0;
  std::size_t connections = 0;
  FilterOptions filter;
  std::vector<std::string> set_headers;
  std::vector<std::string> remove_headers;
  std::string timeout = "30s";
  bool insecure = false;
  std::string cacert;
  bool allow_recorded_target = false;
  bool dry_run = false;
  JudgingOptions judging;
};

nlohmann::json to_json(const Options& options) {
  return {{"target", options.target},
          {"speed", options.speed},
          {"rate", options.rate},
          {"connections", options.connections},
          {"include", options.filter.include},
          {"exclude", options.filter.exclude},
          {"set_header_names", options.set_headers.size()},  // values may be secrets
          {"remove_header", options.remove_headers},
          {"timeout", options.timeout},
          {"insecure", options.insecure}};
}

Result<http::Header> parse_header(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon == std::string::npos || text.find_first_of("\r\n") != std::string::npos) {
    return Error{"--set-header '" + printable(text, 80) + "' is no header: write 'Name: value'"};
  }
  return http::Header{text.substr(0, colon), std::string(trim(std::string_view(text).substr(colon + 1)))};
}

Result<void> set_pace(const Options& options, replay::ReplayOptions& plan) {
  if (options.rate != 0) {
    if (options.rate <= 0) return Error{"--rate must be above 0 requests a second"};
    plan.pace = replay::Pace::kRate;
    plan.rate = options.rate;
    return {};
  }
  if (options.speed == "max") {
    plan.pace = replay::Pace::kMax;
    return {};
  }
  const char* end = options.speed.data() + options.speed.size();
  const auto [parsed_to, error] = std::from_chars(options.speed.data(), end, plan.speed);
  if (error != std::errc{} || parsed_to != end || !(plan.speed > 0 && plan.speed <= 1e6)) {
    return Error{"--speed " + options.speed + " is no speed: write a factor like 1, 0.5 or 10, or max"};
  }
  return {};
}

Result<replay::ReplayOptions> plan_replay(const Options& options) {
  replay::ReplayOptions plan;
  auto target = replay::Target::parse(options.target);
  if (!target) return with_context("--target", target.error());
  plan.target = std::move(*target);
  auto filter = make_filter(options.filter);
  if (!filter) return filter.error();
  plan.filter = std::move(*filter);
  if (auto paced = set_pace(options, plan); !paced) return paced.error();
  for (const std::string& text : options.set_headers) {
    auto header = parse_header(text);
    if (!header) return header.error();
    plan.set_headers.push_back(std::move(*header));
  }
  plan.remove_headers = options.remove_headers;
  const auto timeout = parse_duration_ns(options.timeout);
  if (!timeout || *timeout == 0)
    return Error{"--timeout " + options.timeout + " is not a duration: write 30s or 500ms"};
  plan.timeout_ns = *timeout;
  plan.max_connections = options.connections;
  plan.insecure = options.insecure;
  plan.cacert = options.cacert;
  plan.allow_recorded_target = options.allow_recorded_target;
  plan.dry_run = options.dry_run;
  plan.options_json = to_json(options).dump();
  return plan;
}

std::string progress_text(const replay::Progress& progress) {
  const double seconds = static_cast<double>(progress.elapsed_ns) / 1e9;
  const double rate = seconds > 0 ? static_cast<double>(progress.sent) / seconds : 0;
  const double share =
      progress.planned > 0 ? 100.0 * static_cast<double>(progress.done) / static_cast<double>(progress.planned) : 0;
  char text[160];
  std::snprintf(text, sizeof text, "%s of %s (%.0f %%)  %.0f/s  %s failed", format_count(progress.done).c_str(),
                format_count(progress.planned).c_str(), share, rate, format_count(progress.failed).c_str());
  return text;
}

void print_summary(const replay::ReplaySummary& summary, bool dry_run) {
  if (dry_run) {
    std::fprintf(stderr, "would send %s of %s exchanges\n", format_count(summary.sent).c_str(),
                 format_count(summary.planned).c_str());
  } else {
    std::fprintf(
        stderr,
        "%s: %s exchanges of recording %lld: %s sent, %s answered, %s failed, %s skipped in %.2f s (run %lld)\n",
        summary.interrupted ? "interrupted" : "replayed", format_count(summary.planned).c_str(),
        static_cast<long long>(summary.recording_id), format_count(summary.sent).c_str(),
        format_count(summary.answered).c_str(), format_count(summary.failed).c_str(),
        format_count(summary.skipped).c_str(), static_cast<double>(summary.elapsed_ns) / 1e9,
        static_cast<long long>(summary.run_id));
  }
  for (const schema::LedgerEntry& entry : summary.ledger) {
    if (entry.key.find('.') != std::string::npos) {
      std::fprintf(stderr, "  %-24s %12s\n", entry.key.c_str(), format_count(entry.count).c_str());
    }
  }
}

Result<replay::ReplaySummary> send(const replay::ReplayOptions& plan, const std::string& db) {
  auto reader = schema::Reader::open(db);  // first: a missing file must not be created by the writer
  if (!reader) return reader.error();
  std::unique_ptr<schema::BatchWriter> writer;
  if (!plan.dry_run) {
    auto opened = schema::BatchWriter::open(db, {});
    if (!opened) return opened.error();
    writer = std::move(*opened);
  }
  StatusLine line;
  replay::ReplayControl control;
  control.stop = &stop_on_signals();
  if (line.enabled())
    control.on_progress = [&](const replay::Progress& progress) { line.show(progress_text(progress)); };
  const SystemClock clock;
  return replay::replay(plan, **reader, writer.get(), control, clock);
}

ExitStatus replay_and_judge(const Options& options, const Globals& globals) {
  auto judging = plan_judging(options.judging);
  if (!judging) return fail(judging.error());
  auto plan = plan_replay(options);
  if (!plan) return fail(plan.error());
  plan->recording_id = options.recording;
  auto summary = send(*plan, globals.db);
  if (!summary) return fail(summary.error());
  print_summary(*summary, options.dry_run);
  if (options.dry_run) return ExitStatus::kDone;
  auto reader = schema::Reader::open(globals.db);
  if (!reader) return fail(reader.error());
  auto run = pick_run(**reader, summary->run_id, globals.db);
  if (!run) return fail(run.error());
  auto verdict = judge_run(globals.db, *run, *judging);
  if (!verdict) return fail(verdict.error());
  return summary->interrupted ? ExitStatus::kInterrupted : *verdict;
}

}  // namespace

void add_replay(CLI::App& app, const Globals& globals, Action& action) {
  CLI::App* command =
      app.add_subcommand("replay", "Send a recording to a target, compare the answers, print the report");
  auto options = std::make_shared<Options>();
  command->add_option("--target", options->target, "Where to send it")
      ->required()
      ->type_name("[http[s]://]HOST[:PORT]");
  command->add_option("--recording", options->recording, "Default: the newest")->type_name("ID");
  command->add_option("--speed", options->speed, "1: as recorded, 10: ten times as fast, max: as fast as it answers")
      ->capture_default_str()
      ->type_name("FACTOR|max");
  command->add_option("--rate", options->rate, "Requests a second, evenly spaced, instead of --speed")->type_name("N");
  command->add_option("--connections", options->connections, "At most so many at once")->type_name("N");
  add_filter_options(*command, options->filter);
  command->add_option("--set-header", options->set_headers, "Replace or add a header in every request; repeatable")
      ->type_name("'N: v'")
      ->allow_extra_args(false);
  command->add_option("--remove-header", options->remove_headers, "Leave a header out; repeatable")
      ->type_name("N")
      ->allow_extra_args(false);
  command->add_option("--timeout", options->timeout, "Of one exchange")->capture_default_str()->type_name("TIME");
  command->add_flag("--insecure", options->insecure, "https: accept any certificate");
  command->add_option("--cacert", options->cacert, "https: trust the authorities in this file")->type_name("FILE");
  command->add_flag("--dry-run", options->dry_run, "Count what would be sent, send nothing");
  command->add_flag("--allow-recorded-target", options->allow_recorded_target,
                    "Send to the very address that was recorded, which may be production");
  add_judging_options(*command, options->judging);
  command->footer(
      "Requests are sent byte for byte as recorded, except for Host and what you change; on the recorded connections,\n"
      "in the recorded order. Exit code 0: the gate passed, 1: it failed, 2: the target cannot be reached.\n"
      "  tracerec replay --target staging:8080 --speed max --set-header 'Authorization: Bearer …'");
  command->callback(
      [options, &globals, &action] { action = [options, &globals] { return replay_and_judge(*options, globals); }; });
}

}  // namespace tracerec::cli
