// tracerec import
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/glob.h"
#include "base/same_file.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/filters.h"
#include "cli/removal_text.h"
#include "cli/signals.h"
#include "cli/status_line.h"
#include "cli/version.h"
#include "convert/gor_file.h"
#include "convert/har_file.h"
#include "convert/import.h"
#include "convert/input_file.h"
#include "convert/jsonl_file.h"
#include "redact/redactor.h"
#include "redact/rules.h"
#include "schema/batch_writer.h"

// How this works. The file is read twice: first to see that it is whole, and how much there is; then into the trace
// file. What is broken leaves nothing behind. Tests: tests/e2e/import_test.cc.

namespace tracerec::cli {
namespace {

struct Options {
  std::string format;
  std::string file;
  std::string name;
  std::string redact;
  bool keep_secrets = false;
  std::vector<std::string> hosts;
  FilterOptions filter;
};

using Read = Result<convert::FileOrigin> (*)(convert::InputFile&, const convert::EntryVisitor&);

struct Format {
  const char* name;
  Read read;
};
constexpr Format kFormats[] = {{"har", convert::read_har}, {"gor", convert::read_gor}, {"jsonl", convert::read_jsonl}};

Read reader_of(const std::string& format) {
  const auto* found =
      std::find_if(std::begin(kFormats), std::end(kFormats), [&](const Format& one) { return format == one.name; });
  return found->read;  // CLI11 has checked it
}

constexpr std::size_t kHoldBytes = std::size_t{64} << 20;

// What the first reading finds.
struct Survey {
  convert::FileOrigin origin;
  std::uint64_t entries = 0;
  std::uint64_t exchanges = 0;
  std::int64_t first_unix_ns = 0;
};

// "entry", "entries".
std::string count_of(std::uint64_t count, const char* one, const char* many) {
  return format_count(count) + " " + (count == 1 ? one : many);
}

class ImportCommand {
 public:
  ImportCommand(const Options& options, const Globals& globals)
      : options_(options), globals_(globals), read_(reader_of(options.format)) {}

  ExitStatus run() {
    if (auto ready = prepare(); !ready) return fail(ready.error());
    if (auto surveyed = survey(); !surveyed) return stop_->load() ? interrupted() : fail(of_file(surveyed.error()));
    if (survey_.exchanges == 0) return fail(nothing_to_import());
    if (auto writable = check_writable(globals_.db); !writable) return fail(writable.error());
    if (auto begun = begin(); !begun) return fail(begun.error());
    const Result<void> copied = copy();
    const Result<void> ended = end();
    if (!copied || !ended) say_what_is_left();
    if (!copied) return fail(of_file(copied.error()));
    if (!ended) return fail(with_context("writing " + globals_.db, ended.error()));
    print_counts();
    return stop_->load() ? interrupted() : ExitStatus::kDone;
  }

 private:
  [[nodiscard]] Error of_file(const Error& error) const {
    return Error{printable(options_.file, 200) + " " + error.message};
  }

  // Of a file that changed, or a disk that is full.
  void say_what_is_left() const {
    std::fprintf(stderr,
                 "recording %lld holds a part of the file only: tracerec -d %s rm --recording %lld removes it\n",
                 static_cast<long long>(recording_id_), printable(globals_.db, 200).c_str(),
                 static_cast<long long>(recording_id_));
  }

  static ExitStatus interrupted() {
    std::fputs("interrupted\n", stderr);
    return ExitStatus::kInterrupted;
  }

  Result<void> prepare() {
    stop_ = &stop_on_signals();
    auto filter = make_filter(options_.filter);
    if (!filter) return filter.error();
    filter_ = std::move(*filter);
    std::vector<std::string> used = trace_files(globals_.db);
    used.push_back(options_.redact);
    if (auto unused = check_unused("the file to import", options_.file, used); !unused) return unused;
    if (auto ready = prepare_redaction(); !ready) return ready;
    auto file = convert::InputFile::open(options_.file);
    if (!file) return Error{printable(options_.file, 200) + ": " + file.error().message};
    file_ = std::move(*file);
    return {};
  }

