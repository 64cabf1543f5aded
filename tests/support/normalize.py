"""Make outputs of different runs and machines comparable.

Each address becomes a name of its own, in the order of appearance, so that two
places that are the same stay the same. Small numbers, offsets and sizes stay:
they are what the pages are about.
"""

from __future__ import annotations

import re

__all__ = ["normal"]

_SMALLEST = 0x10000  # what is less is an offset or a size
_ADDRESS = re.compile(r"0x[0-9a-f]+\b|…[0-9a-f]{3,6}\b")
# A listing of the runtime's own code changes with every release of Go: its place stays
_LISTING = re.compile(r"  (asm_amd64\.s|rt0_linux_amd64\.s|proc\.go):\d+$")
_SUBSTITUTES = (
    (r"go1\.\d+\.\d+", "go1.N"),
    (r"(runtime\.[\w.]+|gogo)\+\d+", r"\1+N"),
    (r"(return to (?!goexit)[\w.]+)\+\d+", r"\1+N"),
    (r"auxv: \d+ entries", "auxv: N entries"),
    (r'argv\[0\] → "[^│]*', "argv[0] → the program "),
    (r"ncpu +\d+", "ncpu  N"),  # the machine's
    (r"0x[0-9a-f]+ +ret (?= *│.*ret =)", "what was there  ret "),  # before the call
)


# Rows of a card's changes that other threads bring about, once there are any
_OTHERS = re.compile(r"  (sched|allm|allglen|p\d+|m\d+|g1\.stackguard0)\b.*| +… \d+ more.*")


def normal(text: str, pid: int = 0, alone: bool = True) -> str:
    """`text` without what depends on the run: addresses, process, paths, column widths.

    `alone`: the program had one thread, so that all that changed is its own doing.
    """
    names: dict[str, str] = {}

    def named(match: re.Match[str]) -> str:
        found = match[0]
        if found[0] == "…":
            return names.setdefault(found, f"…{_name(names)}")
        return found if int(found, 16) < _SMALLEST else names.setdefault(found, _name(names))

    lines = []
    for line in _without_listings(text.split("\n")):
        if not alone and _OTHERS.fullmatch(line):
            continue
        if pid:
            line = re.sub(rf"\b{pid}\b", "PID", line)
        for pattern, substitute in _SUBSTITUTES:
            line = re.sub(pattern, substitute, line)
        line = _ADDRESS.sub(named, line)
        # widths of columns and boxes follow from the lengths of what stands in them
        line = re.sub(r"(?<=\S) {2,}", "  ", line)
        lines.append(re.sub(r"─{2,}", "──", line).rstrip())
    return "\n".join(lines)


def _name(names: dict[str, str]) -> str:
    return f"A{len(names) + 1}"


def _without_listings(lines: list[str]) -> list[str]:
    """A listing ends before the blank line that follows the instructions."""
    kept: list[str] = []
    blanks = 0  # of the listing still to come: one after the source, one after the code
    for line in lines:
        if _LISTING.match(line):
            kept.append(line.rpartition(":")[0])
            blanks = 2
        elif blanks and re.match(r"  (runtime\.|_rt0|gogo)\S*$", line):
            kept += ["", line]
            blanks = 1
        elif blanks and line.startswith("  reg "):
            kept += ["", line]
            blanks = 0
        elif not blanks:
            kept.append(line)
    return kept
