// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The kernel side of the recorder. README.md in this folder lists each hook, map and limit with its reason.
 *
 * Where the kernel has tracepoints for what sockets move (transfers.h), two programs there copy the bytes of recorded
 * processes into the ring buffer. On older kernels one program at the exit of every system call (sys_exit) does: it
 * sees the return value, and the call's arguments, which are still in the registers. Small programs follow forks,
 * process ends and the TCP state of sockets.
 */
#include "calls.h"
#include "file.h"
#include "io_uring.h"
#include "overload.h"
#include "process.h"
#include "ring.h"
#include "socket.h"
#include "syscalls.h"
#include "tls.h"
#include "transfers.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define PROT_EXEC	0x4
#define PF_EXITING	0x4
#define EXIT_SIGNAL	0x7f /* of exit_code: which one killed the task */
#define SHUT_RD		0
#define SHUT_WR		1
#define TCP_ESTABLISHED 1
#define TCP_FIN_WAIT1	4
#define TCP_CLOSE_WAIT	8
#define TCP_LAST_ACK	9

static __always_inline void on_accept(struct call *call)
{
	const __u64 key = (__u64)call->sock;

	if (shed_any)
		bpf_map_delete_elem(&shed_sockets, &key); /* of an earlier socket at this address */
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
	case NR_recvmmsg:
	case NR_sendmmsg:
	case NR_preadv2:
	case NR_pwritev2:
	case NR_sendfile:
	case NR_splice:
	case NR_accept:
	case NR_accept4:
	case NR_shutdown:
	case NR_close:
	case NR_pwrite64:
	case NR_pwritev:
	case NR_ftruncate:
		return true;
	case NR_mmap:
		return watch_images;
	}
	return false;
}

static __always_inline unsigned long receive_flags(long nr, struct pt_regs *regs)
{
	if (nr == NR_recvfrom || nr == NR_recvmmsg)
		return SYSCALL_ARG4(regs);
	return nr == NR_recvmsg ? SYSCALL_ARG3(regs) : 0;
}

/* Calls that succeed with 0 and are not about bytes. */
static __always_inline bool opens_or_ends(long nr)
{
	return nr == NR_accept || nr == NR_accept4 || nr == NR_shutdown;
}

/* The bytes that a call moved; recvmmsg and sendmmsg return a number of messages. bpf_loop's context is on the stack.
 */
static long add_message(__u32 index, struct call **context)
{
	struct call *call = *context;
	unsigned int length = 0;

	if (bpf_probe_read_user(&length, sizeof(length), &call->messages[index].msg_len))
		return 1;
	call->remaining += length;
	return 0;
}

static __always_inline __u64 bytes_of(struct call *call, long nr, struct pt_regs *regs, __u32 result)
{
	if (nr != NR_recvmmsg && nr != NR_sendmmsg)
		return result;
	call->messages = (const void *)SYSCALL_ARG2(regs);
	call->messages_end = call->messages + (result & (2 * UIO_MAXIOV - 1));
	bpf_loop(result & (2 * UIO_MAXIOV - 1), add_message, &call, 0);
	return call->remaining;
}

/* Where in `file` a call has read that was given a pointer to an offset, or used the file's own. */
static __always_inline bool read_from(__u64 *start, struct file *file, const void *pointer, __u64 bytes)
{
	__u64 end;

	if (!pointer)
		end = BPF_CORE_READ(file, f_pos);
	else if (bpf_probe_read_user(&end, sizeof(end), pointer))
		return false;
	*start = end - bytes;
	return true;
}

static __always_inline bool on_sendfile(struct call *call, struct task_struct *task, struct pt_regs *regs, __u64 bytes)
{
	struct file *file;
	__u64 start = 0;

	call->file_fd = SYSCALL_ARG2(regs);
	file = file_of(task, call->file_fd);
	return file && read_from(&start, file, (const void *)SYSCALL_ARG3(regs), bytes) &&
	       send_file(call, (__u64)file, start, bytes, 0);
}

