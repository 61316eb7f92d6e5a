/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What sockets move, seen where they move it: the tracepoints in sock_sendmsg and sock_recvmsg (net/socket.c). Other
 * system calls cost nothing then, and other processes hardly anything. They tell the socket and the number of bytes;
 * the bytes are where the arguments of the system call under way say.
 *
 * Since Linux 6.5 sendfile passes here too, in pieces of some pages. The recorder chooses these programs where the
 * kernel has all that they need, on x86: there a call that is under way can be told from one that is over, at whose
 * exit the kernel does work for io_uring.
 *
 * What is not seen here: the end of Unix sockets; what becomes of files without a name; which message of a sendmmsg or
 * recvmmsg it is; what was spliced into a pipe. The first time that one of these matters the recorder is asked to
 * attach on_sys_exit (wants_calls), which then does just this. Until then bytes that cannot be known are a hole.
 */
#ifndef TRACEREC_BPF_TRANSFERS_H
#define TRACEREC_BPF_TRANSFERS_H

#include "calls.h"

#define ENOSYS 38

/* Some file's pages are not in the page cache while they are sent: where they stand in it only the call's exit tells.
 */
bool sendfile_needs_call = false;

/* These are told by on_sys_exit, where it is attached. */
static __always_inline bool is_moved_by_call(long nr)
{
	return nr == NR_splice || nr == NR_sendmmsg || nr == NR_recvmmsg || (nr == NR_sendfile && sendfile_needs_call);
}

/* What on_sys_exit has to look at beside the programs here. */
static __always_inline bool is_left_to_calls(long nr)
{
	return is_moved_by_call(nr) || nr == NR_shutdown || nr == NR_close || nr == NR_write || nr == NR_writev ||
	       nr == NR_pwrite64 || nr == NR_pwritev || nr == NR_pwritev2 || nr == NR_ftruncate;
}

/* A call whose second argument says where the bytes are, or sendfile. */
static __always_inline bool has_known_arguments(long nr)
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
	case NR_preadv2:
	case NR_pwritev2:
	case NR_sendfile:
		return true;
	}
	return false;
}

#if defined(__TARGET_ARCH_x86)
/* The entry of a system call sets the result to this until there is one (arch/x86/entry). What io_uring does at a
 * call's exit is not what the call's arguments say; its own threads have none. */
static __always_inline bool is_under_way(struct pt_regs *regs)
{
	return (long)regs->ax == -ENOSYS;
}
#else
static __always_inline bool is_under_way(struct pt_regs *regs)
{
	(void)regs;
	return false;
}
#endif

