/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The plaintext of TLS: uprobes on the functions by which a program reads from and writes to its TLS library. The
 * arguments are kept at the entry; at the return it is known how many bytes were moved, and these are copied like those
 * of a socket call. Uprobes are attached to files, so that they are met by every process that runs them: what comes
 * first is the question whether the process is recorded.
 *
 * Go moves stacks, which a return probe cannot survive; there the RET instructions are probed like any other, and what
 * is kept is kept per goroutine. Uprobe programs can be preempted: nothing is kept per processor.
 */
#ifndef TRACEREC_BPF_TLS_H
#define TRACEREC_BPF_TLS_H

#include "file.h"
#include "overload.h"
#include "registers.h"
#include "tls_session.h"

/* gnutls/gnutls.h */
#define GNUTLS_E_AGAIN	     -28
#define GNUTLS_E_INTERRUPTED -52

static __always_inline bool is_read(__u64 what)
{
	return what == TR_TLS_READ || what == TR_TLS_READ_EX;
}

static __always_inline bool is_end(__u64 what)
{
	return what == TR_TLS_SHUT || what == TR_TLS_FREE || what == TR_TLS_CLEAR;
}

static __always_inline bool moves_data(__u64 what)
{
	return what <= TR_TLS_SENDFILE;
}

/*
 * Notes that a call began. A call inside one for another session is kept above it. Inside one for the same session the
 * innermost that moves data counts (some libraries build one function upon another), but a call that is quiet hides
 * what it calls: GnuTLS sends by gnutls_record_send what was recorded already when it was corked.
 */
static __noinline void enter(struct tls_key *key, const struct tls_frame *frame)
{
	struct tls_call *known = bpf_map_lookup_elem(&tls_calls, key);
	struct tls_call next = {};

	/* One that is not around this call was left without a return (an exception, a panic, longjmp). */
	if (known && known->top.depth < frame->depth) {
		if (known->top.session != frame->session)
			next.below = known->top;
		else if (!moves_data(known->top.what) || !moves_data(frame->what))
			return;
		else
			next.below = known->below;
	}
	next.top = *frame;
	if (bpf_map_update_elem(&tls_calls, key, &next, BPF_ANY))
		COUNT(lost_control_events, 1);
}

/* Takes back what `enter` noted; false when this return belongs to no call that was noted. */
static __always_inline bool leave(struct tls_key *key, __u64 depth, struct tls_frame *frame)
{
	struct tls_call *known = bpf_map_lookup_elem(&tls_calls, key);

	if (!known || known->top.depth != depth)
		return false;
	*frame = known->top;
	if (known->below.session) {
		known->top = known->below;
		known->below.session = 0;
	} else {
		bpf_map_delete_elem(&tls_calls, key);
	}
	return true;
}

/* Recorded or not is decided once, with the first byte: by then the handshake has shown the socket, where there is one.
 */
static __always_inline bool is_wanted(struct tls_session *session)
{
	bool wanted;

	if (session->wanted == TLS_UNDECIDED) {
		wanted = session->inode == 0 ? is_sampled(session->number)
					     : is_sampled(session->inode) && port_is_wanted(session->local_port);
		session->wanted = wanted ? TLS_WANTED : TLS_UNWANTED;
	}
	return session->wanted == TLS_WANTED;
}

static __always_inline void describe(struct call *call, const struct tls_session *session, __u32 tgid)
{
	call->sock = (struct sock *)session->number;
	call->inode = session->inode;
	call->tgid = tgid;
	call->fd = -1;
	call->flags = TR_TLS;
	call->time_ns = bpf_ktime_get_boot_ns();
	call->family = session->family;
	call->local_port = session->local_port;
	call->peer_port = session->peer_port;
	__builtin_memcpy(call->local_address, session->local_address, 16);
	__builtin_memcpy(call->peer_address, session->peer_address, 16);
}

static __always_inline void take_position(struct call *call, struct tls_session *session, __u64 bytes)
{
	if (session->began && session->in == 0 && session->out == 0)
		call->flags |= TR_FIRST;
	call->position = __sync_fetch_and_add(call->direction == TR_IN ? &session->in : &session->out, bytes);
	call->position_in = session->in;
	call->position_out = session->out;
}

