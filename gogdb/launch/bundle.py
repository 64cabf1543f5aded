"""Make one file of gogdb and the packages that it needs, for machines without pip or network.

It is a zip archive that Python imports from, as it is. Equal contents make equal archives: the
files are sorted, and have the same time and the same mode everywhere.
"""

from __future__ import annotations

import os
import re
import time
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from gogdb import __version__
from gogdb.errors import GogdbError
from gogdb.files.output import open_output
from gogdb.launch import paths

if TYPE_CHECKING:  # takes time to import, also for other subcommands
    from importlib.metadata import Distribution

__all__ = ["Part", "bundle", "default_name", "parts"]

_NOT_NEEDED = (".pyc", ".pyi", ".c", ".so")
"""Suffixes of files without which a package works: compiled ones, and what they are made from."""
_FIRST = {"gogdb/__init__.py", "gogdb/load.py", "gogdb/loading.py"}
"""Not compressed: a Python without zlib is to come as far as its error message."""
_MODE = 0o100644  # a regular file that its owner may write
_EARLIEST = 315_532_800  # s; a zip archive has no time before 1980


@dataclass(frozen=True)
class Part:
    """A package with its files, by their paths in the archive."""

    name: str
    version: str
    licence: str
    files: Mapping[str, bytes]


def default_name() -> str:
    """Return the file name of an archive of this version."""
    return f"gogdb-{__version__}.zip"


def parts() -> list[Part]:
    """Return gogdb and the packages that it needs. Raises `GogdbError` if one is not installed."""
    if archive := paths.archive():
        raise GogdbError(f"{archive} is a bundle itself", "copy it")
    return [_gogdb(), *(_part(_distribution(name)) for name in _required())]


def bundle(contents: list[Part], output: str) -> int:
    """Write the archive, and return its size in bytes. Raises `GogdbError`."""
    files = {name: content for part in contents for name, content in part.files.items()}
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _time())
            entry.create_system = 3  # Unix, which the mode is of
            entry.external_attr = _MODE << 16
            how = zipfile.ZIP_STORED if name in _FIRST else zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name], how, compresslevel=9)
    with open_output(output) as file:
        file.write(buffer.getvalue())
    return buffer.tell()


def _time() -> tuple[int, int, int, int, int, int]:
    """Return the time of every file: that of SOURCE_DATE_EPOCH, else the earliest there is."""
    word = os.environ.get("SOURCE_DATE_EPOCH", "0")
    if not word.isdecimal():
        raise GogdbError(f"SOURCE_DATE_EPOCH is {word}", "set it to seconds since 1970")
    return time.gmtime(max(int(word), _EARLIEST))[:6]


def _gogdb() -> Part:
    """Return gogdb. An editable installation knows no list of its files."""
    home = Path(__file__).parent.parent
    outside = {paths.gdbinit(), *paths.fixtures().rglob("*")}  # inside an installed package
    files = {
        f"gogdb/{path.relative_to(home)}": path.read_bytes()
        for path in home.rglob("*")
        if path.is_file() and path.suffix not in _NOT_NEEDED and path not in outside
    }
    # `python3 gogdb.zip` runs the file of this name at the top
    files["__main__.py"] = files["gogdb/__main__.py"]
    own = _distribution("gogdb")
    return Part("gogdb", __version__, _licence(own), files | dict(_licence_files(own)))


def _part(distribution: Distribution) -> Part:
    """Return an installed package."""
    installed = (file for file in distribution.files or () if file.suffix not in _NOT_NEEDED)
    files = {
        str(file): Path(str(file.locate())).read_bytes()
        for file in installed
        if not file.parts[0].endswith((".dist-info", ".."))  # its scripts are outside
    }
    name, version = distribution.metadata["Name"], distribution.version
    return Part(name, version, _licence(distribution), files | dict(_licence_files(distribution)))


def _required() -> list[str]:
    """Return the names of the packages that gogdb always needs."""
    lines = _distribution("gogdb").requires or []
    names = (re.match(r"[\w.-]+", line) for line in lines if "extra ==" not in line)
    return sorted(name[0] for name in names if name)


def _distribution(name: str) -> Distribution:
    from importlib import metadata

    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError:
        raise GogdbError(f"no Python package {name}", f"run `pip install {name}`") from None


def _licence(distribution: Distribution) -> str:
    """Return the name of a package's licence, which its metadata has in one of two places."""
    fields = distribution.metadata
    classifiers = fields.get_all("Classifier") or []
    names = [line.rpartition(" :: ")[2] for line in classifiers if line.startswith("License ::")]
    return fields["License-Expression"] or ", ".join(names)


def _licence_files(distribution: Distribution) -> Iterator[tuple[str, bytes]]:
    """Yield the texts of a package's licence with their paths in the archive."""
    listed = distribution.metadata.get_all("License-File") or []
    found = False
    for file in distribution.files or ():
        path = PurePosixPath(file)
        if path.parts[0].endswith(".dist-info") and any(path.match(name) for name in listed):
            found = True
            name = f"licenses/{distribution.metadata['Name']}/{path.name}"
            yield name, Path(str(file.locate())).read_bytes()
    if not found:
        name = distribution.metadata["Name"]
        raise GogdbError(f"{name} is installed without its licence", f"install {name} again")
