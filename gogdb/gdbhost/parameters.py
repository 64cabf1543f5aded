"""The settings `set gogdb ...` and `show gogdb ...`, and the values that result from them now."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import gdb

from gogdb.i18n import LANGUAGES, chosen_language

__all__ = [
    "ascii_only",
    "color",
    "height",
    "language",
    "limit",
    "locale_is_utf8",
    "on_change",
    "predict",
    "prompt_width",
    "refuse_mismatch",
    "register",
    "runtime",
    "width",
    "window_ascii",
]

_NARROWEST, _WIDEST = 60, 160  # cells of a page, whatever GDB's own width is
_NO_LIMIT = 1 << 62  # rows


class _Choice(gdb.Parameter):
    """A setting with a few values, the first of which is the default."""

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


class _Switch(_Choice):
    """A setting that is on or off, and has an effect at once."""

    changed: Callable[[bool], object] = bool

    def get_set_string(self) -> str:
        self.changed(self.value == "on")
        return ""


class _Language(_Choice):
    """The setting of the language; `auto` follows the locale."""

    def get_show_string(self, value: str) -> str:
        text = super().get_show_string(value)
        return f"{text[:-1]}, currently {language()}." if value == "auto" else text


class _Limit(gdb.Parameter):
    """How many rows gogdb's commands show unless --limit is given; 0 means all."""

    set_doc = "Set how many rows gogdb's commands show."
    show_doc = "Show how many rows gogdb's commands show."

    def __init__(self) -> None:
        super().__init__("gogdb limit", gdb.COMMAND_DATA, gdb.PARAM_UINTEGER)
        self.value = 100

    def get_set_string(self) -> str:
        return ""

    def get_show_string(self, value: str) -> str:
        return f"gogdb's commands show {value} {'row' if value == '1' else 'rows'}."


class _Runtime(gdb.Parameter):
    """Which of several Go runtimes in a process gogdb shows: one whose path contains the value.

    C or Python that loads several shared libraries in Go has one in each. Without a value it is
    the main executable's, or that of the library that was loaded first.
    """

    set_doc = "Set which of several Go runtimes in a process gogdb shows."
    show_doc = "Show which of several Go runtimes in a process gogdb shows."

    def __init__(self) -> None:
        super().__init__("gogdb runtime", gdb.COMMAND_DATA, gdb.PARAM_STRING_NOESCAPE)
        self.value = ""

    def get_set_string(self) -> str:
        return ""

    def get_show_string(self, value: str) -> str:
        which = f"in the file with {value} in its path" if value else "that was loaded first"
        return f"of several Go runtimes in a process gogdb shows the one {which}."


class _Printers(_Choice):
    """Whether GDB shows Go's values by gogdb's pretty printers, which are imported when needed."""

    def get_set_string(self) -> str:
        collection = "gogdb.gdbhost.printers.collection"
        if self.value == "on" or collection in sys.modules:
            from gogdb.gdbhost.printers.collection import switch

            switch(self.value == "on")
        return ""


_parameters: dict[str, gdb.Parameter] = {}


def _list(prefix: gdb.Command, text: str, from_tty: bool) -> None:
    """Run `show gogdb` or `set gogdb` without the name of a setting: show every setting."""
    if text:
        raise gdb.GdbError(f"no setting {text}: there are {', '.join(_parameters)}")
    for name in _parameters:
        gdb.execute(f"show gogdb {name}")


def register() -> None:
    """Register the settings and their prefix commands."""
    for verb, doc in (("set", "Set how gogdb behaves."), ("show", "Show how gogdb behaves.")):
        kind = type("Prefix", (gdb.Command,), {"__doc__": doc, "invoke": _list})
        kind(f"{verb} gogdb", gdb.COMMAND_DATA, prefix=True)
    _parameters["color"] = _Choice(
        "color",
        ["auto", "on", "off"],
        "gogdb's use of color",
        "auto: follow `set style enabled`, on a terminal only.",
    )
    _parameters["ascii"] = _Choice(
        "ascii",
        ["auto", "on", "off"],
        "gogdb's use of plain ASCII in pictures",
        "auto: use it if LC_ALL is C, or the terminal's encoding is known and is not UTF-8.",
    )
    _parameters["lang"] = _Language(
        "lang",
        ["auto", *LANGUAGES],
        "gogdb's language",
        "auto: Chinese if the locale (LC_ALL, LC_MESSAGES, LANG) is Chinese, otherwise English;\n"
        "en: English; zh: Chinese. Errors, GDB's `help` and JSON are always in English.",
    )
    _parameters["limit"] = _Limit()
    _parameters["predict"] = _Choice(
        "predict",
        ["off", "on"],
        "whether go-boot step asks for a prediction first",
        "on: before each stage, go-boot step asks a question about it, as go-boot predict does;\n"
        "off: it goes to the next stage at once.",
    )
    _parameters["printers"] = _Printers(
        "printers",
        ["off", "on"],
        "whether GDB prints Go's values with gogdb's pretty printers",
        "on: strings, slices, maps, channels, interfaces with what they hold, errors, contexts,\n"
        "times, locks and atomic values are shown as such, and no more elements of each than\n"
        "`set print elements` allows. off: GDB and the program's own scripts decide.",
    )
    _parameters["stitch"] = _Switch(
        "stitch",
        ["off", "on"],
        "whether GDB goes on from a system stack to the goroutine",
        "on: `bt` of a thread on g0's stack, in C that Go has called or in a signal handler goes\n"
        "on to the goroutine that the thread works for, or says why that is not known. off: it\n"
        "shows what was left there.",
    )
    _parameters["frame-filter"] = _Switch(
        "frame-filter",
        ["off", "on"],
        "whether GDB shows stacks as Go's own traceback does",
        "on: `bt` leaves out the wrappers that the compiler has made, and says before the frames\n"
        "of a goroutine which one it is. `bt -no-filters` shows every frame. off: GDB's own form.",
    )
    _parameters["runtime"] = _Runtime()
    _parameters["mismatch"] = _Choice(
        "mismatch",
        ["refuse", "warn"],
        "what gogdb does if the program's file is not the program that runs",
        "refuse: show nothing of it; warn: go on after a warning, although what is shown may be\n"
        "wrong. Both are compared by their build ids and by the tables that the linker wrote.",
    )
    _parameters["thread-names"] = _Switch(
        "thread-names",
        ["off", "on"],
        "whether GDB names threads by what they run",
        "on: `info threads` shows the goroutine that a thread runs and where that is in the\n"
        "program, or what the M does without one, as of each stop. Names that were given with\n"
        "`thread name` stay. off: GDB's own names.",
    )


