#include "cli/filters.h"

namespace tracerec::cli {
namespace {

Result<std::vector<EndpointPattern>> parse_all(const char* option, const std::vector<std::string>& texts) {
  std::vector<EndpointPattern> patterns;
  for (const std::string& text : texts) {
    auto pattern = EndpointPattern::parse(text);
    if (!pattern)
      return Error{std::string(option) + " '" + text + "' is not a valid pattern: write 'GET /path/*' or '/path/*'"};
    patterns.push_back(std::move(*pattern));
  }
  return patterns;
}

}  // namespace

void add_filter_options(CLI::App& command, FilterOptions& options) {
  command.add_option("--include", options.include, "Only these, as 'METHOD /path/glob'; repeatable")
      ->type_name("PATTERN")
      ->allow_extra_args(false);
  command.add_option("--exclude", options.exclude, "Not these; repeatable")
      ->type_name("PATTERN")
      ->allow_extra_args(false);
}

Result<EndpointFilter> make_filter(const FilterOptions& options) {
  auto include = parse_all("--include", options.include);
  if (!include) return include.error();
  auto exclude = parse_all("--exclude", options.exclude);
  if (!exclude) return exclude.error();
  return EndpointFilter{std::move(*include), std::move(*exclude)};
}

}  // namespace tracerec::cli
