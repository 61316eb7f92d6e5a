// What every subcommand has in common.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "base/error.h"
#include "base/exit_status.h"
#include "schema/reader.h"

namespace tracerec::cli {

// What main() runs once the command line is understood.
using Action = std::function<ExitStatus()>;

// Options of the whole program.
struct Globals {
  std::string db = "tracerec.db";
  std::string recording_file;  // of a file of runs: where its recordings are now; empty: where it says

  [[nodiscard]] schema::TraceSource source() const { return {db, recording_file}; }
};

// Each adds its subcommand to `app`; when it is the one given, `action` becomes what it does. `globals` and `action`
// must outlive the parse and the run.
void add_record(CLI::App& app, const Globals& globals, Action& action);
void add_replay(CLI::App& app, const Globals& globals, Action& action);
void add_diff(CLI::App& app, const Globals& globals, Action& action);
void add_approve(CLI::App& app, const Globals& globals, Action& action);
void add_ls(CLI::App& app, const Globals& globals, Action& action);
void add_show(CLI::App& app, const Globals& globals, Action& action);
void add_export(CLI::App& app, const Globals& globals, Action& action);
void add_import(CLI::App& app, const Globals& globals, Action& action);
void add_scrub(CLI::App& app, const Globals& globals, Action& action);
void add_prune(CLI::App& app, const Globals& globals, Action& action);
void add_rm(CLI::App& app, const Globals& globals, Action& action);
void add_merge(CLI::App& app, const Globals& globals, Action& action);
void add_split(CLI::App& app, const Globals& globals, Action& action);
void add_ui(CLI::App& app, const Globals& globals, Action& action);
void add_doctor(CLI::App& app, const Globals& globals, Action& action);
void add_completion(CLI::App& app, Action& action);  // describes `app` with all that was added to it

// Prints "tracerec: message" on stderr; kCouldNot.
ExitStatus fail(const Error& error);

}  // namespace tracerec::cli
