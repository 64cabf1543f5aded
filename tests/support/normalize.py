"""Make outputs of different runs and machines comparable.

Each address gets a name, in the order of appearance, so that equal addresses have equal names.
Small numbers, offsets and sizes stay: the pages are about them.
"""

from __future__ import annotations

import re

__all__ = ["normalize", "squeezed"]

_SMALLEST = 0x10000  # a smaller number is an offset or a size
_ADDRESS = re.compile(r"0x[0-9a-f]+\b|…[0-9a-f]{3,6}\b")
# The heading of a listing of the runtime's code, which changes with every release of Go
_LISTING = re.compile(r"  (asm_amd64\.s|rt0_linux_amd64\.s|proc\.go):\d+$")
_SUBSTITUTES = (
    (r"go1\.\d+\.\d+(-X:\w+)?", "go1.N"),
    (r"(runtime\.[\w.]+|gogo)\+\d+", r"\1+N"),
    (r"(return to (?!goexit)[\w.]+)\+\d+", r"\1+N"),
    (r"auxv: \d+ entries", "auxv: N entries"),
    (r'argv\[0\] → "[^│]*', "argv[0] → the program "),
    (r"ncpu +\d+", "ncpu  N"),  # of the machine
    (r"0x[0-9a-f]+ +ret (?= *│.*ret =)", "what was there  ret "),  # before the call
)


def normalize(text: str, pid: int = 0) -> str:
    """Replace what depends on the run: addresses, the process, paths, widths of columns."""
    names: dict[str, str] = {}

    def name(match: re.Match[str]) -> str:
        address = match[0]
        if address[0] == "…":  # the last digits of one
            return names.setdefault(address, f"…A{len(names) + 1}")
        if int(address, 16) < _SMALLEST:
            return address
        return names.setdefault(address, f"A{len(names) + 1}")

    lines = []
    for line in _without_listings(text.split("\n")):
        if pid:
            line = re.sub(rf"\b{pid}\b", "PID", line)
        for pattern, substitute in _SUBSTITUTES:
            line = re.sub(pattern, substitute, line)
        line = _ADDRESS.sub(name, line)
        # widths of columns and boxes follow from the lengths of their contents
        line = re.sub(r"(?<=\S) {2,}", "  ", line)
        lines.append(re.sub(r"([─━])\1+", r"\1\1", line).rstrip())
    return "\n".join(lines)


def squeezed(text: str) -> str:
    """Return a text without blanks, which depend on the width of a page."""
    return re.sub(r"\s", "", text)


def _without_listings(lines: list[str]) -> list[str]:
    """Leave out listings; one ends at the blank line behind its instructions."""
    kept: list[str] = []
    blanks = 0  # of the listing still to come: one behind the source, one behind the code
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
