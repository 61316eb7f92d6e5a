// What can be said to `tracerec record`.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/filters.h"

namespace tracerec::cli {

struct RecordOptions {
  std::vector<std::int64_t> pids;
  std::vector<std::string> names;
  bool all_users = false;
  std::string cgroup;
  std::vector<std::string> command;
  bool as_root = false;
  std::vector<std::uint16_t> ports;
  bool no_children = false;
  bool outgoing = false;
  double sample = 1;
  std::string tls = "auto";
  std::string hooks = "best";
  FilterOptions filter;
  std::string duration;
  std::uint64_t max_exchanges = UINT64_MAX;
  std::string max_body;
  std::string max_size;
  std::string memory;  // empty: by the memory that there is
  std::string name;
  std::string save_events;
  bool fail_on_loss = false;
  bool keep_secrets = false;
  std::string redact;  // a rules file
  // Filled when the rules file has been read: built-in names that it keeps.
  std::vector<std::string> kept_headers, kept_fields;
  std::string redaction;  // all of its rules, as JSON
};

// What the option texts mean.
struct RecordLimits {
  std::int64_t duration_ns = INT64_MAX;
  std::uint64_t body_bytes = UINT64_MAX;
  std::uint64_t file_bytes = UINT64_MAX;
  std::uint64_t memory_bytes = 0;
};

// Adds the options to the subcommand. `options` must outlive the parse.
void add_options(CLI::App& command, RecordOptions& options);

// Error: a text that is not a valid size or duration, or too little memory.
[[nodiscard]] Result<RecordLimits> read_limits(const RecordOptions& options);

// For the recording's row.
[[nodiscard]] nlohmann::json to_json(const RecordOptions& options);

}  // namespace tracerec::cli
