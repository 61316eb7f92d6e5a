/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The socket of a descriptor: who it is, where its streams stand, and whether it is wanted. */
#ifndef TRACEREC_BPF_SOCKET_H
#define TRACEREC_BPF_SOCKET_H

#include "ring.h"
#include "tls_session.h"

#define AF_UNIX	    1
#define AF_INET	    2
#define AF_INET6    10
#define SOCK_STREAM 1
#define IPPROTO_TCP 6
#define S_IFMT	    0170000
#define S_IFSOCK    0140000

/* Set between open and load. Local ports; none: all. */
const volatile __u32 port_count = 0;
const volatile __u16 ports[TR_PORTS_MAX] = {};
/* Connections whose hash is below this are recorded; 2^32: all. */
const volatile __u64 sample_below = 1ull << 32;

/* Set between open and load: what sockets move is seen by the programs of transfers.h. on_sys_exit is attached only
 * when something turns up that they cannot tell all about. */
const volatile bool transfers_are_traced = false;
/* That has happened; the recorder looks at it. */
bool wants_calls = false;
/* on_sys_exit is attached. Set by the recorder, once. */
bool calls_are_seen = false;

/* Local ports on which recorded processes were seen, so that TCP state changes of other sockets stay cheap. */
__u8 seen_ports[65536] = {};
/* Some recorded socket is not TCP: only then are close() hints sent. */
bool seen_other_sockets = false;

struct positions {
	__u64 inode;
	__u64 in;
	__u64 out;
};

/* Stream positions of sockets that do not count their bytes themselves (Unix sockets). LRU: entries of closed sockets
 * need no removal; one that falls out restarts at 0, which the reader sees as a position that went back. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, struct positions);
} other_sockets SEC(".maps");

/* Sockets, by address, of which the recorder has said that it does not want them; the value is the inode number. One
 * that does not fit is only copied for nothing. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, __u64);
} passed_sockets SEC(".maps");

/* Any is on the list. Set by the recorder. */
bool passed_any = false;

static __always_inline bool is_passed_over(const struct call *call)
{
	const __u64 key = (__u64)call->sock;
	__u64 *inode;

	if (!passed_any)
		return false;
	inode = bpf_map_lookup_elem(&passed_sockets, &key);
	return inode && *inode == call->inode;
}

/* The Unix socket that a descriptor (process << 32 | number) was last used for. */
struct unix_socket {
	__u64 sock;
	__u64 inode;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct unix_socket);
} unix_sockets SEC(".maps");

static __always_inline void note_descriptor(const struct call *call)
{
	const __u64 key = (__u64)call->tgid << 32 | (__u32)call->fd;
	const struct unix_socket now = {.sock = (__u64)call->sock, .inode = call->inode};
	struct unix_socket *known = bpf_map_lookup_elem(&unix_sockets, &key);

	if (!known || known->sock != now.sock || known->inode != now.inode)
		bpf_map_update_elem(&unix_sockets, &key, &now, BPF_ANY);
}

/* Some descriptor is left, of whatever process. The last close takes the socket from its file, at once (since 6.6) or
 * right after the call, when nothing refers to the file any more. */
static __always_inline bool is_still_open(const struct unix_socket *of)
{
	struct sock *sock = (struct sock *)of->sock;
	struct socket *socket = BPF_CORE_READ(sock, sk_socket);
	struct file *file = socket ? BPF_CORE_READ(socket, file) : 0;

	if (!file || BPF_CORE_READ(file, f_inode, i_ino) != of->inode)
		return false;
	return !bpf_core_field_exists(file->f_count) || BPF_CORE_READ(file, f_count.counter) != 0;
}

struct address {
	__u64 halves[2];
};

/* A port of the wire. The verifier forgets the bounds of what is swapped (6.12 still does); the mask gives them back,
 * where the compiler cannot know that it is not needed. */
static __always_inline __u32 host_order(__be16 port)
{
	__u32 swapped = __builtin_bswap16(port);

	asm volatile("" : "+r"(swapped));
	return swapped & 0xffff;
}

static __always_inline bool port_is_wanted(__u16 port)
{
	if (port_count == 0)
		return true;
	for (__u32 i = 0; i < TR_PORTS_MAX; i++)
		if (i < port_count && ports[i] == port)
			return true;
	return false;
}

static __always_inline struct file *file_of(struct task_struct *task, int fd)
{
	struct fdtable *table = task->files ? task->files->fdt : 0;
	struct file **slots;
	struct file *file = 0;

	if (!table || fd < 0 || (__u32)fd >= table->max_fds)
		return 0;
	slots = table->fd;
	bpf_probe_read_kernel(&file, sizeof(file), slots + fd);
	return file;
}

/*
 * The start of a socket, read in one go: each read of kernel memory by a helper costs as much as all the rest of a
 * small step. SOCK_FIELD takes a field out of the copy, at the offset that it has in the running kernel.
 */
#define SOCK_HEAD_BYTES 128
#define SOCK_FIELD(head, type, field)                                                                                  \
	({                                                                                                             \
		__u32 offset = bpf_core_field_offset(struct sock_common, field);                                       \
		type field_value = {0};                                                                                \
		if (offset <= SOCK_HEAD_BYTES - sizeof(type))                                                          \
			field_value = *(type *)((head) + offset);                                                      \
		field_value;                                                                                           \
	})

