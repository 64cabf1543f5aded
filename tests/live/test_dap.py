"""docs/vscode.md: what GDB answers to an editor by the Debug Adapter Protocol, and by MI."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gogdb.launch import paths
from gogdb.launch.tools import Gdb, find_gdb
from tests.support import gdb_log, mi
from tests.support.builds import Compile
from tests.support.dap import Client, RequestError, debugging
from tests.support.dap_page import Numbers, blocks, exchanges
from tests.support.parked import Park
from tests.support.process import NotAllowedError, core_of, reads_input, wait_until, waiting_program

PAGE = (Path(__file__).parents[2] / "docs/vscode.md").read_text(encoding="utf-8")
DAP, DAP_CORES = 14, 18  # the first releases of GDB; 17.2 has no `coreFile`


@pytest.fixture(scope="module")
def folder(gdb: Gdb, build: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the editor has open: the program and the core of the page, and the init file.

    It is the home directory as well.
    """
    folder = tmp_path_factory.mktemp("folder")
    shutil.copy(build("chat"), folder / "chat")
    with waiting_program(folder / "chat", folder, "crash", core=True) as (process, _):
        try:
            core_of(find_gdb().path, process, folder).rename(folder / "core")
        except NotAllowedError as error:
            pytest.skip(f"this machine forbids {error}")
    (command,) = re.findall(r"^gogdb (core .*)$", PAGE, re.M)
    words = [sys.executable, "-m", "gogdb", *shlex.split(command)]
    done = gdb_log.run(words, cwd=folder)
    assert done.returncode == 0, done.stderr
    write_init_file(folder)
    return folder


def write_init_file(home: Path, *more: str) -> None:
    (lines,) = blocks(PAGE, "gdb")
    (home / ".gdbinit").write_text("\n".join([here(lines), *more, ""]))


def here(text: str) -> str:
    """Return a text of the page with the place of gogdb."""
    assert "/path/to/gogdb/gdbinit.py" in text
    return text.replace("/path/to/gogdb/gdbinit.py", str(paths.gdbinit()))


def configuration(index: int, folder: Path) -> dict[str, Any]:
    """Return a launch configuration of the page, with its variables replaced."""
    text = blocks(PAGE, "json")[index].replace("${workspaceFolder}", str(folder))
    found = json.loads(text)
    (only,) = found.get("configurations", [found])
    return dict(only)


def needs(gdb: Gdb, release: int, what: str) -> None:
    if int(gdb.version.partition(".")[0]) < release:
        pytest.skip(f"GDB {gdb.version} has no {what}: GDB {release} is the first")


@pytest.fixture
def client(gdb: Gdb, folder: Path) -> Iterator[Client]:
    """A client that has opened the core with the page's launch configuration."""
    needs(gdb, DAP_CORES, "cores by DAP")
    with debugging(gdb.path, folder) as client:
        client.attach(configuration(0, folder))
        assert client.event("stopped")["reason"] == "attach"
        yield client


def check(client: Client, heading: str) -> None:
    """Send the requests of a section of the page, and compare the answers."""
    numbers, count = Numbers(), 0
    for block in blocks(PAGE, "dap", heading):
        for command, arguments, shown in exchanges(block):
            answer = client.request(command, numbers.request(arguments))
            assert numbers.hold(shown, answer), (command, arguments, shown, answer)
            count += 1
    assert count


def test_the_messages_about_a_core(client: Client) -> None:
    check(client, "What GDB answers")


def test_frames_stay_while_commands_run_in_goroutines(client: Client) -> None:
    thread = next(t for t in client.request("threads")["threads"] if "main.serve" in t["name"])
    names = stack(client, thread["id"])
    assert "main.serve" in names
    frame = client.request("stackTrace", {"threadId": thread["id"]})["stackFrames"][0]["id"]

    def run(command: str) -> str:
        request = {"expression": command, "context": "repl", "frameId": frame}
        return str(client.request("evaluate", request)["result"])

    before = run("bt")
    assert "main.main" in run("go-goroutine 1 bt")
    assert "main.(*room).say" in run("go-apply --reason 'chan send' bt")
    for word in ("1", "m0.g0"):
        with pytest.raises(RequestError, match=rf"DAP .*: `go-goroutine {word} bt` runs a command"):
            run(f"go-goroutine {word}")
    with pytest.raises(RequestError, match=r"^no goroutine 12345: `go-gmp g` lists them$"):
        run("go-stacks 12345")
    assert run("bt") == before
    assert stack(client, thread["id"]) == names


def stack(client: Client, thread: int) -> list[str]:
    """Return the names of a thread's frames."""
    frames = client.request("stackTrace", {"threadId": thread})["stackFrames"]
    return [frame["name"] for frame in frames]


def test_thread_names_of_a_core_without_goroutines(gdb: Gdb, folder: Path, tmp_path: Path) -> None:
    """There is neither a stop nor a prompt when GDB opens it."""
    needs(gdb, DAP_CORES, "cores by DAP")
    write_init_file(tmp_path, "set gogdb thread-names on")
    with debugging(gdb.path, tmp_path) as client:
        client.attach({**configuration(0, folder), "coreFile": str(folder / "core")})
        client.event("stopped")
        names = [thread["name"] for thread in client.request("threads")["threads"]]
    assert names
    assert all(re.match(r"[gm]\d+\b", name) for name in names), names


def test_the_messages_about_a_process(
    gdb: Gdb, park: Park, compiled: Compile, tmp_path: Path
) -> None:
    needs(gdb, DAP, "DAP")
    process = park(compiled("parked"))
    wait_until(lambda: reads_input(process.pid))
    write_init_file(tmp_path, "set gogdb thread-names on")
    with debugging(gdb.path, tmp_path) as client:
        try:
            client.attach({"pid": process.pid})
        except RequestError as error:
            pytest.skip(f"this machine forbids to attach: {error}")
        client.event("stopped")
        check(client, "A process")
        names = [thread["name"] for thread in client.request("threads")["threads"]]
        assert "g1 main.main" in names
        client.request("disconnect")
    assert process.communicate("\n", 60)[0] == ""
    assert process.returncode == 0


def test_names_of_threads_by_mi(gdb: Gdb, folder: Path) -> None:
    """What the C/C++ extension asks, with the commands of its launch configuration."""
    launch = configuration(1, folder)
    (setup,) = launch["setupCommands"]
    commands = [
        here(setup["text"]),
        "-gdb-set width 120",  # the table's columns depend on the goids: no cell may be wrapped
        f"-file-exec-and-symbols {launch['program']}",
        f"-target-select core {launch['coreDumpPath']}",
        "-thread-info",
        "go-gmp g --reason send",
        "-gdb-exit",
    ]
    done = subprocess.run(
        [gdb.path, "-nx", "-q", "-i=mi3", "-iex", "set debuginfod enabled off"],
        input="\n".join([*commands, ""]),
        capture_output=True,
        text=True,
        timeout=120,
    )
    gdb_log.new().write(done.stdout + done.stderr)
    (threads,) = (result["threads"] for _, result in mi.records(done.stdout) if "threads" in result)
    names = {re.sub(r"^g\d+ ", "", thread.get("name", "")) for thread in threads}
    assert names >= {"main.main", "main.serve", "main.(*room).say"}
    assert "main.(*room).say main.go:56" in done.stdout
