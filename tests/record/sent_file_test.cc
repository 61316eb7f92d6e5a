// Bytes of sendfile: read from the file that was sent, or not at all.
#include "record/sent_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <ctime>
#include <fstream>

#include "record/unnamed_files.h"
#include "rig.h"
#include "testing/temp_dir.h"
#include "tests/record/openat2.h"

namespace tracerec::record {
namespace {

// A source that watches files without a name.
class WatchingSource final : public NoSource {
 public:
  [[nodiscard]] bool was_overwritten(const tr_file&) const override { return overwritten; }
  [[nodiscard]] UniqueFd take_unnamed(const tr_file& sent) override { return files.take(sent.inode, sent.generation); }

  bool overwritten = false;
  UnnamedFiles files;
};

class SentFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::ofstream(path) << "0123456789";
    struct stat file {};
    ASSERT_EQ(::stat(path.c_str(), &file), 0);
    range.file.bytes = 4;
    range.file.offset = 3;
    range.file.inode = file.st_ino;
    range.file.size = 10;
    range.file.mtime_ns = static_cast<std::uint64_t>(file.st_mtim.tv_sec) * 1'000'000'000U +
                          static_cast<std::uint64_t>(file.st_mtim.tv_nsec);
    range.file.ctime_ns = static_cast<std::uint64_t>(file.st_ctim.tv_sec) * 1'000'000'000U +
                          static_cast<std::uint64_t>(file.st_ctim.tv_nsec);
    range.file.fd = -1;
    struct statfs system {};
    ASSERT_EQ(::statfs(path.c_str(), &system), 0);
    range.file.where.device = major(file.st_dev) << 20U | minor(file.st_dev);
    range.file.where.magic = static_cast<std::uint32_t>(system.f_type);
    range.file.where.user_namespace = 0xEFFFFFFD;
    range.file.links = 1;
    range.tgid = static_cast<std::uint32_t>(::getpid());
    range.sent_unix_ns = static_cast<std::int64_t>(range.file.ctime_ns) + 1'000'000'000;
    range.path = path;
  }

  std::string fetch() {
    std::string bytes;
    const std::uint64_t got = files.read(range, [&](std::string_view piece) { bytes += piece; });
    EXPECT_EQ(got, bytes.size());
    return bytes;
  }

  testing::TempDir dir;
  std::string path = dir.file("page.html");
  SentRange range;
  WatchingSource source;
  SentFiles files{source};
};

TEST_F(SentFile, TheRangeIsRead) {
  if (!has_openat2()) GTEST_SKIP() << "no openat2";
  EXPECT_EQ(fetch(), "3456");
}

TEST_F(SentFile, AFileThatChangedAfterwardsIsNotTaken) {
  std::ofstream(path) << "abcdefghij";
  EXPECT_EQ(fetch(), "");
}

TEST_F(SentFile, AnotherFileOfThatNameIsNotTaken) {
  std::ofstream(dir.file("new")) << "abcdefghij";
  ASSERT_EQ(::rename(dir.file("new").c_str(), path.c_str()), 0);
  EXPECT_EQ(fetch(), "");
}

TEST_F(SentFile, AFileThatChangedJustBeforeItWasSentProvesNothing) {
  range.sent_unix_ns = static_cast<std::int64_t>(range.file.ctime_ns) + 5'000'000;
  EXPECT_EQ(fetch(), "");
}

TEST_F(SentFile, WithoutANameItIsReadThroughItsDescriptorAlthoughItGrows) {
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC));
  ASSERT_EQ(::unlink(path.c_str()), 0);
  EXPECT_EQ(fetch(), "");  // it was said to have a name
  range.file.links = 0;
  EXPECT_EQ(fetch(), "");  // a wrong descriptor
  range.file.fd = fd.get();
  ASSERT_EQ(::write(fd.get(), "more", 4), 4);
  EXPECT_EQ(fetch(), "3456");
  source.overwritten = true;
  EXPECT_EQ(fetch(), "");
}

