// Lists and sorts that are longer than what is kept in memory, and disks that refuse.
#include "replay/scratch.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "tests/testing/temp_dir.h"

namespace tracerec::replay {
namespace {

constexpr std::size_t kMany = 3 * kScratchHeapBytes / sizeof(std::uint64_t) + 5;

// "VmRSS", "RssFile"…, in KiB.
long of_status(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":")) return std::stol(line.substr(name.size() + 1));
  }
  return -1;
}

// While it lives no file may be longer.
class FileLimit {
 public:
  explicit FileLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    before_handler_ = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, before_handler_);
  }
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;

 private:
  rlimit before_{};
  void (*before_handler_)(int) = nullptr;
};

// While it lives temporary files are in this folder.
class Folder {
 public:
  explicit Folder(const std::string& path) { ::setenv("SQLITE_TMPDIR", path.c_str(), 1); }
  ~Folder() { ::unsetenv("SQLITE_TMPDIR"); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
};

TEST(Scratch, AListIsTheSameInMemoryAndInAFile) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{10}, kMany}) {
    ScratchList<std::uint64_t> list;
    for (std::size_t i = 0; i < size; ++i) list.push_back(i * 3);
    ASSERT_TRUE(list.finish());
    ASSERT_EQ(list.size(), size);
    for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(list[i], i * 3);
    if (size > 5) {
      EXPECT_EQ(list.part(size - 5, 5)[4], (size - 1) * 3);
    }
  }
}

TEST(Scratch, RowsBelongToTheirNumbers) {
  ScratchRows<std::uint64_t> rows;
  const auto count_of = [](std::uint64_t number) { return number % 7 == 3 ? 0 : number % 5; };
  for (std::uint64_t number = 0; number < kMany; ++number) {
    for (std::uint64_t i = 0; i < count_of(number); ++i) rows.add(number, number * 10 + i);
  }
  ASSERT_TRUE(rows.finish(kMany + 3));
  EXPECT_EQ(rows.numbers(), kMany + 3);
  std::size_t first = 0;
  for (std::uint64_t number = 0; number < kMany + 5; ++number) {
    const auto found = rows.of(number);
    ASSERT_EQ(found.size(), number < kMany ? count_of(number) : 0);
    if (found.empty()) continue;
    ASSERT_EQ(rows.first_of(number), first);
    ASSERT_EQ(found.back(), number * 10 + found.size() - 1);
    ASSERT_EQ(rows.row(first), number * 10);
    first += found.size();
  }
}

TEST(Scratch, PiecesAreMergedInOrder) {
  std::mt19937_64 random(1);
  for (const std::size_t heap_bytes : {std::size_t{8}, std::size_t{8} * 7, std::size_t{8} * 1000}) {
    std::vector<std::uint64_t> expected, sorted;
    ScratchSort<std::uint64_t> sort(heap_bytes);
    for (int i = 0; i < 3000; ++i) {
      expected.push_back(random() % 1000);
      sort.add(expected.back());
    }
    std::sort(expected.begin(), expected.end());
    ASSERT_TRUE(sort.take_all([&](std::uint64_t one) { sorted.push_back(one); }));
    EXPECT_EQ(sorted, expected);
  }
}

TEST(Scratch, AnArrayIsZeroAndKeepsWhatIsWritten) {
  for (const std::size_t size : {std::size_t{100}, std::size_t{5} << 20}) {
    ScratchArray<std::uint32_t> array(size);
    for (std::size_t i = 0; i < size; i += 97) {
      ASSERT_EQ(array[i], 0u);
      array[i] = static_cast<std::uint32_t>(i + 1);
    }
    for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(std::as_const(array)[i], i % 97 == 0 ? i + 1 : 0);
  }
}

// Pages of a mapping count as memory of the process for as long as they are mapped.
TEST(Scratch, AMappingThatIsReadEverywhereIsNotCountedAsMemory) {
  ScratchList<std::uint64_t> list;
  const std::size_t size = (std::size_t{64} << 20) / sizeof(std::uint64_t);
  for (std::size_t i = 0; i < size; ++i) list.push_back(i);
  ASSERT_TRUE(list.finish());
  const long before = of_status("RssFile") + of_status("RssShmem");
  std::mt19937_64 random(1);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t at = random() % size;
    ASSERT_EQ(list[at], at);
  }
  EXPECT_LT(of_status("RssFile") + of_status("RssShmem") - before, 16 * 1024) << "of 64 MiB, in KiB";
}

TEST(Scratch, NothingIsLeftInTheFolderAndNobodyElseMayRead) {
  const testing::TempDir dir;
  const std::string path = dir.file("scratch");
  std::filesystem::create_directory(path);
  const Folder folder(path);
  ScratchFile file;
  file.append("abc", 3);
  ASSERT_TRUE(file.error());
  EXPECT_TRUE(std::filesystem::is_empty(path)) << "while it is in use, so that kill -9 leaves nothing";
  EXPECT_EQ(std::filesystem::status("/proc/self/fd/" + std::to_string(file.fd())).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_TRUE(std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(file.fd())).string().starts_with(path));
}

TEST(Scratch, AFolderThatIsNotThereIsPassedOver) {
  const Folder folder("/does/not/exist");
  ScratchFile file;
  file.append("abc", 3);
  EXPECT_TRUE(file.error());
}

TEST(Scratch, AFullDiskIsOneClearLine) {
  const testing::TempDir dir;
  const Folder folder(dir.file("."));
  const FileLimit limit(kScratchHeapBytes);
  const std::string expected =
      "a temporary file in " + dir.file(".") + ": File too large; SQLITE_TMPDIR or TMPDIR names another folder";
  ScratchList<std::uint64_t> list;
  ScratchSort<std::uint64_t> sort(kScratchHeapBytes);
  EXPECT_FALSE(sort.failed());
  for (std::size_t i = 0; i < kMany; ++i) {
    list.push_back(i);
    sort.add(i);
  }
  const auto finished = list.finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().message, expected);
  EXPECT_TRUE(sort.failed());
  EXPECT_FALSE(sort.take_all([](std::uint64_t) {}));
}

TEST(Scratch, WithoutRoomAnArrayIsInMemory) {
  const FileLimit limit(4096);
  ScratchArray<std::uint32_t> array(std::size_t{5} << 20);
  array[5'000'000] = 7;
  EXPECT_EQ(array[5'000'000], 7u);
}

}  // namespace
}  // namespace tracerec::replay
