// tracerec: records the HTTP traffic of a running process, replays it, judges the responses. One file per subcommand.
#include <cerrno>
#include <cstdio>
#include <exception>
#include <string>
#include <system_error>

#include "base/text.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/signals.h"
#include "cli/unexpected.h"
#include "cli/usage_error.h"
#include "cli/version.h"
#ifndef TRACEREC_NO_RECORDER
#include "record/privileges.h"
#endif

namespace tracerec::cli {

ExitStatus fail(const Error& error) {
  std::fprintf(stderr, "tracerec: %s\n", printable(error.message).c_str());  // it may name anything
  return ExitStatus::kCouldNot;
}

namespace {

#ifdef TRACEREC_NO_RECORDER
constexpr const char* kRecordExample = "";
constexpr const char* kRecordExitCode = "";
#else
constexpr const char* kRecordExample =
    "  tracerec record --pid 1234               record a running server; Ctrl-C ends it\n";
constexpr const char* kRecordExitCode = "\nrecord -- COMMAND ends with the exit code of the command.";
#endif

std::string footer() {
  return std::string("A first session:\n") + kRecordExample +
         "  tracerec ls                              what was recorded\n"
         "  tracerec replay --target staging:8080    re-send, compare, print the report\n"
         "  tracerec ui                              the same in a browser: differences, approvals\n"
         "\n"
         "Exit codes: 0 done, gate passed; 1 gate failed; 2 could not do its job; 130 interrupted." +
         kRecordExitCode;
}

// What was printed must have been taken: a full disk or a closed stdout is not a success. A reader that has gone is.
// What people read counts, too: the plan of --dry-run, the ledger of a recording.
ExitStatus with_output(ExitStatus status) {
  errno = 0;
  const bool written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  const bool told = std::ferror(stderr) == 0 || error_output_is_closed();
  if (status == ExitStatus::kDone && !told) return ExitStatus::kCouldNot;  // there is nowhere to say why
  if (written || output_is_closed() || status == ExitStatus::kCouldNot) return status;
  const int error = errno == 0 ? EIO : errno;  // an earlier write may have failed, whose reason is gone
  return fail({"cannot write the output: " + std::generic_category().message(error)});
}

ExitStatus run(int argc, char** argv) {
  CLI::App app{"Record the HTTP traffic of a running process, replay it against staging, compare the responses.",
               "tracerec"};
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("tracerec ") + kVersion);
  app.fallthrough();

  Globals globals;
  app.add_option("-d,--db", globals.db, "The trace file")
      ->capture_default_str()
      ->type_name("FILE")
      ->check([](const std::string& name) { return std::string(name.empty() ? "names no file" : ""); });
  app.add_option("--recording-file", globals.recording_file,
                 "Where the recordings of a file of runs (replay --into) are now")
      ->type_name("FILE");

  Action action;
  add_record(app, globals, action);
  add_replay(app, globals, action);
  add_diff(app, globals, action);
  add_approve(app, globals, action);
  add_ls(app, globals, action);
  add_show(app, globals, action);
  add_export(app, globals, action);
  add_import(app, globals, action);
  add_scrub(app, globals, action);
  add_prune(app, globals, action);
  add_rm(app, globals, action);
  add_merge(app, globals, action);
  add_split(app, globals, action);
  add_ui(app, globals, action);
  add_doctor(app, globals, action);
  add_completion(app, action);
  app.footer(footer());  // after the subcommands, which would take it over

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    app.exit(help);
    return with_output(ExitStatus::kDone);
  } catch (const CLI::ParseError& wrong) {
    return fail(explain_usage(app, wrong));
  }
  end_on_signals("tracerec: interrupted");  // until a command asks for more
  return with_output(action());
}

}  // namespace
}  // namespace tracerec::cli

int main(int argc, char** argv) {
  if (!tracerec::cli::occupy_standard_descriptors()) return static_cast<int>(tracerec::ExitStatus::kCouldNot);
  tracerec::cli::tolerate_closed_output();
#ifndef TRACEREC_NO_RECORDER
  tracerec::record::set_capabilities_aside();
#endif
  try {
    return static_cast<int>(tracerec::cli::run(argc, argv));
  } catch (const std::exception& unexpected) {
    return static_cast<int>(tracerec::cli::fail(tracerec::cli::explain_exception(unexpected)));
  }
}