  Result<void> prepare_redaction() {
    if (options_.keep_secrets && !options_.redact.empty())
      return Error{"--keep-secrets and --redact contradict each other: give one of them"};
    if (options_.keep_secrets) return {};
    auto rules = options_.redact.empty() ? Result<redact::RedactionRules>(redact::default_redaction_rules())
                                         : redact::load_redaction_rules(options_.redact);
    if (!rules) return rules.error();
    rules->thorough = true;
    auto redactor = redact::Redactor::create(std::move(*rules), kHoldBytes);
    if (!redactor) return redactor.error();
    redactor_ = std::move(*redactor);
    return {};
  }

  // An entry that the options leave out becomes one that is skipped.
  void choose(convert::Entry& entry) {
    const auto* draft = std::get_if<convert::Draft>(&entry);
    if (draft == nullptr) return;
    const std::string host = to_lower(draft->host);  // RFC 9110 §4.2.3
    const auto is_host = [&](const std::string& pattern) { return glob_match(to_lower(pattern), host); };
    const bool wanted = options_.hosts.empty() || std::any_of(options_.hosts.begin(), options_.hosts.end(), is_host);
    if (!wanted) note_host(draft->host);
    if (!wanted || !filter_.accepts(draft->row.method, draft->row.target))
      entry = convert::Skipped{convert::kFiltered, ""};
  }

  void show_progress(const char* doing, std::uint64_t entries) {
    constexpr std::uint64_t kEach = 256;
    if (!status_.enabled() || entries % kEach != 0) return;
    status_.show(std::string(doing) + " " + format_bytes(file_->position()) + " of " + format_bytes(file_->size()) +
                 ", " + count_of(entries, "entry", "entries"));
  }

  Result<void> survey() {
    auto origin = read_(*file_, [&](convert::Entry&& entry) {
      choose(entry);
      show_progress("checking", ++survey_.entries);
      const auto* draft = std::get_if<convert::Draft>(&entry);
      if (draft != nullptr) {
        const std::int64_t start = draft->row.started_unix_ns;
        if (start > 0 && (survey_.first_unix_ns == 0 || start < survey_.first_unix_ns)) survey_.first_unix_ns = start;
        ++survey_.exchanges;
      } else {
        note_skipped(std::get<convert::Skipped>(entry));
      }
      return !stop_->load();
    });
    if (!origin) return origin.error();
    if (stop_->load()) return Error{"interrupted"};
    survey_.origin = std::move(*origin);
    return file_->rewind();
  }

  void note_skipped(const convert::Skipped& skipped) {
    if (skipped.reason == convert::kFiltered) ++filtered_;
    if (skipped.reason == convert::kUnreadable && first_unreadable_.empty())
      first_unreadable_ = "entry " + format_count(survey_.entries) + ": " + printable(skipped.detail, 200);
  }

  // What --host left out, for who has mistyped it.
  void note_host(const std::string& host) {
    constexpr std::size_t kMost = 5;
    if (other_hosts_.size() < kMost) other_hosts_.insert(host);
  }

  [[nodiscard]] std::string hosts_of_file() const {
    std::string names;
    for (const std::string& host : other_hosts_)
      names += (names.empty() ? " (the file has " : ", ") + printable(host, 60);
    return names.empty() ? "" : names + ")";
  }

  [[nodiscard]] Error nothing_to_import() const {
    if (survey_.entries == 0) return of_file({"has no entries: nothing was imported"});
    const std::string all = count_of(survey_.entries, "entry", "entries");
    if (filtered_ > 0)
      return of_file(
          {"has " + all + ", of which the options choose none" + hosts_of_file() + ": nothing was imported"});
    const std::string first = first_unreadable_.empty() ? "" : " (" + first_unreadable_ + ")";
    return of_file({"has " + all + ", of which none is an exchange with a server" + first + ": nothing was imported"});
  }

