// tracerec record
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/glob.h"
#include "base/owner.h"
#include "base/same_file.h"
#include "base/text.h"
#include "cli/child.h"
#include "cli/command.h"
#include "cli/record_closing.h"
#include "cli/record_options.h"
#include "cli/record_progress.h"
#include "cli/signals.h"
#include "cli/status_line.h"
#include "cli/version.h"
#include "record/event_file.h"
#include "record/ledger.h"
#include "record/machine_load.h"
#include "record/memory_limit.h"
#include "record/nothing_recorded.h"
#include "record/open_sockets.h"
#include "record/patient_store.h"
#include "record/privileges.h"
#include "record/proc.h"
#include "record/recorder.h"
#include "record/ring_source.h"
#include "redact/redactor.h"
#include "redact/rules.h"
#include "schema/batch_writer.h"

namespace tracerec::cli {
namespace {

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// What is recorded, for people: the command line, or how the processes were chosen.
std::string describe_command(const RecordOptions& options, std::int64_t pid) {
  if (!options.command.empty()) return join(options.command);
  if (pid != 0) return record::command_line(pid);
  return options.cgroup.empty() ? "--comm " + join(options.names) : "--cgroup " + options.cgroup;
}

// "12 (sleep 9), 13 (sh) and 4 more".
std::string describe_processes(const std::vector<std::uint32_t>& pids) {
  constexpr std::size_t kMostNamed = 5;
  const std::size_t named = std::min(pids.size(), kMostNamed);
  std::string text;
  for (std::size_t i = 0; i < named; ++i) {
    text += i == 0 ? "" : ", ";
    text += std::to_string(pids[i]) + " (" + printable(record::command_line(pids[i]), 60) + ")";
  }
  return text + (pids.size() > named ? " and " + std::to_string(pids.size() - named) + " more" : "");
}

schema::Recording describe(const RecordOptions& options, std::int64_t pid, const Clock& clock) {
  schema::Recording recording;
  recording.name = options.name;
  recording.pid = pid;
  recording.command = describe_command(options, pid);
  recording.host = record::host_name_and_kernel();
  recording.version = kVersion;
  recording.options = to_json(options).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  recording.started_unix_ns = clock.unix_ns();
  return recording;
}

// Everything that a recording needs, wired up; run() is the recording.
class RecordCommand {
 public:
  RecordCommand(const RecordOptions& options, const Globals& globals) : options_(options), globals_(globals) {}

  ExitStatus run() {
    if (auto ready = prepare(); !ready) return fail_or_end(ready.error());
    if (auto started = start(); !started) {
      discard_event_file();
      return fail(started.error());
    }
    auto ended = record();
    if (!ended) return fail(ended.error());
    const ExitStatus status = close_books(*ended);
    end_child();
    return status;
  }

 private:
  // Ctrl-C while waiting for the bytes of an option's file.
  [[nodiscard]] ExitStatus fail_or_end(const Error& error) const {
    const ExitStatus failed = fail(error);
    return stop_->load() ? ExitStatus::kInterrupted : failed;
  }

  Result<void> prepare() {
    stop_ = &stop_on_signals();  // before the file is made: it must not be left half made
    auto filter = make_filter(options_.filter);
    if (!filter) return filter.error();
    filter_ = std::move(*filter);
    auto limits = read_limits(options_);
    if (!limits) return limits.error();
    limits_ = *limits;
    if (auto known = check_user(); !known) return known;
    if (options_.memory.empty()) tell_memory();
    if (auto ready = prepare_redaction(); !ready) return ready;
    record::take_up_capabilities();
    if (auto selected = select(); !selected) return selected;
    // It keeps the rights that the recorder gives up.
    if (!options_.command.empty()) {
      auto child = Child::prepare(options_.command, options_.as_root ? std::nullopt : invoking_user());
      if (!child) return child.error();
      child_.emplace(std::move(*child));
      pids_ = {child_->pid()};
    }
    diagnosis_ = record::SocketDiagnosis::open(namespace_pids());
    record::confine_process();
    return attach();
  }

  // A process that is selected later is most likely in the recorder's own network namespace.
  [[nodiscard]] std::vector<std::int64_t> namespace_pids() const {
    return pids_.empty() ? std::vector<std::int64_t>{::getpid()} : pids_;
  }

