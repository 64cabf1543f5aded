"""What `help` says of gogdb's commands and functions; docs/commands.md is made of it.

In GDB's form: one line, a blank one, `Usage:`, options, an example. ASCII only: GDB may run
in a terminal that knows nothing else.
"""

from __future__ import annotations

from gogdb.i18n import texts

__all__ = ["COMMANDS", "FUNCTIONS", "markdown", "usage"]

_BOOT = """Walk the road of a Go program's boot, from the kernel's jump to main.main.

Usage: go-boot [step | until STAGE | list | show [STAGE] | diff A B |
                quiz [STAGE] [ANSWER] | stop | report FILE | follow [G [WAY]] |
                help]

Without a word: runs the program anew and shows every stage.
  step          go to the next stage and give the prompt back; Enter repeats it
  until STAGE   go on to a stage, by its id, number or unique prefix
  list          the map: every stage, its address in this binary, where we are
  show [STAGE]  all of a stage again, from what was recorded; of the last one
  diff A B      everything that changed between two stages
  quiz          a question about the last stage, or about STAGE (by its id); the
                ANSWER is a letter, a number or any expression of GDB's
  stop          end the walk; the program stays where it is
  report FILE   write what was recorded: FILE.html, a page for a browser;
                FILE.md, for slides and notes; or FILE.json
  follow [G [WAY]]
                after the boot: a goroutine's next round, off the CPU and back:
                what is saved, who readies it, what gogo loads. WAY waits for
                one way off the CPU: gopark, gosched, async-preempt, suspend,
                morestack, entersyscall, entersyscallblock or goexit. Ctrl-C
                ends it
  help          this text in the language of `set gogdb lang`

Options:
  --full        with step and until: all of every stage, as long as it may be
  --json        write the stages as JSON, and nothing else
  --out FILE    write to FILE instead of the terminal

step and until show a stage on one screen, with commands to try there; show and
go-boot alone show all of it. Between two stages do whatever you like: look
around, set breakpoints, step, continue. The walk goes on from the next stage
ahead.

Example:
  (gdb) go-boot until gogo-sp
  (gdb) x/2gx $rsp
  (gdb) go-boot quiz
  (gdb) go-boot step
  (gdb) go-boot follow 1 gopark"""

_GMP = """Show Go's scheduler: its Gs, Ms and Ps, and who is bound to whom.

Usage: go-gmp [sched | p | m | g] [--status S] [--reason R] [--where PATTERN]
              [--limit N] [--expr]

Without a word: all of it. Works on a live program, a core file and over
gdbserver.

Options:
  --status S       only goroutines of this status (runnable, waiting, ...)
  --reason R       only those whose wait reason contains R
  --where PATTERN  only those with PATTERN in a function or file on the stack
  --limit N        at most N goroutines, 0 for all (see show gogdb limit)
  --expr           what to type at GDB's prompt to see the first rows by hand
  --json           the same as JSON, and nothing else
  --out FILE       write to FILE instead of the terminal

Example:
  (gdb) go-gmp g --status waiting --reason chan"""

_GOBUF = """Show gobufs word by word: what gogo would load to make a goroutine run.

Usage: go-gobuf [G...] [--expr]

A G is a goid, g0, mN.g0, mN.gsignal, mN.curg or an address; without one, the
goroutine or system stack that the selected thread is on.

Options:
  --expr       what to type at GDB's prompt to see the words by hand
  --json       the same as JSON, and nothing else
  --out FILE   write to FILE instead of the terminal

Example:
  (gdb) go-gobuf g0 1"""

