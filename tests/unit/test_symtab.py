"""Functions, lines and inlined calls are those that Go's own tools find in the same program."""

from __future__ import annotations

import struct

import pytest

from gogdb.inferior.arch.amd64 import AMD64
from gogdb.runtime.moduledata import FIELDS
from gogdb.runtime.symtab import SymbolTable
from tests.support.recorded_memory import RECORDED, Image, recorded, symbols, without_types

pytestmark = pytest.mark.parametrize("version", RECORDED)


def test_lines_are_those_of_addr2line(version: str) -> None:
    _, expected = recorded(version)
    table = symbols(version)
    for pc, name, place in expected["lines"]:
        function, line = table.function(pc), table.line(pc)
        assert function is not None
        assert line is not None
        # addr2line writes :-1 for the padding between functions
        expected_place = place if place != ":-1" else "?:0"
        ours = (hex(pc), function.name, f"{line[0]}:{line[1]}")
        assert ours == (hex(pc), name, expected_place)
        assert function.entry <= pc < function.end


def test_innermost_calls_are_those_of_callersframes(version: str) -> None:
    _, expected = recorded(version)
    table = symbols(version)
    inlined = 0
    for text in expected["inlined"]:
        pc, name, file, line = text.split(" ")
        function, calls = table.function(int(pc)), table.inline_frames(int(pc))
        if function and function.end == int(pc) + 1:
            continue  # CallersFrames took it for a return address, after the function
        ours = [without_types(calls[0].function), calls[0].file, str(calls[0].line)]
        if not name:  # the runtime treats a name at offset 0 of its table as missing
            ours[0] = ""
        assert [pc, *ours] == [pc, name, file, line]
        inlined += len(calls) > 1
    assert inlined > 20


def test_the_last_call_is_the_compiled_function(version: str) -> None:
    table = symbols(version)
    for pc, name, _ in recorded(version)[1]["lines"]:
        assert table.inline_frames(pc)[-1].function == name


def test_function_fields(version: str) -> None:
    table = symbols(version)
    goexit, mcall, body = map(table.lookup, ("runtime.goexit", "runtime.mcall", "main.deep"))
    assert goexit
    assert mcall
    assert body
    assert (goexit.topframe, goexit.spwrite, goexit.asm) == (True, False, True)
    assert (mcall.topframe, mcall.spwrite, mcall.asm) == (False, True, True)
    assert (body.topframe, body.spwrite, body.asm) == (False, False, False)
    assert body.func_id == 0
    assert mcall.func_id != 0


def test_lookup_prefers_the_body_to_its_wrapper(version: str) -> None:
    """The ABI0 wrapper of a function has the function's name."""
    table = symbols(version)
    schedinit = table.lookup("runtime.schedinit")
    assert schedinit is not None
    assert schedinit.entry == recorded(version)[1]["schedinit"]


@pytest.mark.parametrize("name", ["", "main", "main.nothing", "untime.main", "runtime.main\0"])
def test_lookup_finds_whole_names_only(version: str, name: str) -> None:
    assert symbols(version).lookup(name) is None


def test_sp_delta_at_function_entries(version: str) -> None:
    table = symbols(version)
    for name in ("main.deep", "runtime.schedinit", "runtime.gopark"):
        function = table.lookup(name)
        assert function is not None
        assert table.sp_delta(function.entry) == 0


def test_outside_of_go_code(version: str) -> None:
    table = symbols(version)
    for pc in (0, 1, 2**64 - 1, recorded(version)[1]["firstmoduledata"]):
        assert table.function(pc) is None
        assert table.line(pc) is None
        assert table.sp_delta(pc) is None
        assert table.inline_frames(pc) == ()


def test_a_pc_is_looked_up_once(version: str) -> None:
    image, expected = recorded(version)
    table = SymbolTable(image, AMD64, expected["firstmoduledata"], expected["offsets"])
    for _ in range(2):
        before = image.reads
        for pc, _, _ in expected["lines"]:
            table.inline_frames(pc)
    assert image.reads == before


def test_a_list_of_modules_with_a_cycle(version: str) -> None:
    image, expected = recorded(version)
    module, offsets = expected["firstmoduledata"], expected["offsets"]
    loop = image.changed(module + offsets["next"], struct.pack("<Q", module))
    table = SymbolTable(loop, AMD64, module, offsets)
    assert table.problems == (f"the list of modules does not end: stopped at {module:#x}",)
    assert table.lookup("runtime.main")


def test_a_module_that_is_added_later(version: str) -> None:
    image, expected = recorded(version)
    module, offsets = expected["firstmoduledata"], expected["offsets"]
    program = image.changed(0, b"")
    table = SymbolTable(program, AMD64, module, offsets)
    assert not table.lacks_new_module()
    program.ranges = image.changed(module + offsets["next"], struct.pack("<Q", module)).ranges
    assert table.lacks_new_module()
    assert not SymbolTable(program, AMD64, module, offsets).lacks_new_module()  # it has problems
    program.ranges = {}
    assert not table.lacks_new_module()


