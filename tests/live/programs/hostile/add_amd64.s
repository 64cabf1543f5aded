#include "textflag.h"

// func add(x, y int64) int64
//
// $0-24: a frame of 0 bytes, so SP here is where CALL left it, with the
// return address at 0(SP); and 24 bytes in the caller's frame: x, y and the
// result. FP is no register: x+0(FP) is the assembler's name for 8(SP).
TEXT ·add(SB), NOSPLIT, $0-24
	MOVQ x+0(FP), AX
	ADDQ y+8(FP), AX
	MOVQ AX, ret+16(FP)
	RET
