// Program files of a process: the one that is mapped is opened, or none.
#include "record/tls/process_images.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "testing/temp_dir.h"
#include "tests/record/openat2.h"

namespace tracerec::record {
namespace {

class ProcessImages : public ::testing::Test {
 protected:
  void map(const std::string& path) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    start = ::mmap(nullptr, kBytes, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd.get(), 0);
    ASSERT_NE(start, MAP_FAILED);
  }
  void TearDown() override {
    if (start != nullptr) ::munmap(start, kBytes);
  }

  static ProcessImage image_of(const std::string& path) {
    for (const ProcessImage& image : process_images(::getpid())) {
      if (image.path.rfind(path, 0) == 0) return image;
    }
    ADD_FAILURE() << path << " is not mapped";
    return {};
  }

  static std::string text_of(const UniqueFd& fd) {
    char text[16] = {};
    EXPECT_GE(::pread(fd.get(), text, sizeof text - 1, 0), 0);
    return text;
  }

  static constexpr std::size_t kBytes = 4096;
  void* start = nullptr;
  HelperThread helper;
  testing::TempDir dir;
};

TEST_F(ProcessImages, AFileThatHasBeenDeletedIsOpenedAsItIsMapped) {
  const std::string path = dir.file("library");
  std::ofstream(path) << "mapped";
  map(path);
  ASSERT_EQ(::unlink(path.c_str()), 0);
  std::ofstream(path) << "another";
  const auto opened = open_image(::getpid(), image_of(path), helper);
  if (!opened) GTEST_SKIP() << "no right to look into map_files: " << opened.error().message;
  EXPECT_EQ(text_of(*opened), "mapped");
}

TEST_F(ProcessImages, ByItsPathOnlyTheSameFileIsOpened) {
  if (!has_openat2()) GTEST_SKIP() << "no openat2";
  const std::string path = dir.file("library");
  std::ofstream(path) << "mapped";
  map(path);
  ProcessImage image = image_of(path);
  image.range = "0-1";  // as if map_files were forbidden
  const auto opened = open_image(::getpid(), image, helper);
  ASSERT_TRUE(opened.has_value()) << opened.error().message;
  EXPECT_EQ(text_of(*opened), "mapped");
  image.inode += 1;
  EXPECT_FALSE(open_image(::getpid(), image, helper).has_value());
}

TEST_F(ProcessImages, AFifoAtItsPathIsNotWaitedFor) {
  if (!has_openat2()) GTEST_SKIP() << "no openat2";
  const std::string path = dir.file("library");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  struct stat fifo {};
  ASSERT_EQ(::stat(path.c_str(), &fifo), 0);
  const auto opened = open_image(::getpid(), {"00:01", fifo.st_ino, path, "0-1"}, helper);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().message, "it is not a regular file");
}

TEST_F(ProcessImages, ADeviceIsNotOpened) {
  map("/dev/zero");
  const auto opened = open_image(::getpid(), image_of("/dev/zero"), helper);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().message, "it is not a regular file");
}

// Each of its reads may wait for somebody.
TEST_F(ProcessImages, AFileOfProcIsOnNoFileSystemThatIsTrusted) {
  if (!has_openat2()) GTEST_SKIP() << "no openat2";
  const std::string path = "/proc/cpuinfo";
  struct stat found {};
  ASSERT_EQ(::stat(path.c_str(), &found), 0);
  const auto opened = open_image(::getpid(), {"00:01", found.st_ino, path, "0-1"}, helper);
  ASSERT_FALSE(opened.has_value());
  EXPECT_NE(opened.error().message.find("(proc)"), std::string::npos) << opened.error().message;
}

}  // namespace
}  // namespace tracerec::record
