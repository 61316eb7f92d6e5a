// tracerec record
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/glob.h"
#include "base/text.h"
#include "cli/child.h"
#include "cli/command.h"
#include "cli/filters.h"
#include "cli/signals.h"
#include "cli/status_line.h"
#include "cli/version.h"
#include "record/event_file.h"
#include "record/ledger.h"
#include "record/proc.h"
#include "record/recorder.h"
#include "record/ring_source.h"
#include "schema/batch_writer.h"

namespace tracerec::cli {
namespace {

struct Options {
  std::int64_t pid = 0;
  std::vector<std::string> command;
  std::vector<std::uint16_t> ports;
  bool no_children = false;
  FilterOptions filter;
  std::string duration;
  std::uint64_t max_exchanges = UINT64_MAX;
  std::string name;
  std::string save_events;
};

nlohmann::json to_json(const Options& options) {
  nlohmann::json json;
  json["pid"] = options.pid;
  json["command"] = options.command;
  json["port"] = options.ports;
  json["no_children"] = options.no_children;
  json["include"] = options.filter.include;
  json["exclude"] = options.filter.exclude;
  if (!options.duration.empty()) json["for"] = options.duration;
  if (options.max_exchanges != UINT64_MAX) json["max_exchanges"] = options.max_exchanges;
  return json;
}

schema::Recording describe(const Options& options, std::int64_t pid, const Clock& clock) {
  schema::Recording recording;
  recording.name = options.name;
  recording.pid = pid;
  recording.command = record::command_line(pid);
  if (!options.command.empty()) {
    recording.command.clear();
    for (const std::string& word : options.command) recording.command += (recording.command.empty() ? "" : " ") + word;
  }
  recording.host = record::host_name_and_kernel();
  recording.version = kVersion;
  recording.options = to_json(options).dump();
  recording.started_unix_ns = clock.unix_ns();
  return recording;
}

std::string progress_text(const record::Recorder::Progress& now, const record::Recorder::Progress& before,
                          double seconds) {
  char text[200];
  const double rate = static_cast<double>(now.exchanges - before.exchanges) / seconds;
  const double speed = static_cast<double>(now.received_bytes - before.received_bytes) / seconds;
  std::snprintf(text, sizeof text, "%s exchanges  %.0f/s  %s/s  %zu connections", format_count(now.exchanges).c_str(),
                rate, format_bytes(static_cast<std::uint64_t>(speed)).c_str(), now.open_connections);
  return text;
}

// Everything that a recording needs, wired up; run() is the recording.
class RecordCommand {
 public:
  RecordCommand(const Options& options, const Globals& globals) : options_(options), globals_(globals) {}

  ExitStatus run() {
    if (auto ready = prepare(); !ready) return fail(ready.error());
    if (auto started = start(); !started) return fail(started.error());
    auto ended = record();
    if (!ended) return fail(ended.error());
    return close_books(*ended);
  }

 private:
  Result<void> prepare() {
    auto filter = make_filter(options_.filter);
    if (!filter) return filter.error();
    filter_ = std::move(*filter);
    if (!options_.duration.empty()) {
      const auto parsed = parse_duration_ns(options_.duration);
      if (!parsed) return Error{"--for " + options_.duration + " is not a duration: write 30s, 5m or 500ms"};
      duration_ns_ = *parsed;
    }
    if ((options_.pid == 0) == options_.command.empty()) {
      return Error{"say what to record: --pid PID of a running process, or -- COMMAND to start one"};
    }
    if (options_.pid != 0 && !record::process_exists(options_.pid)) {
      return Error{"no process has pid " + std::to_string(options_.pid) + ": see ps or pgrep for the right one"};
    }
    return attach();
  }

  Result<void> attach() {
    auto source = record::RingSource::attach({options_.ports, !options_.no_children});
    if (!source) return source.error();
    ring_ = std::move(*source);
    source_ = ring_.get();
    if (!options_.save_events.empty()) {
      auto file = record::EventFileWriter::create(options_.save_events);
      if (!file) return file.error();
      event_file_ = std::move(*file);
      tee_.emplace(*ring_, *event_file_);
      source_ = &*tee_;
    }
    auto writer = schema::BatchWriter::open(globals_.db, {});
    if (!writer) return writer.error();
    writer_ = std::move(*writer);
    return {};
  }

  Result<void> start() {
    std::int64_t pid = options_.pid;
    if (pid == 0) {
      auto child = Child::prepare(options_.command);
      if (!child) return child.error();
      child_.emplace(std::move(*child));
      pid = child_->pid();
    }
    const schema::Recording recording = describe(options_, pid, clock_);
    auto id = writer_->begin_recording(recording);
    if (!id) return id.error();
    recording_id_ = *id;
    sink_.emplace(*writer_, record::TraceSink::Options{recording_id_, writer_->next_ids(), filter_,
                                                       options_.max_exchanges, clock_.unix_ns() - clock_.boot_ns()});
    stop_ = &stop_on_signals();
    if (auto added = ring_->add_process(pid); !added) return added;
    std::fprintf(stderr, "recording pid %lld (%s) into %s as recording %lld%s\n", static_cast<long long>(pid),
                 printable(recording.command, 80).c_str(), globals_.db.c_str(), static_cast<long long>(recording_id_),
                 child_ ? "" : "; Ctrl-C ends it");
    return child_ ? child_->start() : Result<void>();
  }

