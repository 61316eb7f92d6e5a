// What somebody gives as an option comes back in messages: no byte of it may steer the terminal.
#include <algorithm>
#include <set>
#include <sstream>

#include "harness.h"

namespace tracerec::e2e {
namespace {

constexpr const char* kHostile = "a\x1b[31m\x1b]0;title\x07";

class OptionText : public KernelTest {
 protected:
  using Words = std::vector<std::string>;

  // The long options that the help of a command names.
  static std::set<std::string> options_of(const std::string& command) {
    std::set<std::string> options;
    std::istringstream help(tracerec({command, "--help"}).out);
    for (std::string word; help >> word;) {
      const std::size_t dashes = word.find("--");
      if (dashes == std::string::npos) continue;
      const std::size_t end = word.find_first_not_of("-abcdefghijklmnopqrstuvwxyz0123456789", dashes);
      const std::string option = word.substr(dashes, end == std::string::npos ? end : end - dashes);
      if (option.size() > 2 && option != "--help" && option != "--version") options.insert(option);
    }
    return options;
  }

  // Enough for the command to look at everything else.
  [[nodiscard]] Words needed_by(const std::string& command) const {
    if (command == "record") return {"--for", "10ms"};
    if (command == "replay") return {"--target", "127.0.0.1:1"};
    if (command == "approve") return {"0123456789ab", "--reason", "r"};
    if (command == "scrub") return {db(), "-o", folder() + "/to.db"};
    if (command == "show") return {"1"};
    if (command == "export") return {"curl"};
    return {};
  }

  static void expect_harmless(const Words& words) {
    const Outcome outcome = tracerec(words);
    std::string shown;
    for (const std::string& word : words) shown += word + " ";
    EXPECT_EQ((outcome.out + outcome.err).find_first_of("\x1b\x07"), std::string::npos) << shown << outcome.err;
    EXPECT_NE(outcome.exit_code, -1) << shown << "did not end";
    EXPECT_LE(outcome.exit_code, 2) << shown << outcome.err;
  }

  void record() {
    const GinServer server;
    const auto recorder = start_recording({"--pid", std::to_string(server.pid())});
    RawClient client(server.port());
    client.send(custom_request(10));
    ASSERT_NE(client.read_response("POST"), "");
    stop_recording(*recorder);
  }
};

TEST_F(OptionText, NoOptionOfAnyCommandSteersTheTerminal) {
  record();
  std::size_t options = 0;
  for (const std::string command : {"record", "replay", "diff", "approve", "ls", "show", "export", "scrub", "doctor"}) {
    for (const std::string& option : options_of(command)) {
      ++options;
      Words words = {"-d", db(), command};
      const Words needed = needed_by(command);
      words.insert(words.end(), needed.begin(), needed.end());
      Words joined = words;
      joined.push_back(option + "=" + kHostile);
      words.insert(words.end(), {option, kHostile});
      expect_harmless(words);
      expect_harmless(joined);
    }
    expect_harmless({"-d", db(), command, kHostile});
    expect_harmless({"-d", db(), command, std::string("--") + kHostile});
    Words elsewhere = {"-d", folder() + "/" + kHostile, command};
    const Words needed = needed_by(command);
    elsewhere.insert(elsewhere.end(), needed.begin(), needed.end());
    expect_harmless(elsewhere);
  }
  EXPECT_GT(options, 80U) << "the help was not understood";
  expect_harmless({kHostile});
  expect_harmless({std::string("--") + kHostile});
}

TEST_F(OptionText, NorDoesTheNameOfATraceFileThatIsThere) {
  use_db(folder() + "/" + kHostile);
  const GinServer server;
  const Outcome recorded =
      tracerec({"-d", db(), "record", "--for", "100ms", "--pid", std::to_string(server.pid()), "--name", kHostile});
  EXPECT_NE(recorded.err.find("nothing was recorded"), std::string::npos) << recorded.err;
  EXPECT_EQ(recorded.err.find('\x1b'), std::string::npos) << recorded.err;
  for (const std::string command : {"ls", "show", "export", "replay", "diff"}) {
    Words words = {"-d", db(), command};
    const Words needed = needed_by(command);
    words.insert(words.end(), needed.begin(), needed.end());
    expect_harmless(words);
  }
}

TEST_F(OptionText, ANumberBeyondTheLargestIsNamedAsItWasGiven) {
  for (const std::string command : {"record", "doctor"}) {
    for (const std::string pid : {"9223372036854775808", "18446744073709551617", "-1", "0", "1e3", "0x10"}) {
      const Outcome outcome = tracerec({"-d", db(), command, "--pid", pid});
      EXPECT_EQ(outcome.exit_code, 2) << command << pid;
      EXPECT_NE(outcome.err.find("--pid: " + pid + " is not a whole number"), std::string::npos) << outcome.err;
    }
  }
  const Outcome port = tracerec({"-d", db(), "record", "--pid", "1", "--port", "65536"});
  EXPECT_NE(port.err.find("65536 is not a whole number"), std::string::npos) << port.err;
}

}  // namespace
}  // namespace tracerec::e2e
