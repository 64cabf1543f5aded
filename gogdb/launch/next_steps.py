"""What to do after `gogdb demo`: commands that can be pasted into the shell it was typed in."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

from gogdb.i18n import tr

__all__ = ["launcher", "next_steps"]

_GAP = 2  # blanks between a command and what it does


def next_steps(fixture: str, program: Path, lang: str) -> str:
    """Return a line for each command, in the language in use.

    `fixture` and `lang` are the arguments of the demo, `program` is what was built.
    """
    own = launcher()
    is_default = fixture == "boot"
    walked = [] if is_default else [fixture]
    reported = [] if is_default else [str(program)]
    language = [] if lang == "auto" else ["--lang", lang]
    rows = {
        shlex.join([*own, "demo", "--step", *walked, *language]): tr(
            "one stage at a time, with a prompt in between"
        ),
        shlex.join([*own, "report", *reported, "-o", f"{fixture}.html", *language]): tr(
            "the walk as a page for a browser"
        ),
        shlex.join([*own, "--help"]): tr("your program, a process, a core file"),
    }
    longest = max(map(len, rows))
    lines = [f"  {command:{longest + _GAP}}{what}" for command, what in rows.items()]
    return "\n".join([tr("What to type next:"), *lines])


def launcher() -> list[str]:
    """Return the words that run the command `gogdb` from this directory."""
    script = sys.argv[0]
    if os.path.basename(script) == "__main__.py":
        return [_from_here(sys.executable), "-m", "gogdb"]
    on_path = shutil.which("gogdb")
    if on_path and os.path.exists(script) and os.path.samefile(on_path, script):
        return ["gogdb"]
    return [_from_here(script)]


def _from_here(path: str) -> str:
    """Return the shorter one of a path and the same path from this directory, if it is below."""
    below = os.path.relpath(path)
    return path if below.startswith(os.pardir) else below
