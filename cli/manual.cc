#include "cli/manual.h"

#include <algorithm>
#include <string_view>

namespace tracerec::cli {
namespace {

// What roff would take for a request or an escape is text here (man 7 groff).
std::string escaped(std::string_view text) {
  std::string out;
  bool at_line_start = true;
  for (const char c : text) {
    if (at_line_start && (c == '.' || c == '\'')) out += "\\&";
    at_line_start = c == '\n';
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

std::string bold(std::string_view text) {
  return "\\fB" + escaped(text) + "\\fR";
}

std::string italic(std::string_view text) {
  return "\\fI" + escaped(text) + "\\fR";
}

std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

// Lines that begin with two spaces are examples: they stay as they are. An empty line ends a paragraph.
std::string paragraphs(std::string_view text) {
  std::string out;
  bool in_example = false;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const bool is_example = line.starts_with("  ");
    if (is_example != in_example) out += is_example ? ".PP\n.nf\n" : ".fi\n.PP\n";
    in_example = is_example;
    out += line.empty() ? ".PP\n" : escaped(line) + "\n";
  }
  return in_example ? out + ".fi\n" : out;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

std::string remarks(const OptionText& option) {
  std::string out;
  if (!option.choices.empty()) out += " One of " + joined(option.choices) + ".";
  if (!option.default_value.empty()) out += " Default: " + option.default_value + ".";
  if (option.is_repeatable && option.description.find("repeatable") == std::string::npos) out += " Repeatable.";
  if (option.is_required) out += " Required.";
  return out;
}

std::string entry(const OptionText& option) {
  std::string title;
  for (const std::string& name : option.names)
    title += (title.empty() ? "" : ", ") + (option.is_positional ? italic(name) : bold(name));
  if (!option.is_positional && !option.value.empty()) title += " " + italic(option.value);
  std::string text = option.description;
  if (!text.empty() && text.back() != '.') text += '.';
  return ".TP\n" + title + "\n" + escaped(text + remarks(option)) + "\n";
}

std::string options_of(const CommandText& command) {
  std::string out;
  for (const OptionText& option : command.options) out += entry(option);
  return out.empty() ? out : ".SH OPTIONS\n" + out;
}

std::string synopsis(const CommandText& command, const std::string& words) {
  std::string out = bold(words) + " [" + italic("OPTIONS") + "]";
  for (const OptionText& option : command.options) {
    if (!option.is_positional) continue;
    out += option.is_required ? " " + italic(option.names[0]) : " [" + italic(option.names[0]) + "]";
    if (option.is_repeatable) out += "...";
  }
  return out;
}

// `name` has hyphens, `words` has spaces.
std::string page(const CommandText& command, const std::string& name, const std::string& words,
                 const std::string& version, const std::string& after) {
  std::string title = name;
  for (char& c : title) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return ".TH " + escaped(title) + " 1 \"\" \"tracerec " + escaped(version) + "\" \"User Commands\"\n" + ".SH NAME\n" +
         escaped(name) + " \\- " + escaped(command.description) + "\n.SH SYNOPSIS\n" + synopsis(command, words) +
         "\n.SH DESCRIPTION\n" + escaped(command.description) + ".\n.PP\n" + paragraphs(command.footer) +
         options_of(command) + after;
}

std::string reference(const std::string& name) {
  return bold(name) + "(1)";
}

}  // namespace

std::vector<ManualPage> manual_pages(const CommandText& program, const std::string& version) {
  std::vector<ManualPage> pages;
  std::string commands = ".SH COMMANDS\n";
  for (const CommandText& command : program.commands) {
    const std::string name = program.name + "-" + command.name;
    commands += ".TP\n" + reference(name) + "\n" + escaped(command.description) + ".\n";
    pages.push_back(
        {name + ".1", page(command, name, program.name + " " + command.name, version,
                           ".SH SEE ALSO\n" + reference(program.name) + ", which has the options of all commands\n")});
  }
  pages.push_back({program.name + ".1", page(program, program.name, program.name, version, commands)});
  return pages;
}

}  // namespace tracerec::cli
