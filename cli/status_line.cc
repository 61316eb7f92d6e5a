#include "cli/status_line.h"

#include <unistd.h>

#include <cstdio>

namespace tracerec::cli {
namespace {

constexpr const char* kClearLine = "\r\x1b[K";

}  // namespace

StatusLine::StatusLine() : enabled_(::isatty(STDERR_FILENO) == 1) {}

void StatusLine::show(const std::string& text) {
  if (!enabled_) return;
  std::fprintf(stderr, "%s%s", kClearLine, text.c_str());
  std::fflush(stderr);
  shown_ = true;
}

void StatusLine::clear() {
  if (shown_) std::fprintf(stderr, "%s", kClearLine);
  shown_ = false;
}

}  // namespace tracerec::cli