/* splice from a file into a pipe, from where it may go on to a socket. */
static __always_inline int fill_pipe(struct call *call, struct task_struct *task, struct pt_regs *regs, __u64 bytes)
{
	struct file *pipe = file_of(task, SYSCALL_ARG3(regs));
	struct file *file;
	__u64 start = 0;

	call->file_fd = SYSCALL_ARG1(regs);
	file = file_of(task, call->file_fd);
	if (!file || !is_pipe(pipe) || !read_from(&start, file, (const void *)SYSCALL_ARG2(regs), bytes))
		return 0;
	call->tgid = current_tgid();
	call->time_ns = bpf_ktime_get_boot_ns();
	call->flags = TR_TO_PIPE;
	send_file(call, (__u64)file, start, bytes, (__u64)pipe);
	return 0;
}

/* splice between a pipe and a socket: what the pipe holds, only the recorder may know. */
static __always_inline bool on_splice(struct call *call, struct task_struct *task, struct pt_regs *regs, __u64 bytes)
{
	struct file *pipe = file_of(task, call->direction == TR_OUT ? SYSCALL_ARG1(regs) : SYSCALL_ARG3(regs));

	return is_pipe(pipe) && send_from_pipe(call, (__u64)pipe, bytes);
}

/* The last bytes of a call, but for those that sockets have told of. A socket that is spliced into a pipe tells of
 * none.
 */
static __always_inline __u64 bytes_to_tell(const struct call *call, long nr, __u64 all)
{
	if (!transfers_are_traced || (nr == NR_splice && call->direction == TR_IN))
		return all;
	return take_left_to_exit();
}

static __always_inline void on_data(struct call *call, struct task_struct *task, long nr, struct pt_regs *regs,
				    __u32 result)
{
	const __u64 all = bytes_of(call, nr, regs, result);
	const __u64 bytes = bytes_to_tell(call, nr, all);
	const bool begins_later = bytes < all && (nr == NR_sendmmsg || nr == NR_recvmmsg);
	const bool no_buffer = begins_later || has_no_buffer(call, nr, receive_flags(nr, regs));

	if (bytes == 0)
		return;
	call->remaining = bytes;
	COUNT(seen_bytes, bytes);
	if (!locate(call, bytes))
		return count_loss(TR_LOST_RING_FULL, bytes);
	if (pass_over(call, bytes))
		return;
	if (!no_buffer)
		find_buffers(call, nr, regs, bytes);
	if (shed(call))
		return;
	if (!no_buffer)
		return copy_buffers(call, bytes);
	if (nr == NR_sendfile && on_sendfile(call, task, regs, bytes))
		return;
	if (nr == NR_splice && on_splice(call, task, regs, bytes))
		return;
	send_hole(call, TR_LOST_NO_BUFFER, bytes);
}

/* splice works in both directions; one of its ends is a pipe. */
static __always_inline bool begin_splice(struct call *call, struct task_struct *task, __u32 tgid, struct pt_regs *regs)
{
	return begin(call, task, tgid, SYSCALL_ARG3(regs), TR_OUT) ||
	       begin(call, task, tgid, SYSCALL_ARG1(regs), TR_IN);
}

/* The descriptor of the socket that a call is about. */
static __always_inline int fd_of(long nr, struct pt_regs *regs, long result)
{
	if (nr == NR_accept || nr == NR_accept4)
		return result;
	return SYSCALL_ARG1(regs);
}

/* A file that is mapped to be run is a program or a library. What an mmap returns is an address or a small error. */
static __always_inline int on_mmap(__u32 tgid, struct pt_regs *regs)
{
	if ((SYSCALL_ARG3(regs) & PROT_EXEC) && (__s32)SYSCALL_ARG5(regs) >= 0)
		send_process_event(TR_IMAGE, tgid, -1);
	return 0;
}