/* IPv4 by plain loads; by a helper what is not one register wide. */
static __always_inline bool read_addresses(struct call *call, struct sock *sock)
{
	call->family = sock->__sk_common.skc_family;
	if (call->family == AF_UNIX)
		return true;
	if (call->family == AF_INET) {
		*(__u32 *)call->local_address = sock->__sk_common.skc_rcv_saddr;
		*(__u32 *)call->peer_address = sock->__sk_common.skc_daddr;
	} else if (call->family == AF_INET6) {
		BPF_CORE_READ_INTO((struct address *)call->local_address, sock, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO((struct address *)call->peer_address, sock, __sk_common.skc_v6_daddr);
	} else {
		return false;
	}
	call->local_port = sock->__sk_common.skc_num;
	call->peer_port = host_order(sock->__sk_common.skc_dport);
	call->state = sock->__sk_common.skc_state;
	call->fin_was_seen = sock->__sk_common.skc_flags & (1ul << SOCK_DONE);
	return true;
}

/*
 * Nothing was moved before these bytes, by a socket that was accepted. Both directions stand where they began: TCP
 * counts what it has received, and what was acknowledged; of a socket that connects the latter has the SYN in it
 * (tcp_rcv_synsent_state_process).
 */
static __always_inline bool is_first(struct tcp_sock *tcp, __u32 in, __u32 out)
{
	if (out != (__u32)(tcp->snd_una - tcp->bytes_acked))
		return false;
	/* More may come in meanwhile, and the two numbers are not one. */
	return in == (__u32)(tcp->rcv_nxt - tcp->bytes_received) || in == (__u32)(tcp->rcv_nxt - tcp->bytes_received);
}

/* What was received before may have passed by a way that is not hooked (splice into a pipe). */
static __always_inline void note_first_out(struct call *call, struct tcp_sock *tcp, __u32 out)
{
	const __u32 first = tcp->rcv_nxt - tcp->bytes_received;

	if (out != (__u32)(tcp->snd_una - tcp->bytes_acked) || first != (__u32)(tcp->rcv_nxt - tcp->bytes_received))
		return;
	call->flags |= TR_FIRST_OUT;
	call->position_in = first;
}

static __always_inline void locate_tcp(struct call *call, struct tcp_sock *tcp, __u32 bytes)
{
	__u32 in = tcp->copied_seq;
	const __u32 out = tcp->write_seq;

	if (call->fin_was_seen && tcp->rcv_nxt == in)
		in--;
	call->position_in = in;
	call->position_out = out;
	if (call->direction == TR_IN) {
		call->position = (__u32)(in - bytes);
		if (is_first(tcp, in - bytes, out))
			call->flags |= TR_FIRST;
	} else {
		call->position = (__u32)(out - bytes);
		if (is_first(tcp, in, out - bytes))
			call->flags |= TR_FIRST;
		else
			note_first_out(call, tcp, out - bytes);
	}
	seen_ports[call->local_port] = 1;
}

/* Who it is. False: it is not wanted. */
static __always_inline bool begin_transfer(struct call *call, struct sock *sock, struct pt_regs *regs)
{
	struct file *file = sock->sk_socket ? sock->sk_socket->file : 0;

	if (!file || !file->f_inode)
		return false; /* the kernel's own, of a network file system for example */
	call->sock = sock;
	call->inode = file->f_inode->i_ino;
	call->goroutine = GOROUTINE(regs);
	if (!read_addresses(call, sock))
		return false;
	call->is_muted = is_ciphertext(call);
	return is_sampled(call->inode) && port_is_wanted(call->local_port);
}

/* The system call under way is about this socket; -1 when there is none, or it is about another. Network block devices
 * and file systems move bytes of their sockets inside a call on a file. */
static __always_inline long call_about(struct sock *sock, struct task_struct *task, struct pt_regs *regs)
{
	const long nr = SYSCALL_NUMBER(regs);
	const int fd = nr == NR_splice ? SYSCALL_ARG3(regs) : SYSCALL_ARG1(regs);

	if (!is_under_way(regs) || (!has_known_arguments(nr) && !is_moved_by_call(nr)) ||
	    file_of(task, fd) != sock->sk_socket->file)
		return -1;
	return nr;
}

/* Of a page that is not the first of its folio: the address of that one, plus one. */
static __always_inline unsigned long compound_head_of(struct page *page)
{
	return bpf_core_field_exists(page->compound_head) ? BPF_CORE_READ(page, compound_head) : 0;
}

/*
 * Where in its file a piece of a sendfile stands. The kernel has put the file's pages into a pipe that the thread keeps
 * for this, and takes them out when they are sent (splice_to_socket, fs/splice.c): the first is still in it. A folio
 * has the index of its first page.
 */
static __noinline bool read_page_offset(struct task_struct *task, __u64 *offset)
{
	struct pipe_inode_info *pipe = BPF_CORE_READ(task, splice_pipe);
	const __u32 slot = BPF_CORE_READ(pipe, tail) & (BPF_CORE_READ(pipe, ring_size) - 1);
	void *bufs = BPF_CORE_READ(pipe, bufs);
	struct pipe_buffer *buffer = bufs + slot * bpf_core_type_size(struct pipe_buffer);
	struct page *page = BPF_CORE_READ(buffer, page);
	const unsigned long compound = compound_head_of(page);
	struct folio *folio = compound & 1 ? (void *)(compound - 1) : (void *)page;
	const unsigned long mapping = (unsigned long)BPF_CORE_READ(folio, mapping);
	const unsigned long index = ((unsigned long)page - (unsigned long)folio) / bpf_core_type_size(struct page);

	if (!bpf_core_field_exists(page->compound_head) || !pipe || !page || mapping == 0 ||
	    (mapping & 3)) /* FOLIO_MAPPING_FLAGS: not of a file */
		return false;
	*offset = ((BPF_CORE_READ(folio, index) + index) << 12) + BPF_CORE_READ(buffer, offset);
	return true;
}

static __always_inline bool send_pages(struct call *call, struct task_struct *task, struct pt_regs *regs, __u32 bytes)
{
	struct file *file;
	__u64 offset = 0;

	call->file_fd = SYSCALL_ARG2(regs);
	file = file_of(task, call->file_fd);
	if (!file)
		return false;
	if (!read_page_offset(task, &offset)) {
		sendfile_needs_call = true;
		wants_calls = true;
		return false;
	}
	return send_file(call, (__u64)file, offset, bytes, 0);
}

static __always_inline void move(struct call *call, struct task_struct *task, long nr, struct pt_regs *regs,
				 __u32 bytes, unsigned long flags)
{
	const bool no_buffer = nr < 0 || is_moved_by_call(nr) || has_no_buffer(call, nr, flags);

	if (pass_over(call, bytes))
		return;
	if (!no_buffer)
		find_buffers(call, nr, regs, bytes);
	if (shed(call))
		return;
	if (!no_buffer)
		return copy_buffers(call, bytes);
	if (nr == NR_sendfile && !sendfile_needs_call && send_pages(call, task, regs, bytes))
		return;
	send_hole(call, TR_LOST_NO_BUFFER, bytes);
}

static __always_inline int on_transfer(struct sock *sock, int result, unsigned long flags, __u8 direction)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs;
	struct tcp_sock *tcp;
	struct call *call;
	__u32 tgid;
	long nr;

	if (result <= 0 || sock->sk_type != SOCK_STREAM)
		return 0;
	tgid = current_tgid();
	if (!is_recorded(tgid) || TASK_IS_COMPAT(task))
		return 0;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	call = new_call();
	if (!call || !regs)
		return 0;
	call->tgid = tgid;
	call->direction = direction;
	if (!begin_transfer(call, sock, regs))
		return 0;
	nr = call_about(sock, task, regs);
	if (nr >= 0 && is_moved_by_call(nr)) {
		if (calls_are_seen) {
			leave_to_exit(result);
			return 0;
		}
		wants_calls = true;
	}
	call->fd = nr == NR_splice ? SYSCALL_ARG3(regs) : nr < 0 ? -1 : SYSCALL_ARG1(regs);
	call->time_ns = bpf_ktime_get_boot_ns();
	call->remaining = result;
	COUNT(seen_bytes, result);
	tcp = bpf_skc_to_tcp_sock(sock);
	if (tcp) {
		call->is_tcp = true;
		locate_tcp(call, tcp, result);
	} else if (!locate(call, result)) {
		count_loss(TR_LOST_RING_FULL, result);
		return 0;
	}
	move(call, task, nr, regs, result, flags);
	return 0;
}

SEC("?tp_btf/sock_send_length")
int on_sock_send(__u64 *context)
{
	return on_transfer((struct sock *)context[0], (int)context[1], 0, TR_OUT);
}

SEC("?tp_btf/sock_recv_length")
int on_sock_recv(__u64 *context)
{
	const unsigned long flags = (unsigned int)context[2];

	/* Bytes that were only looked at come again; error queue messages and urgent data are not stream data. */
	if (flags & (MSG_PEEK | MSG_ERRQUEUE | MSG_OOB))
		return 0;
	return on_transfer((struct sock *)context[0], (int)context[1], flags, TR_IN);
}

#endif