  // Under sudo the command, and what --comm finds, are those of who called it: not of root because he is not known.
  [[nodiscard]] Result<void> check_user() const {
    const bool starts = !options_.command.empty() && !options_.as_root;
    const bool names = !options_.names.empty() && !options_.all_users;
    const Result<void> known = check_invoking_user();
    if (known || (!starts && !names)) return {};
    return Error{known.error().message + ": call it through sudo, or give " + (starts ? "--as-root" : "--all-users")};
  }

  // Whose processes --comm takes: a name is only what a process says of itself.
  [[nodiscard]] std::optional<unsigned> whose_processes() const {
    if (options_.all_users) return std::nullopt;
    if (const auto user = invoking_user()) return user->user;
    return ::getuid() == 0 ? std::nullopt : std::optional<unsigned>(::getuid());
  }

  void select_named(const std::string& name) {
    const record::NamedProcesses found = record::processes_named(name, whose_processes());
    pids_.insert(pids_.end(), found.pids.begin(), found.pids.end());
    if (found.of_others == 0) return;
    std::fprintf(stderr, "left out: %zu process%s of the name %s that other users run; --all-users takes them too\n",
                 found.of_others, found.of_others == 1 ? "" : "es", printable(name, 40).c_str());
  }

  void tell_memory() const {
    const auto limit = record::memory_limit();
    if (limits_.memory_bytes == record::default_memory(std::nullopt)) return;
    std::fprintf(stderr, "using %s of memory for what waits: the control group allows %s in all (see --memory)\n",
                 format_bytes(limits_.memory_bytes).c_str(), format_bytes(limit.value_or(0)).c_str());
  }

  // The processes that are there. With --comm and --cgroup more may come.
  Result<void> select() {
    const bool selects = !options_.pids.empty() || !options_.names.empty() || !options_.cgroup.empty();
    if (selects != options_.command.empty()) {
      constexpr const char* kChoices =
          "--pid PID, --comm NAME or --cgroup PATH of what runs, or -- COMMAND to start it";
      return Error{std::string(selects ? "say one of them only: " : "say what to record: ") + kChoices};
    }
    for (const std::int64_t pid : options_.pids) {
      if (auto good = record::check_recordable(pid); !good) return good;
    }
    if (std::any_of(options_.names.begin(), options_.names.end(), [](const auto& name) { return name.empty(); })) {
      return Error{"--comm needs a name: ps -o comm shows those that run"};
    }
    pids_ = options_.pids;
    warn_of_init();
    for (const std::string& name : options_.names) select_named(name);
    if (options_.cgroup.empty()) return {};
    auto group = record::find_cgroup(options_.cgroup);
    if (!group) return group.error();
    cgroup_ = std::move(*group);
    const std::vector<std::int64_t> members = record::processes_in(cgroup_);
    pids_.insert(pids_.end(), members.begin(), members.end());
    return {};
  }

  void warn_of_init() const {
    if (options_.no_children || std::find(pids_.begin(), pids_.end(), 1) == pids_.end()) return;
    std::fprintf(stderr,
                 "pid 1 is the init of this machine or container: all that it started is recorded too, %zu processes "
                 "now; for one service give its own pid, --comm or --cgroup, for pid 1 alone --no-children\n",
                 record::descendants(1).size());
  }

  Result<void> prepare_redaction() {
    if (options_.keep_secrets && !options_.redact.empty()) {
      return Error{"--keep-secrets and --redact contradict each other: give one of them"};
    }
    if (options_.keep_secrets) return {};
    auto rules = redact::default_redaction_rules();
    if (!options_.redact.empty()) {
      auto loaded = redact::load_redaction_rules(options_.redact);
      if (!loaded) return loaded.error();
      rules = std::move(*loaded);
    }
    auto redactor = redact::Redactor::create(std::move(rules), limits_.memory_bytes / 4);
    if (!redactor) return redactor.error();
    redactor_ = std::move(*redactor);
    return {};
  }

  [[nodiscard]] record::Hooks hooks() const {
    if (options_.hooks == "transfers") return record::Hooks::kTransfers;
    return options_.hooks == "calls" ? record::Hooks::kCalls : record::Hooks::kBest;
  }

