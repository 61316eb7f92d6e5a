#include "cli/status_line.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

#include "base/columns.h"

namespace tracerec::cli {
namespace {

constexpr const char* kClearLine = "\r\x1b[K";

// A line that is wrapped cannot be rewritten. Asked each time: windows change.
std::size_t terminal_columns() {
  constexpr std::size_t kUsual = 80;
  winsize window{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 1 ? window.ws_col : kUsual;
}

}  // namespace

StatusLine::StatusLine() : enabled_(::isatty(STDERR_FILENO) == 1) {}

void StatusLine::show(const std::string& text) {
  if (!enabled_) return;
  std::fprintf(stderr, "%s%s", kClearLine, cut_middle(text, terminal_columns() - 1).c_str());
  std::fflush(stderr);
  shown_ = true;
}

void StatusLine::clear() {
  if (shown_) std::fprintf(stderr, "%s", kClearLine);
  shown_ = false;
}

}  // namespace tracerec::cli
