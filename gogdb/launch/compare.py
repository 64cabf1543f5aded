"""`gogdb report --compare`: a page with two recorded walks side by side; needs no debugger."""

from __future__ import annotations

from io import BufferedWriter
from pathlib import Path

from gogdb.errors import GogdbError
from gogdb.files.output import open_output
from gogdb.i18n import in_languages
from gogdb.launch.packages import required
from gogdb.launch.walk_file import read_json
from gogdb.view.compare import comparison
from gogdb.view.narration import narration
from gogdb.view.saved_walk import read_walk

__all__ = ["compare"]


def compare(first: Path, second: Path, output: Path, lang: str) -> None:
    """Write the page, with `lang` as its first language.

    Raises `GogdbError` for a file that does not hold a recorded walk.
    """
    if output.suffix != ".html":
        raise GogdbError(f"cannot write a comparison as {output}", "name a file that ends in .html")
    a, b = (read_walk(read_json(path), str(path)) for path in (first, second))
    with required("jinja2"):
        from gogdb.render import html
    pages = in_languages(lambda language: comparison(a, b, narration(language)), first=lang)
    page = html.comparison(pages).encode()
    with open_output(str(output)) as file, BufferedWriter(file) as buffered:
        buffered.write(page)
