// tracerec replay
#include "replay/replay.h"

#include <charconv>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/clock.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/evaluation.h"
#include "cli/filters.h"
#include "cli/pick.h"
#include "cli/signals.h"
#include "cli/status_line.h"
#include "cli/target_client.h"
#include "replay/recheck.h"
#include "schema/batch_writer.h"
#include "schema/reader.h"

namespace tracerec::cli {
namespace {

struct Options {
  std::string target;
  std::string baseline;
  std::string recheck = "safe";
  schema::RowId recording = 0;
  std::string speed = "1";
  double rate = 0;
  std::size_t connections = 0;
  FilterOptions filter;
  std::vector<std::string> set_headers;
  std::vector<std::string> remove_headers;
  std::vector<std::string> rewrite_paths;
  std::string correlate = "auto";
  std::string order = "auto";
  std::string timeout = "30s";
  std::string connect_timeout = "10s";
  std::string first_byte_timeout;
  std::string max_idle;
  std::string max_lateness;
  std::string wait_ready;
  std::string login;
  std::size_t repeat = 1;
  bool insecure = false;
  std::string cacert;
  std::string cert;
  std::string key;
  bool allow_recorded_target = false;
  bool dry_run = false;
  EvaluationOptions evaluation;
};

nlohmann::json to_json(const Options& options) {
  return {{"target", options.target},
          {"baseline", options.baseline},
          {"recheck", options.recheck},
          {"speed", options.speed},
          {"rate", options.rate},
          {"connections", options.connections},
          {"include", options.filter.include},
          {"exclude", options.filter.exclude},
          {"set_header_names", options.set_headers.size()},  // values may be secrets
          {"remove_header", options.remove_headers},
          {"rewrite_path", options.rewrite_paths},
          {"correlate", options.correlate},
          {"order", options.order},
          {"timeout", options.timeout},
          {"connect_timeout", options.connect_timeout},
          {"first_byte_timeout", options.first_byte_timeout},
          {"max_idle", options.max_idle},
          {"max_lateness", options.max_lateness},
          {"insecure", options.insecure}};
}

Result<http::Header> parse_header(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon == std::string::npos || text.find_first_of("\r\n") != std::string::npos) {
    return Error{"--set-header '" + printable(text, 80) + "' is not a valid header: write 'Name: value'"};
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
    return Error{"--speed " + options.speed + " is not a valid speed: write a factor like 1, 0.5 or 10, or max"};
  }
  return {};
}

// "" is 0: not asked for.
Result<std::int64_t> read_duration(const char* option, const std::string& text) {
  if (text.empty()) return std::int64_t{0};
  const auto duration_ns = parse_duration_ns(text);
  if (duration_ns && *duration_ns > 0) return *duration_ns;
  return Error{std::string(option) + " " + printable(text, 40) + " is not a duration: write 30s or 500ms"};
}

// Twice the time that one response may take: a request that times out makes the next one on its connection that late,
// and is not a sign that the target cannot keep up.
Result<void> set_max_lateness(const Options& options, replay::ReplayOptions& plan) {
  plan.max_lateness_ns = 0;
  if (options.max_lateness == "off") return {};
  const auto given_ns = read_duration("--max-lateness", options.max_lateness);
  if (!given_ns) return given_ns.error();
  plan.max_lateness_ns = *given_ns > 0 ? *given_ns : 2 * plan.timeout_ns;
  return {};
}

Result<void> set_times(const Options& options, replay::ReplayOptions& plan) {
  struct {
    const char* name;
    const std::string& text;
    std::int64_t& value_ns;
  } const times[] = {{"--timeout", options.timeout, plan.timeout_ns},
                     {"--connect-timeout", options.connect_timeout, plan.connect_timeout_ns},
                     {"--first-byte-timeout", options.first_byte_timeout, plan.first_byte_timeout_ns},
                     {"--max-idle", options.max_idle, plan.max_idle_ns}};
  for (const auto& [name, text, value_ns] : times) {
    const auto duration_ns = read_duration(name, text);
    if (!duration_ns) return duration_ns.error();
    value_ns = *duration_ns;
  }
  if (plan.timeout_ns == 0) return Error{"--timeout must be above 0: write 30s or 500ms"};
  return set_max_lateness(options, plan);
}

Result<replay::ReplayOptions> plan_replay(const Options& options) {
  replay::ReplayOptions plan;
  auto target = replay::Target::parse(options.target);
  if (!target) return with_context("--target", target.error());
  plan.target = std::move(*target);
  if (!options.baseline.empty()) {
    auto baseline = replay::Target::parse(options.baseline);
    if (!baseline) return with_context("--baseline", baseline.error());
    plan.baseline = replay::Server{std::move(*baseline), {}};
  }
  auto filter = make_filter(options.filter);
  if (!filter) return filter.error();
  plan.filter = std::move(*filter);
  if (auto paced = set_pace(options, plan); !paced) return paced.error();
  for (const std::string& text : options.set_headers) {
    auto header = parse_header(text);
    if (!header) return header.error();
    plan.set_headers.push_back(std::move(*header));
  }
  if (plan.baseline) plan.baseline->set_headers = plan.set_headers;
  plan.remove_headers = options.remove_headers;
  for (const std::string& text : options.rewrite_paths) {
    auto rewrite = replay::parse_path_rewrite(text);
    if (!rewrite) return with_context("--rewrite-path", rewrite.error());
    plan.rewrite_paths.push_back(std::move(*rewrite));
  }
  if (auto timed = set_times(options, plan); !timed) return timed.error();
  plan.correlate = options.correlate == "auto";
  plan.order = options.order == "auto"     ? replay::OrderMode::kAuto
               : options.order == "strict" ? replay::OrderMode::kStrict
                                           : replay::OrderMode::kConnection;
  plan.max_connections = options.connections;
  plan.insecure = options.insecure;
  plan.cacert = options.cacert;
  plan.cert = options.cert;
  plan.key = options.key;
  plan.allow_recorded_target = options.allow_recorded_target;
  plan.dry_run = options.dry_run;
  plan.options_json = to_json(options).dump();
  return plan;
}

void print_edges(const replay::ReplaySummary& summary) {
  if (summary.edge_count == 0) return;
  std::fprintf(stderr, "%s values of requests came from earlier responses and will be the target's:\n",
               format_count(summary.edge_count).c_str());
  for (const replay::FoundEdge& edge : summary.edges) {
    std::fprintf(stderr, "  exchange %lld `%s` → exchange %lld %s\n", static_cast<long long>(edge.producer),
                 printable(edge.produced_at, 200).c_str(), static_cast<long long>(edge.consumer),
                 printable(edge.used_at, 200).c_str());
  }
  if (summary.edge_count > summary.edges.size()) {
    std::fprintf(stderr, "  and %s more\n", format_count(summary.edge_count - summary.edges.size()).c_str());
  }
}

// `who` is put in front: "baseline ".
void print_summary(const replay::ReplaySummary& summary, bool dry_run, const char* who = "") {
  if (dry_run) {
    std::fprintf(stderr, "would send %s of %s exchanges\n", format_count(summary.sent).c_str(),
                 format_count(summary.planned).c_str());
    for (const std::string& line : summary.preflight) std::fprintf(stderr, "  %s\n", line.c_str());
  } else {
    std::fprintf(
        stderr,
        "%s%s: %s exchanges of recording %lld: %s sent, %s answered, %s failed, %s skipped in %.2f s (run %lld)\n", who,
        summary.interrupted        ? "interrupted"
        : !summary.gave_up.empty() ? "given up"
                                   : "replayed",
        format_count(summary.planned).c_str(), static_cast<long long>(summary.recording_id),
        format_count(summary.sent).c_str(), format_count(summary.answered).c_str(),
        format_count(summary.failed).c_str(), format_count(summary.skipped).c_str(),
        static_cast<double>(summary.elapsed_ns) / 1e9, static_cast<long long>(summary.run_id));
    if (!summary.gave_up.empty())
      std::fprintf(stderr, "%s; what was not sent is skipped.overload\n", summary.gave_up.c_str());
  }
  for (const schema::LedgerEntry& entry : summary.ledger) {
    if (entry.key.find('.') != std::string::npos) {
      std::fprintf(stderr, "  %-24s %12s\n", entry.key.c_str(), format_count(entry.count).c_str());
    }
  }
}

// Stops on signals, and shows its progress on a terminal.
replay::ReplayControl make_control(StatusLine& line) {
  replay::ReplayControl control;
  control.stop = &stop_on_signals();
  if (line.enabled())
    control.on_progress = [&](const replay::Progress& progress) { line.show(replay::describe(progress)); };
  return control;
}

Result<replay::ReplaySummary> send(const replay::ReplayOptions& plan, const std::string& db) {
  std::unique_ptr<schema::BatchWriter> writer;
  // The writer first: it brings a file of an older version up to date. But it must not create a missing one.
  if (!plan.dry_run && std::filesystem::exists(db)) {
    auto opened = schema::BatchWriter::open(db, {});
    if (!opened) return opened.error();
    writer = std::move(*opened);
  }
  auto reader = schema::Reader::open(db);
  if (!reader) return reader.error();
  StatusLine line;
  replay::ReplayControl control = make_control(line);
  control.on_unsafe = [&plan](const std::string& methods) {
    std::fprintf(stderr, "requests that may change things at %s: %s\n", plan.target.url().c_str(), methods.c_str());
  };
  const SystemClock clock;
  return replay::replay(plan, **reader, writer.get(), control, clock);
}

// What happens at one server before the first request of the recording.
Result<void> prepare_server(const Options& options, std::int64_t wait_ns, replay::ReplayOptions& plan) {
  if (wait_ns > 0) {
    if (auto ready = wait_until_ready(plan, wait_ns, stop_on_signals()); !ready) return ready;
  }
  if (options.login.empty()) return {};
  auto header = log_in(plan, options.login, stop_on_signals());
  if (!header) return header.error();
  plan.set_headers.push_back(std::move(*header));
  return {};
}

Result<void> prepare_servers(const Options& options, replay::ReplayOptions& plan) {
  const auto wait_ns = read_duration("--wait-ready", options.wait_ready);
  if (!wait_ns) return wait_ns.error();
  if (plan.dry_run) return {};
  replay::ReplayOptions of_baseline = plan;
  if (auto prepared = prepare_server(options, *wait_ns, plan); !prepared || !plan.baseline) return prepared;
  of_baseline.target = plan.baseline->target;
  auto prepared = prepare_server(options, *wait_ns, of_baseline);
  plan.baseline->set_headers = std::move(of_baseline.set_headers);
  return prepared;
}

// Of the run that is to be judged. Gives whether there is more evidence. That it cannot be had is not an error: the run
// is judged without, and said to be.
Result<replay::RecheckSummary> send_again(const replay::ReplayOptions& plan, const std::string& db,
                                          const replay::Recheck& what) {
  auto writer = schema::BatchWriter::open(db, {});
  if (!writer) return writer.error();
  auto reader = schema::Reader::open(db);
  if (!reader) return reader.error();
  StatusLine line;
  const SystemClock clock;
  return replay::recheck(plan, what, **reader, **writer, make_control(line), clock);
}

void print_recheck(const replay::RecheckSummary& summary) {
  std::fprintf(
      stderr, "re-sent %s exchanges, twice each, to learn what varies on its own: %s failed (runs %lld, %lld)\n",
      format_count(summary.first.planned).c_str(), format_count(summary.first.failed + summary.second.failed).c_str(),
      static_cast<long long>(summary.first.run_id), static_cast<long long>(summary.second.run_id));
}

evaluate::Recheck make_rechecking(const Options& options, const replay::ReplayOptions& plan, const schema::Run& run,
                                  const std::string& db, bool& interrupted) {
  evaluate::Recheck rechecking;
  rechecking.writes_too = options.recheck == "all";
  rechecking.send = [&plan, &run, &db, &interrupted](const std::vector<schema::RowId>& exchanges) -> Result<bool> {
    const auto summary = send_again(plan, db, {run, exchanges});
    if (!summary) {
      std::fprintf(stderr, "nothing was re-sent: %s\n", summary.error().message.c_str());
      return false;
    }
    print_recheck(*summary);
    interrupted = interrupted || summary->first.interrupted;
    return true;
  };
  return rechecking;
}

ExitStatus replay_once(const Options& options, const replay::ReplayOptions& plan, const EvaluationPlan& evaluation,
                       const Globals& globals) {
  auto summary = send(plan, globals.db);
  if (!summary) return fail(summary.error());
  print_summary(*summary, options.dry_run);
  for (const replay::ReplaySummary& baseline : summary->baseline) print_summary(baseline, false, "baseline ");
  print_edges(*summary);
  if (options.dry_run) return ExitStatus::kDone;
  auto reader = schema::Reader::open(globals.db);
  if (!reader) return fail(reader.error());
  auto run = pick_run(**reader, summary->run_id, globals.db);
  if (!run) return fail(run.error());
  bool interrupted = summary->interrupted;
  const evaluate::Recheck rechecking = make_rechecking(options, plan, *run, globals.db, interrupted);
  const bool recheck = options.recheck != "off" && !interrupted && summary->gave_up.empty();
  auto verdict = evaluate_run(globals.db, *run, evaluation, recheck ? &rechecking : nullptr);
  if (!verdict) return fail(verdict.error());
  return interrupted ? ExitStatus::kInterrupted : *verdict;
}

// The first run that fails decides the exit code; an error or Ctrl-C ends the repetition.
ExitStatus replay_and_evaluate(const Options& options, const Globals& globals) {
  auto evaluation = plan_evaluation(options.evaluation);
  if (!evaluation) return fail(evaluation.error());
  auto plan = plan_replay(options);
  if (!plan) return fail(plan.error());
  const bool against_run =
      evaluation->evaluate.against ? *evaluation->evaluate.against != 0 : plan->baseline.has_value();
  if (auto provable = evaluate::check_slowdowns(evaluation->evaluate, against_run); !provable)
    return fail(provable.error());
  plan->recording_id = options.recording;
  if (auto prepared = prepare_servers(options, *plan); !prepared) {
    const ExitStatus failed = fail(prepared.error());
    return stop_on_signals().load() ? ExitStatus::kInterrupted : failed;
  }
  ExitStatus all = ExitStatus::kDone;
  for (std::size_t i = 0; i < options.repeat; ++i) {
    const ExitStatus one = replay_once(options, *plan, *evaluation, globals);
    if (all == ExitStatus::kDone) all = one;
    if (one != ExitStatus::kDone && one != ExitStatus::kGateFailed) return one;
  }
  return all;
}

}  // namespace