  [[nodiscard]] schema::Recording describe() const {
    nlohmann::json json{
        {"import", {{"format", options_.format}, {"file", options_.file}, {"tool", survey_.origin.tool}}}};
    if (!options_.hosts.empty()) json["host"] = options_.hosts;
    if (!options_.filter.include.empty()) json["include"] = without_secrets(options_.filter.include);
    if (!options_.filter.exclude.empty()) json["exclude"] = without_secrets(options_.filter.exclude);
    if (options_.keep_secrets) json["keep_secrets"] = true;
    if (redactor_ != nullptr) {
      const redact::RedactionRules& rules = redactor_->rules();
      if (!rules.kept_headers.empty()) json["kept_headers"] = rules.kept_headers;
      if (!rules.kept_fields.empty()) json["kept_fields"] = rules.kept_fields;
      if (!rules.source.empty()) json["redaction"] = nlohmann::json::parse(rules.source, nullptr, false);
    }
    const std::string file = std::filesystem::path(options_.file).filename().string();
    schema::Recording recording;
    recording.name = options_.name.empty() ? file : options_.name;
    recording.command = "import " + options_.format + " " + file;
    recording.host = survey_.origin.tool;
    recording.version = kVersion;
    recording.options = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    recording.started_unix_ns = survey_.first_unix_ns > 0 ? survey_.first_unix_ns : clock_.unix_ns();
    recording.secrets = redactor_ != nullptr ? schema::Secrets::kReplaced : schema::Secrets::kKept;
    return recording;
  }

  Result<void> begin() {
    auto writer = schema::BatchWriter::open(globals_.db, {});
    if (!writer) return writer.error();
    writer_ = std::move(*writer);
    const auto next = writer_->next_ids();
    if (!next) return next.error();
    const schema::Recording recording = describe();
    const auto id = writer_->begin_recording(recording);
    if (!id) return id.error();
    recording_id_ = *id;
    import_ = std::make_unique<convert::Import>(
        convert::ImportTarget{*writer_, recording_id_, *next, recording.started_unix_ns, redactor_.get()});
    return {};
  }

  Result<void> copy() {
    Result<void> added;
    std::uint64_t entries = 0;
    const auto read = read_(*file_, [&](convert::Entry&& entry) {
      choose(entry);
      added = import_->add(std::move(entry));
      show_progress("importing", ++entries);
      return added.has_value() && !stop_->load();
    });
    status_.clear();
    if (!added) return added;
    if (!read) return read.error();
    const bool is_all = entries == survey_.entries && file_->is_unchanged();
    return is_all || stop_->load() ? Result<void>()
                                   : Result<void>(Error{"was changed while it was read: import it again"});
  }

  Result<void> end() {
    if (auto flushed = writer_->flush(); !flushed) return flushed;
    auto ledger = import_->ledger();
    if (!ledger) return ledger.error();
    const std::uint64_t left = survey_.entries - std::min(survey_.entries, import_->counts().entries());
    if (left > 0) ledger->push_back({"skipped.interrupted", left, 0});
    return writer_->finish_recording(recording_id_, import_->ended_unix_ns(), *ledger);
  }

  void print_counts() const {
    const convert::ImportCounts& counts = import_->counts();
    std::printf("%s: recording %lld with %s (%s incomplete) of %s\n", printable(globals_.db, 200).c_str(),
                static_cast<long long>(recording_id_), count_of(counts.exchanges, "exchange", "exchanges").c_str(),
                format_count(counts.incomplete).c_str(), count_of(survey_.entries, "entry", "entries").c_str());
    print_skipped(counts);
    print_incomplete(counts);
    print_hosts(counts);
  }

  static void print_skipped(const convert::ImportCounts& counts) {
    if (counts.skipped.empty()) return;
    std::string line;
    for (const auto& [reason, count] : counts.skipped)
      line += (line.empty() ? "" : ", ") + reason + " " + format_count(count);
    std::printf("skipped: %s\n", line.c_str());
    if (!counts.first_unreadable.empty())
      std::printf("unreadable: the first is %s\n", printable(counts.first_unreadable, 300).c_str());
  }