def test_a_second_module_that_cannot_be_read(version: str) -> None:
    image, expected = recorded(version)
    module, offsets = expected["firstmoduledata"], expected["offsets"]
    broken = image.changed(module + offsets["next"], struct.pack("<Q", 0x40))
    table = SymbolTable(broken, AMD64, module, offsets)
    assert len(table.problems) == 2
    assert table.problems[0].startswith("module at 0x40: cannot read ")
    assert table.lookup("runtime.main")


def test_module_data_that_makes_no_sense(version: str) -> None:
    image, expected = recorded(version)
    module, offsets = expected["firstmoduledata"], expected["offsets"]
    count = struct.pack("<Q", 1 << 40)
    for start, memory, why in (
        (module, Image({}), "cannot read "),
        (0x100, Image({0: bytes(1 << 12)}), "the magic of its pclntab is 0x0"),
        (module, image.changed(module + offsets["ftab"] + 8, count), "ftab has 1099511627776 el"),
    ):
        table = SymbolTable(memory, AMD64, start, offsets)
        assert table.is_empty
        assert why in table.problems[0]
        assert table.function(expected["schedinit"]) is None


def test_module_fields_that_are_missing(version: str) -> None:
    image, expected = recorded(version)
    offsets = {name: expected["offsets"][name] for name in FIELDS if name != "gofunc"}
    table = SymbolTable(image, AMD64, expected["firstmoduledata"], offsets)
    assert table.is_empty
    assert table.problems[0].startswith("runtime.moduledata has no field gofunc: ")


TABLES = ("funcnametab", "cutab", "filetab", "pctab", "pclntable")


def with_header(version: str, magic: int, lost: str = "") -> Image:
    """Return a program with another pcHeader, in which the offset of a table may be lost."""
    image, expected = recorded(version)
    module, offsets = expected["firstmoduledata"], expected["offsets"]
    (header,) = struct.unpack("<Q", image.read(module, 8))
    starts = [struct.unpack("<Q", image.read(module + offsets[name], 8))[0] for name in TABLES]
    places = [0 if name == lost else at - header for name, at in zip(TABLES, starts, strict=True)]
    return Image({**image.ranges, header: struct.pack("<I28x5Q", magic, *places)})


def garbled(version: str, key: int) -> SymbolTable:
    """Return the table of a program with another magic, whose entryOffs are encrypted."""
    image, expected = with_header(version, 0x12345678), recorded(version)[1]
    module, offsets = expected["firstmoduledata"], expected["offsets"]
    start, size = struct.unpack("<QQ", image.read(module + offsets["pclntable"], 16))
    ftab, count = struct.unpack("<QQ", image.read(module + offsets["ftab"], 16))
    functions = bytearray(image.read(start, size))
    for at in struct.unpack(f"<{2 * count}I", image.read(ftab, 8 * count))[1:-2:2]:
        entry, name = struct.unpack_from("<II", functions, at)
        struct.pack_into("<I", functions, at, entry ^ name * key % (1 << 32))
    changed = Image({**image.ranges, start: bytes(functions)})
    return SymbolTable(changed, AMD64, module, offsets)


@pytest.mark.parametrize("key", [0, 0x9E3779B9])
def test_tables_that_garble_has_changed(version: str, key: int) -> None:
    """Garble's linker writes a random magic, and encrypts where functions begin."""
    ours, expected = garbled(version, key), symbols(version)
    assert ours.problems == ()
    for pc, name, _ in recorded(version)[1]["lines"]:
        assert ours.function(pc) == expected.function(pc), name
        assert ours.inline_frames(pc) == expected.inline_frames(pc)
    assert {*ours.damage} <= {*expected.damage}  # a recording lacks a part of pctab


def test_magic_of_the_other_layout(version: str) -> None:
    expected = recorded(version)[1]
    magic = 0xFFFFFFF1 if version == "go1.19.8" else 0xFFFFFFF0
    module, offsets = expected["firstmoduledata"], expected["offsets"]
    table = SymbolTable(with_header(version, magic), AMD64, module, offsets)
    for pc, name, _ in expected["lines"]:
        assert table.function(pc) == symbols(version).function(pc), name


@pytest.mark.parametrize("lost", TABLES)
def test_magic_and_header_that_contradict_the_module(version: str, lost: str) -> None:
    expected = recorded(version)[1]
    image = with_header(version, 0x12345678, lost)
    damaged = SymbolTable(image, AMD64, expected["firstmoduledata"], expected["offsets"])
    assert damaged.is_empty
    assert "the magic of its pclntab is 0x12345678" in damaged.problems[0]