  Result<void> attach() {
    record::RingSourceOptions wanted;
    if (!options_.outgoing) wanted.ports = options_.ports;  // the kernel side cannot tell who asks
    wanted.follow_children = !options_.no_children;
    wanted.tls = options_.tls == "auto";
    wanted.hooks = hooks();
    wanted.sample = options_.sample;
    wanted.names = options_.names;
    wanted.names_of_user = whose_processes();
    wanted.cgroup = cgroup_;
    wanted.memory_bytes = limits_.memory_bytes / 4;
    auto source = record::RingSource::attach(wanted);
    if (!source) return source.error();
    ring_ = std::move(*source);
    source_ = ring_.get();
    record::set_capabilities_aside();  // from here on files are opened that the caller named
    if (auto done = open_files(); !done) return done;
    record::take_up_capabilities();
    return {};
  }

  // The trace file first: whatever else it may be called, an event file is never one that is there.
  Result<void> open_files() {
    if (auto free = check_event_file(); !free) return free;
    schema::BatchWriterOptions writing;
    writing.queue_bytes = limits_.memory_bytes / 4;
    writing.on_thread = [needs = needs()] { record::restrict_to_writing(needs); };
    writing.is_machine_busy = [load = std::make_shared<record::MachineLoad>(clock_)] { return load->is_busy(); };
    auto writer = schema::BatchWriter::open(globals_.db, writing);
    if (!writer) return writer.error();
    writer_ = std::move(*writer);
    if (const std::uint64_t bytes = writer_->file_bytes(); bytes >= limits_.file_bytes) {
      return Error{globals_.db + " has " + format_bytes(bytes) + " already, and --max-size is " + options_.max_size +
                   ": name a new file, or a larger size"};
    }
    if (options_.save_events.empty()) return {};
    auto file = record::EventFileWriter::create(options_.save_events);
    if (!file) return file.error();
    event_file_ = std::move(*file);
    tee_.emplace(*ring_, *event_file_);
    source_ = &*tee_;
    return {};
  }

  [[nodiscard]] Result<void> check_event_file() const {
    const std::string& path = options_.save_events;
    struct stat found {};
    if (path.empty()) return {};
    std::vector<std::string> used = trace_files(globals_.db);
    used.push_back(options_.redact);
    if (auto unused = check_unused("--save-events", path, used); !unused) return unused;
    if (::lstat(path.c_str(), &found) == 0)
      return Error{"cannot create " + path + ": File exists; remove it, or name another"};
    const std::string folder = std::filesystem::path(path).parent_path().string();
    if (::access(folder.empty() ? "." : folder.c_str(), W_OK) == 0) return {};
    return Error{"cannot create " + path + ": " + std::strerror(errno) + "; name a file in another folder"};
  }

  // A recording that never began has no events.
  void discard_event_file() {
    record::set_capabilities_aside();
    if (event_file_) event_file_->discard();
  }

  // The command runs before there is a recording: one that cannot be started leaves none. The ring keeps what it does.
  Result<void> start() {
    for (const std::int64_t pid : pids_) {
      if (auto added = ring_->add_process(pid); !added) return added;
    }
    open_ = diagnosis_->read(clock_, ring_->running());
    if (child_) {
      if (auto started = child_->start(); !started) return started;
    }
    const schema::Recording recording = describe_this();
    const auto next = writer_->next_ids();
    if (!next) return next.error();
    auto id = writer_->begin_recording(recording);
    if (!id) return id.error();
    recording_id_ = *id;
    store_.emplace(*writer_, *ring_);
    sink_.emplace(*store_, sink_options(*next));
    record::drop_privileges(needs());
    announce(recording);
    return {};
  }

  [[nodiscard]] schema::Recording describe_this() const {
    RecordOptions options = options_;
    if (redactor_ != nullptr) {
      options.kept_headers = redactor_->rules().kept_headers;
      options.kept_fields = redactor_->rules().kept_fields;
      options.redaction = redactor_->rules().source;
    }
    schema::Recording recording = describe(options, pids_.empty() ? 0 : pids_.front(), clock_);
    recording.secrets = redactor_ != nullptr ? schema::Secrets::kReplaced : schema::Secrets::kKept;
    return recording;
  }

