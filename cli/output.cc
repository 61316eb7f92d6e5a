#include "cli/output.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <streambuf>
#include <string_view>
#include <system_error>

namespace tracerec::cli {
namespace {

// Like the buffer that std::cout has at first, which keeps nothing and hands on to stdio; but see output.h.
class Output final : public std::streambuf {
 protected:
  int_type overflow(int_type c) override {
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    const char byte = traits_type::to_char_type(c);
    return xsputn(&byte, 1) == 1 ? c : traits_type::eof();
  }

  std::streamsize xsputn(const char* bytes, std::streamsize count) override {
    const auto wanted = static_cast<std::size_t>(count);
    const std::size_t written = std::fwrite(bytes, 1, wanted, stdout);
    return written == wanted || output_is_closed() ? count : static_cast<std::streamsize>(written);
  }

  int sync() override { return std::fflush(stdout) == 0 || output_is_closed() ? 0 : -1; }
};

// Of a pipe, or a terminal that was hung up.
bool reader_has_gone(int fd) {
  pollfd out{fd, 0, 0};
  return ::poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP)) != 0;
}

}  // namespace

bool occupy_standard_descriptors() {
  for (const int wanted : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(wanted, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free one is this one, for those below it are open.
    if (::open("/dev/null", wanted == STDERR_FILENO ? O_WRONLY : O_RDONLY) != wanted) return false;
  }
  return true;
}

void tolerate_closed_output() {
  static Output output;
  // Not SIG_IGN, which programs that are started inherit (execve(2)); a handler becomes the default again.
  struct sigaction action {};
  action.sa_handler = [](int) {};
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGPIPE, &action, nullptr);
  ::sigaction(SIGXFSZ, &action, nullptr);  // a file that may not grow (ulimit -f) is an error of the write
  std::cout.rdbuf(&output);
}

bool output_is_closed() {
  return reader_has_gone(STDOUT_FILENO);
}

std::size_t output_columns() {
  constexpr std::size_t kUsual = 100, kFewest = 20, kMost = 1000;
  const char* const named = std::getenv("COLUMNS");
  const std::string_view text = named == nullptr ? "" : named;
  std::size_t columns = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), columns);
  const bool is_number = error == std::errc{} && end == text.data() + text.size();
  if (is_number && columns > 0) return std::clamp(columns, kFewest, kMost);
  winsize window{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0 ? window.ws_col : kUsual;
}

bool error_output_is_closed() {
  return reader_has_gone(STDERR_FILENO);
}

}  // namespace tracerec::cli
