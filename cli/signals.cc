#include "cli/signals.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

#include "base/exit_status.h"

namespace tracerec::cli {
namespace {

std::atomic<bool> stop_requested{false};

std::atomic<std::int64_t> last_signal_ns{0};

// Both terminals and wrappers send a signal twice, and so do people who are impatient.
void on_signal(int number) {
  constexpr std::int64_t kImpatientNs = 1'000'000'000;
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);  // signal-safe
  const std::int64_t now_ns = std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
  const std::int64_t before_ns = last_signal_ns.exchange(now_ns);
  if (!stop_requested.exchange(true)) return;
  if (now_ns - before_ns > kImpatientNs) {
    constexpr std::string_view kEnded =
        "ended at once: what was not written yet is lost and was not counted; the file is whole up to there\n";
    (void)!::write(STDERR_FILENO, kEnded.data(), kEnded.size());
    ::signal(number, SIG_DFL);
    ::raise(number);
    return;
  }
  constexpr std::string_view kWhat =
      "ending in order; a signal after more than a second ends at once, and what is not written yet is lost\n";
  (void)!::write(STDERR_FILENO, kWhat.data(), kWhat.size());
}

// What the handler writes: it may call what is safe there only (signal-safety(7)).
std::array<char, 256> last_line{};
std::size_t last_line_bytes = 0;

void end_now(int) {
  (void)!::write(STDERR_FILENO, last_line.data(), last_line_bytes);
  ::_exit(static_cast<int>(ExitStatus::kInterrupted));
}

void handle(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;  // without SA_RESTART: waiting calls shall return
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  struct sigaction hang_up {};  // a terminal that is closed; nohup(1) has it ignored
  if (::sigaction(SIGHUP, nullptr, &hang_up) == 0 && hang_up.sa_handler != SIG_IGN)
    ::sigaction(SIGHUP, &action, nullptr);
}

}  // namespace

const std::atomic<bool>& stop_on_signals() {
  handle(on_signal);
  return stop_requested;
}

void end_on_signals(const std::string& line) {
  handle(SIG_DFL);  // while the line changes
  last_line_bytes = line.copy(last_line.data(), last_line.size() - 1);
  last_line[last_line_bytes++] = '\n';
  handle(end_now);
}

}  // namespace tracerec::cli
