// The command: what is wrong is one line and exit code 2; Ctrl-C is an orderly end.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "tests/evaluate/stored_run.h"

namespace tracerec::ui {
namespace {

using evaluate::testing::StoredRun;

// A process with its output, which is read until its first line is there, or to its end.
class Command {
 public:
  explicit Command(std::vector<std::string> arguments) {
    std::array<int, 2> pipe{};
    EXPECT_EQ(::pipe(pipe.data()), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(pipe[1], STDOUT_FILENO);
      ::dup2(pipe[1], STDERR_FILENO);
      ::close(pipe[0]);
      ::close(pipe[1]);
      arguments.insert(arguments.begin(), TRACEREC_BINARY);
      std::vector<char*> argv;
      for (std::string& one : arguments) argv.push_back(one.data());
      argv.push_back(nullptr);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
    ::close(pipe[1]);
    output_ = ::fdopen(pipe[0], "r");
  }
  ~Command() { std::fclose(output_); }
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  std::string line() {
    std::string text;
    for (int c = std::fgetc(output_); c != EOF && c != '\n'; c = std::fgetc(output_)) text += static_cast<char>(c);
    return text;
  }
  int end(int signal = 0) {
    if (signal != 0) ::kill(pid_, signal);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = -1;
  FILE* output_ = nullptr;
};

void expect_refused(const std::vector<std::string>& arguments, const std::string& why) {
  Command command(arguments);
  const std::string line = command.line();
  EXPECT_NE(line.find(why), std::string::npos) << line;
  EXPECT_EQ(command.line(), "") << "one line";
  EXPECT_EQ(command.end(), 2);
}

TEST(UiCommand, EndsOnCtrlC) {
  const StoredRun stored({{.target = "/a"}});
  Command command({"-d", stored.path(), "ui", "--listen", "127.0.0.1:0"});
  const std::string address = command.line();
  EXPECT_TRUE(address.starts_with("http://127.0.0.1:")) << address;
  EXPECT_NE(address.find("/#token="), std::string::npos);
  EXPECT_EQ(command.end(SIGINT), 0);
}

TEST(UiCommand, APortThatIsTaken) {
  const StoredRun stored({{.target = "/a"}});
  Command first({"-d", stored.path(), "ui", "--listen", "127.0.0.1:0"});
  const std::string address = first.line();
  const std::string listen = address.substr(7, address.find("/#") - 7);
  expect_refused({"-d", stored.path(), "ui", "--listen", listen}, "the port is taken");
  EXPECT_EQ(first.end(SIGTERM), 0);
}

TEST(UiCommand, WhatCannotBeShown) {
  const StoredRun stored({{.target = "/a"}});
  const testing::TempDir folder;
  expect_refused({"-d", folder.file("none.db"), "ui"}, "none.db");
  std::ofstream(folder.file("rules.json")) << "{";
  expect_refused({"-d", stored.path(), "ui", "--rules", folder.file("rules.json")}, "line 1");
  expect_refused({"-d", stored.path(), "ui", "--rules", stored.path()}, "would overwrite");
  expect_refused({"-d", stored.path(), "ui", "--listen", "8600"}, "is not an address and a port");
  expect_refused({"-d", stored.path(), "ui", "--fail-if", "findings ! 0"}, "--fail-if");
}

TEST(UiCommand, OtherMachinesNeedASecret) {
  const StoredRun stored({{.target = "/a"}});
  const testing::TempDir folder;
  expect_refused({"-d", stored.path(), "ui", "--listen", "0.0.0.0:0"}, "--token");
  std::ofstream(folder.file("short")) << "short\n";
  expect_refused({"-d", stored.path(), "ui", "--listen", "0.0.0.0:0", "--token", folder.file("short")}, "16");
  std::ofstream(folder.file("token")) << "0123456789abcdef0123456789abcdef\n";
  Command command({"-d", stored.path(), "ui", "--listen", "0.0.0.0:0", "--token", folder.file("token")});
  EXPECT_TRUE(command.line().ends_with("/#token=SECRET")) << "output is kept in logs";
  EXPECT_EQ(command.end(SIGINT), 0);
}

}  // namespace
}  // namespace tracerec::ui