  Result<record::Recorder::Ended> record() {
    recorder_.emplace(*source_, *sink_, clock_);
    StatusLine line;
    record::Recorder::Progress before;
    std::int64_t before_ns = clock_.boot_ns();
    record::Recorder::Limits limits;
    limits.duration_ns = duration_ns_;
    limits.stop = stop_;
    limits.failed = [this] { return !writer_->error().empty(); };
    limits.on_progress = [&](const record::Recorder::Progress& now) {
      const std::int64_t now_ns = clock_.boot_ns();
      line.show(progress_text(now, before, static_cast<double>(now_ns - before_ns) / 1e9));
      before = now;
      before_ns = now_ns;
    };
    if (!line.enabled()) limits.on_progress = nullptr;
    return recorder_->run(limits);
  }

  ExitStatus close_books(record::Recorder::Ended ended) {
    const Result<void> flushed = writer_->flush();
    const record::Books books{source_->counters(), recorder_->received_bytes(), recorder_->fetched(), sink_->counts(),
                              writer_->written()};
    const schema::Ledger ledger = record::make_ledger(books);
    const Result<void> finished =
        flushed ? writer_->finish_recording(recording_id_, clock_.unix_ns(), ledger) : flushed;
    print_closing(ledger, ended);
    if (event_file_) {
      if (auto saved = event_file_->finish(books.source); !saved) return fail(saved.error());
    }
    if (!finished) return fail(with_context("writing " + globals_.db, finished.error()));
    if (const std::string off = record::imbalance(books); !off.empty()) {
      return fail({"the ledger does not balance (" + off + "): do not trust this recording; please report it"});
    }
    return ExitStatus::kDone;
  }

  void print_closing(const schema::Ledger& ledger, record::Recorder::Ended ended) const {
    const schema::LedgerEntry lost = record::total_lost(ledger);
    const auto& counts = sink_->counts();
    if (ended == record::Recorder::Ended::kProcessEnded) std::fprintf(stderr, "the recorded process ended\n");
    std::fprintf(stderr, "recorded %s exchanges (%s incomplete) on %s connections, %s bytes lost\n",
                 format_count(counts.stored.count).c_str(), format_count(counts.incomplete.count).c_str(),
                 format_count(counts.connections).c_str(), format_count(lost.bytes).c_str());
    std::fputs(record::describe_ledger(ledger).c_str(), stderr);
    if (counts.stored.count == 0) {
      std::fprintf(stderr, "nothing was recorded: did requests arrive? docs/debugging.md goes through the causes\n");
    }
  }

  const Options& options_;
  const Globals& globals_;
  SystemClock clock_;
  EndpointFilter filter_;
  std::int64_t duration_ns_ = INT64_MAX;
  std::unique_ptr<record::RingSource> ring_;
  std::unique_ptr<record::EventFileWriter> event_file_;
  std::optional<record::TeeSource> tee_;
  record::EventSource* source_ = nullptr;
  std::unique_ptr<schema::BatchWriter> writer_;
  std::optional<Child> child_;
  schema::RowId recording_id_ = 0;
  std::optional<record::TraceSink> sink_;
  std::optional<record::Recorder> recorder_;
  const std::atomic<bool>* stop_ = nullptr;
};

}  // namespace

void add_record(CLI::App& app, const Globals& globals, Action& action) {
  CLI::App* command = app.add_subcommand("record", "Record the HTTP traffic of a running process");
  auto options = std::make_shared<Options>();
  command->add_option("--pid", options->pid, "The process to record, with its threads and children");
  command->add_option("--port", options->ports, "Only connections to these local ports")->type_name("N");
  command->add_flag("--no-children", options->no_children, "Only the process itself, not those it forks");
  add_filter_options(*command, options->filter);
  command->add_option("--for", options->duration, "Stop after this time (30s, 5m)")->type_name("TIME");
  command->add_option("--max-exchanges", options->max_exchanges, "Stop after this many exchanges")->type_name("N");
  command->add_option("--name", options->name, "A name for the recording")->type_name("TEXT");
  command->add_option("--save-events", options->save_events, "Also keep the raw kernel events, for debugging")
      ->type_name("FILE");
  command->add_option("command", options->command, "After --: a command to start and record");
  command->footer(
      "Records until Ctrl-C, SIGTERM, --for, --max-exchanges, or the end of the process; then prints the ledger:\n"
      "every byte the process moved is stored or counted. Needs root; `tracerec doctor` tells what is missing.\n"
      "  tracerec record --pid $(pgrep -o myserver) --for 60s\n"
      "  tracerec record --port 8080 -- ./myserver --config test.yaml");
  command->callback([options, &globals, &action] {
    action = [options, &globals] { return RecordCommand(*options, globals).run(); };
  });
}

}  // namespace tracerec::cli
