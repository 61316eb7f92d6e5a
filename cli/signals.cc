#include "cli/signals.h"

#include <signal.h>

namespace tracerec::cli {
namespace {

std::atomic<bool> stop_requested{false};

void on_signal(int) {
  stop_requested.store(true);
}

}  // namespace

const std::atomic<bool>& stop_on_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // not SA_RESTART: waiting calls shall return
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  return stop_requested;
}

}  // namespace tracerec::cli