static __always_inline void send_plaintext(struct call *call, const struct tls_frame *frame, __u64 bytes)
{
	struct file *file;

	if (frame->what == TR_TLS_SENDFILE) {
		call->file_fd = frame->buffer;
		file = file_of(bpf_get_current_task_btf(), call->file_fd);
		if (!file || !send_file(call, (__u64)file, frame->extra, bytes, 0))
			send_hole(call, TR_LOST_NO_BUFFER, bytes);
	} else if (frame->buffer == 0) {
		send_hole(call, TR_LOST_NO_BUFFER, bytes);
	} else if (bytes <= TR_RECORD_LARGEST - sizeof(struct tr_event)) {
		send_piece(call, frame->buffer, bytes);
	} else {
		copy_all(call);
	}
}

static __noinline void on_moved(const struct tls_frame *frame, __u32 tgid, __u64 bytes)
{
	struct tls_session *session = session_of(frame->session, tgid);
	struct call call = {};

	if (!session || !is_wanted(session))
		return;
	describe(&call, session, tgid);
	call.direction = is_read(frame->what) ? TR_IN : TR_OUT;
	call.remaining = bytes;
	COUNT(seen_bytes, bytes);
	take_position(&call, session, bytes);
	if (frame->what != TR_TLS_SENDFILE) {
		call.base = (const void *)frame->buffer;
		call.base_left = bytes;
		call.message_left = bytes;
	}
	if (!shed(&call))
		send_plaintext(&call, frame, bytes);
}

#define TLS_RECORD_MAX 16384 /* RFC 8446, 5.1: GnuTLS takes no more at a time */
#define SUM_STEP       64

struct summing {
	const void *at;
	__u64 sum;
	__u32 left;
	bool unreadable;
};

static long sum_step(__u32 index, struct summing *context)
{
	__u64 words[SUM_STEP / 8] = {};
	__u32 length = context->left;

	(void)index;
	if (length == 0)
		return 1;
	if (length > SUM_STEP)
		length = SUM_STEP;
	if (bpf_probe_read_user(words, length, context->at)) {
		context->unreadable = true;
		return 1;
	}
	for (__u32 i = 0; i < SUM_STEP / 8; i++)
		context->sum = (context->sum ^ words[i]) * 0x100000001b3ull; /* FNV-1a, a word at a time */
	context->at += length;
	context->left -= length;
	return 0;
}

/* A sum over user memory that changes when the memory does; 0 when it cannot be read. */
static __always_inline __u64 sum_of(__u64 address, __u32 length)
{
	struct summing summing = {.at = (const void *)address, .sum = 0xcbf29ce484222325ull, .left = length};

	bpf_loop(TLS_RECORD_MAX / SUM_STEP, sum_step, &summing, 0);
	return summing.unreadable ? 0 : summing.sum;
}

static __always_inline bool is_to_be_repeated(int result)
{
	return result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED;
}

/*
 * Of a call that is to be repeated GnuTLS has kept the bytes: it may be repeated without them. They are then read where
 * they were, but only if they are still the same; else they are a hole.
 */
static __noinline void resume_gnutls(struct tls_frame *frame, __u32 tgid, int result)
{
	struct tls_session *session;

	if (frame->what != TR_TLS_WRITE || (result <= 0 && !is_to_be_repeated(result)))
		return;
	session = find_session(frame->session, tgid);
	if (!session)
		return;
	if (result <= 0) {
		if (frame->buffer == 0)
			return;
		session->resume_at = frame->buffer;
		session->resume_length = frame->extra < TLS_RECORD_MAX ? frame->extra : TLS_RECORD_MAX;
		session->resume_sum = sum_of(frame->buffer, session->resume_length);
		return;
	}
	if (frame->buffer == 0 && session->resume_at != 0 && result <= (int)session->resume_length &&
	    session->resume_sum != 0 && sum_of(session->resume_at, session->resume_length) == session->resume_sum)
		frame->buffer = session->resume_at;
	session->resume_at = 0;
}

static __always_inline __u64 bytes_moved(const struct tls_frame *frame, long result)
{
	__u64 bytes = 0;

	if (frame->what == TR_TLS_SENDFILE)
		return result > 0 ? result : 0;
	if ((int)result <= 0)
		return 0;
	if (frame->what != TR_TLS_READ_EX && frame->what != TR_TLS_WRITE_EX)
		return (int)result;
	if (bpf_probe_read_user(&bytes, sizeof(bytes), (const void *)frame->extra))
		return 0;
	return bytes;
}