/* Where a call has written to a file, or cut it. */
static __always_inline __u64 written_from(struct file *file, long nr, struct pt_regs *regs, long result)
{
	if (nr == NR_ftruncate)
		return SYSCALL_ARG2(regs);
	if (nr == NR_pwrite64 || nr == NR_pwritev || (nr == NR_pwritev2 && (long)SYSCALL_ARG4(regs) != -1))
		return SYSCALL_ARG4(regs);
	return BPF_CORE_READ(file, f_pos) - result;
}

/* A call that is about no socket: it may change a file of which ranges were sent. */
static __always_inline int on_file_call(struct task_struct *task, long nr, struct pt_regs *regs, long result)
{
	const int fd = SYSCALL_ARG1(regs);
	struct file *file;

	if (receives(nr))
		return 0;
	file = file_of(task, fd);
	if (file)
		note_write(file, fd, written_from(file, nr, regs, result));
	return 0;
}

/* A descriptor is closed: that of a Unix socket, the last of whichever process? */
static __noinline void on_close(__u32 tgid, __u32 fd)
{
	const __u64 key = (__u64)tgid << 32 | fd;
	struct unix_socket *known = bpf_map_lookup_elem(&unix_sockets, &key);
	struct unix_socket closed;
	struct tr_event *event;

	if (!known)
		return;
	closed = *known;
	bpf_map_delete_elem(&unix_sockets, &key);
	if (is_still_open(&closed))
		return;
	event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);
	if (!event) {
		COUNT(lost_control_events, 1);
		return;
	}
	__builtin_memset(event, 0, sizeof(*event));
	event->kind = TR_CLOSE_FD;
	event->time_ns = bpf_ktime_get_boot_ns();
	event->tgid = tgid;
	event->fd = fd;
	event->socket = closed.sock;
	event->inode = closed.inode;
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
}

SEC("tp_btf/sys_exit")
int on_sys_exit(__u64 *context)
{
	struct pt_regs *regs = (struct pt_regs *)context[0];
	const long result = (long)context[1];
	const long nr = SYSCALL_NUMBER(regs);
	struct task_struct *task;
	struct call *call;
	__u32 tgid;

	if (!is_hooked(nr) || (transfers_are_traced && !is_left_to_calls(nr)))
		return 0;
	tgid = current_tgid();
	if (!is_recorded(tgid))
		return 0;
	if (nr == NR_mmap)
		return on_mmap(tgid, regs);
	if (result < 0)
		return 0;
	task = bpf_get_current_task_btf();
	if (TASK_IS_COMPAT(task))
		return 0;
	if (nr == NR_close) {
		if (seen_other_sockets)
			on_close(tgid, SYSCALL_ARG1(regs));
		return 0;
	}
	if (nr == NR_pwrite64 || nr == NR_pwritev || nr == NR_ftruncate)
		return on_file_call(task, nr, regs, result);
	/* Bytes that were only looked at come again; error queue messages and urgent data are not stream data. */
	if ((receive_flags(nr, regs) & (MSG_PEEK | MSG_ERRQUEUE | MSG_OOB)) || (result == 0 && !opens_or_ends(nr)))
		return 0;
	call = new_call();
	if (!call)
		return 0;
	call->goroutine = GOROUTINE(regs);
	if (nr == NR_splice) {
		if (!begin_splice(call, task, tgid, regs))
			return fill_pipe(call, task, regs, result);
	} else if (!begin(call, task, tgid, fd_of(nr, regs, result), receives(nr) ? TR_IN : TR_OUT)) {
		return on_file_call(task, nr, regs, result);
	}
	if (transfers_are_traced && nr != NR_shutdown && !is_moved_by_call(nr))
		return 0;
	if (nr == NR_accept || nr == NR_accept4)
		on_accept(call);
	else if (nr == NR_shutdown)
		on_shutdown(call, SYSCALL_ARG2(regs));
	else
		on_data(call, task, nr, regs, result);
	return 0;
}

