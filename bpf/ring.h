/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * From a call's bytes to records in the ring buffer: struct call is what one probe knows, the functions below copy what
 * it points to, count it, and tell of what could not be copied.
 */
#ifndef TRACEREC_BPF_RING_H
#define TRACEREC_BPF_RING_H

#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "wire.h"

#define UIO_MAXIOV 1024 /* buffers in one call, include/uapi/linux/uio.h */
/* Wake the reader when this much waits; below it, its own timer does (design: no wake-up per event). */
#define WAKE_BYTES (ring_bytes / 4)

/* The size of the ring, set between open and load together with the map's. */
const volatile __u64 ring_bytes = 16u << 20;

/* Events to the recorder. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16u << 20);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tr_counters);
} counters SEC(".maps");

/* What is known of the system call's socket, and where the copy loop stands. */
struct call {
	struct sock *sock;
	__u64 goroutine; /* of a Go program; in others no address of anything */
	__u64 time_ns;
	__u64 inode;
	__u64 position;
	__u64 position_in; /* of the next byte in each direction */
	__u64 position_out;
	__u64 remaining;		     /* bytes of the call still to copy */
	const struct user_iovec *iovecs;     /* next, and one past the last: two addresses rather than a */
	const struct user_iovec *iovecs_end; /* counter, whose every value the verifier would walk through */
	const void *base;		     /* of the current buffer */
	__u64 base_left;
	const struct user_mmsghdr *messages; /* recvmmsg, sendmmsg: likewise */
	const struct user_mmsghdr *messages_end;
	__u64 message_left; /* bytes of the current message still to copy */
	__u32 tgid;
	__s32 fd;
	__s32 file_fd; /* sendfile: what is sent */
	__u16 flags;   /* more TR_ flags of the events */
	__u16 family;
	__u16 local_port;
	__u16 peer_port;
	__u8 direction;
	bool is_tcp;
	bool is_muted;	   /* its bytes are ciphertext */
	__u8 state;	   /* of TCP */
	bool fin_was_seen; /* the peer's end of the stream is in the receive queue, or was read */
	__u8 local_address[16];
	__u8 peer_address[16];
};

/*
 * Functions without `static` are verified once, on their own, instead of once for each way that leads to them: without
 * that the verifier gives up at a million instructions. They take nothing but numbers and struct call as plain memory,
 * and return an int.
 */

static __always_inline struct tr_counters *this_cpu_counters(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&counters, &zero);
}

/* Atomic, because a uprobe can be interrupted between reading and writing by another probe on the same processor. */
#define COUNT(field, amount)                                                                                           \
	do {                                                                                                           \
		struct tr_counters *counters_here = this_cpu_counters();                                               \
		if (counters_here)                                                                                     \
			__sync_fetch_and_add(&counters_here->field, amount);                                           \
	} while (0)

static __always_inline void count_loss(__u32 reason, __u64 bytes)
{
	if (reason < TR_LOST_REASONS) {
		COUNT(lost_bytes[reason], bytes);
		COUNT(lost_events[reason], 1);
	}
}

/* Wakes the reader at the moment the fill level crosses the threshold, not at each event above it. */
static __always_inline __u64 wake_flag(__u64 used_before, __u64 size)
{
	if (used_before < WAKE_BYTES && used_before + size >= WAKE_BYTES)
		return BPF_RB_FORCE_WAKEUP;
	return BPF_RB_NO_WAKEUP;
}

static __noinline void fill_event(struct tr_event *event, const struct call *call, __u8 kind)
{
	event->kind = kind;
	event->direction = call->direction;
	event->flags = call->flags | (call->is_tcp ? TR_SEQ32 : 0);
	event->length = 0;
	event->time_ns = call->time_ns;
	event->socket = (__u64)call->sock;
	event->inode = call->inode;
	event->position = call->position;
	event->position_in = call->position_in;
	event->position_out = call->position_out;
	event->tgid = call->tgid;
	event->fd = call->fd;
	event->family = call->family;
	event->local_port = call->local_port;
	event->peer_port = call->peer_port;
	event->reserved = 0;
	__builtin_memcpy(event->local_address, call->local_address, 16);
	__builtin_memcpy(event->peer_address, call->peer_address, 16);
}

/* Tells the reader of bytes that it will not get. Kept small so that it fits when data does not. */
__noinline int send_hole(struct call *call, __u32 reason, __u64 bytes)
{
	struct tr_event *event;

	if (!call)
		return 0;
	count_loss(reason, bytes);
	event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);
	if (!event) {
		COUNT(lost_control_events, 1);
		COUNT(silent_bytes, bytes);
		return 0;
	}
	fill_event(event, call, TR_HOLE);
	event->length = bytes > 0xffffffff ? 0xffffffff : bytes;
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
	return 0;
}

/* What came of a record: 0, or why its bytes are not in the ring, plus one. The caller tells of it by a hole, because a
 * function that is called deep down would add its stack to the deepest chain (README.md, Budget). */
#define LOST(reason) (1 + (reason))

