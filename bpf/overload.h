/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The governor. When the reader falls behind, what does not fit is lost; better whole exchanges, counted, than pieces
 * of many. From a fill level on, an exchange that begins is shed: its socket is put on a list, and nothing of that
 * socket is copied until a request begins on it after the ring has emptied. What began before goes on being copied, for
 * which the rest of the ring is kept. Nothing here costs more than a comparison until the first overload.
 */
#ifndef TRACEREC_BPF_OVERLOAD_H
#define TRACEREC_BPF_OVERLOAD_H

#include "ring.h"

/* Two fill levels, so that it does not flutter: exchanges that begin above the first are shed, and a socket that was
 * shed comes back below the second. */
#define SHED_ABOVE   (ring_bytes / 2)
#define RETURN_BELOW (ring_bytes / 4)

struct shed_socket {
	__u8 asks;     /* the direction of its requests */
	__u8 answered; /* a final response has begun since the last request */
};

/* Sockets that are shed. LRU: one that falls out comes back in the middle, a hole by position like any other. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, struct shed_socket);
} shed_sockets SEC(".maps");

/* There was an overload: the list need not be asked before. */
bool shed_any = false;

static __always_inline bool is_upper(__u8 c)
{
	return c >= 'A' && c <= 'Z';
}

/* The start of a request line: a method of up to eleven capitals (UNSUBSCRIBE) and a space. No response and no chunk
 * looks like that; a body may, by chance: then one exchange is cut in two, and known to be. */
static __always_inline bool begins_request(const struct call *call)
{
	__u8 start[12] = {};

	if (call->base_left < sizeof(start) || bpf_probe_read_user(start, sizeof(start), call->base))
		return false;
	if (!is_upper(start[0]) || !is_upper(start[1]) || !is_upper(start[2]))
		return false;
	for (__u32 i = 3; i < sizeof(start); i++) {
		if (start[i] == ' ')
			return true;
		if (!is_upper(start[i]))
			return false;
	}
	return false;
}

/* "HTTP/1.1 1": an interim response, which is not a final response. */
static __always_inline bool is_interim(const struct call *call)
{
	char start[10] = {};

	return call->base_left >= sizeof(start) && !bpf_probe_read_user(start, sizeof(start), call->base) &&
	       start[0] == 'H' && start[4] == '/' && start[9] == '1';
}

/* A request begins on a socket that is shed. Its first read may hold a single byte (Go reads ahead), so that what comes
 * after a response counts, whatever it looks like. */
static __always_inline bool begins_next(const struct call *call, struct shed_socket *socket)
{
	if (call->direction != socket->asks) {
		if (!socket->answered)
			socket->answered = !is_interim(call);
		return false;
	}
	return socket->answered || begins_request(call);
}

/* Decides about the bytes of a call, once its first buffer is known. True: they were counted and are not to be copied.
 */
__noinline int shed(struct call *call)
{
	const __u64 used = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
	struct shed_socket fresh = {};
	struct shed_socket *known;
	__u64 key;

	if (!call || (used < SHED_ABOVE && !shed_any))
		return false;
	key = (__u64)call->sock;
	known = bpf_map_lookup_elem(&shed_sockets, &key);
	if (known && begins_next(call, known)) {
		if (used < RETURN_BELOW) {
			bpf_map_delete_elem(&shed_sockets, &key);
			call->flags |= TR_RESUMED;
			return false;
		}
		known->answered = false;
		COUNT(lost_events[TR_LOST_OVERLOAD], 1);
	} else if (!known) {
		if (used < SHED_ABOVE || !begins_request(call))
			return false;
		fresh.asks = call->direction;
		shed_any = true;
		if (bpf_map_update_elem(&shed_sockets, &key, &fresh, BPF_ANY))
			return false;
		COUNT(lost_events[TR_LOST_OVERLOAD], 1);
	}
	COUNT(lost_bytes[TR_LOST_OVERLOAD], call->remaining);
	COUNT(silent_bytes, call->remaining);
	return true;
}

#endif
