/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Where a user function's arguments and results are, in C (System V, AAPCS64) and in Go since 1.17 (ABIInternal). */
#ifndef TRACEREC_BPF_REGISTERS_H
#define TRACEREC_BPF_REGISTERS_H

#include "kernel_types.h"

#if defined(__TARGET_ARCH_x86)

#define STACK(regs)    ((regs)->sp)
#define C_ARG1(regs)   ((regs)->di)
#define C_ARG2(regs)   ((regs)->si)
#define C_ARG3(regs)   ((regs)->dx)
#define C_ARG4(regs)   ((regs)->cx)
#define C_RESULT(regs) ((regs)->ax)
/* The stack pointer that the function was entered with: the return has taken its address off the stack. */
#define C_ENTRY_STACK(regs) ((regs)->sp - 8)

/* Go's src/cmd/compile/abi-internal.md: integer arguments and results in AX, BX, CX, DI…; R14 is the goroutine. */
#define GO_ARG1(regs)	((regs)->ax)
#define GO_ARG2(regs)	((regs)->bx)
#define GO_ARG3(regs)	((regs)->cx)
#define GO_RESULT(regs) ((regs)->ax)
#define GOROUTINE(regs) ((regs)->r14)

#elif defined(__TARGET_ARCH_arm64)

#define STACK(regs)	    ((regs)->sp)
#define C_ARG1(regs)	    ((regs)->regs[0])
#define C_ARG2(regs)	    ((regs)->regs[1])
#define C_ARG3(regs)	    ((regs)->regs[2])
#define C_ARG4(regs)	    ((regs)->regs[3])
#define C_RESULT(regs)	    ((regs)->regs[0])
#define C_ENTRY_STACK(regs) ((regs)->sp)

/* R0–R15 carry arguments and results; R28 is the goroutine. */
#define GO_ARG1(regs)	    ((regs)->regs[0])
#define GO_ARG2(regs)	    ((regs)->regs[1])
#define GO_ARG3(regs)	    ((regs)->regs[2])
#define GO_RESULT(regs)	    ((regs)->regs[0])
#define GOROUTINE(regs)	    ((regs)->regs[28])

#endif

#endif
