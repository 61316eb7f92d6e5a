// A process that does nothing but system calls: nanoseconds for each, as JSON. What a recording of another process
// costs it shows in the ratio of two runs (bench/recording.py).
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <vector>

namespace {

constexpr int kRounds = 15;
constexpr int kCalls = 40'000;

// The median of the rounds: a round in which something else ran does not count.
double nanoseconds(const std::function<void()>& call) {
  std::vector<double> rounds;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kCalls; ++i) call();
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
    rounds.push_back(took.count() / kCalls);
  }
  std::nth_element(rounds.begin(), rounds.begin() + kRounds / 2, rounds.end());
  return rounds[kRounds / 2];
}

}  // namespace

int main() {
  const int zero = ::open("/dev/zero", O_RDONLY | O_CLOEXEC);
  int pair[2];
  if (zero < 0 || ::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) return 2;
  char byte = 0;
  char page[4096] = {};
  volatile ssize_t result = 0;
  const double getppid = nanoseconds([&] { result = ::syscall(SYS_getppid); });
  const double read = nanoseconds([&] { result = ::read(zero, &byte, 1); });
  const double page_read = nanoseconds([&] { result = ::read(zero, page, sizeof page); });
  const double exchange = nanoseconds([&] {
    result = ::write(pair[0], page, 100);
    result = ::read(pair[1], page, sizeof page);
  });
  std::printf(
      "{\"getppid\": %.1f, \"read of 1 byte\": %.1f, \"read of 4 KiB\": %.1f, "
      "\"write and read of 100 bytes on a socket\": %.1f}\n",
      getppid, read, page_read, exchange);
}
