/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * io_uring moves bytes without a system call per transfer, and the programs here do not see them. What is seen is that
 * a recorded process asks for operations on sockets: that is reported, once per process, so that the gap is no quiet
 * one.
 */
#ifndef TRACEREC_BPF_IO_URING_H
#define TRACEREC_BPF_IO_URING_H

#include "process.h"
#include "socket.h"

/* include/uapi/linux/io_uring.h, enum io_uring_op: fixed for ever. */
#define IORING_OP_READV	      1
#define IORING_OP_WRITEV      2
#define IORING_OP_READ_FIXED  4
#define IORING_OP_WRITE_FIXED 5
#define IORING_OP_SENDMSG     9
#define IORING_OP_RECVMSG     10
#define IORING_OP_ACCEPT      13
#define IORING_OP_READ	      22
#define IORING_OP_WRITE	      23
#define IORING_OP_SEND	      26
#define IORING_OP_RECV	      27
#define IORING_OP_SEND_ZC     47
#define IORING_OP_SENDMSG_ZC  48
#define REQ_F_FIXED_FILE      1ull

struct io_cqe {
	int fd;
} __attribute__((preserve_access_index));

struct io_kiocb {
	__u8 opcode;
	__u64 flags;
	struct io_cqe cqe;
} __attribute__((preserve_access_index));

/* The process was reported already: the value of `recorded` is 1 at first. */
#define SEEN_IO_URING 2

static __always_inline bool is_socket_operation(__u8 opcode)
{
	return opcode == IORING_OP_SENDMSG || opcode == IORING_OP_RECVMSG || opcode == IORING_OP_ACCEPT ||
	       opcode == IORING_OP_SEND || opcode == IORING_OP_RECV || opcode == IORING_OP_SEND_ZC ||
	       opcode == IORING_OP_SENDMSG_ZC;
}

static __always_inline bool is_file_operation(__u8 opcode)
{
	return opcode == IORING_OP_READV || opcode == IORING_OP_WRITEV || opcode == IORING_OP_READ ||
	       opcode == IORING_OP_WRITE || opcode == IORING_OP_READ_FIXED || opcode == IORING_OP_WRITE_FIXED;
}

/* read and write work on sockets too; of a registered descriptor nothing is known here. */
static __always_inline bool concerns_socket(struct io_kiocb *request)
{
	const __u8 opcode = BPF_CORE_READ(request, opcode);
	struct file *file;

	if (is_socket_operation(opcode))
		return true;
	if (!is_file_operation(opcode) || (BPF_CORE_READ(request, flags) & REQ_F_FIXED_FILE))
		return false;
	file = file_of(bpf_get_current_task_btf(), BPF_CORE_READ(request, cqe.fd));
	return file && (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) == S_IFSOCK;
}

/* On older kernels the tracepoint is io_uring_submit_sqe, with the same first argument; the recorder chooses. */
SEC("?tp_btf/io_uring_submit_req")
int on_io_uring(__u64 *context)
{
	__u32 tgid = current_tgid();
	__u8 *state = bpf_map_lookup_elem(&recorded, &tgid);

	if (!state || *state == SEEN_IO_URING || !concerns_socket((struct io_kiocb *)context[0]))
		return 0;
	*state = SEEN_IO_URING;
	send_process_event(TR_IO_URING, tgid, -1);
	return 0;
}

#endif