_STACKS = """Show goroutines' stacks: bounds, what is used of them, frames, words.

Usage: go-stacks [G...] [--all] [--system] [--group] [--status S]
                 [--reason R] [--where PATTERN] [--frames N] [--limit N]
                 [--memory [--words N]] [--expr]

A G is a goid, g0, mN.g0, mN.gsignal, mN.curg or an address; without one, the
goroutine or system stack that the selected thread is on.

"rbp walk" says which frames a debugger would find that goes from one saved rbp
to the next, and a line below the frames why it misses the first one.

Options:
  --all            every goroutine that is not dead
  --system         those and the system stacks, g0 and gsignal of every M
  --group          equal stacks once, with their count, the most frequent first
  --status S       only goroutines of this status (runnable, waiting, ...)
  --reason R       only those whose wait reason contains R
  --where PATTERN  only those with PATTERN in a function or file on the stack
  --frames N       at most N frames of each (default 64)
  --memory         every word of the stack with what it is: return address,
                   saved rbp, variable by name, and what it points at
  --words N        at most N words of each, from sp on (default 512)
  --limit N        at most N goroutines or groups, 0 for all (see show gogdb
                   limit)
  --expr           what to type at GDB's prompt to see the slots by hand
  --json           the same as JSON, and nothing else
  --out FILE       write to FILE instead of the terminal

Example:
  (gdb) go-stacks --group --status waiting --frames 8"""

COMMANDS = {"go-boot": _BOOT, "go-gmp": _GMP, "go-gobuf": _GOBUF, "go-stacks": _STACKS}

_SCHEDULER = """\
A thread runs now this goroutine and now that one, and a goroutine may go on
on another thread: what is true at one stop need not be at the next. A condition
is evaluated on whichever thread hits its breakpoint. `next` and `step` follow
the thread, and can end in another goroutine."""

_G = f"""The struct runtime.g of a goroutine or of a system stack, by name.

Usage: $go_g (G)

G is a goid; a pointer to a g; or a string: a goid, "g0", "m1.g0", "m1.curg",
"m1.gsignal" or an address, "0x...". The value is a pointer to the g. Write `.`
after it, not `->`, which GDB's language go does not have; in C and in assembly
`.` will do as well.

{_SCHEDULER}

Example:
  (gdb) p/x $go_g(1).sched
  (gdb) p *$go_g("g0")
  (gdb) x/2gx $go_g(1).sched.sp"""

_M = """The struct runtime.m of a thread of Go's runtime, by the M's id.

Usage: $go_m (N)

The value is a pointer to the m. `go-gmp m` lists the ids.

Example:
  (gdb) p $go_m(0).procid
  (gdb) p/x $go_m(1).g0.stack"""

_P = """The struct runtime.p of a P, the right to run Go code, by its id.

Usage: $go_p (N)

The value is a pointer to the p. `go-gmp p` lists the ids.

Example:
  (gdb) p $go_p(0).runqhead
  (gdb) p/x $go_p(0).runnext"""

_CURG = f"""The goroutine that the selected thread's M is bound to: m.curg.

Usage: $go_curg ()

The value is a pointer to the g: that of the goroutine even while the thread is
on its system stack or in C code; nil when there is none, and on threads that
are not Go's.

{_SCHEDULER}

Example:
  (gdb) p $go_curg().goid
  (gdb) p $go_curg() == $go_g(1)"""

_GOID = f"""The goid of the goroutine that the selected thread runs; 0 on a system stack.

Usage: $go_goid ()

It is 0, too, in C code, on threads that are not Go's and before the runtime
has begun. It reads no other goroutine, and needs no debug information: it may
well stand in the condition of a breakpoint that is hit often.

{_SCHEDULER}

Example:
  (gdb) break main.work if $go_goid() == 7"""

FUNCTIONS = {"go_g": _G, "go_m": _M, "go_p": _P, "go_curg": _CURG, "go_goid": _GOID}


def usage(command: str, language: str) -> str:
    """Return the help of a command in `language`, in English where there is no translation."""
    english = COMMANDS[command]
    return english if language == "en" else str(texts(language, "help").get(command, english))


def markdown() -> str:
    """All of it as the page docs/commands.md."""
    parts = [
        "# Commands and functions\n\nMade of what `help go-boot`, `help function go_g` and the "
        "like say in GDB.\n"
    ]
    named = [*COMMANDS.items(), *((f"${name}", text) for name, text in FUNCTIONS.items())]
    for name, text in named:
        summary, _, rest = text.partition("\n\n")
        parts.append(f"## {name}\n\n{summary}\n\n```text\n{rest}\n```\n")
    return "\n".join(parts)
