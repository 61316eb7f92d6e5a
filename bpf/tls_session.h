/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * TLS sessions, the calls into a TLS library that are under way, and the sockets whose bytes are ciphertext.
 *
 * A session is a pointer in a process (SSL *, gnutls_session_t, *tls.Conn): no descriptor is needed to know it. Which
 * socket it uses is learnt from the socket calls that a thread makes inside a call into the library. What such a call
 * moves is ciphertext: it is counted and not copied.
 */
#ifndef TRACEREC_BPF_TLS_SESSION_H
#define TRACEREC_BPF_TLS_SESSION_H

#include "kernel_types.h"
#include "process.h"
#include "tls_calls.h"

/* A function of a TLS library was entered by a recorded process: nothing here costs more than this look before. */
bool tls_is_used = false;
/* By image: all its probes are attached. Before, they would tell half of a conversation. Set by the recorder. */
bool tls_armed[TR_TLS_IMAGES_MAX] = {};
/* Sessions are reported by number; no address leaves the process. */
__u64 tls_sessions_begun = 0;

enum tls_wanted { TLS_UNDECIDED = 0, TLS_WANTED = 1, TLS_UNWANTED = 2 };

struct tls_session {
	__u64 number;
	__u64 in; /* bytes of plaintext so far */
	__u64 out;
	__u64 inode;	     /* of its socket; 0 as long as that is not known */
	__u64 resume_at;     /* GnuTLS: the bytes of a call that is to be repeated without an argument, */
	__u64 resume_sum;    /* and what they add up to, */
	__u32 resume_length; /* so many of them: the process may have changed or freed them meanwhile */
	__u16 family;
	__u16 local_port;
	__u16 peer_port;
	__u8 wanted; /* by port and share, decided at the first byte: a session is recorded as a whole or not at all */
	bool began;  /* its beginning was seen: the first byte is the first */
	bool closed; /* the process has told the peer that it sends no more (close_notify) */
	bool unsent; /* its last write failed, and may have sent a part */
	__u8 local_address[16];
	__u8 peer_address[16];
};

/* LRU: one that falls out goes on as a new one, which is joined at a clean boundary. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, TR_TLS_SESSIONS_MAX);
	__type(key, struct tls_key);
	__type(value, struct tls_session);
} tls_sessions SEC(".maps");

/* Not LRU: a reader that waits is old, not useless. The entries of a process are removed at its end. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TR_TLS_CALLS_MAX);
	__type(key, struct tls_key);
	__type(value, struct tls_call);
} tls_calls SEC(".maps");

/* OpenSSL's BIOs of the type BIO_f_ssl, and the session (SSL *) of each. LRU: one that falls out is not read further.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, TR_TLS_SESSIONS_MAX);
	__type(key, struct tls_key);
	__type(value, __u64);
} tls_bios SEC(".maps");

/* Sockets, by address, whose bytes are ciphertext; the value is the inode number. LRU: one that falls out is recognised
 * again by its next record. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, TR_TLS_SESSIONS_MAX);
	__type(key, __u64);
	__type(value, __u64);
} muted_sockets SEC(".maps");

static __always_inline struct tls_session *find_session(__u64 address, __u32 tgid)
{
	struct tls_key key = {.who = address, .tgid = tgid};

	return bpf_map_lookup_elem(&tls_sessions, &key);
}

/* Not inline: it holds a whole session on its stack. */
static __noinline struct tls_session *begin_session(__u64 address, __u32 tgid, bool began)
{
	struct tls_key key = {.who = address, .tgid = tgid};
	struct tls_session fresh = {.began = began};

	fresh.number = __sync_fetch_and_add(&tls_sessions_begun, 1) + 1;
	bpf_map_update_elem(&tls_sessions, &key, &fresh, BPF_ANY);
	return bpf_map_lookup_elem(&tls_sessions, &key);
}

static __always_inline struct tls_session *session_of(__u64 address, __u32 tgid)
{
	struct tls_session *session = find_session(address, tgid);

	return session ? session : begin_session(address, tgid, false);
}

/* The first socket that a session's own calls use is its socket: a handshake begins with reading or writing there. */
static __always_inline void learn_socket(struct tls_session *session, const struct call *call)
{
	session->family = call->family;
	session->local_port = call->local_port;
	session->peer_port = call->peer_port;
	__builtin_memcpy(session->local_address, call->local_address, 16);
	__builtin_memcpy(session->peer_address, call->peer_address, 16);
	session->inode = call->inode;
}

/* Is this socket call made by the call into a TLS library of `who`, on the session's own socket? */
static __always_inline bool is_inside_tls(const struct call *call, __u64 who)
{
	struct tls_key key = {.who = who, .tgid = call->tgid};
	struct tls_call *known = bpf_map_lookup_elem(&tls_calls, &key);
	struct tls_session *session;

	if (!known)
		return false;
	session = session_of(known->top.session, call->tgid);
	if (!session)
		return false;
	if (session->inode == 0)
		learn_socket(session, call);
	return session->inode == call->inode;
}

/* Of a socket that may have lost its inode already. What was muted stays so until another socket has its address: a
 * thread may still be inside its last call. */
static __always_inline bool is_muted(const struct call *call)
{
	__u64 key = (__u64)call->sock;
	__u64 *inode = bpf_map_lookup_elem(&muted_sockets, &key);

	return inode && (call->inode == 0 || *inode == call->inode);
}

/* Asked of each socket call of a recorded process, once the socket is known and before it is filtered. */
__noinline int is_ciphertext(struct call *call)
{
	const __u32 tid = (__u32)bpf_get_current_pid_tgid();
	__u64 key, *muted, inode;

	if (!call || !tls_is_used)
		return false;
	key = (__u64)call->sock;
	inode = call->inode;
	if (is_inside_tls(call, tid) || is_inside_tls(call, call->goroutine)) {
		bpf_map_update_elem(&muted_sockets, &key, &inode, BPF_ANY);
		return true;
	}
	muted = bpf_map_lookup_elem(&muted_sockets, &key);
	return muted && *muted == inode;
}

#endif