// A server unlinks its temporary file, sends from it and closes it at once.
TEST_F(SentFile, OneThatWasOpenedInTimeIsHadAfterItWasClosed) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_EQ(::unlink(path.c_str()), 0);
  range.file.links = 0;
  range.file.generation = 7;
  range.file.fd = fd.get();
  source.files.open({range.file.inode, 7, range.tgid, fd.get(), range.file.where, 0});
  fd.reset();
  range.file.generation = 8;
  EXPECT_EQ(fetch(), "");  // an earlier file of this number
  range.file.generation = 7;
  EXPECT_EQ(fetch(), "3456");
  range.file.offset = 5;
  EXPECT_EQ(fetch(), "5678");  // it is kept for the next range
}

TEST_F(SentFile, WhatWasClosedUnsentIsLetGo) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_EQ(::unlink(path.c_str()), 0);
  UnnamedFiles& watched = source.files;
  watched.open({range.file.inode, 7, range.tgid, fd.get(), range.file.where, 0});
  watched.close_idle();
  watched.close_idle();
  EXPECT_TRUE(watched.take(range.file.inode, 7).valid());  // its process has it open
  watched.open({range.file.inode, 7, range.tgid, fd.get(), range.file.where, 0});
  fd.reset();
  watched.close_idle();
  watched.close_idle();
  EXPECT_FALSE(watched.take(range.file.inode, 7).valid());
}

TEST_F(SentFile, TheSecondRangeIsHadAfterTheDescriptorIsGone) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  range.file.fd = fd.get();
  range.path.clear();
  EXPECT_EQ(fetch(), "3456");
  fd.reset();
  range.file.offset = 6;
  EXPECT_EQ(fetch(), "6789");
}

// FUSE tells what it likes of its files: the number, size and times of one that only root may read.
TEST_F(SentFile, AFileOfAnotherFileSystemWithTheSameNumbersIsNotTaken) {
  range.file.where.device += 1;
  EXPECT_EQ(fetch(), "");
}

TEST_F(SentFile, WhatCameFromAFileSystemThatCanLieIsNotLookedFor) {
  for (const std::uint32_t magic : {0x65735546U, 0x6969U, 0xFE534D42U, 0x01021997U}) {  // FUSE, NFS, SMB2, 9p
    range.file.where.magic = magic;
    EXPECT_EQ(fetch(), "") << magic;
  }
}

TEST_F(SentFile, AnOverlayOfAUserNamespaceMayLieOverFuse) {
  if (!has_openat2()) GTEST_SKIP() << "no openat2";
  range.file.where.magic = 0x794c7630;
  EXPECT_EQ(fetch(), "3456");
  range.file.where.user_namespace = 4026532000;
  EXPECT_EQ(fetch(), "");
}

// btrfs and overlayfs show devices of their own making to user space.
TEST_F(SentFile, TheMountTellsTheFileSystemWhereTheDeviceDoesNot) {
  if (!has_openat2()) GTEST_SKIP() << "no openat2";
  struct statx found {};
  ASSERT_EQ(::statx(AT_FDCWD, path.c_str(), 0, STATX_MNT_ID, &found), 0);
  range.file.where.device += 1;
  range.file.where.mount = static_cast<std::uint32_t>(found.stx_mnt_id);
  EXPECT_EQ(fetch(), "3456");
}

