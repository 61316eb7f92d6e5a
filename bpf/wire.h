/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the kernel side sends to the recorder through the ring buffer, and the counters both sides read. Both sides
 * include this file; both assert the sizes below, so that a change of one alone does not build.
 */
#ifndef TRACEREC_BPF_WIRE_H
#define TRACEREC_BPF_WIRE_H

#ifdef __cplusplus
#define TR_STATIC_ASSERT static_assert
#else
#define TR_STATIC_ASSERT _Static_assert
#endif

#ifndef __bpf__
#include <linux/types.h>
#endif

enum tr_kind {
	TR_DATA = 1,	  /* payload bytes of one direction */
	TR_OPEN = 2,	  /* accept returned: positions are those of the first bytes to come */
	TR_HOLE = 3,	  /* `length` bytes passed at `position` whose content could not be had */
	TR_END = 4,	  /* no more bytes in the directions named by flags; position_* are final */
	TR_CLOSE_FD = 5,  /* close(fd) of tgid: the end of `socket`, which is not TCP */
	TR_EXIT = 6,	  /* process tgid ended */
	TR_PROCESS = 7,	  /* process tgid is recorded from now on: a child, or selected by name or cgroup */
	TR_IMAGE = 8,	  /* process tgid has new code: it runs another program, or mapped a library */
	TR_FILE = 9,	  /* bytes of a file were sent: struct tr_file and its path follow */
	TR_IO_URING = 10, /* process tgid uses sockets through io_uring, which is not seen */
};

enum tr_direction {
	TR_IN = 0,  /* the process received */
	TR_OUT = 1, /* the process sent */
};

enum tr_flags {
	TR_SEQ32 = 1,	     /* positions are 32-bit TCP sequence numbers and wrap */
	TR_END_OUT = 2,	     /* TR_END: the process will send no more */
	TR_END_IN = 4,	     /* TR_END: the process will receive no more */
	TR_TLS = 8,	     /* plaintext: `socket` is a number of the TLS session, positions count its bytes */
	TR_RESUMED = 16,     /* whole exchanges were shed before this one, which begins here */
	TR_FIRST = 32,	     /* nothing of the connection was moved before this; TCP: the process has accepted it */
	TR_MUTED = 64,	     /* TR_END: bytes of this socket were not sent here, because they are ciphertext */
	TR_CUT_OUT = 128,    /* TR_END: not with a FIN of the process that came first: the peer's, a reset, a signal */
	TR_TO_PIPE = 256,    /* TR_FILE: the bytes went to a pipe (`socket`), which stands at struct tr_file's pipe_* */
	TR_FROM_PIPE = 512,  /* TR_FILE: the bytes came from a pipe, not from a file; TR_IN: they went into one */
	TR_CUT_IN = 1024,    /* TR_END: not with a FIN of the peer that came first and was read */
	TR_UNWATCHED = 2048, /* TR_FILE: it has no name, and who writes to it was not watched when it was sent */
	TR_FIRST_OUT = 4096, /* the process, which has accepted this TCP connection, had sent nothing; position_in is
			      * that of the first byte that it ever received */
	TR_PEER_LEFT = 8192  /* TR_END of TCP: the peer's FIN came first, or its reset, or it responds no more */
};

/* Why bytes that were seen are not in the ring. */
enum tr_loss {
	TR_LOST_RING_FULL = 0,	 /* the reader was too slow */
	TR_LOST_FAULT = 1,	 /* the user page could not be read */
	TR_LOST_NO_BUFFER = 2,	 /* MSG_TRUNC: the bytes were in no user buffer */
	TR_LOST_IOVEC_LIMIT = 3, /* more iovecs than the kernel allows in one call (UIO_MAXIOV) */
	TR_LOST_OVERLOAD = 4,	 /* shed because the reader fell behind; its count is that of whole exchanges */
	TR_LOST_REASONS = 5,
};

/*
 * Heads every record. `socket` is the kernel address of the socket: an identity, never shown. Addresses are in network
 * order, IPv4 in the first four bytes; ports in host order. Positions count the bytes of a direction: for TCP they are
 * the socket's own sequence numbers (copied_seq, write_seq), which also move when bytes pass by a way that is not
 * hooked, so that a hole is known as a hole.
 */
