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

/* Sockets that are shed. LRU: one that falls out comes back in the middle, a hole by position like any other. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, __u8);
} shed_sockets SEC(".maps");

/* There was an overload: the list need not be asked before. */
bool shed_any = false;

static __always_inline bool is_upper(__u8 c)
{
	return c >= 'A' && c <= 'Z';
}

/* The start of a request line, as far as eight bytes tell: a method in capitals and a space, or no end of it yet. No
 * response and no chunk looks like that; a body may, by chance: then one exchange is cut in two, and known to be. */
static __always_inline bool begins_request(const struct call *call)
{
	__u8 start[8] = {};

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
	return true;
}

/* Decides about the bytes of a call, once its first buffer is known. True: they were counted and are not to be copied.
 */
__noinline int shed(struct call *call)
{
	const __u64 used = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
	__u64 key;
	const __u8 yes = 1;
	bool is_shed;

	if (!call || (used < SHED_ABOVE && !shed_any))
		return false;
	key = (__u64)call->sock;
	is_shed = bpf_map_lookup_elem(&shed_sockets, &key) != 0;
	if (begins_request(call)) {
		if (used < (is_shed ? RETURN_BELOW : SHED_ABOVE)) {
			if (is_shed && bpf_map_delete_elem(&shed_sockets, &key) == 0)
				call->flags |= TR_RESUMED;
			return false;
		}
		shed_any = true;
		if (!is_shed && bpf_map_update_elem(&shed_sockets, &key, &yes, BPF_ANY))
			return false;
		COUNT(lost_events[TR_LOST_OVERLOAD], 1);
	} else if (!is_shed) {
		return false;
	}
	COUNT(lost_bytes[TR_LOST_OVERLOAD], call->remaining);
	COUNT(silent_bytes, call->remaining);
	return true;
}

#endif
