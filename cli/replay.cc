// tracerec replay
#include "replay/replay.h"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/evaluation.h"
#include "cli/pick.h"
#include "cli/replay_files.h"
#include "cli/replay_options.h"
#include "cli/replay_output.h"
#include "cli/replay_secrets.h"
#include "cli/report_files.h"
#include "cli/signals.h"
#include "cli/status_line.h"
#include "cli/target_client.h"
#include "evaluate/sample.h"
#include "replay/plan.h"
#include "replay/recheck.h"
#include "schema/batch_writer.h"
#include "schema/reader.h"

namespace tracerec::cli {
namespace {

// Stops on signals, and shows its progress on a terminal.
replay::ReplayControl make_control(StatusLine& line) {
  replay::ReplayControl control;
  control.stop = &stop_on_signals();
  if (line.enabled())
    control.on_progress = [&](const replay::Progress& progress) { line.show(replay::describe(progress)); };
  return control;
}

Result<replay::ReplaySummary> send(const replay::ReplayOptions& plan, const ReplayFiles& files) {
  std::unique_ptr<schema::BatchWriter> writer;
  // The writer must not create a missing file.
  if (!plan.dry_run && std::filesystem::exists(files.runs)) {
    auto opened = schema::BatchWriter::open(files.runs, {});
    if (!opened) return opened.error();
    writer = std::move(*opened);
  }
  auto reader = schema::Reader::open(files.source);
  if (!reader) return reader.error();
  StatusLine line;
  replay::ReplayControl control = make_control(line);
  control.on_warning = [](const std::string& text) { std::fprintf(stderr, "%s\n", printable(text).c_str()); };
  control.on_unsafe = [&plan](const std::string& methods) {
    std::fprintf(stderr, "requests that may change things at %s: %s\n", printable(plan.target.url()).c_str(),
                 methods.c_str());
  };
  const SystemClock clock;
  return replay::replay(plan, **reader, writer.get(), control, clock);
}

// What happens at one server before the first request of the recording.
Result<void> prepare_server(const LoginFile& login, std::int64_t wait_ns, replay::ReplayOptions& plan) {
  if (wait_ns > 0) {
    if (auto ready = wait_until_ready(plan, wait_ns, stop_on_signals()); !ready) return ready;
  }
  auto logged_in = plan.dry_run ? logins_to_come(login) : log_in(plan, login, stop_on_signals());
  if (!logged_in) return logged_in.error();
  plan.identities = std::move(logged_in->identities);
  for (http::Header& header : logged_in->headers) plan.set_headers.push_back(std::move(header));
  return {};
}

Result<void> prepare_servers(const ReplayCommandOptions& options, const schema::TraceSource& db,
                             replay::ReplayOptions& plan) {
  const auto wait_ns = read_duration("--wait-ready", options.wait_ready);
  if (!wait_ns) return wait_ns.error();
  LoginFile login;
  if (!options.login.empty()) {
    (void)stop_on_signals();  // it may be a pipe
    auto read = read_login_file(options.login, db);
    if (!read) return read.error();
    login = std::move(*read);
  }
  if (plan.dry_run) return prepare_server(login, 0, plan);
  replay::ReplayOptions of_baseline = plan;
  if (auto prepared = prepare_server(login, *wait_ns, plan); !prepared || !plan.baseline) return prepared;
  of_baseline.target = plan.baseline->target;
  auto prepared = prepare_server(login, *wait_ns, of_baseline);
  plan.baseline->set_headers = std::move(of_baseline.set_headers);
  plan.baseline->identities = std::move(of_baseline.identities);
  return prepared;
}

// An error that comes of Ctrl-C is none.
ExitStatus fail_or_end(const Error& error) {
  const ExitStatus failed = fail(error);
  return stop_on_signals().load() ? ExitStatus::kInterrupted : failed;
}

// Of the run that is to be judged. Gives whether there is more evidence. That it cannot be had is not an error: the run
// is judged without, and said to be.
Result<replay::RecheckSummary> send_again(const replay::ReplayOptions& plan, const ReplayFiles& files,
                                          const replay::Recheck& what) {
  auto writer = schema::BatchWriter::open(files.runs, {});
  if (!writer) return writer.error();
  auto reader = schema::Reader::open(files.source);
  if (!reader) return reader.error();
  StatusLine line;
  const SystemClock clock;
  return replay::recheck(plan, what, **reader, **writer, make_control(line), clock);
}

evaluate::Recheck make_rechecking(const ReplayCommandOptions& options, const replay::ReplayOptions& plan,
                                  const schema::Run& run, const ReplayFiles& files, bool& interrupted) {
  evaluate::Recheck rechecking;
  rechecking.writes_too = options.recheck == "all";
  rechecking.send = [&plan, &run, &files, &interrupted](const std::vector<schema::RowId>& exchanges,
                                                        bool clocks) -> Result<bool> {
    const auto summary = send_again(plan, files, {run, exchanges, clocks});
    interrupted = stop_on_signals().load();
    end_while_comparing(run.id);
    if (!summary) {
      std::fprintf(stderr, "nothing was re-sent: %s\n", printable(summary.error().message).c_str());
      return false;
    }
    print_recheck(*summary);
    if (interrupted)
      std::fputs("interrupted while re-sending: the run is judged with the evidence that there is\n", stderr);
    return true;
  };
  return rechecking;
}

// The reader is closed again: while one is open, the log of a writer stays beside the file.
Result<schema::Run> stored_run(const ReplayFiles& files, schema::RowId id) {
  auto reader = schema::Reader::open(files.source);
  if (!reader) return reader.error();
  return pick_run(**reader, id, files.runs);
}

ExitStatus replay_once(const ReplayCommandOptions& options, const replay::ReplayOptions& plan,
                       const EvaluationPlan& evaluation, const ReplayFiles& files) {
  auto summary = send(plan, files);
  if (!summary) return fail_or_end(summary.error());
  print_summary(*summary, options.dry_run);
  for (const replay::ReplaySummary& baseline : summary->baseline) print_summary(baseline, false, "baseline ");
  print_edges(*summary);
  if (options.dry_run) return ExitStatus::kDone;
  if (const std::string why = explain_plain_http(plan, *summary, stop_on_signals()); !why.empty())
    std::fprintf(stderr, "%s\n", printable(why).c_str());
  auto run = stored_run(files, summary->run_id);
  if (!run) return fail(run.error());
  bool interrupted = summary->interrupted || stop_on_signals().load();
  const evaluate::Recheck rechecking = make_rechecking(options, plan, *run, files, interrupted);
  const bool recheck = options.recheck != "off" && !interrupted && summary->gave_up.empty();
  auto verdict = evaluate_run(files.source, *run, evaluation, recheck ? &rechecking : nullptr);
  if (!verdict) return fail(verdict.error());
  return interrupted ? ExitStatus::kInterrupted : *verdict;
}

// What the trace file must hold for the options, before anything is sent.
Result<void> check_stored(const ReplayCommandOptions& options, const EvaluationPlan& evaluation,
                          const schema::TraceSource& db) {
  const schema::RowId against = evaluation.evaluate.against.value_or(0);
  if (against == 0) return {};
  const auto reader = schema::Reader::open(db);
  if (!reader) return reader.error();
  const auto recording = pick_recording(**reader, options.recording, db.path);
  if (!recording) return recording.error();
  const Result<void> usable = evaluate::check_against(**reader, recording->id, against);
  return usable ? usable : with_context("--against", usable.error());
}

// Of each endpoint, by the templates of the rules.
Result<void> select(const ReplayCommandOptions& options, const EvaluationPlan& evaluation,
                    const schema::TraceSource& source, replay::ReplayOptions& plan) {
  if (options.sample_per_endpoint == 0) return {};
  const auto rows = schema::Reader::open(source);
  if (!rows) return rows.error();
  const auto bodies = schema::Reader::open(source);
  if (!bodies) return bodies.error();
  const auto recording = pick_recording(**rows, options.recording, source.path);
  if (!recording) return recording.error();
  auto sample = evaluate::sample_per_endpoint(
      **rows, **bodies, recording->id,
      [&plan](const schema::StoredExchange& exchange) { return replay::skip_reason(exchange, plan.filter) == nullptr; },
      evaluation.evaluate.rules.endpoints, static_cast<std::size_t>(options.sample_per_endpoint));
  if (!sample) return sample.error();
  plan.selected = std::make_shared<const replay::ExchangeSet>(std::move(*sample));
  return {};
}

// The first run that fails decides the exit code; an error or Ctrl-C ends the repetition.
ExitStatus replay_and_evaluate(ReplayCommandOptions options, const Globals& globals) {
  auto evaluation = plan_evaluation(options.evaluation);
  if (!evaluation) return fail(evaluation.error());
  auto plan = plan_replay(options);
  if (!plan) return fail(plan.error());
  const bool against_run =
      evaluation->evaluate.against ? *evaluation->evaluate.against != 0 : plan->baseline.has_value();
  if (auto known = evaluate::check_conditions(evaluation->evaluate, against_run); !known) return fail(known.error());
  const std::vector<std::string> named = files_in_use({globals.db, options.into}, options.evaluation);
  if (auto writable = check_report_files(evaluation->reports, named); !writable) return fail(writable.error());
  const auto files = choose_files(options, globals);
  if (!files) return fail(files.error());
  options.recording = files->recording_id;
  if (auto stored = check_stored(options, *evaluation, files->source); !stored) return fail(stored.error());
  std::vector<std::string> inputs = files_in_use(files->traces, options.evaluation);
  inputs.insert(inputs.end(),
                {options.login, options.redact, options.jwt_key, options.cacert, options.cert, options.key});
  for (const std::string& text : options.set_headers) {
    if (text.starts_with('@')) inputs.push_back(text.substr(1));
  }
  if (auto writable = check_report_files(evaluation->reports, inputs); !writable) return fail(writable.error());
  plan->recording_id = options.recording;
  if (auto selected = select(options, *evaluation, files->source, *plan); !selected) return fail(selected.error());
  auto secrets = plan_secrets(options, files->source);  // a mistake in its rules is said before anything is sent
  if (!secrets) return fail(secrets.error());
  plan->secrets = std::move(*secrets);
  if (auto prepared = prepare_servers(options, files->source, *plan); !prepared) return fail_or_end(prepared.error());
  if (auto marked = mark_recorded(plan->identities, files->source, options.recording); !marked)
    return fail(marked.error());
  plan->options_json = options_json(options, *plan);
  ExitStatus all = ExitStatus::kDone;
  for (std::size_t i = 0; i < options.repeat; ++i) {
    const ExitStatus one = replay_once(options, *plan, *evaluation, *files);
    if (all == ExitStatus::kDone) all = one;
    if (one != ExitStatus::kDone && one != ExitStatus::kGateFailed) return one;
  }
  return all;
}

}  // namespace

void add_replay(CLI::App& app, const Globals& globals, Action& action) {
  CLI::App* command =
      app.add_subcommand("replay", "Send a recording to a target, compare the responses, print the report");
  auto options = std::make_shared<ReplayCommandOptions>();
  add_replay_options(*command, *options);
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
