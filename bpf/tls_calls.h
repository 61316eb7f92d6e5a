/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What a probed function of a TLS library does. The recorder gives it to each probe in its cookie; both sides include
 * this file. Arguments are counted from 1.
 */
#ifndef TRACEREC_BPF_TLS_CALLS_H
#define TRACEREC_BPF_TLS_CALLS_H

#ifndef __bpf__
#include <linux/types.h>
#endif

enum tr_tls_call {
	/* (session, buffer, length), returning the bytes moved; nothing was moved when that is not above 0 */
	TR_TLS_READ = 1,
	TR_TLS_WRITE = 2,
	/* (session, buffer, length, size_t *moved), returning 1 when *moved bytes were moved */
	TR_TLS_READ_EX = 3,
	TR_TLS_WRITE_EX = 4,
	/* (session, range, buffer, length), returning the bytes moved */
	TR_TLS_WRITE_RANGE = 5,
	/* (session, fd, offset, size, flags), returning the bytes that were sent of the file */
	TR_TLS_SENDFILE = 6,
	/* (session): it reads and writes the socket, but moves no bytes of the application itself */
	TR_TLS_QUIET = 7,
	/* (session): likewise, and with it the session begins */
	TR_TLS_HANDSHAKE = 8,
	/* returns a new session */
	TR_TLS_NEW = 9,
	/* (session *): leaves a new session there */
	TR_TLS_NEW_AT = 10,
	/* (session), reported when it is entered: no more will be sent; the session is over */
	TR_TLS_SHUT = 11,
	TR_TLS_FREE = 12,
	/* (session), likewise: it is made new, if it was used; OpenSSL does so itself before a handshake */
	TR_TLS_CLEAR = 13,
	/* OpenSSL's BIO_f_ssl. (BIO, buffer, length, size_t *moved), returning 1 when *moved bytes were moved */
	TR_TLS_BIO_READ = 14,
	TR_TLS_BIO_WRITE = 15,
	/* (BIO, command, number, pointer), reported when it is entered: one command gives the BIO its session */
	TR_TLS_BIO_CONTROL = 16,
	/* (BIO), likewise: it is over */
	TR_TLS_BIO_FREE = 17,
};

/* A probe's cookie: the call, and the number of the program or library that it was attached to. */
#define TR_TLS_IMAGES_MAX	    256
#define TR_TLS_COOKIE(call, image)  ((call) + 256ull * (image))
#define TR_TLS_COOKIE_CALL(cookie)  ((cookie)&0xff)
#define TR_TLS_COOKIE_IMAGE(cookie) (((cookie) >> 8) & (TR_TLS_IMAGES_MAX - 1))

/* Of a session: its address. Of a call: the thread's number, or the address of the goroutine. */
struct tls_key {
	__u64 who;
	__u32 tgid;
	__u32 padding;
};

/* A call that has not returned yet. */
struct tls_frame {
	__u64 session; /* 0: none */
	__u64 buffer;
	__u64 extra;	/* a fourth argument */
	__u64 depth;	/* of the stack at entry: a call inside another one is deeper */
	__u64 on_stack; /* Go: the buffer's distance from the stack's end, which moves with the stack */
	__u64 what;
};

/* A session over another one (a TLS connection to a proxy carries one to a server) makes a call inside a call. */
struct tls_call {
	struct tls_frame top;
	struct tls_frame below;
};

#endif
