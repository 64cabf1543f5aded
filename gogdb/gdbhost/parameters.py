"""`set gogdb …` and `show gogdb …`."""

from __future__ import annotations

import os
import sys

import gdb

from gogdb.i18n import LANGUAGES, locale_language

__all__ = ["ascii_only", "color", "height", "language", "limit", "register", "width"]

NARROWEST, WIDEST = 60, 160  # cells; GDB's own width may be anything


class _Choice(gdb.Parameter):
    """A setting with a few values."""

    def __init__(self, name: str, values: list[str], summary: str, doc: str) -> None:
        self.set_doc = f"Set {summary}."
        self.show_doc = f"Show {summary}."
        self.__doc__ = doc
        self._summary = summary
        super().__init__(f"gogdb {name}", gdb.COMMAND_DATA, gdb.PARAM_ENUM, values)
        self.value = values[0]

    def get_set_string(self) -> str:
        return ""

    def get_show_string(self, value: str) -> str:
        return f"{self._summary} is {value}."


class _Language(_Choice):
    """The language that is spoken; `auto` is the one that the locale asks for."""

    def get_show_string(self, value: str) -> str:
        shown = super().get_show_string(value)
        return f"{shown[:-1]}, currently {language()}." if value == "auto" else shown


class _Limit(gdb.Parameter):
    """How many rows gogdb's commands show unless --limit says otherwise; 0 for all."""

    set_doc = "Set how many rows gogdb's commands show."
    show_doc = "Show how many rows gogdb's commands show."

    def __init__(self) -> None:
        super().__init__("gogdb limit", gdb.COMMAND_DATA, gdb.PARAM_UINTEGER)
        self.value = 100

    def get_set_string(self) -> str:
        return ""

    def get_show_string(self, value: str) -> str:
        return f"gogdb's commands show {value} rows."


_parameters: dict[str, gdb.Parameter] = {}


def _list(prefix: gdb.Command, text: str, from_tty: bool) -> None:
    """`show gogdb` without a name: every setting."""
    if text:
        raise gdb.GdbError(f"no setting {text}: there are {', '.join(_parameters)}")
    for name in _parameters:
        gdb.execute(f"show gogdb {name}")


def register() -> None:
    """Register the prefixes and the settings."""
    for verb, doc in (("set", "Set how gogdb behaves."), ("show", "Show how gogdb behaves.")):
        kind = type("Prefix", (gdb.Command,), {"__doc__": doc, "invoke": _list})
        kind(f"{verb} gogdb", gdb.COMMAND_DATA, prefix=True)
    _parameters["color"] = _Choice(
        "color",
        ["auto", "on", "off"],
        "gogdb's use of colour",
        "auto: as `set style enabled` says, and only on a terminal.",
    )
    _parameters["ascii"] = _Choice(
        "ascii",
        ["auto", "on", "off"],
        "gogdb's use of plain ASCII in pictures",
        "auto: when the terminal's encoding is neither UTF-8 nor unknown.",
    )
    _parameters["lang"] = _Language(
        "lang",
        ["auto", *LANGUAGES],
        "the language that gogdb speaks",
        "auto: Chinese when the locale (LC_ALL, LC_MESSAGES, LANG) is, else English; en: English;\n"
        "zh: Chinese. Errors, help and JSON are in English in any case.",
    )
    _parameters["limit"] = _Limit()


def limit(asked: int | None) -> int:
    """How many rows: as asked for with --limit, else as set; 0 stands for all."""
    value = _parameters["limit"].value if asked is None else asked
    return value if isinstance(value, int) and value else 1 << 62


def language() -> str:
    """One of `LANGUAGES`."""
    wanted = str(_parameters["lang"].value)
    return locale_language(os.environ) if wanted == "auto" else wanted


def _terminal() -> bool:
    return sys.__stdout__ is not None and os.isatty(1) and os.environ.get("TERM", "dumb") != "dumb"


def color() -> bool:
    wanted = _parameters["color"].value
    if wanted != "auto":
        return bool(wanted == "on")
    return _terminal() and bool(gdb.parameter("style enabled"))


def ascii_only() -> bool:
    wanted = _parameters["ascii"].value
    if wanted != "auto":
        return bool(wanted == "on")
    charset = str(gdb.parameter("host-charset") or "auto")
    if charset.startswith("auto"):
        import locale

        charset = locale.nl_langinfo(locale.CODESET)
    return charset.replace("-", "").upper() not in ("UTF8", "ANSI_X3.41968", "ASCII", "USASCII")


def width() -> int:
    """Cells of a line: GDB's width, the terminal's where GDB has none."""
    import shutil  # takes a while, and JSON has no width

    cells = gdb.parameter("width") or shutil.get_terminal_size().columns
    return max(NARROWEST, min(int(cells), WIDEST))


def height() -> int:
    """Lines of a screen: GDB's height, the terminal's where GDB's pager is off."""
    import shutil

    return int(gdb.parameter("height") or shutil.get_terminal_size().lines)
