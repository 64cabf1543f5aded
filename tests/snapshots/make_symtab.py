"""Record symtab-*.tar.xz: what test_symtab.py and test_unwind.py read instead of a live program.

    python3 -m tests.snapshots.make_symtab GO...        (each GO a toolchain's go command)

For each toolchain: build symtab/, run it, copy its module data, its tables and its stacks from
/proc/PID/mem while it is stopped, then send SIGQUIT. What the tests expect never comes from gogdb:

  lines        function, file and line of many pcs, from `go tool addr2line`
  inlined      the innermost call at many pcs, from runtime.CallersFrames in the program itself
  goroutines   the frames with their pc, sp and fp, from the traceback of GOTRACEBACK=system

gogdb only says which memory is worth keeping. Needs gdb for the offsets in runtime.moduledata.
The archive holds expected.json, and the ranges of memory as files named by their address in hex.
"""

from __future__ import annotations

import ast
import io
import itertools
import json
import os
import re
import signal
import struct
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

from gogdb.inferior.arch.amd64 import AMD64
from gogdb.runtime.moduledata import FIELDS, read_modules
from gogdb.runtime.symtab import SymbolTable

SOURCE = Path(__file__).with_name("symtab")

# Functions that the tests look at, whether a pc or a stack is in them or not.
KEPT = ("main.", "runtime.schedinit", "runtime.mcall")

Frames = list[list[Any]]


def main() -> None:
    for go in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as directory:
            record(Path(go).resolve(), Path(directory))


def record(go: Path, work: Path) -> None:
    os.environ |= {"GOTOOLCHAIN": "local", "GOROOT": str(go.parent.parent), "CGO_ENABLED": "0"}
    program = str(work / "example")
    run(str(go), "build", "-trimpath", "-buildvcs=false", "-o", program, cwd=SOURCE)

    places = [
        (int(line.split()[0], 16), line.split()[-1])
        for line in run(str(go), "tool", "nm", "-n", program).stdout.splitlines()
        if line.split()[0] != "U"
    ]
    symbols = {name: address for address, name in places}
    text, etext = symbols["runtime.text"], symbols["runtime.etext"]
    module = symbols["runtime.firstmoduledata"]
    offsets = module_offsets(program)
    pcs = range(text + 5, etext, (etext - text) // 350)
    addresses = "".join(f"{pc:#x}\n" for pc in pcs)
    lines = run(str(go), "tool", "addr2line", program, input=addresses).stdout.splitlines()
    words = struct.pack(f"<{len(pcs)}Q", *pcs)
    inlined = subprocess.run([program], input=words, check=True, capture_output=True).stderr
    for _ in range(10):
        memory, traceback = stop_and_copy(program)
        goroutines = parse_traceback(traceback)
        if all(agrees(memory, frames) for frames in goroutines.values()):
            break
    else:
        raise SystemExit("the spinning goroutines never stand still, try again")
    kept = Recorder(memory)
    table = SymbolTable(kept, AMD64, module, offsets)
    for pc in pcs:
        table.inline_frames(pc)
    for frames in goroutines.values():
        kept.read(frames[0][4], frames[-1][3] - frames[0][4])
        for pc in {frame[5] for frame in frames if len(frame) == 6}:
            table.inline_frames(pc)
            table.inline_frames(pc - 1)
    used = {*pcs, *(f[5] for frames in goroutines.values() for f in frames if len(f) == 6)}
    used |= {address for address, name in places if name.startswith(KEPT)}
    trim(kept, module, offsets, used)
    expected: dict[str, Any] = {
        "go": run(str(go), "env", "GOVERSION").stdout.strip(),
        "offsets": offsets,
        "firstmoduledata": module,
        "schedinit": symbols["runtime.schedinit"],
        "lines": list(zip(pcs, lines[::2], lines[1::2], strict=True)),
        "inlined": inlined.decode().splitlines(),
        "goroutines": goroutines,
    }
    path = Path(__file__).with_name(f"symtab-{expected['go']}.tar.xz")
    with tarfile.open(path, "w:xz", preset=9) as archive:
        add(archive, "expected.json", json.dumps(expected).encode())
        for start, data in sorted(kept.reads.items()):
            add(archive, f"{start:x}", data)
    print(path, path.stat().st_size, len(expected["lines"]), list(goroutines))


def run(*command: str, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=True, capture_output=True, text=True, **more)


def module_offsets(program: str) -> dict[str, int]:
    script = (
        "python print({f.name: f.bitpos // 8 "
        "for f in gdb.lookup_type('runtime.moduledata').fields()})"
    )
    command = ["gdb", "-nx", "-batch", "-iex", "set auto-load off", "-ex", script, program]
    offsets = ast.literal_eval(run(*command).stdout.strip().splitlines()[-1])
    return {name: offsets[name] for name in FIELDS}


def stop_and_copy(program: str) -> tuple[dict[int, bytes], str]:
    """Return the program's memory, and the traceback that it prints at the same moment."""
    # With one P, one of the two spinning goroutines is preempted.
    environment = os.environ | {"GOTRACEBACK": "system", "GOMAXPROCS": "1"}
    process = subprocess.Popen(
        [program],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        process_group=0,
    )
    assert process.stderr is not None
    process.stderr.readline()
    time.sleep(0.1)
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED)
    memory: dict[int, bytes] = {}
    with open(f"/proc/{process.pid}/maps") as maps, open(f"/proc/{process.pid}/mem", "rb") as mem:
        for line in maps:
            lo, hi = (int(end, 16) for end in line.split()[0].split("-"))
            if line.split()[1][0] == "r" and hi - lo < 1 << 28 and "[v" not in line:
                mem.seek(lo)
                memory[lo] = mem.read(hi - lo)
    process.send_signal(signal.SIGQUIT)
    process.send_signal(signal.SIGCONT)
    return memory, process.communicate()[1]