def on_change(name: str, changed: Callable[[bool], object]) -> None:
    """Call a function when a setting that is on or off was set, with whether it is on."""
    setting = _parameters[name]
    assert isinstance(setting, _Switch)
    setting.changed = changed


def limit(option: int | None) -> int:
    """Return how many rows to show, given the value of --limit, if any."""
    value = _parameters["limit"].value if option is None else option
    return value if isinstance(value, int) and value else _NO_LIMIT


def refuse_mismatch() -> bool:
    """Report whether a file that is not the program in memory is refused."""
    return _parameters["mismatch"].value == "refuse"


def runtime() -> str:
    """Return a part of the path of the file whose runtime to show, "" for the first."""
    return str(_parameters["runtime"].value or "").strip()


def predict() -> bool:
    """Report whether go-boot step asks for a prediction first."""
    return _parameters["predict"].value == "on"


def language() -> str:
    """Return the language to use, one of `LANGUAGES`."""
    return chosen_language(str(_parameters["lang"].value))


def _is_terminal() -> bool:
    return sys.__stdout__ is not None and os.isatty(1) and os.environ.get("TERM", "dumb") != "dumb"


def color() -> bool:
    """Report whether to write colors to the terminal."""
    value = _parameters["color"].value
    if value != "auto":
        return bool(value == "on")
    return _is_terminal() and bool(gdb.parameter("style enabled"))


def ascii_only() -> bool:
    """Report whether pictures must be drawn in ASCII."""
    value = _parameters["ascii"].value
    if value != "auto":
        return bool(value == "on")
    charset = str(gdb.parameter("host-charset") or "auto")
    charset_is_auto = charset.startswith("auto")
    if charset_is_auto:
        import locale

        charset = locale.nl_langinfo(locale.CODESET)
    charset = charset.replace("-", "").upper()
    if charset in ("ANSI_X3.41968", "ASCII", "USASCII") and charset_is_auto:
        # So it is too where the locale is not installed; nearly all terminals use UTF-8 then. But
        # GDB 17 and newer cannot decode other text for a script that captures it.
        return os.environ.get("LC_ALL") in ("C", "POSIX")
    return charset != "UTF8"


def locale_is_utf8() -> bool:
    """Report whether the TUI can show other characters than ASCII.

    It writes what is in the encoding of GDB's locale, which is ASCII if that is not installed.
    """
    import locale

    return locale.nl_langinfo(locale.CODESET).upper() in ("UTF-8", "UTF8")


def window_ascii() -> bool:
    """Report whether pictures in a window of the TUI must be drawn in ASCII."""
    return ascii_only() or not locale_is_utf8()


def width() -> int:
    """Return the cells of a line of a page: GDB's width, or the terminal's if GDB has no limit."""
    import shutil  # takes time to import, and JSON does not need it

    cells = gdb.parameter("width") or shutil.get_terminal_size().columns
    return max(_NARROWEST, min(int(cells), _WIDEST))


def prompt_width() -> int:
    """Return the cells of a line at GDB's prompt, 0 if it has no limit or no person types there."""
    # gdb.parameter("editing") is False until the setting is made
    if not gdb.execute("show editing", to_string=True).endswith(" on.\n"):
        return 0
    return int(gdb.parameter("width") or 0)


def height() -> int:
    """Return the lines of a screen: GDB's height, or the terminal's if GDB has no limit."""
    import shutil

    return int(gdb.parameter("height") or shutil.get_terminal_size().lines)
