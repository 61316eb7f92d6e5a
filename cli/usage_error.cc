#include "cli/usage_error.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/nearest.h"
#include "base/text.h"

namespace tracerec::cli {
namespace {

constexpr std::size_t kMostShown = 40;

void list(std::string& names, const std::string& name) {
  names += (names.empty() ? "" : ", ") + name;
}

std::string commands_of(const CLI::App& app) {
  std::string names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); }))
    list(names, command->get_name());
  return names;
}

// Those of the program may follow the command.
std::string options_of(const CLI::App& app, const CLI::App& command) {
  std::string names;
  for (const CLI::App* one : {&command, &app}) {
    for (const CLI::Option* option : one->get_options()) {
      for (const std::string& name : option->get_lnames()) list(names, "--" + name);
    }
  }
  return names;
}

// What nothing takes: a mistyped command, else the first option of it, behind which a value is only left over, too.
std::string first_left(const CLI::App& app) {
  const std::vector<std::string> left = app.remaining(true);
  if (app.get_subcommands().empty() && !left.empty() && !left.front().starts_with('-')) return left.front();
  const auto option =
      std::find_if(left.begin(), left.end(), [](const std::string& word) { return word.starts_with('-'); });
  if (option != left.end()) return *option;
  return left.empty() ? std::string{} : left.front();
}

std::string explain_left(const CLI::App& app, const std::string& word) {
  const std::vector<CLI::App*> given = app.get_subcommands();
  const CLI::App& command = given.empty() ? app : *given.front();
  const std::string name = given.empty() ? std::string{} : " " + command.get_name();
  const std::string see = "; see tracerec" + name + " --help";
  const std::string shown = "'" + printable(word, kMostShown) + "'";
  if (word.starts_with('-')) {
    const std::string option = word.substr(0, word.find('='));
    if (!given.empty() && command.get_option_no_throw(option) != nullptr)
      return shown + " belongs behind the command: tracerec" + name + " " + printable(option, kMostShown) + " …";
    return "there is no option " + shown + did_you_mean(option, options_of(app, command)) + see;
  }
  if (given.empty()) return "there is no command " + shown + did_you_mean(word, commands_of(app)) + see;
  return command.get_name() + " takes no " + shown + see;
}

}  // namespace

Error explain_usage(const CLI::App& app, const CLI::ParseError& wrong) {
  const std::string word = first_left(app);
  // What is missing may be what was mistyped.
  const bool is_left_over = wrong.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError) ||
                            app.get_subcommands().empty() || word.starts_with('-');
  if (is_left_over && !word.empty()) return {explain_left(app, word)};
  return {std::string(wrong.what()) + "; see tracerec --help"};
}

}  // namespace tracerec::cli
