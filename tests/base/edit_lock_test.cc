#include "base/edit_lock.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "base/replace_file.h"
#include "tests/testing/temp_dir.h"

namespace tracerec {
namespace {

using testing::read_whole_file;
using testing::TempDir;

// Reads the number in the file, and replaces it by the next one.
[[noreturn]] void count_up(const std::string& file, int times) {
  for (int i = 0; i < times; ++i) {
    const auto alone = EditLock::take(file);
    const std::string text = read_whole_file(file);
    if (!alone || !replace_file(file, std::to_string(text.empty() ? 1 : std::stoi(text) + 1))) ::_exit(1);
  }
  ::_exit(0);
}

TEST(EditLock, NoEditIsLost) {
  const TempDir dir;
  const std::string file = dir.file("rules.json");
  const std::string link = dir.file("link.json");
  std::filesystem::create_symlink(file, link);
  constexpr int kProcesses = 8, kTimes = 25;
  for (int i = 0; i < kProcesses; ++i) {
    if (::fork() == 0) count_up(i % 2 == 0 ? file : link, kTimes);
  }
  for (int i = 0; i < kProcesses; ++i) {
    int status = -1;
    ::wait(&status);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(read_whole_file(file), std::to_string(kProcesses * kTimes));
}

TEST(EditLock, AFolderThatIsNotThereIsAnError) {
  const TempDir dir;
  EXPECT_FALSE(EditLock::take(dir.file("none/rules.json")));
}

}  // namespace
}  // namespace tracerec
