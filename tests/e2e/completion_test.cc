// Manual pages and completions say what --help says, and the shells understand them.
#include <algorithm>
#include <regex>

#include "harness.h"
#include "tests/testing/temp_dir.h"

namespace tracerec::e2e {
namespace {

using testing::read_whole_file;
using testing::TempDir;
using testing::write_whole_file;

std::vector<std::string> all_matches(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at) found.push_back((*at)[1]);
  return found;
}

std::string help(const std::vector<std::string>& command) {
  std::vector<std::string> arguments = command;
  arguments.emplace_back("--help");
  return tracerec(arguments).out;
}

struct CommandLine : ::testing::Test {
  TempDir dir;
  std::vector<std::string> commands =
      all_matches(help({}).substr(help({}).find("Subcommands:")), "\n  ([a-z]+) +[A-Z]");

  std::string completion(const std::string& shell) {
    const std::string file = dir.file(shell);
    write_whole_file(file, tracerec({"completion", shell}).out);
    return file;
  }
  // What bash offers behind these words, the last of which is being typed.
  std::string offered_by_bash(const std::string& words) {
    return run({"bash", "-c",
                ". " + completion("bash") + "; COMP_WORDS=(" + words +
                    "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _tracerec; echo \" ${COMPREPLY[*]} \""})
        .out;
  }
  std::string offered_by_fish(const std::string& line) {
    return run({"fish", "--no-config", "-c", "source " + completion("fish") + "; complete -C '" + line + "'"}).out;
  }
};

TEST_F(CommandLine, EveryCommandAndOptionIsInTheManualAndTheCompletions) {
  ASSERT_GE(commands.size(), 9u);
  EXPECT_EQ(tracerec({"manual", dir.file("")}).exit_code, 0);
  for (const std::string& command : commands) {
    const std::string page = read_whole_file(dir.file("tracerec-" + command + ".1"));
    const std::string offered = offered_by_bash("tracerec " + command + " --");
    const std::string fish = offered_by_fish("tracerec " + command + " --");
    const std::string zsh = read_whole_file(completion("zsh"));
    EXPECT_NE(offered_by_bash("tracerec " + command.substr(0, 2)).find(" " + command + " "), std::string::npos);
    for (const std::string& option : all_matches(help({command}), "\n +(?:-[a-z],)?(--[a-z-]+)")) {
      const std::string in_roff = std::regex_replace(option, std::regex("-"), "\\-");
      EXPECT_NE(page.find("\\fB" + in_roff + "\\fR"), std::string::npos) << command << option;
      EXPECT_NE(offered.find(" " + option + " "), std::string::npos) << command << option;
      EXPECT_NE(fish.find(option), std::string::npos) << command << option;
      EXPECT_NE(zsh.find(option + "["), std::string::npos) << command << option;
    }
  }
}

TEST_F(CommandLine, ManForMakesNoComplaint) {
  ASSERT_EQ(tracerec({"manual", dir.file("")}).exit_code, 0);
  commands.emplace_back("");
  for (const std::string& command : commands) {
    const std::string page = dir.file("tracerec" + (command.empty() ? "" : "-" + command) + ".1");
    const Outcome shown = run({"groff", "-man", "-Kutf8", "-Tutf8", "-ww", "-z", page});
    EXPECT_EQ(shown.exit_code, 0);
    EXPECT_EQ(shown.err, "") << command;
  }
}

TEST_F(CommandLine, ValuesOfASetAndFilesAreOffered) {
  EXPECT_EQ(offered_by_bash("tracerec record --tls ''"), " auto off \n");
  EXPECT_EQ(offered_by_bash("tracerec export js"), " jsonl \n");
  EXPECT_EQ(offered_by_bash("tracerec diff --report ht"), " html \n");
  EXPECT_EQ(offered_by_bash("tracerec replay --against r"), " recorded \n");
  EXPECT_EQ(offered_by_bash("tracerec record --pid ''"), "  \n") << "no guess at a number";
  EXPECT_EQ(offered_by_bash("tracerec scrub /proc/cmdl"), " /proc/cmdline \n");
  EXPECT_EQ(offered_by_bash("tracerec -d /proc/cmdl"), " /proc/cmdline \n");
  EXPECT_TRUE(offered_by_fish("tracerec record --tls au").starts_with("auto\t"));
}

TEST_F(CommandLine, ZshTakesTheScript) {
  const Outcome checked = run({"zsh", "-n", completion("zsh")});
  EXPECT_EQ(checked.exit_code, 0);
  EXPECT_EQ(checked.err, "");
  // Every specification of _arguments, as the completion system of an interactive shell reads them.
  const std::string session = "PS1=; autoload -U compinit; compinit -u -D; source " + completion("zsh") +
                              " 2>/dev/null; compdef _tracerec tracerec; print re''ady";
  const Outcome shown = run({"timeout", "60", "zsh", "-fc",
                             "zmodload zsh/zpty; zpty t zsh -f -i; zpty -w t " +
                                 ("'" + std::regex_replace(session, std::regex("'"), "'\\''") + "'") +
                                 "; zpty -r -m t all '*ready*'; zpty -n -w t $'tracerec record --hooks \t\t';"
                                 " zpty -r -m t all '*transfers*'; print -r -- $all"});
  EXPECT_NE(shown.out.find("transfers"), std::string::npos) << shown.out;
}

TEST_F(CommandLine, AFolderThatIsNotThereIsOneLine) {
  const Outcome outcome = tracerec({"manual", dir.file("none")});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1);
}

}  // namespace
}  // namespace tracerec::e2e
