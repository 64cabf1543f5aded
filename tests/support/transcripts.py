"""The transcripts in a text of docs/: run, and compared with what the text shows.

A block fenced as `console` has lines that begin with "(gdb) ", each followed by what GDB answers.
A line "…" stands for omitted lines, and "^C" for Ctrl-C typed while the program runs. A session
continues from block to block; a line that begins with "$ " starts a new one, by that command.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from warnings import warn

from tests.support.autopsy import descendants
from tests.support.process import wait_until
from tests.support.rounds import is_running
from tests.support.session import ENDED, ENVIRONMENT, Session

__all__ = ["Step", "alike", "fixture_of", "read", "rewritten", "run", "texts"]

PROMPT = "(gdb)"
OMITTED = "…"
INTERRUPT = "^C"
_PLACE = "    at "  # of a frame
CANNOT_RECORD = "GDB's recording does not support instruction"

# Lines that differ from run to run
# GDB's reports of threads; and what the fixture `syscall` prints, whenever its main gets to run
_NOISE = re.compile(r"\[(New|Switching to|LWP|Thread|New process|Inferior) .*\]$|(one|two|three)$")
# sysmon may ask a goroutine to give way while its thread stands at a breakpoint
_ASKED = re.compile("  (the guard is|stackguard0 为) stackPreempt")
_TO_GUARD = re.compile(r"(, \d+ to the guard at |，距 stackguard0（)lo\+0x.*")
_SUBSTITUTES = (
    (re.compile(r"0x[0-9a-f]+ +ret (?= *│.*ret =)"), "what was there  ret "),  # before the call
    (re.compile(r"…[0-9a-f]{4,}\b|\b0x[0-9a-f]{5,}\b"), "A"),
    (re.compile(r"/\S*/(?=[\w.]+)"), ""),  # directories
    (re.compile(r"(?<=\S) {2,}"), "  "),  # widths of columns depend on the addresses
    (re.compile(r"─{2,}"), "──"),
    (re.compile(r"(LWP|process|procid|thread|线程) \d+"), r"\1 N"),
    (re.compile(r"\bgo1\.\d+\.\d+(-X:\w+)?"), "go1.N"),
)


@dataclass(frozen=True)
class Step:
    """A command with the answer that the text shows; or the start of a session (`$ …`).

    `first` is the line of the command, `end` the line after its answer, both counted from 0.
    """

    command: str
    shown: Sequence[str]
    first: int
    end: int

    @property
    def starts(self) -> bool:
        return self.command.startswith("$ ")


def read(text: str) -> list[Step]:
    """Return the steps of a text's `console` blocks, in order."""
    steps: list[Step] = []
    lines = text.split("\n")
    inside = False
    for number, line in enumerate(lines):
        if line.startswith("```"):
            inside = not inside and line == "```console"
        elif inside and (line == PROMPT or line.startswith((f"{PROMPT} ", "$ "))):
            command = line if line.startswith("$ ") else line.removeprefix(PROMPT).strip()
            end = next(n for n in range(number + 1, len(lines)) if _ends(lines[n]))
            steps.append(Step(command, lines[number + 1 : end], number, end))
    return steps


def _ends(line: str) -> bool:
    return line.startswith(("```", "$ ", PROMPT))


def fixture_of(command: str) -> str:
    """Return the fixture that a command starts a session with."""
    named = re.search(r"gogdb fixture (\w+)", command)
    if named:
        return named[1]
    assert re.search(r"gogdb demo --step\b", command), command
    return "boot"


def run(
    steps: Iterable[Step], start: Callable[[str], Session]
) -> Iterator[tuple[Step, list[str], bool]]:
    """Yield each step with GDB's answer, and whether that is the answer shown.

    `start` is given the command that starts a session.
    Where GDB cannot record an instruction of this machine, the rest of a session is left out.
    """
    session: Session | None = None
    environment = ""
    is_recorded = True
    for step in steps:
        is_recorded |= step.starts
        if not is_recorded:
            continue
        if step.starts:
            session, environment = start(step.command), ENVIRONMENT
            session.run("set height 24")  # of a terminal that everybody has
            session.run("set pagination off")
            continue
        assert session is not None, f"line {step.first + 1}: no session has been started"
        if set_ := re.fullmatch(r"set environment (\w+) (\S+)", step.command):
            # in tests the program has no environment but this
            environment += f" {set_[1]}={set_[2]}"
            session.run(f"set exec-wrapper {environment}")
        answer = _answer(session, step).rstrip("\n").split("\n")
        answer = [line for line in answer if not _NOISE.match(line)]
        if CANNOT_RECORD in answer[-1]:
            warn(f"not tested from `{step.command}` on: {answer[-1]}", stacklevel=2)
            is_recorded = False
            continue
        yield step, answer, alike(step.shown, answer)


def _answer(session: Session, step: Step) -> str:
    """Return what the terminal shows after a command, with what is typed meanwhile."""
    if INTERRUPT in step.shown:
        return _interrupted(session, step)
    if step.command == "quit":
        return session.quit()
    if any(line.endswith(ENDED) for line in step.shown):
        return session.finish(step.command)
    return session.run(step.command)


def _interrupted(session: Session, step: Step) -> str:
    """Type Ctrl-C when the line before it is there, and the program runs, or waits after it."""
    last = step.shown[list(step.shown).index(INTERRUPT) - 1]
    session.send(step.command)
    before = session.wait_for(f"{last}\r\n")
    runs = last == "Continuing."  # it is GDB's; any other line is the program's
    assert session.child.pid is not None
    (program,) = descendants(session.child.pid)
    wait_until(lambda: is_running(program) == runs)
    return f"{before}{last}\n{INTERRUPT}{session.interrupt()}"


def alike(shown: Sequence[str], answer: Sequence[str]) -> bool:
    """Report whether an answer is the one shown, apart from omitted lines."""
    if any(map(_ASKED.match, answer)) and not any(map(_ASKED.match, shown)):
        shown = [_TO_GUARD.sub("", line) for line in shown]
        answer = [line for line in answer if not _ASKED.match(line)]
    pattern = ""
    for line in _plain(shown):
        omitted = line.strip() == OMITTED
        pattern += r"(?:.*\n)*" if omitted else re.escape(line) + r"\n"
    return re.fullmatch(pattern, "".join(line + "\n" for line in _plain(answer))) is not None


def _plain(lines: Sequence[str]) -> Iterator[str]:
    text: list[str] = []
    for line in lines:
        if (
            text and text[-1] != OMITTED and line.startswith(_PLACE)
        ):  # GDB breaks a line where a path is long
            text[-1] += f" {line.strip()}"
        elif not _NOISE.match(line):
            text.append(line.rstrip())
    while text and not text[-1]:
        text.pop()
    for line in text:
        for pattern, substitute in _SUBSTITUTES:
            line = pattern.sub(substitute, line)
        yield line


def rewritten(text: str, answers: Sequence[tuple[Step, list[str], bool]]) -> str:
    """Return the text with GDB's answers in place of wrong ones."""
    lines = text.split("\n")
    for step, answer, holds in reversed(answers):
        if not holds:
            lines[step.first + 1 : step.end] = [line.rstrip() for line in answer]
    return "\n".join(lines)


def texts(docs: Path) -> list[Path]:
    """Return the pages that have transcripts."""
    return [page for page in sorted(docs.glob("*.md")) if "```console\n" in page.read_text("utf-8")]
