"""Which functions are the standard library's, and which frame of a stack is the user's.

An import path without a dot in its first element is the standard library's or that of a module
that has such a name (`IsStandardImportPath` in `cmd/go/internal/search`). The file decides where it
can: with -trimpath GOROOT/src is left out (`(*Action).trimpath` in `cmd/go/internal/work/gc.go`).
"""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.runtime.unwind import Frame

__all__ = ["StandardLibrary"]


class StandardLibrary:
    """The standard library of one program."""

    def __init__(self, runtime_file: str = "", modules: Sequence[str] = ()) -> None:
        """`runtime_file` is a source file of package runtime as the program's tables have it.

        `modules` are the paths of the modules that are not the standard library's.
        """
        self._root = runtime_file.rpartition("runtime/")[0]  # GOROOT/src/, "" with -trimpath
        self._modules = modules

    def contains(self, function: str, file: str) -> bool:
        """Report whether a function, by its name in the symbol table, is the standard library's."""
        package = _package(function)
        if package == "main" or package.startswith("cmd/"):
            return False
        if (self._root and "/" in file) or file.startswith("/"):
            return bool(self._root) and file.startswith(self._root)
        # Without GOROOT, and for files that the compiler or cgo made, the import path decides
        first = package.partition("/")[0]
        if "." in first or "@" in file:
            return False
        return not any(package == path or package.startswith(f"{path}/") for path in self._modules)

    def user_frame(self, frames: Sequence[Frame]) -> int | None:
        """Return the index of the innermost frame outside the standard library, None if none is.

        A wrapper made by the compiler counts only if there is no other.
        """
        outside = [
            index
            for index, frame in enumerate(frames)
            if not self.contains(frame.function, frame.file)
        ]
        written = (index for index in outside if not frames[index].elided)
        return next(written, outside[0] if outside else None)


def _package(function: str) -> str:
    """Return the path of a function's package; a dot in its last element is still escaped."""
    name = function.partition("[")[0]  # type arguments have paths of their own
    start = name.rfind("/") + 1
    return name[:start] + name[start:].partition(".")[0]