static __noinline bool read_socket(struct call *call)
{
	struct sock *sock = call->sock;
	__u8 head[SOCK_HEAD_BYTES] __attribute__((aligned(8)));

	if (bpf_probe_read_kernel(head, sizeof(head), sock))
		return false;
	call->family = SOCK_FIELD(head, __u16, skc_family);
	if (call->family == AF_UNIX)
		return true;
	if (call->family == AF_INET) {
		*(__u32 *)call->local_address = SOCK_FIELD(head, __u32, skc_rcv_saddr);
		*(__u32 *)call->peer_address = SOCK_FIELD(head, __u32, skc_daddr);
	} else if (call->family == AF_INET6) {
		*(struct address *)call->local_address = SOCK_FIELD(head, struct address, skc_v6_rcv_saddr);
		*(struct address *)call->peer_address = SOCK_FIELD(head, struct address, skc_v6_daddr);
	} else {
		return false;
	}
	call->is_tcp = BPF_CORE_READ(sock, sk_protocol) == IPPROTO_TCP;
	call->local_port = SOCK_FIELD(head, __u16, skc_num);
	call->peer_port = host_order(SOCK_FIELD(head, __u16, skc_dport));
	call->state = SOCK_FIELD(head, __u8, skc_state);
	call->fin_was_seen = SOCK_FIELD(head, __u64, skc_flags) & (1ul << SOCK_DONE);
	return true;
}

/* Inode numbers of sockets count up; multiplied with the golden ratio they spread evenly (Knuth, TAOCP 6.4). */
static __always_inline bool is_sampled(__u64 inode)
{
	return (__u32)(inode * 0x9e3779b1u) < sample_below;
}

/* Finds the socket of fd by the task's file table, so that no accept needs to have been seen. */
static __always_inline bool find_socket(struct call *call, struct task_struct *task, int fd)
{
	struct file *file = file_of(task, fd);
	struct socket *socket;
	struct inode *inode;
	struct sock *sock;

	if (!file)
		return false;
	inode = BPF_CORE_READ(file, f_inode);
	if ((BPF_CORE_READ(inode, i_mode) & S_IFMT) != S_IFSOCK)
		return false;
	socket = BPF_CORE_READ(file, private_data);
	sock = BPF_CORE_READ(socket, sk);
	if (!sock || BPF_CORE_READ(sock, sk_type) != SOCK_STREAM)
		return false;
	call->sock = sock;
	call->inode = BPF_CORE_READ(inode, i_ino);
	call->fd = fd;
	if (!read_socket(call))
		return false;
	call->is_muted = is_ciphertext(call);
	return is_sampled(call->inode) && port_is_wanted(call->local_port);
}

/* The count that the socket itself keeps of what was read. A FIN that was read counts as one. */
static __always_inline __u64 tcp_position_in(struct call *call)
{
	struct tcp_sock *tcp = (struct tcp_sock *)call->sock;
	__u32 copied = BPF_CORE_READ(tcp, copied_seq);

	if (call->fin_was_seen && BPF_CORE_READ(tcp, rcv_nxt) == copied)
		copied--;
	return copied;
}

static __always_inline __u64 tcp_position_out(struct call *call)
{
	struct tcp_sock *tcp = (struct tcp_sock *)call->sock;

	return BPF_CORE_READ(tcp, write_seq);
}

static __always_inline struct positions *other_positions(struct call *call)
{
	__u64 key = (__u64)call->sock;
	struct positions *known = bpf_map_lookup_elem(&other_sockets, &key);
	struct positions fresh = {.inode = call->inode};

	if (known && known->inode == call->inode)
		return known;
	bpf_map_update_elem(&other_sockets, &key, &fresh, BPF_ANY);
	return bpf_map_lookup_elem(&other_sockets, &key);
}

/* Sets the positions, `position` to that of the first of `bytes` bytes that the call just moved. */
static __always_inline bool locate(struct call *call, __u64 bytes)
{
	struct positions *other;

	if (call->is_tcp) {
		call->position_in = tcp_position_in(call);
		call->position_out = tcp_position_out(call);
		call->position = (__u32)((call->direction == TR_IN ? call->position_in : call->position_out) - bytes);
		seen_ports[call->local_port] = 1;
		return true;
	}
	seen_other_sockets = true;
	wants_calls = true; /* close and shutdown */
	if (call->fd >= 0)
		note_descriptor(call);
	other = other_positions(call);
	if (!other)
		return false;
	if (call->direction == TR_IN)
		call->position = __sync_fetch_and_add(&other->in, bytes);
	else
		call->position = __sync_fetch_and_add(&other->out, bytes);
	call->position_in = other->in;
	call->position_out = other->out;
	return true;
}

static __always_inline bool begin(struct call *call, struct task_struct *task, __u32 tgid, int fd, __u8 direction)
{
	call->direction = direction;
	call->tgid = tgid;
	if (!find_socket(call, task, fd))
		return false;
	call->time_ns = bpf_ktime_get_boot_ns();
	return true;
}

#endif
