"""A large program: many packages of many functions, with as many symbols as a large Go program."""

from __future__ import annotations

import subprocess
from pathlib import Path

from gogdb.launch.tools import Go

__all__ = ["build_large"]

PACKAGES, FUNCTIONS = 110, 1000

_FUNCTION = """
//go:noinline
func work{n}(key string, values ...int) (sum int) {{
	for i, value := range values {{
		sum += value*{n} + i ^ len(key)
	}}
	return sum
}}
"""

_MAIN = """
type work = func(string, ...int) int

func main() {{
	never := make(chan int)
	for _, works := range [][]work{{{tables}}} {{
		go func(f work) {{
			f("key", 1, 2, 3)
			<-never
		}}(works[0])
	}}
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
}}
"""


def build_large(go: Go, scratch: Path) -> tuple[Path, Path]:
    """Build the program, and the same without symbols and debug information.

    It prints "ready" and waits until its standard input ends.
    """
    source, program, stripped = (scratch / f"large{end}" for end in ("-source", "", "-stripped"))
    source.mkdir()
    (source / "go.mod").write_text("module large\n\ngo 1.19\n")
    numbers = range(PACKAGES)
    for package in numbers:
        directory = source / f"part{package}"
        directory.mkdir()
        (directory / "part.go").write_text(_part(package))
    imports = "".join(f'\t"large/part{package}"\n' for package in numbers)
    tables = ", ".join(f"part{package}.Works" for package in numbers)
    (source / "main.go").write_text(
        f'package main\n\nimport (\n\t"fmt"\n\t"io"\n\t"os"\n\n{imports})\n'
        + _MAIN.format(tables=tables)
    )
    for path, flags in ((program, ""), (stripped, "-s -w")):
        command = [str(go.path), "build", "-buildvcs=false", f"-ldflags={flags}", "-o", str(path)]
        subprocess.run([*command, "."], cwd=source, env=go.environment(), check=True)
    return program, stripped


def _part(package: int) -> str:
    names = ", ".join(f"work{n}" for n in range(FUNCTIONS))
    return "".join(
        [
            f"package part{package}\n\n",
            "// Works keeps the linker from leaving out the functions.\n",
            f"var Works = []func(string, ...int) int{{{names}}}\n",
            *(_FUNCTION.format(n=n) for n in range(FUNCTIONS)),
        ]
    )
