"""Core files: why GDB could not open one, and one in which goroutines are threads."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

from gogdb.errors import GogdbError
from gogdb.launch import debugger
from gogdb.launch.tools import Gdb

__all__ = ["check_core", "write_core"]

# How a compressed file begins, and the command that unpacks it and keeps it
_COMPRESSED = {
    b"\x1f\x8b": "gzip -dk",
    b"\x28\xb5\x2f\xfd": "zstd -d",  # also what coredumpctl keeps: `coredumpctl dump` unpacks it
    b"\x04\x22\x4d\x18": "lz4 -d",
    b"\xfd7zXZ\0": "xz -dk",
    b"BZh": "bzip2 -dk",
}
_MAGIC = b"\x7fELF"
_ET_CORE = b"\x04\0"


def check_core(path: Path) -> None:
    """Raise `GogdbError` if the file is empty, compressed, or no core file."""
    try:
        with path.open("rb") as file:
            start = file.read(18)
    except OSError as error:
        raise GogdbError(f"cannot open {path}", error.strerror or "") from None
    if not start:
        raise GogdbError(f"{path} is empty", "check `ulimit -c` and the free space there")
    for magic, command in _COMPRESSED.items():
        if start.startswith(magic):
            raise GogdbError(
                f"{path} is compressed", f"unpack it: {command} {shlex.quote(str(path))}"
            )
    if not (start.startswith(_MAGIC) and start[16:] == _ET_CORE):
        raise GogdbError(f"{path} is not a core file", "gogdb --core CORE [PROGRAM]")


def write_core(gdb: Gdb, core: Path, program: str | None, words: Sequence[str], lang: str) -> str:
    """Run go-gcore on a core file, with these arguments, and return what it prints.

    Raises `GogdbError` if that fails, or if GDB cannot open the core.
    """
    command = debugger.core(gdb, core, program, words, lang)
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    lines = done.stdout.decode(errors="replace").splitlines()
    answer = next((line for line in lines if line.startswith(('{"page": ', '{"error": '))), None)
    if answer is None:
        why = next((line for line in reversed(lines) if line.strip()), "it printed nothing")
        raise GogdbError(f"GDB could not open {core}", why.rstrip("."))
    answered: dict[str, str] = json.loads(answer)
    if "error" in answered:
        raise GogdbError(answered["error"])
    return answered["page"]