/* A write that fails may have sent records before: of how many bytes is not known until it is repeated. */
static __noinline void note_tls_write(__u64 address, __u32 tgid, bool failed)
{
	struct tls_session *session = find_session(address, tgid);

	if (session)
		session->unsent = failed;
}

static __always_inline bool is_write(__u64 what)
{
	return moves_data(what) && !is_read(what);
}

/* The peer was told that this is the end (RFC 8446, 6.1): without that, what came may be the beginning of more. */
static __always_inline __u16 session_end_flags(struct tls_session *session, __u64 what)
{
	if (what == TR_TLS_SHUT)
		session->closed = true;
	return (what == TR_TLS_SHUT ? TR_END_OUT : TR_END_OUT | TR_END_IN) |
	       (session->closed && !session->unsent ? 0 : TR_CUT_OUT);
}

/* Tells of a session's end. Returns whether there was one to end. */
static __noinline bool end_session(__u64 address, __u32 tgid, __u64 what)
{
	struct tls_key key = {.who = address, .tgid = tgid};
	struct tls_session *session = bpf_map_lookup_elem(&tls_sessions, &key);
	struct call call = {};

	if (!session || (what == TR_TLS_CLEAR && session->wanted == TLS_UNDECIDED))
		return false;
	if (session->wanted == TLS_WANTED) {
		describe(&call, session, tgid);
		call.direction = TR_OUT;
		call.position_in = session->in;
		call.position_out = session->out;
		send_control(&call, TR_END, session_end_flags(session, what));
	}
	if (what == TR_TLS_FREE)
		bpf_map_delete_elem(&tls_sessions, &key);
	return true;
}

static __always_inline void on_end(__u64 address, __u32 tgid, __u64 what)
{
	if (end_session(address, tgid, what) && what == TR_TLS_CLEAR)
		begin_session(address, tgid, true);
}

static __always_inline void note_use(void)
{
	if (!tls_is_used)
		tls_is_used = true;
}

#define BIO_C_SET_SSL 109 /* openssl/bio.h */

static __always_inline bool is_bio(__u64 what)
{
	return what >= TR_TLS_BIO_READ;
}

/*
 * From a BIO to its session, which may be read and written without the BIO too. False: this call moves no bytes, or
 * those of a session that is not known, since the BIO got it before the recording.
 */
static __noinline bool follow_bio(struct tls_frame *frame, __u32 tgid, int command)
{
	struct tls_key key = {.who = frame->session, .tgid = tgid};
	__u64 *session;

	if (frame->what == TR_TLS_BIO_CONTROL) {
		if (command == BIO_C_SET_SSL)
			bpf_map_update_elem(&tls_bios, &key, &frame->extra, BPF_ANY);
		return false;
	}
	if (frame->what == TR_TLS_BIO_FREE) {
		bpf_map_delete_elem(&tls_bios, &key);
		return false;
	}
	session = bpf_map_lookup_elem(&tls_bios, &key);
	if (!session)
		return false;
	frame->session = *session;
	frame->what = frame->what == TR_TLS_BIO_READ ? TR_TLS_READ_EX : TR_TLS_WRITE_EX;
	return true;
}

/* ---- C libraries: an entry and a return probe on each function */

SEC("uprobe")
int on_tls_enter(struct pt_regs *regs)
{
	const __u64 cookie = bpf_get_attach_cookie(regs);
	struct tls_frame frame = {.what = TR_TLS_COOKIE_CALL(cookie)};
	struct tls_key key = {.tgid = current_tgid()};
	__u64 second = C_ARG2(regs), third = C_ARG3(regs), fourth = C_ARG4(regs);

	/* Read here, or the compiler chooses between addresses of registers, which the verifier forbids. */
	asm volatile("" : "+r"(second), "+r"(third), "+r"(fourth));
	if (!is_recorded(key.tgid) || !tls_armed[TR_TLS_COOKIE_IMAGE(cookie)])
		return 0;
	note_use();
	key.who = (__u32)bpf_get_current_pid_tgid();
	frame.session = C_ARG1(regs);
	frame.buffer = second;
	frame.extra = fourth;
	if (frame.what == TR_TLS_WRITE_RANGE)
		frame.buffer = third;
	if (frame.what == TR_TLS_SENDFILE || frame.what == TR_TLS_WRITE)
		frame.extra = third;
	frame.depth = ~0ull - STACK(regs);
	if (is_bio(frame.what) && !follow_bio(&frame, key.tgid, second))
		return 0;
	if (is_end(frame.what))
		on_end(frame.session, key.tgid, frame.what);
	else
		enter(&key, &frame);
	return 0;
}

