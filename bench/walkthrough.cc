// Prints what walkthrough.bpf.c reports of one process to stdout, until it is interrupted.
//   walkthrough PID
#include "walkthrough.skel.h"

#include <bpf/libbpf.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

volatile std::sig_atomic_t stopped = 0;
std::uint64_t lost = 0;

struct Message {
  int fd;
  std::uint32_t length;
};

void on_message(void*, int, void* data, __u32) {
  const auto* message = static_cast<const Message*>(data);
  std::fwrite(message + 1, 1, message->length, stdout);
}

void on_lost(void*, int, __u64 count) {
  lost += count;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  walkthrough* const program = walkthrough__open();
  if (program == nullptr) return 2;
  program->rodata->recorded_pid = static_cast<std::uint32_t>(std::atoi(arguments[1]));
  if (walkthrough__load(program) != 0 || walkthrough__attach(program) != 0) return 2;
  // 64 pages for each processor, and a wake-up for each message, as BCC has it.
  perf_buffer* const messages =
      perf_buffer__new(bpf_map__fd(program->maps.messages), 64, on_message, on_lost, nullptr, nullptr);
  if (messages == nullptr) return 2;
  std::signal(SIGINT, [](int) { stopped = 1; });
  std::fputs("attached\n", stderr);
  while (stopped == 0) perf_buffer__poll(messages, 100);
  std::fprintf(stderr, "lost %llu messages\n", static_cast<unsigned long long>(lost));
  perf_buffer__free(messages);
  walkthrough__destroy(program);
}