// The process has put a FIFO into the place of its file; opening it would wake whoever waits for a reader.
TEST_F(SentFile, AFifoInItsPlaceIsNotOpened) {
  ASSERT_EQ(::unlink(path.c_str()), 0);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const UniqueFd descriptor(::open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat fifo {};
  ASSERT_EQ(::fstat(descriptor.get(), &fifo), 0);
  range.file.inode = fifo.st_ino;
  range.file.fd = descriptor.get();
  const int watch = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  ASSERT_GE(::inotify_add_watch(watch, path.c_str(), IN_OPEN), 0);
  EXPECT_EQ(fetch(), "");
  char event[4096];
  EXPECT_LT(::read(watch, event, sizeof event), 0) << "it was opened";
  ::close(watch);
}

// Root's own file of that name is not the one that the process sent, which has another root.
TEST_F(SentFile, WhenTheProcessIsGoneNothingIsLookedForInTheRecordersRoot) {
  const pid_t gone = ::fork();
  if (gone == 0) ::_exit(0);
  ::waitpid(gone, nullptr, 0);
  range.tgid = static_cast<std::uint32_t>(gone);
  EXPECT_EQ(fetch(), "");
}

// A name on the way that leads elsewhere by now.
TEST_F(SentFile, SymbolicLinksAreNotFollowed) {
  ASSERT_EQ(::symlink(path.c_str(), dir.file("link").c_str()), 0);
  range.path = dir.file("link");
  EXPECT_EQ(fetch(), "");
}

TEST_F(SentFile, BeyondTheEndThereIsNothing) {
  if (!has_openat2()) GTEST_SKIP() << "no openat2";
  range.file.offset = 8;
  EXPECT_EQ(fetch(), "89");
}

TEST_F(SentFile, TheNamesOfThePathComeLastFirst) {
  range.file.path_bytes = 14;
  std::string payload(reinterpret_cast<const char*>(&range.file), sizeof range.file);
  payload += std::string("page\0www\0var\0\0", 14);
  payload.resize(sizeof range.file + 13);
  SentRange parsed;
  EXPECT_FALSE(SentRange::parse(payload, parsed));
  range.file.path_bytes = 13;
  payload.replace(0, sizeof range.file, reinterpret_cast<const char*>(&range.file), sizeof range.file);
  ASSERT_TRUE(SentRange::parse(payload, parsed));
  EXPECT_EQ(parsed.path, "/var/www/page");
  EXPECT_FALSE(SentRange::parse(payload.substr(0, 20), parsed));
}

// Through the recorder: a response whose body came from a file is whole. One whose file is gone, or was written to by
// nobody knows whom, has a hole.
TEST_F(SentFile, ABodyFromAFileIsPartOfItsExchange) {
  if (!has_openat2()) GTEST_SKIP() << "no openat2";
  Rig rig;
  testing::FakeConnection tcp(1);
  rig.feed(tcp.open());
  for (const int flags : std::array<int, 3>{0, TR_UNWATCHED, 0}) {
    const bool is_last = rig.recorder.fetched().refused_bytes > 0;
    rig.feed(tcp.in("GET /page.html HTTP/1.1\r\n\r\n"));
    rig.feed(tcp.out("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"));
    if (is_last) range.file.inode += 1;
    range.path = path;
    std::string names;
    for (std::string rest = path; !rest.empty(); rest.resize(rest.rfind('/'))) {
      names += rest.substr(rest.rfind('/') + 1) + '\0';
    }
    range.file.path_bytes = static_cast<std::uint32_t>(names.size());
    auto event = tcp.hole_out(4);
    event.header.kind = TR_FILE;
    event.header.time_ns = 3'600'000'000'000U + static_cast<std::uint64_t>(range.sent_unix_ns);
    event.payload = std::string(reinterpret_cast<const char*>(&range.file), sizeof range.file) + names;
    event.header.length = static_cast<std::uint32_t>(event.payload.size());
    event.header.tgid = range.tgid;
    event.header.flags |= static_cast<std::uint16_t>(flags);
    rig.feed(event);
  }
  rig.feed(tcp.close());
  rig.finish();
  ASSERT_EQ(rig.store.exchanges.size(), 3U);
  EXPECT_TRUE(rig.store.exchanges[0].complete) << rig.store.exchanges[0].notes;
  EXPECT_EQ(rig.store.exchanges[0].response_body.bytes, "3456");
  EXPECT_NE(rig.store.exchanges[0].notes.find("sendfile:inode="), std::string::npos);
  for (const std::size_t i : {1U, 2U}) {
    EXPECT_FALSE(rig.store.exchanges[i].complete);
    EXPECT_EQ(rig.store.exchanges[i].response_body.wire_bytes, 4U);
  }
  EXPECT_EQ(rig.recorder.fetched().bytes, 4U);
  EXPECT_EQ(rig.recorder.fetched().refused_bytes, 8U);
}

}  // namespace
}  // namespace tracerec::record