def parse_traceback(text: str) -> dict[str, Frames]:
    """Return each goroutine's frames: function, file, line, and unless inlined fp, sp, pc."""
    goroutines: dict[str, Frames] = {}
    for part in text.split("\n\n"):
        head = re.match(r"goroutine (\d+) (?:gp=\S+ m=\S+ (?:mp=\S+ )?)?\[(.*)\]:\n", part)
        if head is None or head[1] == "0" or head[2].startswith("running"):
            continue
        body = part[head.end() :].split("\ncreated by ")[0]
        frames: Frames = []
        for function, file, line, place in re.findall(
            r"^(\S.*)\(.*\)\n\t(.*?):(\d+)(.*)$", body, re.M
        ):
            at = [int(word, 16) for word in re.findall(r" (?:fp|sp|pc)=0x(\w+)", place)]
            frames.append([function, file, int(line), *at])
        goroutines[head[1]] = frames
    return goroutines


def agrees(memory: dict[int, bytes], frames: Frames) -> bool:
    """Report whether the copied stack is still the one in the traceback."""
    physical = [frame for frame in frames if len(frame) == 6]
    return all(
        copy(memory, callee[3] - 8, 8) == struct.pack("<Q", caller[5])
        for callee, caller in itertools.pairwise(physical)
        if callee[3] == caller[4]
    )


class Recorder:
    """Memory that remembers what was read of it."""

    def __init__(self, memory: dict[int, bytes]) -> None:
        self.memory = memory
        self.reads: dict[int, bytes] = {}

    def read(self, address: int, size: int) -> bytes:
        data = copy(self.memory, address, size)
        if len(data) > len(self.reads.get(address, b"")):
            self.reads[address] = data
        return data


def trim(kept: Recorder, module: int, offsets: dict[str, int], pcs: set[int]) -> None:
    """Blank the tables of functions with none of `pcs`: they are most of an archive's size."""
    (code,), _ = read_modules(kept, AMD64.pc_quantum, module, offsets)
    tables = code.tables
    kept_functions = {tables.find(pc - code.text) for pc in pcs}
    starts: dict[int, bool] = {0: True}
    for index in range(len(tables)):
        record = tables.record(index)
        pcdata = [tables.pcdata(record, i) for i in range(record.pcdata_count)]
        for table in (record.pcsp, record.pcfile, record.pcln, *pcdata):
            starts[table] = starts.get(table, False) or index in kept_functions
    pctab, size = struct.unpack("<QQ", copy(kept.memory, module + offsets["pctab"], 16))
    data = bytearray(kept.reads[pctab])
    for (start, keep), (end, _) in itertools.pairwise([*sorted(starts.items()), (size, True)]):
        if not keep:
            data[start:end] = bytes(end - start)
    kept.reads[pctab] = bytes(data)


def copy(memory: dict[int, bytes], start: int, size: int) -> bytes:
    for lo, data in sorted(memory.items()):
        if lo <= start < lo + len(data):
            part = data[start - lo :][:size]
            if len(part) < size:  # neighbouring mappings are one to the program
                part += copy(memory, start + len(part), size - len(part))
            return part
    raise LookupError(hex(start))


def add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))


if __name__ == "__main__":
    main()