/* Copies `length` user bytes into a record of `record_size` bytes, a constant the verifier knows. */
static __always_inline int send_record(struct call *call, const void *user, __u32 length, __u64 used,
				       const __u32 record_size)
{
	const __u32 room = record_size - sizeof(struct tr_event);
	struct tr_event *event = bpf_ringbuf_reserve(&ring, record_size, 0);

	if (!event)
		return LOST(TR_LOST_RING_FULL);
	fill_event(event, call, TR_DATA);
	event->length = length;
	/* The compiler knows that length fits and drops the check; the verifier does not know. */
	asm volatile("" : "+r"(length));
	if (length > room)
		length = room;
	if (bpf_probe_read_user(event + 1, length, user)) {
		bpf_ringbuf_discard(event, BPF_RB_NO_WAKEUP);
		return LOST(TR_LOST_FAULT);
	}
	COUNT(sent_bytes, length);
	bpf_ringbuf_submit(event, wake_flag(used, record_size));
	return 0;
}

#define CLASS_HEADER 128 /* room for the header beside the sizes that programs like */

/* The ring takes sizes that are constants only, so records come in classes. Memory after the payload of a record is
 * never touched: a large class costs ring space, not time. */
__noinline int copy_piece(struct call *call, __u64 address, __u32 length)
{
	const void *user = (const void *)address;
	const __u64 used = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
	const __u32 need = length + sizeof(struct tr_event);

	if (!call ||
	    used + (need <= 512 ? TR_CONTROL_RESERVE / 2 : TR_RECORD_LARGEST + TR_CONTROL_RESERVE) > ring_bytes)
		return LOST(TR_LOST_RING_FULL);
	if (need <= 512)
		return send_record(call, user, length, used, 512);
	if (need <= 2048)
		return send_record(call, user, length, used, 2048);
	if (need <= 4096 + CLASS_HEADER)
		return send_record(call, user, length, used, 4096 + CLASS_HEADER);
	if (need <= 8192 + CLASS_HEADER)
		return send_record(call, user, length, used, 8192 + CLASS_HEADER);
	if (need <= 16384 + CLASS_HEADER)
		return send_record(call, user, length, used, 16384 + CLASS_HEADER);
	if (need <= 32768 + CLASS_HEADER)
		return send_record(call, user, length, used, 32768 + CLASS_HEADER);
	if (need <= 65536 + CLASS_HEADER)
		return send_record(call, user, length, used, 65536 + CLASS_HEADER);
	return send_record(call, user, length, used, TR_RECORD_LARGEST);
}

/* Sends the next bytes of a call as one record, or tells of the hole, and moves on past them. */
static __always_inline void send_piece(struct call *call, __u64 address, __u32 length)
{
	const int lost = copy_piece(call, address, length);

	if (lost)
		send_hole(call, lost - 1, length);
	call->position += length;
	call->remaining -= length;
	call->flags &= ~TR_RESUMED; /* said once, of where the call's bytes begin */
}

static __always_inline __u32 smaller(__u64 a, __u64 b)
{
	return a < b ? a : b;
}

/* Takes the next message of a recvmmsg or sendmmsg. Not inline, for its message's sake. */
static __noinline bool next_message(struct call *call)
{
	struct user_mmsghdr next;

	if (call->messages >= call->messages_end || bpf_probe_read_user(&next, sizeof(next), call->messages))
		return false;
	call->messages++;
	call->message_left = next.msg_len;
	call->iovecs = next.msg_hdr.msg_iov;
	call->iovecs_end = call->iovecs + (next.msg_hdr.msg_iovlen & (2 * UIO_MAXIOV - 1));
	call->base_left = 0;
	return true;
}

static __always_inline bool next_buffer(struct call *call)
{
	struct user_iovec next;

	if (call->iovecs >= call->iovecs_end || bpf_probe_read_user(&next, sizeof(next), call->iovecs))
		return false;
	call->iovecs++;
	call->base = next.iov_base;
	call->base_left = next.iov_len;
	return true;
}

/* One step over the buffers of a call: take the next message or buffer, or copy one record's worth of the current one.
 * Returns 1 at the end. */
static long copy_step(__u32 index, struct call **context)
{
	struct call *call = *context;
	const __u32 largest = TR_RECORD_LARGEST - sizeof(struct tr_event);
	__u32 length;

	(void)index;
	if (call->remaining == 0)
		return 1;
	if (call->message_left == 0)
		return !next_message(call);
	if (call->base_left == 0)
		return !next_buffer(call);
	length = smaller(smaller(call->base_left, call->message_left), largest);
	send_piece(call, (__u64)call->base, length);
	call->base += length;
	call->base_left -= length;
	call->message_left -= length;
	return 0;
}

/* Inline, and its step takes a pointer to a pointer: README.md, Budget. */
static __always_inline void copy_all(struct call *call)
{
	/* A call moves at most 2 GiB (MAX_RW_COUNT) in at most UIO_MAXIOV buffers; sendmmsg and recvmmsg UIO_MAXIOV
	 * times that, of which this takes the first million buffers. */
	bpf_loop(1u << 20, copy_step, &call, 0);
	if (call->remaining > 0) {
		send_hole(call, TR_LOST_IOVEC_LIMIT, call->remaining);
		call->position += call->remaining;
		call->remaining = 0;
	}
}

__noinline int send_control(struct call *call, __u32 kind, __u32 flags)
{
	const __u64 used = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
	struct tr_event *event;

	if (!call)
		return 0;
	event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);
	if (!event) {
		COUNT(lost_control_events, 1);
		return 0;
	}
	fill_event(event, call, kind);
	event->flags |= flags;
	bpf_ringbuf_submit(event, wake_flag(used, sizeof(*event)));
	return 0;
}

#endif
