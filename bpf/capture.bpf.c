// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The kernel side of the recorder. README.md in this folder lists each hook, map and limit with its reason.
 *
 * One program at the exit of every system call (sys_exit) sees the return value, and the call's arguments, which are
 * still in the registers. For a recorded process and a stream socket it copies exactly the bytes that the call moved
 * into the ring buffer. Three small programs follow forks, process ends and the TCP state of sockets.
 */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "wire.h"
#include "syscalls.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define AF_UNIX	      1
#define AF_INET	      2
#define AF_INET6      10
#define SOCK_STREAM   1
#define IPPROTO_TCP   6
#define S_IFMT	      0170000
#define S_IFSOCK      0140000
#define MSG_PEEK      0x2
#define MSG_TRUNC     0x20
#define MSG_ERRQUEUE  0x2000
#define SHUT_RD	      0
#define SHUT_WR	      1
#define TCP_FIN_WAIT1 4
#define TCP_CLOSE     7
#define TCP_LAST_ACK  9
#define UIO_MAXIOV    1024
/* Wake the reader when this much waits; below it, its own timer does (design: no wake-up per event). */
#define WAKE_BYTES (TR_RING_BYTES / 4)

/* Set between open and load. */
const volatile bool follow_children = true;
const volatile __u32 port_count = 0;
const volatile __u16 ports[TR_PORTS_MAX] = {};

/* Local ports on which recorded processes were seen, so that TCP state changes of other sockets stay cheap. */
__u8 seen_ports[65536] = {};
/* Some recorded socket is not TCP: only then are close() hints sent. */
bool seen_other_sockets = false;

/* Processes (thread group ids) that are recorded. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, __u8);
} recorded SEC(".maps");

/* Events to the recorder. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, TR_RING_BYTES);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tr_counters);
} counters SEC(".maps");

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

struct address {
	__u64 halves[2];
};

/* What is known of the system call's socket, and where the copy loop stands. */
struct call {
	struct sock *sock;
	struct tr_counters *count;
	struct positions *other; /* not TCP */
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
	__u32 tgid;
	__s32 fd;
	__u16 family;
	__u16 local_port;
	__u16 peer_port;
	__u8 direction;
	bool is_tcp;
	bool fin_was_seen; /* the peer's end of the stream is in the receive queue, or was read */
	__u8 local_address[16];
	__u8 peer_address[16];
};

static __always_inline bool is_recorded(__u32 tgid)
{
	return bpf_map_lookup_elem(&recorded, &tgid) != 0;
}

static __always_inline struct tr_counters *this_cpu_counters(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&counters, &zero);
}

