// The command line as a value: what manual pages and completions are made of.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace tracerec::cli {

// How --help writes the values of --report and --against, of which some words can be offered.
inline constexpr const char* kReportValue = "FORMAT[=FILE]";
inline constexpr const char* kBaselineValue = "RUN|recorded";

struct OptionText {
  std::vector<std::string> names;    // "-d", "--db"; of a positional one: its name
  std::string value;                 // what it takes, as --help writes it ("FILE", "MODE"); empty: a flag
  std::vector<std::string> choices;  // the values that can be offered; empty: any, or a file
  std::string default_value;
  std::string description;
  bool is_repeatable = false;
  bool is_required = false;
  bool is_positional = false;

  // A file of the machine is meant.
  [[nodiscard]] bool takes_file() const;
};

struct CommandText {
  std::string name;  // "record"; of the program: "tracerec"
  std::string description;
  std::string footer;               // what --help prints below the options
  std::vector<OptionText> options;  // positional ones first
  std::vector<CommandText> commands;
};

// All that --help shows of `app` and its commands; hidden ones are left out.
[[nodiscard]] CommandText describe(const CLI::App& app);

}  // namespace tracerec::cli
