#include "cli/completion.h"

#include <algorithm>
#include <string_view>

namespace tracerec::cli {
namespace {

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += between;
    out += word;
  }
  return out;
}

// Every character of `special` with a backslash before it.
std::string with_backslashes(std::string_view text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

// Of a text over several lines, what says it in short.
std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

std::vector<std::string> names_of(const std::vector<OptionText>& options) {
  std::vector<std::string> names;
  for (const OptionText& option : options) {
    if (!option.is_positional) names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return names;
}

std::vector<std::string> names_of(const std::vector<CommandText>& commands) {
  std::vector<std::string> names;
  for (const CommandText& command : commands) names.push_back(command.name);
  return names;
}

// The options of the program are those of every command, too (CLI11's fallthrough).
std::vector<OptionText> options_of(const CommandText& program, const CommandText& command) {
  std::vector<OptionText> options = command.options;
  for (const OptionText& option : program.options) {
    const auto known = [&](const OptionText& one) { return one.names == option.names; };
    if (std::ranges::none_of(options, known)) options.push_back(option);
  }
  return options;
}

// "    record:--tls) …;;": what follows that option.
std::string bash_value(const std::string& command, const OptionText& option) {
  if (option.is_positional || option.value.empty()) return {};
  std::vector<std::string> words;
  for (const std::string& name : option.names) words.push_back(std::string(command).append(":").append(name));
  const std::string out = "    " + joined(words, " | ");
  if (!option.choices.empty())
    return out + ") COMPREPLY=($(compgen -W '" + joined(option.choices, " ") + "' -- \"$current\")); return ;;\n";
  return out + (option.takes_file() ? ") COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n"
                                    : ") COMPREPLY=(); return ;;\n");
}

// Words that may come anywhere behind the command.
std::string bash_words(const CommandText& program, const CommandText& command) {
  std::vector<std::string> words = names_of(options_of(program, command));
  std::string files;
  for (const OptionText& option : command.options) {
    if (!option.is_positional) continue;
    words.insert(words.begin(), option.choices.begin(), option.choices.end());
    if (option.takes_file()) files = " COMPREPLY+=($(compgen -f -- \"$current\"))";
  }
  return "    " + command.name + ") COMPREPLY=($(compgen -W '" + joined(words, " ") + "' -- \"$current\"))" + files +
         " ;;\n";
}

}  // namespace

std::string bash_completion(const CommandText& program) {
  std::string values, words;
  for (const OptionText& option : program.options) values += bash_value("*", option);
  for (const CommandText& command : program.commands) {
    for (const OptionText& option : command.options) values += bash_value(command.name, option);
    words += bash_words(program, command);
  }
  const std::string commands = joined(names_of(program.commands), " ");
  return "# bash completion for " + program.name + "\n_" + program.name +
         "() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command= word\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    case $word in " +
         joined(names_of(program.commands), " | ") +
         ") command=$word && break ;; esac\n"
         "  done\n"
         "  case $command:$previous in\n" +
         values +
         "  esac\n"
         "  case $command in\n" +
         words + "    *) COMPREPLY=($(compgen -W '" + commands + " " + joined(names_of(program.options), " ") +
         "' -- \"$current\")) ;;\n"
         "  esac\n"
         "}\n"
         "complete -o filenames -F _" +
         program.name + " " + program.name + "\n";
}

namespace {

// Within single quotes of a shell.
std::string in_single_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string zsh_action(const OptionText& option) {
  if (!option.choices.empty()) return "(" + joined(option.choices, " ") + ")";
  return option.takes_file() ? "_files" : " ";
}

// A specification of _arguments, zshcompsys(1).
std::string zsh_option(const OptionText& option) {
  const std::string text = "[" + with_backslashes(first_line(option.description), "[]:\\") + "]";
  const std::string value =
      option.value.empty() ? "" : ":" + with_backslashes(option.value, ":\\") + ":" + zsh_action(option);
  if (option.is_positional)
    return in_single_quotes((option.is_repeatable ? "*:" : ":") + with_backslashes(option.names[0], ":\\") + ":" +
                            zsh_action(option));
  const std::string others = option.is_repeatable ? "*" : "(" + joined(option.names, " ") + ")";
  std::vector<std::string> specifications;
  for (const std::string& name : option.names) {
    std::string one = others;
    specifications.push_back(in_single_quotes(one.append(name).append(text).append(value)));
  }
  return joined(specifications, " ");
}

std::string zsh_arguments(const std::vector<OptionText>& options, std::string_view indent) {
  std::string out;
  for (const OptionText& option : options) out += " \\\n" + std::string(indent) + zsh_option(option);
  return out;
}

}  // namespace

std::string zsh_completion(const CommandText& program) {
  std::string commands, cases;
  for (const CommandText& command : program.commands) {
    commands += "        " +
                in_single_quotes(with_backslashes(command.name + ":", "") +
                                 with_backslashes(first_line(command.description), ":\\")) +
                "\n";
    cases += "        " + command.name + ") _arguments" + zsh_arguments(options_of(program, command), "            ") +
             " ;;\n";
  }
  return "#compdef " + program.name + "\n_" + program.name +
         "() {\n"
         "  local context state state_descr line\n"
         "  typeset -A opt_args\n"
         "  _arguments -C" +
         zsh_arguments(program.options, "    ") +
         " \\\n    '1:command:->command' '*::argument:->argument'\n"
         "  case $state in\n"
         "    command)\n"
         "      local -a commands=(\n" +
         commands +
         "      )\n"
         "      _describe command commands ;;\n"
         "    argument)\n"
         "      case $line[1] in\n" +
         cases +
         "      esac ;;\n"
         "  esac\n"
         "}\n"
         "_" +
         program.name + " \"$@\"\n";
}

namespace {

std::string fish_text(const std::string& text) {
  return "'" + with_backslashes(first_line(text), "'\\") + "'";
}

std::string fish_value(const OptionText& option) {
  if (option.value.empty()) return {};
  if (!option.choices.empty()) return " -x -a '" + joined(option.choices, " ") + "'";
  return option.takes_file() ? " -r -F" : " -x";
}

std::string fish_option(const std::string& start, const OptionText& option) {
  if (option.is_positional) {
    if (!option.choices.empty()) return start + " -a '" + joined(option.choices, " ") + "'\n";
    return option.takes_file() ? start + " -F\n" : "";
  }
  std::string names;
  for (const std::string& name : option.names)
    names += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  return start + names + fish_value(option) + " -d " + fish_text(option.description) + "\n";
}

}  // namespace

std::string fish_completion(const CommandText& program) {
  const std::string start = "complete -c " + program.name;
  std::string out = "# fish completion for " + program.name + "\n" + start + " -f\n";
  for (const OptionText& option : program.options) out += fish_option(start, option);
  for (const CommandText& command : program.commands) {
    out += start + " -n __fish_use_subcommand -a " + command.name + " -d " + fish_text(command.description) + "\n";
    for (const OptionText& option : command.options)
      out += fish_option(start + " -n '__fish_seen_subcommand_from " + command.name + "'", option);
  }
  return out;
}

}  // namespace tracerec::cli
