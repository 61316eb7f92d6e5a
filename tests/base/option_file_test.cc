// No file that an option names makes a command wait for ever or read without end.
#include "base/option_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

#include "base/unique_fd.h"
#include "tests/testing/temp_dir.h"

namespace tracerec {
namespace {

using testing::TempDir;
using testing::write_whole_file;

constexpr std::size_t kMost = 100'000;

std::string refusal(const std::string& path, Pipes pipes = Pipes::kOfThisProcess) {
  const auto read = read_option_file(path, kMost, pipes);
  return read ? "" : read.error().message;
}

struct Pipe {
  UniqueFd from, to;
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return;
    from.reset(ends[0]);
    to.reset(ends[1]);
  }
  [[nodiscard]] std::string name() const { return "/dev/fd/" + std::to_string(from.get()); }
};

TEST(OptionFile, ARegularFileIsReadWholeAndThroughALink) {
  const TempDir dir;
  for (const std::size_t size : {std::size_t{0}, std::size_t{5}, kMost}) {
    write_whole_file(dir.file("a"), std::string(size, 'x'));
    EXPECT_EQ(read_option_file(dir.file("a"), kMost).value(), std::string(size, 'x'));
  }
  ASSERT_EQ(::symlink(dir.file("a").c_str(), dir.file("link").c_str()), 0);
  EXPECT_EQ(read_option_file(dir.file("link"), kMost).value().size(), kMost);
  EXPECT_NE(refusal(dir.file("missing")), "");
  write_whole_file(dir.file("a"), std::string(kMost + 1, 'x'));
  EXPECT_NE(refusal(dir.file("a")).find("longer"), std::string::npos);
}

// It says that it is a regular file, and the reader waited for the next message of the kernel.
TEST(OptionFile, AFileOfTheKernelThatWaitsIsRefused) {
  const char* const path = "/proc/kmsg";
  const UniqueFd fd(::open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  char room[65536];
  if (!fd.valid()) GTEST_SKIP() << "needs CAP_SYSLOG";
  while (::read(fd.get(), room, sizeof room) > 0) continue;  // what is there would be too long
  EXPECT_NE(refusal(path).find("has no end"), std::string::npos) << refusal(path);
}

TEST(OptionFile, WhatIsNoRegularFileIsRefusedAtOnce) {
  const TempDir dir;
  ASSERT_EQ(::mkfifo(dir.file("fifo").c_str(), 0600), 0);
  ASSERT_EQ(::symlink(dir.file("fifo").c_str(), dir.file("link").c_str()), 0);
  EXPECT_NE(refusal(dir.file("fifo")).find("named pipe"), std::string::npos);
  EXPECT_NE(refusal(dir.file("link")).find("named pipe"), std::string::npos);
  EXPECT_NE(refusal("/dev/zero").find("device"), std::string::npos);
  EXPECT_NE(refusal("/dev/null").find("device"), std::string::npos);
  EXPECT_NE(refusal(dir.file(".")), "");
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  dir.file("s").copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_NE(refusal(dir.file("s")).find("a socket"), std::string::npos) << refusal(dir.file("s"));
}

TEST(OptionFile, APipeOfThisProcessIsReadToItsEndAndBounded) {
  Pipe pipe;
  std::thread writer([&pipe] {
    for (int i = 0; i < 50; ++i) EXPECT_EQ(::write(pipe.to.get(), std::string(2000, 'x').data(), 2000), 2000);
    pipe.to.reset();
  });
  EXPECT_EQ(read_option_file(pipe.name(), kMost).value(), std::string(kMost, 'x'));
  writer.join();

  Pipe endless;
  std::thread endless_writer([&endless] {
    const std::string bytes(4096, 'x');
    while (::write(endless.to.get(), bytes.data(), bytes.size()) > 0) continue;
  });
  EXPECT_NE(refusal(endless.name()).find("longer"), std::string::npos);
  ::signal(SIGPIPE, SIG_IGN);
  endless.from.reset();
  endless_writer.join();

  const Pipe other;
  EXPECT_NE(refusal(other.name(), Pipes::kRefuse).find("regular file"), std::string::npos);
}

// Ctrl-C: the handler's flag is looked at by the caller.
TEST(OptionFile, ASignalEndsTheWaitForAPipe) {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  ::sigaction(SIGUSR1, &action, nullptr);
  const Pipe pipe;
  const pthread_t reader = ::pthread_self();
  std::atomic<bool> done{false};
  std::thread interrupter([&] {
    while (!done.load()) {
      ::pthread_kill(reader, SIGUSR1);
      std::this_thread::yield();
    }
  });
  EXPECT_NE(refusal(pipe.name()), "");
  done.store(true);
  interrupter.join();
}

TEST(OptionFile, NamesOfDescriptors) {
  EXPECT_EQ(descriptor_named_by("/dev/stdin"), 0);
  EXPECT_EQ(descriptor_named_by("/dev/stdout"), 1);
  EXPECT_EQ(descriptor_named_by("/dev/stderr"), 2);
  EXPECT_EQ(descriptor_named_by("/dev/fd/63"), 63);
  EXPECT_EQ(descriptor_named_by("/proc/self/fd/3"), 3);
  for (const char* other : {"", "/dev/fd/", "/dev/fd/-1", "/dev/fd/1x", "/dev/fd/99999999999", "stdin", "/dev/null"})
    EXPECT_FALSE(descriptor_named_by(other)) << other;
}

}  // namespace
}  // namespace tracerec