  [[nodiscard]] record::PrivilegeNeeds needs() const {
    record::PrivilegeNeeds needs;
    needs.tls = options_.tls == "auto";
    needs.ends_a_command = child_ && !options_.as_root && invoking_user();
    needs.writes_where_root_may = !is_own_folder(std::filesystem::absolute(globals_.db).parent_path());
    return needs;
  }

  // Where files can be made and deleted without being root.
  static bool is_own_folder(const std::string& folder) {
    struct stat found {};
    return ::stat(folder.c_str(), &found) == 0 && found.st_uid == ::geteuid() && (found.st_mode & S_IWUSR) != 0 &&
           !invoking_user();
  }

  record::TraceSink::Options sink_options(schema::NextIds next) const {
    record::TraceSink::Options wanted;
    wanted.recording_id = recording_id_;
    wanted.next = next;
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
                 printable(globals_.db).c_str(), static_cast<long long>(recording_id_),
                 child_ ? "" : "; Ctrl-C ends it");
  }

  Result<record::Recorder::Ended> record() {
    recorder_.emplace(*source_, *sink_, clock_, std::move(open_));
    StatusLine line;
    record::Recorder::Progress before;
    const std::int64_t started_ns = clock_.boot_ns();
    std::int64_t before_ns = started_ns;
    record::Recorder::Limits limits;
    limits.duration_ns = limits_.duration_ns;
    limits.stop = stop_;
    limits.failed = [this] {
      note_written();
      return !writer_->error().empty();
    };
    if (limits_.file_bytes != UINT64_MAX) limits.full = [this] { return writer_->file_bytes() >= limits_.file_bytes; };
    limits.on_progress = [&](const record::Recorder::Progress& now) {
      const std::int64_t now_ns = clock_.boot_ns();
      const double seconds = static_cast<double>(now_ns - before_ns) / 1e9;
      line.show(progress_text(now_ns - started_ns, now, before, seconds, health()));
      before = now;
      before_ns = now_ns;
    };
    if (!line.enabled()) limits.on_progress = nullptr;
    sink_->keep_last_request(line.enabled());
    return recorder_->run(limits);
  }

  [[nodiscard]] RecordHealth health() const {
    RecordHealth health;
    for (const std::uint64_t bytes : source_->counters().lost_bytes) health.lost_bytes += bytes;
    for (const record::Skip reason : {record::Skip::kQueueFull, record::Skip::kWriteError}) {
      health.lost_bytes += sink_->counts().skipped[static_cast<std::size_t>(reason)].bytes;
    }
    health.lost_bytes += recorder_->fetched().refused_bytes + recorder_->fetched().spliced_bytes;
    health.memory_bytes = record::resident_bytes();
    health.file_bytes = writer_->file_bytes();
    health.last_request = sink_->last_request();
    return health;
  }

  void note_written() {
    const schema::BatchWriter::Written written = writer_->written();
    sink_->rows().settle(written.exchanges, written.opaque_bytes);
  }

  ExitStatus close_books(record::Recorder::Ended ended) {
    const Result<void> flushed = writer_->flush();
    note_written();
    if (flushed) sink_->rows().settle_all();
    const record::Books books{source_->counters(), recorder_->received_bytes(), recorder_->fetched(),
                              sink_->counts(),     writer_->written(),          sink_->rows().in_file()};
    const schema::Ledger ledger = record::make_ledger(books);
    const Result<void> finished =
        flushed ? writer_->finish_recording(recording_id_, clock_.unix_ns(), ledger) : flushed;
    print_closing(ledger, books, ended);
    if (event_file_) {
      if (auto saved = event_file_->finish(books.source); !saved) return fail(saved.error());
    }
    if (!finished) return fail(with_context("writing " + globals_.db, finished.error()));
    if (const std::string off = record::imbalance(books); !off.empty()) {
      return fail({"the ledger does not balance (" + off + "): do not trust this recording; please report it"});
    }
    if (options_.fail_on_loss && !record::closing_of(ledger, books).is_whole) {
      return fail({"the recording is not whole (--fail-on-loss): docs/debugging.md explains each line above"});
    }
    const bool command_ended = child_ && ended == record::Recorder::Ended::kProcessEnded;
    const ExitStatus status = command_ended ? end_command() : ExitStatus::kDone;
    const bool nothing = books.written.exchanges == 0 && status == ExitStatus::kDone;
    if (nothing) return fail(nothing_recorded(ledger));
    print_next(globals_.db);
    return status;
  }