/* What a call that returned was about. Returns the bytes that it moved. */
static __noinline __u64 take_c_return(struct pt_regs *regs, __u32 tgid, struct tls_frame *frame)
{
	struct tls_key key = {.who = (__u32)bpf_get_current_pid_tgid(), .tgid = tgid};
	const long result = C_RESULT(regs);
	__u64 address = result;

	if (!leave(&key, ~0ull - C_ENTRY_STACK(regs), frame))
		return 0;
	if (moves_data(frame->what)) {
		resume_gnutls(frame, tgid, result);
		return bytes_moved(frame, result);
	}
	if (frame->what == TR_TLS_NEW_AT &&
	    ((int)result != 0 || bpf_probe_read_user(&address, sizeof(address), (const void *)frame->session)))
		return 0;
	if ((frame->what == TR_TLS_NEW || frame->what == TR_TLS_NEW_AT) && address != 0)
		begin_session(address, tgid, true);
	return 0;
}

SEC("uretprobe")
int on_tls_return(struct pt_regs *regs)
{
	const __u32 tgid = current_tgid();
	struct tls_frame frame = {};
	__u64 bytes;

	if (!is_recorded(tgid))
		return 0;
	bytes = take_c_return(regs, tgid, &frame);
	if (is_write(frame.what))
		note_tls_write(frame.session, tgid, bytes == 0);
	if (bytes > 0)
		on_moved(&frame, tgid, bytes);
	return 0;
}

/* ---- Go: a probe at the entry and one at each RET instruction of each method of *tls.Conn */

struct go_stack {
	__u64 low;
	__u64 high;
};

/* runtime.g begins with its stack's bounds. */
static __always_inline bool read_go_stack(struct go_stack *stack, __u64 goroutine)
{
	return bpf_probe_read_user(stack, sizeof(*stack), (const void *)goroutine) == 0;
}

SEC("uprobe")
int on_go_tls_enter(struct pt_regs *regs)
{
	const __u64 cookie = bpf_get_attach_cookie(regs);
	struct tls_frame frame = {.what = TR_TLS_COOKIE_CALL(cookie)};
	struct tls_key key = {.tgid = current_tgid()};
	struct go_stack stack;

	if (!is_recorded(key.tgid) || !tls_armed[TR_TLS_COOKIE_IMAGE(cookie)])
		return 0;
	note_use();
	key.who = GOROUTINE(regs);
	frame.session = GO_ARG1(regs);
	if (frame.what == TR_TLS_FREE) { /* Close says so to the peer */
		end_session(frame.session, key.tgid, TR_TLS_SHUT);
		on_end(frame.session, key.tgid, frame.what);
		return 0;
	}
	if (!read_go_stack(&stack, key.who))
		return 0;
	if (frame.what == TR_TLS_HANDSHAKE && !find_session(frame.session, key.tgid))
		begin_session(frame.session, key.tgid, true);
	frame.buffer = GO_ARG2(regs);
	frame.extra = GO_ARG3(regs);
	frame.depth = stack.high - STACK(regs);
	if (frame.buffer >= stack.low && frame.buffer < stack.high)
		frame.on_stack = stack.high - frame.buffer;
	enter(&key, &frame);
	return 0;
}

static __noinline __u64 take_go_return(struct pt_regs *regs, __u32 tgid, struct tls_frame *frame)
{
	struct tls_key key = {.who = GOROUTINE(regs), .tgid = tgid};
	const long result = GO_RESULT(regs);
	struct go_stack stack;

	if (!read_go_stack(&stack, key.who) || !leave(&key, stack.high - STACK(regs), frame))
		return 0;
	if (frame->on_stack)
		frame->buffer = stack.high - frame->on_stack;
	return moves_data(frame->what) && result > 0 ? result : 0;
}

SEC("uprobe")
int on_go_tls_return(struct pt_regs *regs)
{
	const __u32 tgid = current_tgid();
	struct tls_frame frame = {};
	__u64 bytes;

	if (!is_recorded(tgid))
		return 0;
	bytes = take_go_return(regs, tgid, &frame);
	if (is_write(frame.what))
		note_tls_write(frame.session, tgid, bytes < frame.extra);
	if (bytes > 0)
		on_moved(&frame, tgid, bytes);
	return 0;
}

#endif
