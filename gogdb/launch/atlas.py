"""`gogdb atlas`: the boots of several Go releases on one page."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from io import BufferedWriter
from pathlib import Path

from gogdb.errors import GogdbError
from gogdb.files.output import open_output
from gogdb.files.target import find_target
from gogdb.i18n import in_languages
from gogdb.launch import debugger, fixture
from gogdb.launch.gos import gos_at_hand
from gogdb.launch.packages import required
from gogdb.launch.tools import Gdb, Go
from gogdb.launch.walk_file import DAMAGES, read_json
from gogdb.view.atlas import AtlasWalk, atlas, in_order
from gogdb.view.narration import narration
from gogdb.view.saved_cards import read_cards
from gogdb.view.saved_walk import read_walk

__all__ = ["check", "record", "write"]


def check(output: Path) -> None:
    """Raise `GogdbError` unless the page can be written to `output`."""
    if output.suffix != ".html":
        raise GogdbError(f"cannot write an atlas as {output}", "name a file that ends in .html")
    find_target(str(output))


def write(files: Sequence[Path], output: Path, lang: str) -> int:
    """Write the page of recorded walks, with `lang` as its first language; return their number.

    Raises `GogdbError`.
    """
    check(output)
    walks = in_order([_read(path) for path in files])
    with required("jinja2"):
        from gogdb.render import html
    try:
        pages = in_languages(lambda language: atlas(walks, narration(language)), first=lang)
        page = html.atlas(pages).encode()
    # What a damaged file holds can be of the right types, and still be no card
    except DAMAGES:
        raise GogdbError("these walks cannot be shown", "record them again") from None
    with open_output(str(output)) as file, BufferedWriter(file) as buffered:
        buffered.write(page)
    return len(walks)


def _read(path: Path) -> AtlasWalk:
    value, name = read_json(path), str(path)
    return AtlasWalk(name, read_walk(value, name), read_cards(value, name))


def record(gdb: Gdb, gos: Sequence[str], place: Path) -> list[Path]:
    """Walk the boot of the bundled program with every Go at hand, and return the recorded walks.

    They are files in `place`. What is done is written to stderr, also why a Go is left out.
    Raises `GogdbError` if no walk was recorded.
    """
    fixture.check()
    walks = []
    for go in gos_at_hand(gos):
        _say(f"Go {go.version} ({go.path}): ", end="")
        try:
            walks.append(_walk(gdb, go, place / f"go{go.version}.json"))
            _say("walked")
        except GogdbError as error:
            _say(f"left out: {error}")
    if not walks:
        raise GogdbError("no walk was recorded", "the lines above say why")
    return walks


def _walk(gdb: Gdb, go: Go, output: Path) -> Path:
    program = fixture.build("boot", go)
    command = debugger.report(gdb, program, (), "en", str(output), env=False)
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if not output.exists():
        lines = done.stderr.decode(errors="replace").split("\n")
        raise GogdbError("no walk", next((line for line in reversed(lines) if line), ""))
    return output


def _say(text: str, end: str = "\n") -> None:
    print(text, end=end, file=sys.stderr, flush=True)
