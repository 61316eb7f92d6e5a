#include "cli/signals.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/exit_status.h"

namespace tracerec::cli {
namespace {

std::atomic<bool> stop_requested{false};

void on_signal(int) {
  stop_requested.store(true);
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
  action.sa_handler = handler;
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // not SA_RESTART: waiting calls shall return
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
