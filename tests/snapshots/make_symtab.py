"""Record symtab-*.tar.xz: what test_symtab.py and test_unwind.py read instead of a live program.

    python3 tests/snapshots/make_symtab.py GO...        (each GO a toolchain's go command)

For each toolchain: build PROGRAM, run it, copy its module data, its tables and its stacks from
/proc/PID/mem while it is stopped, then send SIGQUIT. What the tests expect never comes from gogdb:

  lines        function, file and line of many pcs, from `go tool addr2line`
  inlined      the innermost call at many pcs, from runtime.CallersFrames in the program itself
  goroutines   the frames with their pc, sp and fp, from the traceback of GOTRACEBACK=system

Needs gdb for the offsets in runtime.moduledata. The archive holds expected.json and one file of
memory for each range, named by its address in hex.
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

PROGRAM = """package main

import (
	"runtime"
	"syscall"
	"unsafe"
)

type node struct{ next *node }

type waiter interface{ wait(c chan int) int }

func (n node) wait(c chan int) int { return <-c }

//go:noinline
func deep(n int, c chan int) int {
	if n == 0 {
		return <-c
	}
	return deep(n-1, c) + 1
}

func leaf(c chan int) int   { return <-c }
func middle(c chan int) int { return leaf(c) + 1 }
func outer(c chan int) int  { return middle(c) * 2 }

//go:noinline
func generic[T any](c chan T) T { return <-c }

//go:noinline
func spin(p *int) {
	for {
		*p++
	}
}

//go:noinline
func crash(p *node, c chan int) {
	defer func() { <-c }()
	p.next = nil
}

// frames says what is at each pc that comes on standard input.
func frames() (asked bool) {
	var pc uintptr
	for {
		n, _ := syscall.Read(0, (*[8]byte)(unsafe.Pointer(&pc))[:])
		if n != 8 {
			return
		}
		asked = true
		// CallersFrames takes return addresses.
		frame, _ := runtime.CallersFrames([]uintptr{pc + 1}).Next()
		println(pc, frame.Function, frame.File, frame.Line)
	}
}

func main() {
	if frames() {
		return
	}
	c, s := make(chan int), make(chan string)
	var w waiter = &node{}
	go deep(12, c)
	go outer(c)
	go generic(s)
	go w.wait(c)
	go crash(nil, c)
	go func() {
		select {
		case <-c:
		case <-s:
		}
	}()
	a, b := 0, 0
	go spin(&a)
	go spin(&b)
	for i := 0; i < 10; i++ {
		runtime.Gosched()
	}
	println("ready")
	<-c
}
"""

FIELDS = (
    *("pclntable", "ftab", "funcnametab", "cutab", "filetab", "pctab"),
    *("minpc", "maxpc", "text", "etext", "gofunc", "next"),
)

Frames = list[list[str | int]]


def main() -> None:
    for go in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as directory:
            record(Path(go).resolve(), Path(directory))


def record(go: Path, work: Path) -> None:
    os.environ |= {"GOTOOLCHAIN": "local", "GOROOT": str(go.parent.parent), "CGO_ENABLED": "0"}
    (work / "main.go").write_text(PROGRAM)
    (work / "go.mod").write_text("module example\n\ngo 1.19\n")
    program = str(work / "example")
    run(str(go), "build", "-trimpath", "-o", program, cwd=work)

    places = [
        (int(line.split()[0], 16), line.split()[-1])
        for line in run(str(go), "tool", "nm", "-n", program).stdout.splitlines()
        if line.split()[0] != "U"
    ]
    symbols = {name: address for address, name in places}
    text, etext = symbols["runtime.text"], symbols["runtime.etext"]
    module = symbols["runtime.firstmoduledata"]
    offsets = module_offsets(program)
    pcs = range(text + 5, etext, 211)
    asked = "".join(f"{pc:#x}\n" for pc in pcs)
    lines = run(str(go), "tool", "addr2line", program, input=asked).stdout.splitlines()
    words = struct.pack(f"<{len(pcs)}Q", *pcs)
    told = subprocess.run([program], input=words, check=True, capture_output=True).stderr
    memory, traceback = stop_and_copy(program)

    goroutines = {
        goid: frames
        for goid, frames in parse_traceback(traceback).items()
        if agrees(memory, frames)
    }
    functions = symbols.get("go:func.*") or symbols["go.func.*"]  # renamed by Go 1.20
    tables = min(address for address, name in places if name == "runtime.pclntab")
    ranges = [
        (module, 1024),
        (functions, next(a for a, _ in places if a > functions) - functions),
        (tables, next(a for a, name in places if name == "runtime.epclntab") - tables),
        *((frames[0][4], frames[-1][3] - frames[0][4]) for frames in goroutines.values()),
    ]
    expected = {
        "go": run(str(go), "env", "GOVERSION").stdout.strip(),
        "offsets": offsets,
        "firstmoduledata": module,
        "schedinit": symbols["runtime.schedinit"],
        "lines": list(zip(pcs, lines[::2], lines[1::2], strict=True)),
        "inlined": told.decode().splitlines(),
        "goroutines": goroutines,
    }
    path = Path(__file__).with_name(f"symtab-{expected['go']}.tar.xz")
    with tarfile.open(path, "w:xz", preset=9) as archive:
        add(archive, "expected.json", json.dumps(expected).encode())
        for start, size in ranges:
            if any(lo < start < lo + length for lo, length in ranges):
                continue  # go:func.* lies among the tables from Go 1.26 on
            add(archive, f"{start:x}", copy(memory, start, size))
    print(path, path.stat().st_size, len(expected["lines"]), list(goroutines))


def run(*command: str, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=True, capture_output=True, text=True, **more)


def module_offsets(program: str) -> dict[str, int]:
    script = (
        "python print({f.name: f.bitpos // 8 "
        "for f in gdb.lookup_type('runtime.moduledata').fields()})"
    )
    told = run("gdb", "-nx", "-batch", "-iex", "set auto-load off", "-ex", script, program).stdout
    every = ast.literal_eval(told.strip().splitlines()[-1])
    return {name: every[name] for name in FIELDS}


def stop_and_copy(program: str) -> tuple[dict[int, bytes], str]:
    """The program's memory, and the traceback that it prints of the same moment."""
    # One P, so that of the two spinning goroutines one is preempted.
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
    time.sleep(0.1)
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
    """The frames of each goroutine: function, file, line, fp, sp, pc; inlined ones lack three."""
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
    """Whether the copied stack still is the one that the traceback is of."""
    physical = [frame for frame in frames if len(frame) == 6]
    return all(
        copy(memory, callee[3] - 8, 8) == struct.pack("<Q", caller[5])
        for callee, caller in itertools.pairwise(physical)
        if callee[3] == caller[4]
    )


def copy(memory: dict[int, bytes], start: int, size: int) -> bytes:
    for lo, data in sorted(memory.items()):
        if lo <= start < lo + len(data):
            part = data[start - lo :][:size]
            # Neighbouring mappings are one to the program.
            return (
                part
                if len(part) == size
                else part + copy(memory, start + len(part), size - len(part))
            )
    raise LookupError(hex(start))


def add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))


if __name__ == "__main__":
    main()
