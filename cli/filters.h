// --include and --exclude.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/glob.h"

namespace tracerec::cli {

struct FilterOptions {
  std::vector<std::string> include;
  std::vector<std::string> exclude;
};

void add_filter_options(CLI::App& command, FilterOptions& options);

// Error: names the pattern that is none.
[[nodiscard]] Result<EndpointFilter> make_filter(const FilterOptions& options);

// The patterns as they may be stored: a field of a query whose name says that it is a secret has asterisks.
[[nodiscard]] std::vector<std::string> without_secrets(std::vector<std::string> patterns);

}  // namespace tracerec::cli