/* Wakes the reader at the moment the fill level crosses the threshold, not at each event above it. */
static __always_inline __u64 wake_flag(__u64 used_before, __u64 size)
{
	if (used_before < WAKE_BYTES && used_before + size >= WAKE_BYTES)
		return BPF_RB_FORCE_WAKEUP;
	return BPF_RB_NO_WAKEUP;
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

static __noinline void fill_event(struct tr_event *event, const struct call *call, __u8 kind)
{
	event->kind = kind;
	event->direction = call->direction;
	event->flags = call->is_tcp ? TR_SEQ32 : 0;
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

static __always_inline void count_loss(struct tr_counters *count, __u32 reason, __u64 bytes)
{
	if (reason < TR_LOST_REASONS) {
		count->lost_bytes[reason] += bytes;
		count->lost_events[reason]++;
	}
}

/* Tells the reader of bytes that it will not get. Kept small so that it fits when data does not. */
static __noinline void send_hole(struct call *call, __u32 reason, __u64 bytes)
{
	struct tr_event *event;

	count_loss(call->count, reason, bytes);
	event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);
	if (!event) {
		call->count->lost_control_events++;
		return;
	}
	fill_event(event, call, TR_HOLE);
	event->length = bytes > 0xffffffff ? 0xffffffff : bytes;
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
}

/* Copies `length` user bytes into a record of `record_size` bytes, a constant the verifier knows. */
static __always_inline void send_record(struct call *call, const void *user, __u32 length, __u64 used,
					const __u32 record_size)
{
	const __u32 room = record_size - sizeof(struct tr_event);
	struct tr_event *event = bpf_ringbuf_reserve(&ring, record_size, 0);

	if (!event) {
		send_hole(call, TR_LOST_RING_FULL, length);
		return;
	}
	fill_event(event, call, TR_DATA);
	event->length = length;
	/* The compiler knows that length fits and drops the check; the verifier does not know. */
	asm volatile("" : "+r"(length));
	if (length > room)
		length = room;
	if (bpf_probe_read_user(event + 1, length, user)) {
		bpf_ringbuf_discard(event, BPF_RB_NO_WAKEUP);
		send_hole(call, TR_LOST_FAULT, length);
		return;
	}
	call->count->sent_bytes += length;
	bpf_ringbuf_submit(event, wake_flag(used, record_size));
}

/* The ring takes sizes that are constants only, so records come in classes. Memory behind the payload of a record is
 * never touched: a large class costs ring space, not time. */
static __noinline void send_piece(struct call *call, const void *user, __u32 length)
{
	const __u64 used = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
	const __u32 need = length + sizeof(struct tr_event);

	if (used + TR_RECORD_LARGEST + TR_CONTROL_RESERVE > TR_RING_BYTES)
		send_hole(call, TR_LOST_RING_FULL, length);
	else if (need <= 512)
		send_record(call, user, length, used, 512);
	else if (need <= 2048)
		send_record(call, user, length, used, 2048);
	else if (need <= 8192)
		send_record(call, user, length, used, 8192);
	else if (need <= 32768)
		send_record(call, user, length, used, 32768);
	else
		send_record(call, user, length, used, TR_RECORD_LARGEST);
	call->position += length;
	call->remaining -= length;
}

static __always_inline __u32 smaller(__u64 a, __u64 b)
{
	return a < b ? a : b;
}

/* One step over the buffers of a call: take the next iovec, or copy one record's worth of the current one. */
static long copy_step(__u32 index, struct call *call)
{
	const __u32 largest = TR_RECORD_LARGEST - sizeof(struct tr_event);
	struct user_iovec next;
	__u32 length;

	(void)index;
	if (call->remaining == 0)
		return 1;
	if (call->base_left == 0) {
		if (call->iovecs >= call->iovecs_end)
			return 1;
		if (bpf_probe_read_user(&next, sizeof(next), call->iovecs))
			return 1;
		call->base = next.iov_base;
		call->base_left = next.iov_len;
		call->iovecs++;
		if (call->base_left == 0)
			return 0;
	}
	length = smaller(smaller(call->base_left, call->remaining), largest);
	send_piece(call, call->base, length);
	call->base += length;
	call->base_left -= length;
	return 0;
}

static __always_inline void copy_all(struct call *call)
{
	/* The step count cannot be reached: a call moves at most 2 GiB (MAX_RW_COUNT) in at most UIO_MAXIOV buffers. */
	bpf_loop(UIO_MAXIOV * 2 + (1u << 31) / (TR_RECORD_LARGEST / 2), copy_step, call, 0);
	if (call->remaining > 0) {
		send_hole(call, TR_LOST_IOVEC_LIMIT, call->remaining);
		call->position += call->remaining;
		call->remaining = 0;
	}
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
	call->peer_port = __builtin_bswap16(SOCK_FIELD(head, __u16, skc_dport));
	call->fin_was_seen = SOCK_FIELD(head, __u64, skc_flags) & (1ul << SOCK_DONE);
	return true;
}

/* Finds the socket behind fd by the task's file table, so that no accept needs to have been seen. */
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
	return read_socket(call) && port_is_wanted(call->local_port);
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
	if (call->is_tcp) {
		call->position_in = tcp_position_in(call);
		call->position_out = tcp_position_out(call);
		call->position = (__u32)((call->direction == TR_IN ? call->position_in : call->position_out) - bytes);
		seen_ports[call->local_port] = 1;
		return true;
	}
	seen_other_sockets = true;
	call->other = other_positions(call);
	if (!call->other)
		return false;
	if (call->direction == TR_IN)
		call->position = __sync_fetch_and_add(&call->other->in, bytes);
	else
		call->position = __sync_fetch_and_add(&call->other->out, bytes);
	call->position_in = call->other->in;
	call->position_out = call->other->out;
	return true;
}

static __always_inline bool begin(struct call *call, struct task_struct *task, __u32 tgid, int fd, __u8 direction)
{
	call->direction = direction;
	call->tgid = tgid;
	if (!find_socket(call, task, fd))
		return false;
	call->count = this_cpu_counters();
	call->time_ns = bpf_ktime_get_boot_ns();
	return call->count != 0;
}