/* A new connection has the address of an earlier one. What was ciphertext stays so after its end: a thread may still be
 * inside its last call. */
static __always_inline void forget_socket(struct sock *sock, int state)
{
	const __u64 key = (__u64)sock;

	if (tls_is_used && state == TCP_ESTABLISHED)
		bpf_map_delete_elem(&muted_sockets, &key);
	if (shed_any && state == TCP_ESTABLISHED)
		bpf_map_delete_elem(&shed_sockets, &key);
	if (passed_any)
		bpf_map_delete_elem(&passed_sockets, &key);
}

/* The kernel closes the sockets of a process that a signal kills as if it had closed them itself. */
static __always_inline bool is_killed(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return (task->flags & PF_EXITING) && (task->exit_code & EXIT_SIGNAL);
}

/* The peer's FIN has come, before one was sent, and the process has read everything up to it. */
static __always_inline bool peer_ended_first(struct call *call, int before)
{
	struct tcp_sock *tcp = (struct tcp_sock *)call->sock;

	return (before == TCP_CLOSE_WAIT || before == TCP_LAST_ACK) && call->fin_was_seen &&
	       (__s32)(BPF_CORE_READ(tcp, rcv_nxt) - BPF_CORE_READ(tcp, copied_seq)) <= 1;
}

/* A reset that came, or a timeout, leaves an error at the socket before its state changes; one's own close does not. */
static __always_inline bool peer_left(struct call *call, int before)
{
	struct sock *sock = call->sock;

	return before == TCP_CLOSE_WAIT || before == TCP_LAST_ACK || BPF_CORE_READ(sock, sk_err) != 0;
}

/*
 * What ends with a state of TCP, and how: a FIN has gone out before TCP_CLOSE, if one was sent at all. Who sends the
 * second one may only have noticed the first: FIN_WAIT1 is the state of the first to send one, LAST_ACK of the other.
 */
static __always_inline __u32 end_flags(struct call *call, int before, int state)
{
	if (state == TCP_FIN_WAIT1)
		return TR_END_OUT | (is_killed() ? TR_CUT_OUT : 0);
	if (state == TCP_LAST_ACK)
		return TR_END_OUT | TR_CUT_OUT | TR_PEER_LEFT;
	return TR_END_IN | TR_END_OUT | TR_CUT_OUT | (peer_ended_first(call, before) ? 0 : TR_CUT_IN) |
	       (peer_left(call, before) ? TR_PEER_LEFT : 0);
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
	const int before = (int)context[1];
	const int state = (int)context[2];
	struct call call = {};
	__u32 port;

	if (state == TCP_ESTABLISHED || state == TCP_CLOSE)
		forget_socket(sock, state);
	if (state != TCP_FIN_WAIT1 && state != TCP_LAST_ACK && state != TCP_CLOSE)
		return 0;
	/* At TCP_CLOSE the port was given back already and skc_num is 0 (inet_put_port); inet_sport is still there. */
	port = host_order(BPF_CORE_READ(inet, inet_sport));
	if (!seen_ports[port] || sock->sk_protocol != IPPROTO_TCP)
		return 0;
	call.sock = sock;
	if (!read_socket(&call))
		return 0;
	call.local_port = port;
	call.fd = -1;
	call.direction = TR_OUT;
	call.time_ns = bpf_ktime_get_boot_ns();
	if (sock->sk_socket && sock->sk_socket->file && sock->sk_socket->file->f_inode)
		call.inode = sock->sk_socket->file->f_inode->i_ino;
	call.position_in = tcp_position_in(&call);
	call.position_out = tcp_position_out(&call);
	if (tls_is_used && is_muted(&call))
		call.flags |= TR_MUTED;
	send_control(&call, TR_END, end_flags(&call, before, state));
	return 0;
}
