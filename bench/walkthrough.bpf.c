// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The usual design of such recorders, for comparison: hooks at entry and exit of read and write, a map from thread to
// arguments, one message of up to 30 KB and one wake-up for each call. No socket is looked up, nothing is paired.
#include "../bpf/kernel_types.h"

#include <bpf/bpf_helpers.h>

#define BPF_MAP_TYPE_PERF_EVENT_ARRAY 4
#define BPF_F_CURRENT_CPU 0xffffffffULL
#define MESSAGE_BYTES 30720

struct enter {
  unsigned long long common;
  long nr;
  unsigned long arguments[6];
};

struct leave {
  unsigned long long common;
  long nr;
  long result;
};

struct call {
  unsigned long buffer;
  int fd;
};

struct message {
  int fd;
  unsigned int length;
  char bytes[MESSAGE_BYTES];
};

const volatile unsigned int recorded_pid = 0;

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, unsigned long long);
  __type(value, struct call);
} calls SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, unsigned int);
  __type(value, struct message);
} scratch SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  __uint(key_size, sizeof(int));
  __uint(value_size, sizeof(int));
} messages SEC(".maps");

static int on_enter(struct enter* context) {
  unsigned long long thread = bpf_get_current_pid_tgid();
  if (thread >> 32 != recorded_pid) return 0;
  struct call call = {context->arguments[1], (int)context->arguments[0]};
  bpf_map_update_elem(&calls, &thread, &call, BPF_ANY);
  return 0;
}

static int on_leave(struct leave* context) {
  unsigned long long thread = bpf_get_current_pid_tgid();
  struct call* call = bpf_map_lookup_elem(&calls, &thread);
  if (!call) return 0;
  unsigned int zero = 0;
  struct message* message = bpf_map_lookup_elem(&scratch, &zero);
  unsigned int length = (unsigned int)context->result;
  if (message && context->result > 0) {
    if (length > MESSAGE_BYTES) length = MESSAGE_BYTES;
    asm volatile("" : "+r"(length));
    if (length > MESSAGE_BYTES) length = MESSAGE_BYTES;
    message->fd = call->fd;
    message->length = length;
    bpf_probe_read_user(message->bytes, length, (void*)call->buffer);
    bpf_perf_event_output(context, &messages, BPF_F_CURRENT_CPU, message, sizeof(*message) - MESSAGE_BYTES + length);
  }
  bpf_map_delete_elem(&calls, &thread);
  return 0;
}

SEC("tracepoint/syscalls/sys_enter_read")
int enter_read(struct enter* context) {
  return on_enter(context);
}

SEC("tracepoint/syscalls/sys_exit_read")
int leave_read(struct leave* context) {
  return on_leave(context);
}

SEC("tracepoint/syscalls/sys_enter_write")
int enter_write(struct enter* context) {
  return on_enter(context);
}

SEC("tracepoint/syscalls/sys_exit_write")
int leave_write(struct leave* context) {
  return on_leave(context);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
