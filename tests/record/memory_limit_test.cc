// Memory limits of control groups, of both versions, the process's own and those above.
#include "record/memory_limit.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "testing/temp_dir.h"

namespace tracerec::record {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

class MemoryLimit : public ::testing::Test {
 protected:
  void write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = dir.file(path);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text << '\n';
  }
  [[nodiscard]] std::optional<std::uint64_t> limit() const { return memory_limit(dir.file("groups"), dir.file("own")); }

  testing::TempDir dir;
};

TEST_F(MemoryLimit, TheSmallestOfTheGroupAndThoseAboveHolds) {
  write("own", "0::/system.slice/recorder.service");
  write("groups/system.slice/recorder.service/memory.max", "max");
  write("groups/system.slice/memory.max", "62914560");
  EXPECT_EQ(limit(), 60 * kMiB);
  write("groups/memory.max", "31457280");
  EXPECT_EQ(limit(), 30 * kMiB);
}

TEST_F(MemoryLimit, Version1) {
  write("own", "5:cpu:/other\n4:hugetlb,memory:/pod/one\n0::/");
  write("groups/memory/pod/one/memory.limit_in_bytes", "62914560");
  write("groups/memory/memory.limit_in_bytes", "9223372036854771712");
  EXPECT_EQ(limit(), 60 * kMiB);
}

TEST_F(MemoryLimit, AContainerSeesItsOwnGroupAsTheRoot) {
  write("own", "0::/docker/3f2a");
  write("groups/memory.max", "62914560");
  EXPECT_EQ(limit(), 60 * kMiB);
}

TEST_F(MemoryLimit, NoneIsNone) {
  EXPECT_EQ(limit(), std::nullopt);
  write("own", "0::/a\nnonsense\n");
  write("groups/a/memory.max", "max");
  EXPECT_EQ(limit(), std::nullopt);
}

TEST_F(MemoryLimit, TheDefaultIsAQuarterOfIt) {
  EXPECT_EQ(default_memory(std::nullopt), 64 * kMiB);
  EXPECT_EQ(default_memory(1024 * kMiB), 64 * kMiB);
  EXPECT_EQ(default_memory(100 * kMiB), 25 * kMiB);
  EXPECT_EQ(default_memory(20 * kMiB), 16 * kMiB);
}

}  // namespace
}  // namespace tracerec::record
