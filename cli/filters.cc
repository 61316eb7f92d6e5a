#include "cli/filters.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "http/secret_names.h"

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

std::vector<std::string> without_secrets(std::vector<std::string> patterns) {
  for (std::string& pattern : patterns) {
    for (std::size_t at = pattern.find_first_of("?&"); at != std::string::npos;
         at = pattern.find_first_of("?&", at + 1)) {
      const std::size_t end = std::min(pattern.find_first_of("&#", at + 1), pattern.size());
      const std::size_t equals = pattern.find('=', at + 1);
      if (equals < end && http::is_secret_field(std::string_view(pattern).substr(at + 1, equals - at - 1)))
        pattern.replace(equals + 1, end - equals - 1, "***");
    }
  }
  return patterns;
}

Result<EndpointFilter> make_filter(const FilterOptions& options) {
  auto include = parse_all("--include", options.include);
  if (!include) return include.error();
  auto exclude = parse_all("--exclude", options.exclude);
  if (!exclude) return exclude.error();
  return EndpointFilter{std::move(*include), std::move(*exclude)};
}

}  // namespace tracerec::cli
