"""Compare GDB's `bt` of goroutines that are threads of a core with the program's own traceback.

GDB knows calls, but not Go's rules for tracebacks, so some frames have to differ. Each such
difference has a name here, and is checked for being exactly that.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from tests.support.traceback import Goroutine, printed

__all__ = ["DIFFERENCES", "LWP", "Frame", "compare", "frames_by_lwp"]

LWP = 1_000_000  # of a goroutine's thread, without its goid

Frame = tuple[str, str, int]  # function, file, line; "" and 0 without debug information

DIFFERENCES = {
    "end": "GDB does not know that nothing has called goexit, and takes words above it for frames",
    "main": "GDB ends a stack at main.main, unless `backtrace past-main` is on",
    "resumes": "the line of a goroutine that waits is that of the instruction it will go on with, "
    "and not of the call before, which may have been inlined",
    "preempted": "a preempted goroutine is where that happened, and not in asyncPreempt2",
    "system call": "a goroutine in a system call is in the kernel, and not where it announced it",
    "in C": "a goroutine that has called C will go on in cgocall after a comment, some lines below "
    "its call of entersyscall",
    "entry": "below a callback from C, old Go releases have the entry of a function for a return "
    "address, and GDB looks for the function of the byte before",
    "inlined": "the debug information, of old Go releases, does not have every inlined call",
    "no line": "in old Go releases a jump without a line of its own is on line 1; of a preempted "
    "goroutine, Go says the line of the byte before",
    "fault": "GDB takes an instruction that faulted for a call, and shows the line before it",
}

_THREAD = re.compile(r"Thread \d+ \(.*?LWP (\d+)\)+(?: \".*\")?:$")
_FRAME = re.compile(r"#\d+ +(?:0x[0-9a-f]+ in )?(.+?) \(.*?\)(?: at (.*):(\d+))?$")
_NO_CALLER = ("??", "", 0)
_INJECTED = ["runtime.asyncPreempt2", "runtime.asyncPreempt"]
_NO_LINE = 1
_ENTERED = "runtime.systemstack_switch"
_CGOCALL = "runtime.cgocall"
_COMMENT = 12  # lines, between two statements of cgocall
_AFTER_MAIN = ["runtime.main", "runtime.goexit"]
_IN_SYSTEM_CALL = re.compile(
    r"(internal/)?runtime/(internal/)?syscall|syscall\.(RawSyscall|Syscall)|"
    r"runtime\.(futex|notetsleep|entersyscall)"
)


def frames_by_lwp(backtraces: str) -> dict[int, list[Frame]]:
    """Return the frames that `thread apply all bt` has printed, innermost first."""
    stacks: dict[int, list[Frame]] = {}
    lwp = 0
    for line in backtraces.splitlines():
        if thread := _THREAD.match(line):
            lwp = int(thread[1])
        elif lwp and (frame := _FRAME.match(line)):
            place = printed(frame[1]), _file(frame[2] or ""), int(frame[3] or 0)
            stacks.setdefault(lwp, []).append(place)
    return stacks


def compare(
    stacks: Mapping[int, Sequence[Frame]], traceback: Mapping[str, Goroutine]
) -> tuple[Counter[str], list[str]]:
    """Return how often each of `DIFFERENCES` was met, and a line for each stack that is wrong.

    `stacks` are those of `frames_by_lwp`; the traceback is one of GOTRACEBACK=crash.
    """
    met: Counter[str] = Counter()
    wrong = []
    for name, goroutine in traceback.items():
        if name.endswith("g0"):
            continue
        ours = list(stacks.get(LWP + int(name.removeprefix("g")), ()))
        if why := _difference(ours, goroutine, met):
            functions = " ".join(frame[0] for frame in ours)
            wrong.append(f"{name} [{goroutine.status}]: {why}; GDB has {functions}")
    return met, wrong


def _difference(ours: list[Frame], goroutine: Goroutine, met: Counter[str]) -> str:
    """Return how a stack differs beyond what is allowed, "" if it does not."""
    theirs = [(frame.function, _file(frame.file), frame.line) for frame in goroutine.frames]
    inlined = [frame.place is None for frame in goroutine.frames]
    if ours[-1:] == [_NO_CALLER] and theirs[-1][0] == "runtime.goexit":
        met["end"] += 1
        while ours[-1:] == [_NO_CALLER]:
            ours = ours[:-1]
    if not ours:
        return "no frames"
    if ours[-1][0] == "main.main" and [frame[0] for frame in theirs[-2:]] == _AFTER_MAIN:
        met["main"] += 1
        theirs = theirs[:-2]
    deeper = ours[: len(ours) - len(theirs)]
    if [frame[0] for frame in theirs[:2]] == _INJECTED:
        met["preempted"] += 1
        theirs, inlined = theirs[2:], inlined[2:]
        if _is_same_function(ours[0], theirs[0]) and ours[0][2] == _NO_LINE != theirs[0][2]:
            met["no line"] += 1
            ours[0] = theirs[0]
    elif goroutine.status.startswith("syscall") and deeper and all(map(_is_system_call, deeper)):
        met["system call"] += 1
        ours = ours[len(deeper) :]
        if _is_same_function(ours[0], theirs[0]):
            ours[0] = theirs[0]
    elif goroutine.status.startswith("syscall") and _is_in_c(ours[0], theirs[0]):
        met["in C"] += 1
        ours[0] = theirs[0]
    elif ours[0] != theirs[0] and _resumes(ours[0], theirs):
        met["resumes"] += 1
        called = not _is_same_function(ours[0], theirs[0])
        theirs, inlined = theirs[called:], inlined[called:]
        ours[0] = theirs[0]
    for index, mine in enumerate(ours):
        if index >= len(theirs):
            return f"#{index} is in no traceback"
        while theirs[index] != mine and _lacks_inlined(mine, theirs[index:], inlined[index:]):
            met["inlined"] += 1
            del theirs[index], inlined[index]
            if not inlined[index]:
                theirs[index] = mine
        if mine == _NO_CALLER and theirs[index][0] == _ENTERED:
            met["entry"] += 1
            continue
        after_fault = index and theirs[index - 1][0] == "runtime.sigpanic"
        if after_fault and mine != theirs[index] and _is_near(mine, theirs[index], -1):
            met["fault"] += 1
        elif mine != theirs[index]:
            return f"#{index} {mine}, Go says {theirs[index]}"
    return f"Go has {theirs[len(ours) :]} too" if len(ours) != len(theirs) else ""


def _lacks_inlined(mine: Frame, theirs: Sequence[Frame], inlined: Sequence[bool]) -> bool:
    """Report whether `mine` is the function that the innermost of `theirs` is inlined into."""
    containing = inlined.index(False) if inlined[0] else 0
    return containing > 0 and mine[0] == theirs[containing][0]


def _is_system_call(frame: Frame) -> bool:
    return _IN_SYSTEM_CALL.match(frame[0]) is not None


def _is_in_c(mine: Frame, go_frame: Frame) -> bool:
    """Report whether a frame is in cgocall, at the first code after the call that Go's is at."""
    below = mine[2] - go_frame[2]
    return _is_same_function(mine, go_frame) and mine[0] == _CGOCALL and 0 < below < _COMMENT


def _resumes(mine: Frame, theirs: Sequence[Frame]) -> bool:
    """Report whether `mine` is right behind the call that the innermost of `theirs` is in.

    What it has called may have been inlined: then its own frame is the next one of `theirs`.
    """
    inlined = theirs[0][0] == "runtime.Gosched" and len(theirs) > 1
    return _is_near(mine, theirs[0], 1) or (inlined and _is_near(mine, theirs[1], 1))


def _is_near(mine: Frame, go_frame: Frame, lines: int) -> bool:
    """Report whether a frame is in the same function, up to `lines` lines away."""
    return _is_same_function(mine, go_frame) and mine[2] - go_frame[2] in (0, lines)


def _is_same_function(mine: Frame, go_frame: Frame) -> bool:
    return mine[:2] == go_frame[:2]


def _file(path: str) -> str:
    """Return a path as both print it: GDB puts a directory before those that have none."""
    return "<autogenerated>" if path.endswith("<autogenerated>") else path.removeprefix("./")