struct tr_event {
	__u8 kind;
	__u8 direction;
	__u16 flags;
	__u32 length;  /* payload bytes after this header; for TR_HOLE the bytes missing */
	__u64 time_ns; /* CLOCK_BOOTTIME */
	__u64 socket;
	__u64 inode;	   /* of the socket, as in /proc/PID/fd; 0 when not known */
	__u64 position;	   /* of the first payload byte in `direction` */
	__u64 position_in; /* of the next byte in each direction, after this event */
	__u64 position_out;
	__u32 tgid;
	__s32 fd;
	__u16 family;
	__u16 local_port;
	__u16 peer_port;
	__u16 reserved;
	__u8 local_address[16];
	__u8 peer_address[16];
};

/* The file system that a file is on: whose files the numbers are, and whether its owner could forge them (FUSE). */
struct tr_file_system {
	__u32 device;	      /* as the kernel has it: the major number above 20 bits of the minor one */
	__u32 mount;	      /* STATX_MNT_ID; some file systems show other devices to user space (btrfs, overlayfs) */
	__u32 magic;	      /* linux/magic.h */
	__u32 user_namespace; /* of who mounted it: its inode number */
};

/*
 * After the header of a TR_FILE: `bytes` bytes from `offset` of a file went to the socket at the header's position.
 * The path follows, from the last name to the first, each with a zero after it; it is the one that the process would
 * use.
 */
struct tr_file {
	__u64 bytes;
	__u64 offset;
	__u64 inode;
	__u64 size;
	__u64 mtime_ns;
	__u64 ctime_ns;
	__s32 fd; /* of the file in process tgid, at that moment */
	__u32 path_bytes;
	__u32 links;	 /* 0: it has no name any more */
	__u32 pipe_head; /* splice: how many buffers were ever put into the pipe, and taken out, after the call */
	__u64 pipe;	 /* its identity */
	__u32 pipe_tail;
	__u32 generation; /* of the inode number: a file system gives the number of a deleted file to another */
	struct tr_file_system where;
};

/* In a ring of its own, which is read at once: a recorded process writes to a file that has no name any more. */
struct tr_unnamed {
	__u64 inode;
	__u32 generation;
	__u32 tgid;
	__s32 fd; /* of the file in process tgid */
	struct tr_file_system where;
	__u32 reserved;
};

/* Kept per CPU, summed by the reader. Invariant: seen = sent + file + muted + passed + the sum of lost. Event files end
 * with it: it grows at its end only. */
struct tr_counters {
	__u64 seen_bytes;
	__u64 sent_bytes;
	__u64 file_bytes;   /* reported by TR_FILE, for the reader to fetch */
	__u64 silent_bytes; /* the part of lost that no record tells of: a hole by position only */
	__u64 muted_bytes;  /* ciphertext of connections whose plaintext is recorded */
	__u64 lost_bytes[TR_LOST_REASONS];
	__u64 lost_events[TR_LOST_REASONS];
	__u64 lost_control_events; /* an open, end or exit that did not fit */
	__u64 passed_bytes;	   /* of connections that the recorder does not want */
};

/* Of the ring, never used by large data: opens, ends and (half of it) small requests survive an overflow. */
#define TR_CONTROL_RESERVE  (1u << 20)
#define TR_RECORD_LARGEST   (128u << 10)
#define TR_PORTS_MAX	    16
#define TR_PATH_BYTES	    2048 /* longest path of a file that is reported */
#define TR_PROCESSES_MAX    16384
#define TR_NAMES_MAX	    8
#define TR_NAME_BYTES	    16	  /* TASK_COMM_LEN */
#define TR_TLS_SESSIONS_MAX 32768 /* at once */
#define TR_TLS_CALLS_MAX    32768 /* calls into TLS libraries at once: threads and goroutines that wait for bytes */

TR_STATIC_ASSERT(sizeof(struct tr_event) == 104, "struct tr_event is shared with the recorder");
TR_STATIC_ASSERT(sizeof(struct tr_file) == 96, "struct tr_file is shared with the recorder");
TR_STATIC_ASSERT(sizeof(struct tr_counters) == 136, "struct tr_counters is shared with the recorder");

#endif
