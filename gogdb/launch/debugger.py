"""Command lines that start GDB with gogdb loaded."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from gogdb.errors import GogdbError
from gogdb.i18n import chosen_language, use_language
from gogdb.launch import gdb_options
from gogdb.launch.next_steps import next_steps
from gogdb.launch.tools import Gdb

__all__ = ["core", "demo", "examination", "record", "report", "session", "start"]

# Without this, GDB asks whether to download debug information for the first program.
_QUIET = ("-q", "-iex", "set debuginfod enabled off")

# No init files and no scripts that the program names: the demo looks the same for everyone.
_ISOLATED = ("-nx", "-iex", "set auto-load python-scripts off")

# "Reading symbols from PATH..." can take two lines, and the first card then does not fit.
_NO_LOADING_MESSAGES = ("-iex", "set print symbol-loading off")

_NOTE = "python import gogdb.commands; gogdb.commands.note_program()"
_VERDICT = "python import gogdb.commands; gogdb.commands.quit_with_walk_status()"


def session(gdb: Gdb, target: Sequence[str]) -> list[str]:
    """Return the command line of a user's session; `target` says which program GDB opens."""
    before, after = gdb_options.before_program(), [*gdb_options.load(), "-ex", _NOTE]
    return [str(gdb.path), *_QUIET, *before, *after, *target]


def demo(
    gdb: Gdb,
    program: Path,
    lang: str,
    step: bool,
    fixture: str = "boot",
    predict: bool = False,
) -> list[str]:
    """Return the command line for the boot of `program`, as a whole or one stage at a time.

    `program` is built from `fixture`. With `predict`, `go-boot step` asks before each stage.
    """
    with use_language(chosen_language(lang)):
        onward = next_steps(fixture, program, lang)
    walk = ["go-boot step"] if step else ["go-boot", _echo(onward), _VERDICT]
    asking = ["set gogdb predict on"] if predict else []
    commands = [f"set gogdb lang {lang}", *asking, *walk]
    execute = [word for command in commands for word in ("-ex", command)]
    return [
        str(gdb.path),
        *_ISOLATED,
        *_QUIET,
        *_NO_LOADING_MESSAGES,
        *([] if step else ["-batch"]),
        *gdb_options.load(),
        *execute,
        "--args",
        str(program),
    ]


def report(
    gdb: Gdb, program: Path, arguments: Sequence[str], lang: str, output: str, env: bool
) -> list[str]:
    """Return the command line that writes a report of the boot of `program` to `output`.

    `env` keeps the values of the environment variables.
    """
    write = f"python import gogdb.commands; gogdb.commands.report_and_quit({output!r}, {env})"
    return _walk(gdb, program, arguments, [f"set gogdb lang {lang}", write])


def record(
    gdb: Gdb,
    program: Path,
    arguments: Sequence[str],
    lang: str,
    output: str,
    env: bool,
    *,
    width: int,
    height: int,
    version: int,
    longest_pause: float,
) -> list[str]:
    """Return the command line that writes an asciicast of the boot of `program` to `output`.

    It is one of a terminal of `width` columns and `height` lines, with pauses of at most
    `longest_pause` seconds. `env` keeps the values of the
    environment variables.
    """
    words = f"{output!r}, {env}, {version}, {longest_pause}"
    write = f"python import gogdb.commands; gogdb.commands.report_and_quit({words})"
    screen = [f"set width {width}", f"set height {height}"]
    return _walk(gdb, program, arguments, [f"set gogdb lang {lang}", *screen, write])


def examination(gdb: Gdb, program: str | None, memory: Sequence[str]) -> list[str]:
    """Return the command line that prints findings about a program, each as a line of JSON.

    `memory` are GDB's words for a process or a core file, if there is one. The user's settings
    hold, as in a session: they say where GDB looks for files.
    """
    words = f"{program!r}, {bool(memory)}"
    findings = f"python import gogdb.commands; gogdb.commands.print_findings({words})"
    before = gdb_options.before_program()
    after = ["-batch", *gdb_options.load(), "-ex", findings]
    return [str(gdb.path), *_QUIET, *before, *after, *memory, *([program] if program else [])]


def core(gdb: Gdb, path: Path, program: str | None, words: Sequence[str], lang: str) -> list[str]:
    """Return the command line that runs go-gcore on a core file; `words` are its arguments.

    The user's settings hold, as in a session.
    """
    write = f"python import gogdb.commands; gogdb.commands.write_core({list(words)!r})"
    before = gdb_options.before_program()
    after = ["-batch", *gdb_options.load(), "-ex", f"set gogdb lang {lang}", "-ex", write]
    target = ["--core", str(path), *([program] if program else [])]
    return [str(gdb.path), *_QUIET, *before, *after, *target]


def _walk(gdb: Gdb, program: Path, arguments: Sequence[str], commands: Sequence[str]) -> list[str]:
    """Return a command line that runs commands without a user, and without the user's settings."""
    execute = [word for command in commands for word in ("-ex", command)]
    return [
        str(gdb.path),
        *_ISOLATED,
        *_QUIET,
        "-batch",
        *gdb_options.load(),
        *execute,
        "--args",
        str(program),
        *arguments,
    ]


def _echo(text: str) -> str:
    escaped = text.replace("\\", r"\\").replace("\n", r"\n")
    return rf"echo \n{escaped}\n"


def start(command: Sequence[str]) -> NoReturn:
    """Replace this process by GDB, so that the terminal, signals and exit status are GDB's.

    Raises `GogdbError` if it cannot be run.
    """
    try:
        os.execv(command[0], list(command))
    except OSError as error:
        raise GogdbError(f"cannot run {shlex.join(command[:1])}", error.strerror or "") from None
