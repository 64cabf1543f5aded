"""`gogdb record WALK.json`: an asciicast of a walk that was saved; needs no debugger."""

from __future__ import annotations

from io import BufferedWriter
from pathlib import Path

from gogdb.errors import GogdbError
from gogdb.files.output import open_output
from gogdb.i18n import use_language
from gogdb.launch.packages import required
from gogdb.launch.walk_file import DAMAGES, read_json
from gogdb.render.cast import LONGEST_PAUSE, Version, cast
from gogdb.view.doc.document import Doc
from gogdb.view.saved_cards import read_screens
from gogdb.view.screens import scenes

__all__ = ["record"]


def record(
    walk: Path,
    output: str,
    lang: str,
    *,
    width: int,
    height: int,
    version: Version,
    longest_pause: float = LONGEST_PAUSE,
) -> int:
    """Write the asciicast of a saved walk, and return how many stages it has.

    Its pauses are at most `longest_pause` seconds. Raises `GogdbError` for a file that does not
    hold a recorded walk.
    """
    with required():
        from gogdb.render.ansi import render

    def layout(doc: Doc) -> list[str]:
        return list(render(doc, width=width, color=True))

    try:
        screens = read_screens(read_json(walk), str(walk), lang)
        with use_language(lang):
            played = list(scenes(screens, layout, height))
    # What a damaged file holds can be of the right types, and still be no document
    except DAMAGES:
        raise GogdbError(
            f"{walk} holds no walk that can be shown", "`go-boot report FILE.json` writes one"
        ) from None
    lines = cast(
        played,
        title=screens.title,
        width=width,
        height=height,
        version=version,
        longest_pause=longest_pause,
    )
    with open_output(output) as file, BufferedWriter(file) as buffered:
        buffered.writelines(f"{line}\n".encode() for line in lines)
    return len(screens.screens)
