"""Lines that fit the terminal."""

from __future__ import annotations

import shutil
import textwrap
from typing import TextIO

__all__ = ["broken"]


def broken(text: str, stream: TextIO, indent: str = "") -> str:
    """Return a text as lines that fit the terminal, which would break it within a word.

    `indent` comes before each line but the first. Unless `stream` is a terminal, it is one line.
    """
    if not stream.isatty():
        return text
    return textwrap.fill(
        text,
        shutil.get_terminal_size().columns,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
