// tracerec record
#include <cstdio>
#include <filesystem>
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
#include "record/redact_rules.h"
#include "record/redactor.h"
#include "record/ring_source.h"
#include "schema/batch_writer.h"

namespace tracerec::cli {
namespace {

struct Options {
  std::vector<std::int64_t> pids;
  std::vector<std::string> names;
  std::string cgroup;
  std::vector<std::string> command;
  std::vector<std::uint16_t> ports;
  bool no_children = false;
  bool outgoing = false;
  double sample = 1;
  std::string tls = "auto";
  FilterOptions filter;
  std::string duration;
  std::uint64_t max_exchanges = UINT64_MAX;
  std::string max_body;
  std::string max_size;
  std::string memory = "64MiB";
  std::string name;
  std::string save_events;
  bool keep_secrets = false;
  std::string redact;  // a rules file
};

// What the option texts mean.
struct Limits {
  std::int64_t duration_ns = INT64_MAX;
  std::uint64_t body_bytes = UINT64_MAX;
  std::uint64_t file_bytes = UINT64_MAX;
  std::uint64_t memory_bytes = 0;
};

// Below this neither ring nor queue hold a moment's worth of a busy server.
constexpr std::uint64_t kSmallestMemory = std::uint64_t{16} << 20;

Result<void> read_size(const char* option, const std::string& text, std::uint64_t& bytes) {
  if (text.empty()) return {};
  const auto parsed = parse_size_bytes(text);
  if (!parsed) return Error{std::string(option) + " " + text + " is no size: write 64MiB, 2GiB or a number of bytes"};
  bytes = *parsed;
  return {};
}

Result<Limits> read_limits(const Options& options) {
  Limits limits;
  if (!options.duration.empty()) {
    const auto parsed = parse_duration_ns(options.duration);
    if (!parsed) return Error{"--for " + options.duration + " is not a duration: write 30s, 5m or 500ms"};
    limits.duration_ns = *parsed;
  }
  if (auto read = read_size("--max-body", options.max_body, limits.body_bytes); !read) return read.error();
  if (auto read = read_size("--max-size", options.max_size, limits.file_bytes); !read) return read.error();
  if (auto read = read_size("--memory", options.memory, limits.memory_bytes); !read) return read.error();
  if (limits.memory_bytes < kSmallestMemory)
    return Error{"--memory " + options.memory + " is too little: at least 16MiB"};
  return limits;
}

nlohmann::json to_json(const Options& options) {
  nlohmann::json json;
  json["pid"] = options.pids;
  json["comm"] = options.names;
  if (!options.cgroup.empty()) json["cgroup"] = options.cgroup;
  json["command"] = options.command;
  json["port"] = options.ports;
  json["no_children"] = options.no_children;
  json["outgoing"] = options.outgoing;
  if (options.sample < 1) json["sample"] = options.sample;
  json["tls"] = options.tls;
  json["include"] = options.filter.include;
  json["exclude"] = options.filter.exclude;
  if (!options.duration.empty()) json["for"] = options.duration;
  if (!options.max_body.empty()) json["max_body"] = options.max_body;
  if (!options.max_size.empty()) json["max_size"] = options.max_size;
  if (options.keep_secrets) json["keep_secrets"] = true;
  if (!options.redact.empty()) json["redact"] = options.redact;
  if (options.max_exchanges != UINT64_MAX) json["max_exchanges"] = options.max_exchanges;
  return json;
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// What is recorded, for people: the command line, or how the processes were chosen.
std::string describe_command(const Options& options, std::int64_t pid) {
  if (!options.command.empty()) return join(options.command);
  if (pid != 0) return record::command_line(pid);
  return options.cgroup.empty() ? "--comm " + join(options.names) : "--cgroup " + options.cgroup;
}

schema::Recording describe(const Options& options, std::int64_t pid, const Clock& clock) {
  schema::Recording recording;
  recording.name = options.name;
  recording.pid = pid;
  recording.command = describe_command(options, pid);
  recording.host = record::host_name_and_kernel();
  recording.version = kVersion;
  recording.options = to_json(options).dump();
  recording.started_unix_ns = clock.unix_ns();
  return recording;
}

// Memory of this process and bytes that the kernel side lost so far, for the live line.
struct Health {
  std::uint64_t lost_bytes = 0;
  std::uint64_t memory_bytes = 0;
};

std::string progress_text(const record::Recorder::Progress& now, const record::Recorder::Progress& before,
                          double seconds, const Health& health) {
  char text[240];
  const double rate = static_cast<double>(now.exchanges - before.exchanges) / seconds;
  const double speed = static_cast<double>(now.received_bytes - before.received_bytes) / seconds;
  std::snprintf(text, sizeof text, "%s exchanges  %.0f/s  %s/s  %zu connections  %s lost  %s memory",
                format_count(now.exchanges).c_str(), rate, format_bytes(static_cast<std::uint64_t>(speed)).c_str(),
                now.open_connections, format_bytes(health.lost_bytes).c_str(),
                format_bytes(health.memory_bytes).c_str());
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
    auto limits = read_limits(options_);
    if (!limits) return limits.error();
    limits_ = *limits;
    if (auto selected = select(); !selected) return selected;
    if (auto ready = prepare_redaction(); !ready) return ready;
    return attach();
  }

  // The processes that are there. With --comm and --cgroup more may come.
  Result<void> select() {
    const bool selects = !options_.pids.empty() || !options_.names.empty() || !options_.cgroup.empty();
    if (selects != options_.command.empty()) {
      return Error{
          "say what to record: --pid PID, --comm NAME or --cgroup PATH of what runs, or -- COMMAND to start it"};
    }
    for (const std::int64_t pid : options_.pids) {
      if (!record::process_exists(pid)) {
        return Error{"no process has pid " + std::to_string(pid) + ": see ps or pgrep for the right one"};
      }
    }
    pids_ = options_.pids;
    for (const std::string& name : options_.names) add_pids(record::processes_named(name));
    if (options_.cgroup.empty()) return {};
    auto group = record::find_cgroup(options_.cgroup);
    if (!group) return group.error();
    cgroup_ = std::move(*group);
    add_pids(record::processes_in(cgroup_));
    return {};
  }

  void add_pids(const std::vector<std::int64_t>& more) { pids_.insert(pids_.end(), more.begin(), more.end()); }

  Result<void> prepare_redaction() {
    if (options_.keep_secrets && !options_.redact.empty()) {
      return Error{"--keep-secrets and --redact contradict each other: give one of them"};
    }
    if (options_.keep_secrets) return {};
    auto rules = record::default_redaction_rules();
    if (!options_.redact.empty()) {
      auto loaded = record::load_redaction_rules(options_.redact);
      if (!loaded) return loaded.error();
      rules = std::move(*loaded);
    }
    auto redactor = record::Redactor::create(std::move(rules), limits_.memory_bytes / 4);
    if (!redactor) return redactor.error();
    redactor_ = std::move(*redactor);
    return {};
  }

  Result<void> attach() {
    record::RingSourceOptions wanted;
    if (!options_.outgoing) wanted.ports = options_.ports;  // the kernel side cannot tell who asks
    wanted.follow_children = !options_.no_children;
    wanted.tls = options_.tls == "auto";
    wanted.sample = options_.sample;
    wanted.names = options_.names;
    wanted.cgroup = cgroup_;
    wanted.memory_bytes = limits_.memory_bytes / 4;
    auto source = record::RingSource::attach(wanted);
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
    schema::BatchWriterOptions writing;
    writing.queue_bytes = limits_.memory_bytes / 4;
    auto writer = schema::BatchWriter::open(globals_.db, writing);
    if (!writer) return writer.error();
    writer_ = std::move(*writer);
    return {};
  }

  Result<void> start() {
    if (!options_.command.empty()) {
      auto child = Child::prepare(options_.command);
      if (!child) return child.error();
      child_.emplace(std::move(*child));
      pids_ = {child_->pid()};
    }
    const schema::Recording recording = describe(options_, pids_.empty() ? 0 : pids_.front(), clock_);
    auto id = writer_->begin_recording(recording);
    if (!id) return id.error();
    recording_id_ = *id;
    sink_.emplace(*writer_, sink_options());
    stop_ = &stop_on_signals();
    for (const std::int64_t pid : pids_) {
      if (auto added = ring_->add_process(pid); !added) return added;
    }
    announce(recording);
    return child_ ? child_->start() : Result<void>();
  }

  record::TraceSink::Options sink_options() const {
    record::TraceSink::Options wanted;
    wanted.recording_id = recording_id_;
    wanted.next = writer_->next_ids();
    wanted.filter = filter_;
    wanted.max_exchanges = options_.max_exchanges;
    wanted.unix_minus_boot_ns = clock_.unix_ns() - clock_.boot_ns();
    wanted.outgoing = options_.outgoing;
    wanted.ports = options_.ports;
    wanted.max_body_bytes = limits_.body_bytes;
    wanted.memory_bytes = limits_.memory_bytes / 4;
    wanted.redactor = redactor_.get();
    return wanted;
  }

  // Scripts wait for this line (design: the command line).
  void announce(const schema::Recording& recording) const {
    std::string pids;
    for (const std::int64_t pid : pids_) pids += (pids.empty() ? " " : ", ") + std::to_string(pid);
    std::fprintf(stderr, "recording pid%s (%s) into %s as recording %lld%s\n",
                 pids.empty() ? " none yet" : pids.c_str(), printable(recording.command, 80).c_str(),
                 globals_.db.c_str(), static_cast<long long>(recording_id_), child_ ? "" : "; Ctrl-C ends it");
  }

  Result<record::Recorder::Ended> record() {
    recorder_.emplace(*source_, *sink_, clock_);
    StatusLine line;
    record::Recorder::Progress before;
    std::int64_t before_ns = clock_.boot_ns();
    record::Recorder::Limits limits;
    limits.duration_ns = limits_.duration_ns;
    limits.stop = stop_;
    limits.failed = [this] { return !writer_->error().empty(); };
    if (limits_.file_bytes != UINT64_MAX) limits.full = [this] { return file_bytes() >= limits_.file_bytes; };
    limits.on_progress = [&](const record::Recorder::Progress& now) {
      const std::int64_t now_ns = clock_.boot_ns();
      line.show(progress_text(now, before, static_cast<double>(now_ns - before_ns) / 1e9, health()));
      before = now;
      before_ns = now_ns;
    };
    if (!line.enabled()) limits.on_progress = nullptr;
    return recorder_->run(limits);
  }

  // Of the trace and its log.
  std::uint64_t file_bytes() const {
    std::uint64_t sum = 0;
    for (const char* part : {"", "-wal"}) {
      std::error_code error;
      const std::uintmax_t bytes = std::filesystem::file_size(globals_.db + part, error);
      if (!error) sum += bytes;
    }
    return sum;
  }

  Health health() const {
    Health health;
    for (const std::uint64_t bytes : source_->counters().lost_bytes) health.lost_bytes += bytes;
    for (const record::Skip reason : {record::Skip::kQueueFull, record::Skip::kWriteError}) {
      health.lost_bytes += sink_->counts().skipped[static_cast<std::size_t>(reason)].bytes;
    }
    health.memory_bytes = record::resident_bytes();
    return health;
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
    if (ended == record::Recorder::Ended::kSize)
      std::fprintf(stderr, "--max-size %s is reached\n", options_.max_size.c_str());
    std::fprintf(stderr, "recorded %s exchanges (%s incomplete) on %s connections, %s bytes lost\n",
                 format_count(counts.stored.count).c_str(), format_count(counts.incomplete.count).c_str(),
                 format_count(counts.connections).c_str(), format_count(lost.bytes).c_str());
    std::fputs(record::describe_ledger(ledger).c_str(), stderr);
    for (const std::uint32_t pid : recorder_->io_uring_processes()) {
      std::fprintf(stderr,
                   "pid %u uses sockets through io_uring: what it moves that way is not seen (docs/capture.md)\n", pid);
    }
    print_notes();
    if (counts.stored.count == 0) {
      std::fprintf(stderr, "nothing was recorded: did requests arrive? docs/debugging.md goes through the causes\n");
    }
  }

  // What could not be read, although the recording went well.
  void print_notes() const {
    for (const std::string& line : ring_->problems()) std::fprintf(stderr, "%s\n", printable(line, 300).c_str());
    for (const std::string& line : recorder_->tls_notes().lines()) std::fprintf(stderr, "%s\n", line.c_str());
    if (const std::uint64_t count = sink_->counts().http2; count > 0) {
      std::fprintf(stderr, "%s HTTP/2, which is not read yet (docs/capture.md)\n",
                   count == 1 ? "1 connection speaks" : (format_count(count) + " connections speak").c_str());
    }
  }

  const Options& options_;
  const Globals& globals_;
  SystemClock clock_;
  EndpointFilter filter_;
  Limits limits_;
  std::vector<std::int64_t> pids_;
  record::Cgroup cgroup_;
  std::unique_ptr<record::RingSource> ring_;
  std::unique_ptr<record::EventFileWriter> event_file_;
  std::optional<record::TeeSource> tee_;
  record::EventSource* source_ = nullptr;
  std::unique_ptr<schema::BatchWriter> writer_;
  std::optional<Child> child_;
  schema::RowId recording_id_ = 0;
  std::unique_ptr<record::Redactor> redactor_;  // outlives the sink; none: secrets are kept
  std::optional<record::TraceSink> sink_;
  std::optional<record::Recorder> recorder_;
  const std::atomic<bool>* stop_ = nullptr;
};

}  // namespace

void add_record(CLI::App& app, const Globals& globals, Action& action) {
  CLI::App* command = app.add_subcommand("record", "Record the HTTP traffic of a running process");
  auto options = std::make_shared<Options>();
  command->add_option("--pid", options->pids, "A process to record, with its threads and children; repeatable")
      ->type_name("PID")
      ->allow_extra_args(false);
  command
      ->add_option("--comm", options->names, "All processes of this name, those started later too (as in ps -o comm)")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command
      ->add_option("--cgroup", options->cgroup,
                   "All processes of a control group or container, those started later too")
      ->type_name("PATH|ID");
  command->add_option("--port", options->ports, "Only connections to these local ports")->type_name("N");
  command->add_flag("--no-children", options->no_children, "Only the process itself, not those it forks");
  command->add_flag("--outgoing", options->outgoing,
                    "Also the calls that the process makes to others; replay leaves them out");
  command->add_option("--sample", options->sample, "Record this share of the connections, each whole or not at all")
      ->type_name("0…1")
      ->check(CLI::Range(0.0, 1.0));
  command->add_option("--tls", options->tls, "Read inside TLS: by the libraries that are known, or not at all")
      ->check(CLI::IsMember({"auto", "off"}))
      ->capture_default_str();
  add_filter_options(*command, options->filter);
  command->add_option("--for", options->duration, "Stop after this time (30s, 5m)")->type_name("TIME");
  command->add_option("--max-exchanges", options->max_exchanges, "Stop after this many exchanges")->type_name("N");
  command->add_option("--max-size", options->max_size, "Stop when the file has this size (2GiB)")->type_name("SIZE");
  command
      ->add_option("--max-body", options->max_body,
                   "Keep this much of a body (64MiB); a longer one leaves its exchange incomplete")
      ->type_name("SIZE");
  command->add_option("--memory", options->memory, "Memory for what waits to be read and written")
      ->type_name("SIZE")
      ->capture_default_str();
  command->add_option("--name", options->name, "A name for the recording")->type_name("TEXT");
  command->add_flag("--keep-secrets", options->keep_secrets, "Store credentials as they are, instead of replaced");
  command->add_option("--redact", options->redact, "A rules file: further headers and fields to replace")
      ->type_name("FILE");
  command
      ->add_option("--save-events", options->save_events,
                   "Also keep the raw kernel events, for debugging: secrets are not replaced in them")
      ->type_name("FILE");
  command->add_option("command", options->command, "After --: a command to start and record");
  command->footer(
      "Records until Ctrl-C, SIGTERM, --for, --max-exchanges, --max-size, or the end of the process; then prints the\n"
      "ledger: every byte the process moved is stored or counted. Credentials are replaced by equal-looking text "
      "before they\n"
      "reach the disk (docs/capture.md, Secrets). Needs root; `tracerec doctor` tells what is missing.\n"
      "  tracerec record --pid $(pgrep -o myserver) --for 60s\n"
      "  tracerec record --cgroup 3f2a9c1b7d4e --sample 0.1 --max-size 2GiB\n"
      "  tracerec record --port 8080 -- ./myserver --config test.yaml");
  command->callback([options, &globals, &action] {
    action = [options, &globals] { return RecordCommand(*options, globals).run(); };
  });
}

}  // namespace tracerec::cli
