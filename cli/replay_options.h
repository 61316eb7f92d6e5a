// The options of `tracerec replay`, from the command line to what replay/ takes.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/evaluation.h"
#include "cli/filters.h"
#include "replay/options.h"
#include "schema/rows.h"

namespace tracerec::cli {

// As they were written; --help says what they mean.
struct ReplayCommandOptions {
  std::string target;
  std::string baseline;
  std::string recheck = "safe";
  schema::RowId recording = 0;
  std::optional<std::string> speed;  // default: 1
  std::optional<double> rate;
  std::optional<std::int64_t> connections;
  FilterOptions filter;
  std::int64_t sample_per_endpoint = 0;  // 0: all
  bool no_dependencies = false;
  bool shift_time = false;
  std::string jwt_key;                   // a file
  std::vector<std::string> set_headers;  // see cli/set_headers.h
  std::vector<std::string> remove_headers;
  std::vector<std::string> rewrite_paths;
  std::string correlate = "auto";
  std::string order = "auto";
  std::string timeout = "30s";
  std::string connect_timeout = "10s";
  std::string first_byte_timeout;
  std::string stream_for = "5s";
  std::string max_response = "64MiB";
  std::string max_size;
  std::string max_idle;
  std::string max_lateness;
  std::string wait_ready;
  std::string login;
  std::string into;  // a file of runs
  std::size_t repeat = 1;
  bool keep_secrets = false;
  std::string redact;  // a rules file
  bool keep_host = false;
  bool quickack = false;
  bool insecure = false;
  std::string cacert;
  std::string cert;
  std::string key;
  bool allow_recorded_target = false;
  bool dry_run = false;
  EvaluationOptions evaluation;
};

// Those above --report and its kind, which add_evaluation_options adds.
void add_replay_options(CLI::App& command, ReplayCommandOptions& options);

// Checks everything that can be wrong before a connection is opened. Error: one line that names the option.
[[nodiscard]] Result<replay::ReplayOptions> plan_replay(const ReplayCommandOptions& options);

// What is stored with the run, as a JSON object. Of --set-header and --login the names alone, since values may be
// secrets, and whose requests get them: those of `plan`, when everything was prepared.
[[nodiscard]] std::string options_json(const ReplayCommandOptions& options, const replay::ReplayOptions& plan);

// "" is 0: not asked for. Error: names the option.
[[nodiscard]] Result<std::int64_t> read_duration(const char* option, const std::string& text);

}  // namespace tracerec::cli
