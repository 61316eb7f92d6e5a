#include "cli/command_text.h"

#include <algorithm>
#include <string_view>

#include "report/report.h"

namespace tracerec::cli {
namespace {

std::vector<std::string> split(const std::string& list, std::string_view between) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(between, at), list.size());
    parts.push_back(list.substr(at, end - at));
    at = end + between.size();
  }
  return parts;
}

// The library writes "TEXT:{auto,off}" where a set of values is checked, "N:INT in [1 - 9]" where a range is.
void read_type(const std::string& type, OptionText& option) {
  if (const std::size_t range = type.find(" in ["); range != std::string::npos) {
    option.value = type.substr(0, type.rfind(':', range));
    return;
  }
  const std::size_t colon = type.find(":{");
  option.value = type.substr(0, colon);
  if (colon != std::string::npos) option.choices = split(type.substr(colon + 2, type.find('}') - colon - 2), ",");
  if (option.value == kReportValue) option.choices = split(std::string(report::kReportFormats), ", ");
  if (option.value == kBaselineValue) option.choices = {"recorded"};
}

OptionText describe(const CLI::Option& from) {
  OptionText option;
  option.is_positional = from.nonpositional() == false;
  if (option.is_positional) {
    option.names.push_back(from.get_name(true));
  } else {
    for (const std::string& name : from.get_snames()) option.names.push_back("-" + name);
    for (const std::string& name : from.get_lnames()) option.names.push_back("--" + name);
  }
  if (from.get_items_expected_max() > 0) read_type(from.get_type_name(), option);
  option.default_value = from.get_default_str();
  option.description = from.get_description();
  option.is_repeatable = from.get_items_expected_max() > 1;
  option.is_required = from.get_required();
  return option;
}

}  // namespace

bool OptionText::takes_file() const {
  return value.find("FILE") != std::string::npos || value.find("PATH") != std::string::npos ||
         value.find("FOLDER") != std::string::npos;
}

CommandText describe(const CLI::App& app) {
  CommandText command{app.get_name(), app.get_description(), app.get_footer(), {}, {}};
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_group().empty()) command.options.push_back(describe(*option));
  }
  std::ranges::stable_partition(command.options, &OptionText::is_positional);
  for (const CLI::App* child : app.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); }))
    command.commands.push_back(describe(*child));
  return command;
}

}  // namespace tracerec::cli
