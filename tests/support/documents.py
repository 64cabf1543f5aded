"""Documents that use every kind of part."""

from __future__ import annotations

from gogdb.view.doc.document import (
    Art,
    Cell,
    Claims,
    Code,
    CodeLine,
    Column,
    Doc,
    Heading,
    Mark,
    Note,
    Span,
    StackColumn,
    StackPicture,
    StackWord,
    Table,
    Text,
)

__all__ = ["OVERVIEW", "STAGE"]

STAGE = Doc(
    (
        Heading("24/28 · gogo-sp", 1, "one instruction, another stack"),
        Text(
            "The thread has left g0's stack. rsp pointed into the slice of the OS stack "
            "that stage 3\ngave to g0; it now points into the 2 KiB that malg made for "
            "goroutine 1. No call, no return: a MOV."
        ),
        Code(
            (
                CodeLine("0x4879c9", "mov    %rdx,%r14", note="r14 = g1"),
                CodeLine("0x4879cc", "mov    (%rbx),%rsp", note="rsp = gobuf.sp, done just now"),
                CodeLine("0x4879cf", "mov    0x18(%rbx),%rdx", True, "rdx = gobuf.ctxt → &mainPC"),
                CodeLine("0x4879d3", "mov    0x28(%rbx),%rbp", note="rbp = gobuf.bp"),
                CodeLine("0x4879e2", "jmp    *%rbx"),
            ),
            "att",
            "asm_amd64.s · gogo+15",
        ),
        Table(
            (Column("reg"), Column("before"), Column("now", keep=2), Column("what it is", keep=2)),
            (
                (
                    Cell("rsp", None, "register"),
                    Cell("0x7fffffffe6c0", 0x7FFFFFFFE6C0, "address"),
                    Cell("0xd0acae047d8", 0xD0ACAE047D8, "changed"),
                    Cell("goroutine 1's stack, 40 below hi"),
                ),
                (Cell("TLS", None, "register"), Cell("g0"), Cell("goroutine 1", 1, "changed")),
            ),
        ),
        StackPicture(
            (
                StackColumn(
                    "g0's stack (OS thread)",
                    0x7FFFFFFFE7C0,
                    0x7FFFFFFEE7C0,
                    (
                        StackWord(0, None, gap="rt0_go, mstart, mstart0, mstart1"),
                        StackWord(
                            0x7FFFFFFFE708,
                            0x7FFFFFFFE738,
                            "saved rbp of schedule",
                            (Mark("rbp", "fp"),),
                        ),
                        StackWord(0x7FFFFFFFE6C0, 0x455EE8, "execute+424"),
                        StackWord(0, None, gap="64.0 KiB free"),
                    ),
                ),
                StackColumn(
                    "goroutine 1's stack (heap, 2048 B)",
                    0xD0ACAE04800,
                    0xD0ACAE04000,
                    (
                        StackWord(0, None, gap="32 bytes never used"),
                        StackWord(
                            0xD0ACAE047D8,
                            0x489B21,
                            "goexit+1",
                            (Mark("rsp", "sp"), Mark("sp")),
                            role="strong",
                        ),
                        StackWord(0xD0ACAE047D0, None),
                    ),
                ),
            )
        ),
        Claims(
            (
                ("rsp was inside g0's bounds and is inside goroutine 1's", True),
                ("the word at rsp is goexit+1", True),
                ("TLS slot and r14 name the same g", True),
                ("gobuf.bp is 0", False),
            )
        ),
        Note("try:  p $rsp - $go_g(1)->stack.lo      x/gx $rsp      info symbol *(long*)$rsp"),
    )
)


OVERVIEW = Doc(
    (
        Heading("goroutines", 2, "go1.27.3"),
        Art(
            (
                (Span("m0", "strong"), Span(" ─── "), Span("p0"), Span(" ──► "), Span("g1")),
                (Span("      └── runq: g3 g4 …"),),
            ),
            "who is bound to whom",
        ),
        Table(
            (
                Column("goid", "right", keep=9),
                Column("status", keep=8),
                Column("reason", keep=5),
                Column("since", "right", keep=3),
                Column("start", keep=4),
                Column("created by", keep=2),
                Column("at", keep=6),
            ),
            (
                (
                    Cell("1", 1, "number"),
                    Cell("running", None, "status"),
                    Cell(""),
                    Cell(""),
                    Cell("runtime.main"),
                    Cell(""),
                    Cell("main.main", None, "function"),
                ),
                (
                    Cell("100018", 100018, "number"),
                    Cell("waiting", None, "status"),
                    Cell("等待通道"),
                    Cell("2m13s"),
                    Cell("main.(*Server).accept.func1"),
                    Cell("main.main"),
                    Cell("example.com/long/module/path/internal/server.(*Conn).readLoop"),
                ),
            ),
        ),
        Table((Column("when"),), (), "timers", "no timers"),
        Code(
            (
                CodeLine("12", "TEXT ·add(SB), NOSPLIT, $0-24"),
                CodeLine("13", "\tMOVQ\tx+0(FP), AX\t// first", True, "AX = 2"),
                CodeLine("14", "\tADDQ\ty+8(FP), AX", note="AX = 5, the sum; " * 5),
            ),
            "go-asm",
        ),
        Code(
            (
                CodeLine("9", "\tfunc main() {"),
                CodeLine("10", '\t\tprintln("和", add(2, 3)) /* two'),
                CodeLine("11", "\t\t\tlines */"),
            ),
            "go",
            "main.go",
        ),
        Text("线程已经离开 g0 的栈。rsp 现在指向 malg 为 goroutine 1 分配的 2 KiB。" * 2),
        Note("go-stacks 1 shows its frames"),
        Note("the stack has moved since stage 27", "warn"),
        Note("cannot read 8 bytes at 0x10", "bad"),
        Note("the binding works", "good"),
    )
)