  // As time(1) and strace do: who waits for the command learns how it ended.
  ExitStatus end_command() {
    constexpr int kReapMs = 1000;  // between the event of its end and the end
    const std::optional<int> code = child_->exit_code(kReapMs);
    if (!code || *code == 0) return ExitStatus::kDone;
    std::fprintf(stderr, "the command ended with exit code %d, and so does this\n", *code);
    return static_cast<ExitStatus>(*code);
  }

  // The command ends with its recording. What it started may be meant to live on (a daemon), or may end by itself in a
  // moment, as it does after Ctrl-C: it is not killed, but said.
  void end_child() {
    constexpr int kMostWaits = 20;
    constexpr useconds_t kWaitUs = 25'000;
    if (!child_) return;
    child_.reset();
    for (int i = 0; i < kMostWaits && !ring_->running().empty(); ++i) ::usleep(kWaitUs);
    const std::vector<std::uint32_t> left = ring_->running();
    if (left.empty()) return;
    std::fprintf(stderr, "still running, started by the command: pid %s; kill what is not needed\n",
                 describe_processes(left).c_str());
  }

  void print_closing(const schema::Ledger& ledger, const record::Books& books, record::Recorder::Ended ended) {
    if (ended == record::Recorder::Ended::kProcessEnded) std::fprintf(stderr, "the recorded process ended\n");
    if (ended == record::Recorder::Ended::kSize)
      std::fprintf(stderr, "--max-size %s is reached\n", printable(options_.max_size).c_str());
    print_books(ledger, books);
    for (const std::uint32_t pid : recorder_->io_uring_processes()) {
      std::fprintf(stderr,
                   "pid %u uses sockets through io_uring: what it moves that way is not seen (docs/capture.md)\n", pid);
    }
    const std::vector<std::string> tls = recorder_->tls_notes().lines();
    has_unread_tls_ = !tls.empty();
    print_unread(ring_->problems(), tls, sink_->counts());
  }

  [[nodiscard]] Error nothing_recorded(const schema::Ledger& ledger) const {
    record::Circumstances known;
    known.wanted_ports = options_.ports;
    known.listening = record::listening_ports(ring_->running());
    known.found_processes = !pids_.empty();
    known.is_sampled = options_.sample < 1;
    known.has_unread_tls = has_unread_tls_;
    known.has_io_uring = !recorder_->io_uring_processes().empty();
    return {"nothing was recorded: " + record::why_nothing(ledger, sink_->counts(), known) +
            "; docs/debugging.md goes through the causes"};
  }

  const RecordOptions& options_;
  const Globals& globals_;
  SystemClock clock_;
  EndpointFilter filter_;
  RecordLimits limits_;
  std::vector<std::int64_t> pids_;
  record::Cgroup cgroup_;
  std::unique_ptr<record::RingSource> ring_;
  std::unique_ptr<record::EventFileWriter> event_file_;
  std::optional<record::TeeSource> tee_;
  record::EventSource* source_ = nullptr;
  std::unique_ptr<schema::BatchWriter> writer_;
  std::optional<Child> child_;
  std::optional<record::SocketDiagnosis> diagnosis_;
  record::OpenSockets open_;
  schema::RowId recording_id_ = 0;
  std::unique_ptr<redact::Redactor> redactor_;  // outlives the sink; none: secrets are kept
  std::optional<record::PatientStore> store_;
  std::optional<record::TraceSink> sink_;
  std::optional<record::Recorder> recorder_;
  bool has_unread_tls_ = false;
  const std::atomic<bool>* stop_ = nullptr;
};

}  // namespace

void add_record(CLI::App& app, const Globals& globals, Action& action) {
  CLI::App* command = app.add_subcommand("record", "Record the HTTP traffic of a running process");
  auto options = std::make_shared<RecordOptions>();
  add_options(*command, *options);
  command->callback([options, &globals, &action] {
    action = [options, &globals] { return RecordCommand(*options, globals).run(); };
  });
}

}  // namespace tracerec::cli
