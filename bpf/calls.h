/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What a system call's number and arguments say about the bytes that it moves, and the way of these into the ring. */
#ifndef TRACEREC_BPF_CALLS_H
#define TRACEREC_BPF_CALLS_H

#include "file.h"
#include "overload.h"
#include "ring.h"
#include "socket.h"
#include "syscalls.h"

#define MSG_OOB	     0x1
#define MSG_PEEK     0x2
#define MSG_TRUNC    0x20
#define MSG_ERRQUEUE 0x2000
#define TCP_CLOSE    7

/* The call that a program works on: as large as a third of the stack that Linux before 6.13 allows. The programs
 * that use it run in a system call of a process, which nothing takes off the processor meanwhile. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct call);
} current_call SEC(".maps");

static __always_inline struct call *new_call(void)
{
	__u32 zero = 0;
	struct call *call = bpf_map_lookup_elem(&current_call, &zero);

	if (call)
		__builtin_memset(call, 0, sizeof(*call));
	return call;
}

static __always_inline bool receives(long nr)
{
	return nr == NR_read || nr == NR_recvfrom || nr == NR_recvmsg || nr == NR_recvmmsg || nr == NR_readv ||
	       nr == NR_preadv2;
}

/* MSG_TRUNC throws bytes of a TCP stream away without copying them (man 7 tcp). */
static __always_inline bool has_no_buffer(const struct call *call, long nr, unsigned long flags)
{
	return nr == NR_splice || nr == NR_sendfile || (call->is_tcp && (flags & MSG_TRUNC));
}

/*
 * Bytes of a call under way that sockets have moved and that its exit is to tell of (transfers.h), by thread. A call
 * during which calls were hooked, or found to be needed, has pieces of both kinds. Removed at the exit.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, __u64);
} left_to_exit SEC(".maps");

static __always_inline void leave_to_exit(__u64 bytes)
{
	const __u32 thread = (__u32)bpf_get_current_pid_tgid();
	__u64 *known = bpf_map_lookup_elem(&left_to_exit, &thread);

	if (known)
		*known += bytes;
	else
		bpf_map_update_elem(&left_to_exit, &thread, &bytes, BPF_ANY);
}

static __always_inline __u64 take_left_to_exit(void)
{
	const __u32 thread = (__u32)bpf_get_current_pid_tgid();
	__u64 *known = bpf_map_lookup_elem(&left_to_exit, &thread);
	const __u64 bytes = known ? *known : 0;

	if (known)
		bpf_map_delete_elem(&left_to_exit, &thread);
	return bytes;
}

/* Notes where the call's bytes are in user memory, the first buffer at once. Not inline, for its message's sake. */
static __noinline void find_buffers(struct call *call, long nr, struct pt_regs *regs, __u64 bytes)
{
	const void *argument = (const void *)SYSCALL_ARG2(regs);
	struct user_msghdr message;

	call->message_left = bytes;
	if (nr == NR_read || nr == NR_recvfrom || nr == NR_write || nr == NR_sendto) {
		call->base = argument;
		call->base_left = bytes;
		return;
	}
	if (nr == NR_recvmmsg || nr == NR_sendmmsg) {
		next_message(call);
	} else if (nr == NR_recvmsg || nr == NR_sendmsg) {
		if (bpf_probe_read_user(&message, sizeof(message), argument))
			return;
		call->iovecs = message.msg_iov;
		call->iovecs_end = call->iovecs + (message.msg_iovlen & (2 * UIO_MAXIOV - 1));
	} else {
		call->iovecs = argument;
		call->iovecs_end = call->iovecs + (SYSCALL_ARG3(regs) & (2 * UIO_MAXIOV - 1));
	}
	next_buffer(call);
}

/* What nobody wants, and ciphertext, is counted and not copied. False: it is to be copied. */
static __always_inline bool pass_over(struct call *call, __u64 bytes)
{
	if (is_passed_over(call)) {
		COUNT(passed_bytes, bytes);
		return true;
	}
	if (!call->is_muted)
		return false;
	COUNT(muted_bytes, bytes);
	/* The peer's reset has overtaken this write: when the end was reported, nobody knew what it carried. */
	if (call->is_tcp && call->state == TCP_CLOSE) {
		call->flags |= TR_MUTED;
		send_control(call, TR_END, TR_END_IN | TR_END_OUT);
	}
	return true;
}

/* The common case, a record's worth in one buffer, needs no loop. */
static __always_inline void copy_buffers(struct call *call, __u64 bytes)
{
	if (call->base_left >= bytes && bytes <= TR_RECORD_LARGEST - sizeof(struct tr_event))
		send_piece(call, (__u64)call->base, bytes);
	else
		copy_all(call);
}

#endif
