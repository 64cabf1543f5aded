"""The commands as GDB knows them: names, help, completion, errors.

Help texts stand here; what a command does is imported when it is first used, so
that loading gogdb costs little.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module

import gdb

from gogdb.errors import GogdbError

__all__ = ["COMMANDS", "register"]

_Run = Callable[[str, bool], None]


class _Command(gdb.Command):
    """One command: `module` has `run(words, typed)` and `complete(words, word)`."""

    def __init__(self, name: str, module: str, doc: str, kind: int) -> None:
        self.__doc__ = doc
        self._name = name
        self._module = module
        super().__init__(name, kind)

    def invoke(self, words: str, from_tty: bool) -> None:
        try:
            import_module(self._module).run(words, from_tty)
        except GogdbError as error:
            raise gdb.GdbError(str(error)) from None
        except KeyboardInterrupt:
            raise gdb.GdbError("Quit") from None  # as GDB itself says at its pager

    def complete(self, text: str, word: str | None) -> Sequence[str]:
        found: Sequence[str] = import_module(self._module).complete(text)
        start = len(text) - len(text.split(" ")[-1]) if word is None else len(text) - len(word)
        typed = text[start:]
        return [name for name in found if name.startswith(typed)]


_BOOT = """Walk the road of a Go program's boot, from the kernel's jump to main.main.

Usage: go-boot [step | until STAGE | list | show STAGE | diff A B | stop | report FILE]

Without a word: runs the program anew and shows every stage.
  step          go to the next stage and give the prompt back; Enter repeats it
  until STAGE   go on to a stage, by its id, number or unique prefix
  list          the map: every stage, its address in this binary, where we are
  show STAGE    a stage again, from what was recorded
  diff A B      everything that changed between two stages
  stop          end the walk; the program stays where it is
  report FILE   write what was recorded (FILE.json)

Options:
  --json        write the stages as JSON, and nothing else
  --out FILE    write to FILE instead of the terminal

Between two stages do whatever you like: look around, set breakpoints, step,
continue. The walk goes on from the next stage ahead.

Example:
  (gdb) go-boot until gogo-sp
  (gdb) x/2gx $rsp
  (gdb) go-boot step"""

_GMP = """Show Go's scheduler: its Gs, Ms and Ps, and who is bound to whom.

Usage: go-gmp [sched | p | m | g] [--status S] [--reason R] [--where PATTERN]
              [--limit N] [--expr]

Without a word: all of it. Works on a live program, a core file and over gdbserver.

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

COMMANDS = {
    "go-boot": ("gogdb.host.goboot", _BOOT, gdb.COMMAND_RUNNING),
    "go-gmp": ("gogdb.host.gogmp", _GMP, gdb.COMMAND_STATUS),
    "go-gobuf": ("gogdb.host.gogobuf", _GOBUF, gdb.COMMAND_STATUS),
    "go-stacks": ("gogdb.host.gostacks", _STACKS, gdb.COMMAND_STACK),
}


def register() -> None:
    for name, (module, doc, kind) in COMMANDS.items():
        _Command(name, module, doc, kind)