void add_replay(CLI::App& app, const Globals& globals, Action& action) {
  CLI::App* command =
      app.add_subcommand("replay", "Send a recording to a target, compare the responses, print the report");
  auto options = std::make_shared<Options>();
  command->add_option("--target", options->target, "Where to send it")
      ->required()
      ->type_name("[http[s]://]HOST[:PORT]|unix:/PATH");
  command
      ->add_option("--baseline", options->baseline,
                   "Send each request to this server too, alternating with the target;\n"
                   "its responses are the baseline")
      ->type_name("[http[s]://]HOST[:PORT]|unix:/PATH");
  command
      ->add_option("--recheck", options->recheck,
                   "Re-send what differs, twice, to learn what varies on its own:\n"
                   "safe (GET, HEAD, OPTIONS, TRACE), all, off")
      ->check(CLI::IsMember({"safe", "all", "off"}))
      ->capture_default_str();
  command->add_option("--recording", options->recording, "Default: the newest")->type_name("ID");
  command
      ->add_option("--speed", options->speed,
                   "1: as recorded, 10: ten times as fast, max: as fast as the target responds")
      ->capture_default_str()
      ->type_name("FACTOR|max");
  command->add_option("--rate", options->rate, "Requests a second, evenly spaced, instead of --speed")->type_name("N");
  command->add_option("--connections", options->connections, "At most this many at a time")->type_name("N");
  add_filter_options(*command, options->filter);
  command->add_option("--set-header", options->set_headers, "Replace or add a header in every request; repeatable")
      ->type_name("'N: v'")
      ->allow_extra_args(false);
  command->add_option("--remove-header", options->remove_headers, "Leave a header out; repeatable")
      ->type_name("N")
      ->allow_extra_args(false);
  command
      ->add_option("--rewrite-path", options->rewrite_paths, "Paths that begin with /OLD begin with /NEW; repeatable")
      ->type_name("/OLD=/NEW")
      ->allow_extra_args(false);
  command
      ->add_option("--correlate", options->correlate,
                   "auto: ids, tokens and cookies of recorded responses are replaced by those of the target")
      ->check(CLI::IsMember({"auto", "off"}))
      ->capture_default_str();
  command
      ->add_option("--order", options->order,
                   "What a request waits for on other connections:\n"
                   "auto (its session, its resource, its values),\n"
                   "strict (every earlier response), connection (its values)")
      ->check(CLI::IsMember({"auto", "strict", "connection"}))
      ->capture_default_str();
  command->add_option("--timeout", options->timeout, "Of one exchange, from sending it to the end of its response")
      ->capture_default_str()
      ->type_name("TIME");
  command->add_option("--connect-timeout", options->connect_timeout, "For a connection, TLS included")
      ->capture_default_str()
      ->type_name("TIME");
  command
      ->add_option("--first-byte-timeout", options->first_byte_timeout, "Until a response begins (default: --timeout)")
      ->type_name("TIME");
  command->add_option("--max-idle", options->max_idle, "Cut longer pauses of the recording down to this")
      ->type_name("TIME");
  command
      ->add_option("--max-lateness", options->max_lateness,
                   "Stop when requests stay later than this and do not catch up; the gate fails then\n"
                   "(default: twice --timeout)")
      ->type_name("TIME|off");
  command
      ->add_option("--wait-ready", options->wait_ready,
                   "First wait until the target responds to a GET /, for at most this long")
      ->type_name("TIME");
  command
      ->add_option("--login", options->login,
                   "First send the request in this file and put its response's token\n"
                   "into a header (docs/replay.md)")
      ->type_name("FILE");
  command->add_option("--repeat", options->repeat, "Replay this many times, each a run of its own")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000000))
      ->type_name("N");
  command->add_flag("--insecure", options->insecure, "https: accept any certificate");
  command->add_option("--cacert", options->cacert, "https: trust the authorities in this file")->type_name("FILE");
  command->add_option("--cert", options->cert, "https: our certificate (PEM)")->type_name("FILE");
  command->add_option("--key", options->key, "https: its key (PEM; default: in --cert)")->type_name("FILE");
  command->add_flag("--dry-run", options->dry_run, "Print what would be sent, and what to check first; send nothing");
  command->add_flag("--allow-recorded-target", options->allow_recorded_target,
                    "Send to the very address that was recorded, which may be production");
  add_evaluation_options(*command, options->evaluation);
  command->footer(
      "Requests are sent byte for byte as recorded, except for Host and what you change; on the recorded connections,\n"
      "in the recorded order. Exit code 0: the gate passed, 1: it failed, 2: the target cannot be reached.\n"
      "  tracerec replay --target staging:8080 --speed max --set-header 'Authorization: Bearer …'\n"
      "  tracerec replay --target new:8080 --baseline old:8080    # what differs between two versions?");
  command->callback([options, &globals, &action] {
    action = [options, &globals] { return replay_and_evaluate(*options, globals); };
  });
}

}  // namespace tracerec::cli