static __always_inline void send_control(struct call *call, __u8 kind, __u16 flags)
{
	const __u64 used = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
	struct tr_event *event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);

	if (!event) {
		call->count->lost_control_events++;
		return;
	}
	fill_event(event, call, kind);
	event->flags |= flags;
	bpf_ringbuf_submit(event, wake_flag(used, sizeof(*event)));
}

static __always_inline void on_accept(struct call *call)
{
	if (locate(call, 0))
		send_control(call, TR_OPEN, 0);
}

/* TCP tells of its end by its state (below); other sockets only here. */
static __always_inline void on_shutdown(struct call *call, long how)
{
	__u16 flags = how == SHUT_RD ? TR_END_IN : how == SHUT_WR ? TR_END_OUT : TR_END_IN | TR_END_OUT;

	if (!call->is_tcp && locate(call, 0))
		send_control(call, TR_END, flags);
}

/* A record about a process, without a socket. */
static __always_inline void send_process_event(__u8 kind, __u32 tgid, int fd)
{
	struct tr_event *event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);
	struct tr_counters *count;

	if (!event) {
		count = this_cpu_counters();
		if (count)
			count->lost_control_events++;
		return;
	}
	__builtin_memset(event, 0, sizeof(*event));
	event->kind = kind;
	event->time_ns = bpf_ktime_get_boot_ns();
	event->tgid = tgid;
	event->fd = fd;
	bpf_ringbuf_submit(event, kind == TR_EXIT ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

static __always_inline bool is_hooked(long nr)
{
	switch (nr) {
	case NR_read:
	case NR_write:
	case NR_readv:
	case NR_writev:
	case NR_recvfrom:
	case NR_sendto:
	case NR_recvmsg:
	case NR_sendmsg:
	case NR_sendfile:
	case NR_splice:
	case NR_accept:
	case NR_accept4:
	case NR_shutdown:
	case NR_close:
		return true;
	}
	return false;
}

static __always_inline bool receives(long nr)
{
	return nr == NR_read || nr == NR_readv || nr == NR_recvfrom || nr == NR_recvmsg;
}

/* Calls that succeed with 0 and are not about bytes. */
static __always_inline bool opens_or_ends(long nr)
{
	return nr == NR_accept || nr == NR_accept4 || nr == NR_shutdown;
}

/* Bytes that were only looked at (MSG_PEEK) come again; error queue messages are no stream data. */
static __always_inline bool is_no_data(long nr, struct pt_regs *regs)
{
	unsigned long flags = 0;

	if (nr == NR_recvfrom)
		flags = SYSCALL_ARG4(regs);
	else if (nr == NR_recvmsg)
		flags = SYSCALL_ARG3(regs);
	return flags & (MSG_PEEK | MSG_ERRQUEUE);
}

/* MSG_TRUNC on a stream socket throws the bytes away without copying them (man 7 tcp). */
static __always_inline bool discards(long nr, struct pt_regs *regs)
{
	return (nr == NR_recvfrom && (SYSCALL_ARG4(regs) & MSG_TRUNC)) ||
	       (nr == NR_recvmsg && (SYSCALL_ARG3(regs) & MSG_TRUNC));
}

/* Notes where the call's bytes are in user memory; nowhere for sendfile, splice and discarding reads. */
static __always_inline void find_buffers(struct call *call, long nr, struct pt_regs *regs, __u64 bytes)
{
	const void *argument = (const void *)SYSCALL_ARG2(regs);
	struct user_msghdr message;

	if (nr == NR_read || nr == NR_recvfrom || nr == NR_write || nr == NR_sendto) {
		call->base = argument;
		call->base_left = bytes;
	} else if (nr == NR_readv || nr == NR_writev) {
		call->iovecs = argument;
		call->iovecs_end = call->iovecs + (SYSCALL_ARG3(regs) & (2 * UIO_MAXIOV - 1));
	} else if (!bpf_probe_read_user(&message, sizeof(message), argument)) {
		call->iovecs = message.msg_iov;
		call->iovecs_end = call->iovecs + (message.msg_iovlen & (2 * UIO_MAXIOV - 1));
	}
}

static __always_inline void on_data(struct call *call, long nr, struct pt_regs *regs, __u64 bytes)
{
	call->remaining = bytes;
	call->count->seen_bytes += bytes;
	if (!locate(call, bytes)) {
		count_loss(call->count, TR_LOST_RING_FULL, bytes);
	} else if (nr == NR_sendfile || nr == NR_splice || discards(nr, regs)) {
		send_hole(call, TR_LOST_NO_BUFFER, bytes);
	} else {
		find_buffers(call, nr, regs, bytes);
		/* The common case, a record's worth in one buffer, needs no loop. */
		if (call->base_left > 0 && bytes <= TR_RECORD_LARGEST - sizeof(struct tr_event))
			send_piece(call, call->base, bytes);
		else
			copy_all(call);
	}
}

/* The descriptor of the socket that a call is about. */
static __always_inline int fd_of(long nr, struct pt_regs *regs, long result)
{
	if (nr == NR_accept || nr == NR_accept4)
		return result;
	if (nr == NR_splice)
		return SYSCALL_ARG3(regs);
	return SYSCALL_ARG1(regs);
}

SEC("tp_btf/sys_exit")
int on_sys_exit(__u64 *context)
{
	struct pt_regs *regs = (struct pt_regs *)context[0];
	const long result = (long)context[1];
	const long nr = SYSCALL_NUMBER(regs);
	struct task_struct *task;
	struct call call = {};
	__u32 tgid;

	if (!is_hooked(nr) || result < 0)
		return 0;
	tgid = bpf_get_current_pid_tgid() >> 32;
	if (!is_recorded(tgid))
		return 0;
	task = bpf_get_current_task_btf();
	if (TASK_IS_COMPAT(task))
		return 0;
	if (nr == NR_close) {
		if (seen_other_sockets)
			send_process_event(TR_CLOSE_FD, tgid, SYSCALL_ARG1(regs));
		return 0;
	}
	if (is_no_data(nr, regs) || (result == 0 && !opens_or_ends(nr)))
		return 0;
	if (!begin(&call, task, tgid, fd_of(nr, regs, result), receives(nr) ? TR_IN : TR_OUT))
		return 0;
	if (nr == NR_accept || nr == NR_accept4)
		on_accept(&call);
	else if (nr == NR_shutdown)
		on_shutdown(&call, SYSCALL_ARG2(regs));
	else
		on_data(&call, nr, regs, result);
	return 0;
}

/*
 * When TCP stops sending (FIN_WAIT1, LAST_ACK) or ends (CLOSE): also at the end of a process, after a reset, and when
 * the descriptor was closed by another process than the one that used it. At the exit of close() the descriptor is
 * gone already, so that this is the only honest source.
 */
SEC("tp_btf/inet_sock_set_state")
int on_tcp_state(__u64 *context)
{
	struct sock *sock = (struct sock *)context[0];
	struct inet_sock *inet = (struct inet_sock *)sock;
	const int state = (int)context[2];
	struct call call = {};
	__u16 port;

	if (state != TCP_FIN_WAIT1 && state != TCP_LAST_ACK && state != TCP_CLOSE)
		return 0;
	/* At TCP_CLOSE the port was given back already and skc_num is 0 (inet_put_port); inet_sport is still there. */
	port = __builtin_bswap16(BPF_CORE_READ(inet, inet_sport));
	if (!seen_ports[port] || sock->sk_protocol != IPPROTO_TCP)
		return 0;
	call.count = this_cpu_counters();
	call.sock = sock;
	if (!call.count || !read_socket(&call))
		return 0;
	call.local_port = port;
	call.fd = -1;
	call.direction = TR_OUT;
	call.time_ns = bpf_ktime_get_boot_ns();
	if (sock->sk_socket && sock->sk_socket->file && sock->sk_socket->file->f_inode)
		call.inode = sock->sk_socket->file->f_inode->i_ino;
	call.position_in = tcp_position_in(&call);
	call.position_out = tcp_position_out(&call);
	send_control(&call, TR_END, state == TCP_CLOSE ? TR_END_IN | TR_END_OUT : TR_END_OUT);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int on_fork(__u64 *context)
{
	struct task_struct *parent = (struct task_struct *)context[0];
	struct task_struct *child = (struct task_struct *)context[1];
	__u32 tgid = child->tgid;
	__u8 yes = 1;

	if (follow_children && tgid != (__u32)parent->tgid && is_recorded(parent->tgid))
		bpf_map_update_elem(&recorded, &tgid, &yes, BPF_ANY);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int on_exit(__u64 *context)
{
	struct task_struct *task = (struct task_struct *)context[0];
	__u32 tgid = task->tgid;

	if (task->signal->live.counter != 0 || !is_recorded(tgid))
		return 0;
	bpf_map_delete_elem(&recorded, &tgid);
	send_process_event(TR_EXIT, tgid, -1);
	return 0;
}
