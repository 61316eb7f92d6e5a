/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* System call numbers and where the registers of a finished call keep number and arguments. */
#ifndef TRACEREC_BPF_SYSCALLS_H
#define TRACEREC_BPF_SYSCALLS_H

#if defined(__TARGET_ARCH_x86)

#define NR_read	     0
#define NR_write     1
#define NR_close     3
#define NR_mmap	     9
#define NR_pwrite64  18
#define NR_readv     19
#define NR_writev    20
#define NR_sendfile  40
#define NR_accept    43
#define NR_sendto    44
#define NR_recvfrom  45
#define NR_sendmsg   46
#define NR_recvmsg   47
#define NR_shutdown  48
#define NR_ftruncate 77
#define NR_splice    275
#define NR_accept4   288
#define NR_pwritev   296
#define NR_recvmmsg  299
#define NR_sendmmsg  307
#define NR_preadv2   327
#define NR_pwritev2  328

/* The return value overwrites ax, orig_ax keeps the number; the argument registers are left as they were. */
#define SYSCALL_NUMBER(regs) ((long)(regs)->orig_ax)
#define SYSCALL_ARG1(regs)   ((regs)->di)
#define SYSCALL_ARG2(regs)   ((regs)->si)
#define SYSCALL_ARG3(regs)   ((regs)->dx)
#define SYSCALL_ARG4(regs)   ((regs)->r10)
#define SYSCALL_ARG5(regs)   ((regs)->r8)

/* A 32-bit program numbers its calls differently (asm/thread_info.h: TS_COMPAT). */
#define TASK_IS_COMPAT(task) ((task)->thread_info.status & 2)

#elif defined(__TARGET_ARCH_arm64)

#define NR_close	     57
#define NR_read		     63
#define NR_write	     64
#define NR_readv	     65
#define NR_writev	     66
#define NR_sendfile	     71
#define NR_splice	     76
#define NR_accept	     202
#define NR_sendto	     206
#define NR_recvfrom	     207
#define NR_shutdown	     210
#define NR_sendmsg	     211
#define NR_recvmsg	     212
#define NR_mmap		     222
#define NR_ftruncate	     46
#define NR_pwrite64	     68
#define NR_pwritev	     70
#define NR_accept4	     242
#define NR_recvmmsg	     243
#define NR_sendmmsg	     269
#define NR_preadv2	     286
#define NR_pwritev2	     287

/* x0 is overwritten by the return value, orig_x0 keeps the first argument. */
#define SYSCALL_NUMBER(regs) ((long)(regs)->syscallno)
#define SYSCALL_ARG1(regs)   ((regs)->orig_x0)
#define SYSCALL_ARG2(regs)   ((regs)->regs[1])
#define SYSCALL_ARG3(regs)   ((regs)->regs[2])
#define SYSCALL_ARG4(regs)   ((regs)->regs[3])
#define SYSCALL_ARG5(regs)   ((regs)->regs[4])

/* asm/thread_info.h: TIF_32BIT is bit 22. */
#define TASK_IS_COMPAT(task) ((task)->thread_info.flags & (1ul << 22))

#else
#error "this architecture has no system call table here yet"
#endif

#endif