  static void print_incomplete(const convert::ImportCounts& counts) {
    if (counts.incomplete == 0) return;
    std::string line;
    for (const auto& [word, count] : counts.incomplete_by)
      line += (line.empty() ? "" : ", ") + word + " " + format_count(count);
    std::printf("incomplete, not sent by replay: %s\n", line.c_str());
    const auto no_body = counts.incomplete_by.find(convert::kResponseBodyUnknown);
    if (no_body != counts.incomplete_by.end() && no_body->second * 2 > counts.exchanges)
      std::puts("most response bodies are not in the file: export it again, \"HAR with content\"");
  }

  // Most of what a browser loads is of others: they must not be sent to the target.
  void print_hosts(const convert::ImportCounts& counts) const {
    if (counts.hosts.size() < 2) return;
    std::vector<std::pair<std::uint64_t, std::string>> most;
    for (const auto& [host, count] : counts.hosts) most.emplace_back(count, host);
    std::sort(most.begin(), most.end(), std::greater<>());
    constexpr std::size_t kShown = 5;
    std::string line;
    for (std::size_t i = 0; i < std::min(kShown, most.size()); ++i)
      line += (i == 0 ? "" : ", ") + (most[i].second.empty() ? "(none)" : printable(most[i].second, 60)) + " " +
              format_count(most[i].first);
    const std::size_t more = most.size() - std::min(kShown, most.size());
    std::printf("hosts: %s%s\n", line.c_str(), more > 0 ? (" and " + format_count(more) + " more").c_str() : "");
    std::puts("replay sends all of them to its target: import one host alone with --host NAME");
  }

  const Options& options_;
  const Globals& globals_;
  Read read_;
  SystemClock clock_;
  const std::atomic<bool>* stop_ = nullptr;
  EndpointFilter filter_;
  StatusLine status_;
  Survey survey_;
  std::uint64_t filtered_ = 0;
  std::string first_unreadable_;
  std::set<std::string> other_hosts_;
  schema::RowId recording_id_ = 0;
  std::unique_ptr<redact::Redactor> redactor_;
  std::unique_ptr<convert::InputFile> file_;
  std::unique_ptr<schema::BatchWriter> writer_;
  std::unique_ptr<convert::Import> import_;
};

}  // namespace

void add_import(CLI::App& app, const Globals& globals, Action& action) {
  CLI::App* command = app.add_subcommand("import", "Make a recording of a file of another tool");
  auto options = std::make_shared<Options>();
  std::vector<std::string> names;
  for (const Format& format : kFormats) names.emplace_back(format.name);
  command
      ->add_option("format", options->format,
                   "har: HTTP Archive of a browser or proxy; gor: of GoReplay; jsonl: of tracerec export "
                   "(docs/formats.md)")
      ->required()
      ->check(CLI::IsMember(names))
      ->type_name("FORMAT");
  command->add_option("file", options->file, "Is read twice; it is not changed")->required()->type_name("FILE");
  command->add_option("--host", options->hosts, "Only requests to these, as HOST or HOST:PORT, * allowed; repeatable")
      ->type_name("PATTERN")
      ->allow_extra_args(false);
  add_filter_options(*command, options->filter);
  command->add_option("--name", options->name, "What the recording is called; default: the file")->type_name("NAME");
  command->add_flag("--keep-secrets", options->keep_secrets, "Store credentials as they are, instead of replaced");
  command->add_option("--redact", options->redact, "A rules file: further headers and fields to replace")
      ->type_name("FILE");
  command->footer(
      "What the file does not have stays unknown: an exchange without a body that was there is incomplete and is not\n"
      "sent. Nothing is stored when the file is not whole.\n"
      "  tracerec import har shop.har --host shop.example.com && tracerec replay --target staging:8080");
  command->callback([options, &globals, &action] {
    action = [options, &globals] { return ImportCommand(*options, globals).run(); };
  });
}

}  // namespace tracerec::cli
