#include "base/read_file.h"

#include <gtest/gtest.h>

#include "testing/temp_dir.h"

namespace tracerec {
namespace {

TEST(ReadFile, ReadsAllOfAFileLongerThanOneRead) {
  const testing::TempDir folder;
  const std::string bytes(3 << 20, 'x');
  testing::write_whole_file(folder.file("a"), bytes);
  EXPECT_EQ(read_file(folder.file("a"), SIZE_MAX).value(), bytes);
}

TEST(ReadFile, ReadsAFileOfProcWhoseSizeIsSaidToBeZero) {
  EXPECT_NE(read_file("/proc/self/status", SIZE_MAX).value().find("Pid:"), std::string::npos);
}

TEST(ReadFile, SaysWhyItCannotBeOpened) {
  EXPECT_EQ(read_file("/nonexistent", SIZE_MAX).error().message, "No such file or directory");
}

// As the file of a process that ended after the open: std::ifstream throws here.
TEST(ReadFile, SaysWhyItCannotBeReadOnceOpen) {
  EXPECT_EQ(read_file("/proc/self/mem", SIZE_MAX).error().message, "Input/output error");
  EXPECT_EQ(read_file("/tmp", SIZE_MAX).error().message, "Is a directory");
}

TEST(ReadFile, TakesAsManyBytesAsAllowedAndNotOneMore) {
  const testing::TempDir folder;
  testing::write_whole_file(folder.file("a"), std::string(4096, 'x'));
  EXPECT_TRUE(read_file(folder.file("a"), 4096));
  EXPECT_EQ(read_file(folder.file("a"), 4095).error().message, "it is longer than 4.0 KiB");
}

}  // namespace
}  // namespace tracerec
