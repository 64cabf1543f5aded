"""Which words are the names of GDB's commands, and of those that it was extended by."""

from __future__ import annotations

import difflib
import re

from gogdb.gdbhost.gdb_text import execute

__all__ = ["command_meant"]

# A line of `help all`: names and aliases, for some commands the arguments, and what it does
_ENTRY = re.compile(r"^([a-z][\w-]*(?:, [a-z][\w-]*)*)(?: \[.*\])? -- ", re.M)
_WORD = re.compile(r"[a-z][\w-]*(?=/|\s|$)")
_CLOSE = 0.85  # difflib's ratio: "stp" is close to "step"
_LEAST = 4  # letters of a name that a word can be close to: shorter ones are like many words


def command_meant(line: str) -> str | None:
    """Return the command that a line begins with, or a name close to its first word.

    None if the line is like no command, or a single letter, which is many a command's short name.
    `x/2g 0` begins with a command, `x2` does not.
    """
    word = _WORD.match(line)
    if word is None or len(line) == 1:
        return None
    names = {name for entry in _ENTRY.findall(execute("help all")) for name in entry.split(", ")}
    names.discard("stop")  # which is for hooks only
    if word[0] in names:
        return word[0]
    longer = [name for name in names if len(name) >= _LEAST]
    return next(iter(difflib.get_close_matches(word[0], longer, 1, _CLOSE)), None)
