#include "funcdata.h"
#include "textflag.h"

#define SYS_read $0
#define SYS_write $1

// func spins(begun *flag)
TEXT ·spins(SB), NOSPLIT, $0-8
	MOVQ begun+0(FP), AX
	MOVQ $0x0badf00d, BP
	MOVL $1, (AX)
spin:
	JMP spin

// When a signal interrupts a system call, the kernel moves the thread back to the
// SYSCALL instruction; the instruction after it is on the same line.

// func reads(descriptor int, begun *flag)
TEXT ·reads(SB), NOSPLIT, $8-16
	MOVQ begun+8(FP), AX
	MOVL $1, (AX)
again:
	MOVQ descriptor+0(FP), DI
	LEAQ byte-8(SP), SI
	MOVL $1, DX
	MOVL SYS_read, AX
	SYSCALL; JMP again

// func announce(descriptor int)
TEXT ·announce(SB), NOSPLIT, $8-8
	MOVQ $0x0a7964616572, AX // "ready\n"
	MOVQ AX, word-8(SP)
	MOVL $1, DI
	LEAQ word-8(SP), SI
	MOVL $6, DX
	MOVL SYS_write, AX
	SYSCALL
again:
	MOVQ descriptor+0(FP), DI
	LEAQ word-8(SP), SI
	MOVL $1, DX
	MOVL SYS_read, AX
	SYSCALL; JMP again

// func churns(begun *flag)
TEXT ·churns(SB), 0, $8-8
	NO_LOCAL_POINTERS
again:
	MOVL $1000000, CX
busy:
	DECL CX
	JNE  busy
	CALL ·tick(SB)
	MOVQ begun+0(FP), AX
	MOVL $1, (AX)
	JMP  again

// func callsPark()
TEXT ·callsPark(SB), 0, $32-0
	NO_LOCAL_POINTERS
	CALL ·parkFromAssembly(SB)
	RET

// func clobbersAndCalls()
TEXT ·clobbersAndCalls(SB), 0, $0-0
	NO_LOCAL_POINTERS
	MOVQ $0x0badf00d, BP
	CALL ·parkFromAssembly(SB)
	RET
