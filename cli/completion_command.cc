// tracerec completion, and what the package is made with: tracerec manual.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/command_text.h"
#include "cli/completion.h"
#include "cli/manual.h"
#include "cli/version.h"

namespace tracerec::cli {
namespace {

ExitStatus print_completion(const CommandText& program, const std::string& shell) {
  const std::string script = shell == "bash"  ? bash_completion(program)
                             : shell == "zsh" ? zsh_completion(program)
                                              : fish_completion(program);
  std::fwrite(script.data(), 1, script.size(), stdout);
  return ExitStatus::kDone;
}

ExitStatus write_manual(const CommandText& program, const std::string& folder) {
  for (const ManualPage& page : manual_pages(program, kVersion)) {
    const std::filesystem::path path = std::filesystem::path(folder) / page.file;
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    if (!(file << page.text).flush()) return fail({"cannot write " + path.string() + "; name a folder that is there"});
  }
  return ExitStatus::kDone;
}

}  // namespace

void add_completion(CLI::App& app, Action& action) {
  auto chosen = std::make_shared<std::string>();
  CLI::App* completion = app.add_subcommand("completion", "Print what a shell needs to complete command lines");
  completion->add_option("shell", *chosen, "The shell")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  completion->footer(
      "Packages install it already. Else, for this session or in the shell's start-up file:\n"
      "  source <(tracerec completion bash)\n"
      "  tracerec completion zsh > ~/.zfunc/_tracerec        a folder of your $fpath\n"
      "  tracerec completion fish > ~/.config/fish/completions/tracerec.fish");
  completion->callback(
      [chosen, &app, &action] { action = [chosen, &app] { return print_completion(describe(app), *chosen); }; });

  CLI::App* manual = app.add_subcommand("manual", "Write the manual pages into a folder");
  manual->add_option("folder", *chosen, "The folder")->required()->type_name("FOLDER");
  manual->footer("For those who package tracerec: one page for each command, as `man tracerec-record` shows it.");
  manual->callback(
      [chosen, &app, &action] { action = [chosen, &app] { return write_manual(describe(app), *chosen); }; });
}

}  // namespace tracerec::cli
