"""What amd64 code refers to, by the bytes of its instructions."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from gogdb.inferior.arch.amd64 import AMD64
from gogdb.inferior.arch.reference import Reference

# As `go tool objdump` prints them: go1.27.3, at 0x1000; the data is at 0x2000
INSTRUCTIONS = [
    ("48 8d 05 f9 0f 00 00", Reference("address", 8, 0x2000, 0x1000)),  # LEAQ g0(SB), AX
    ("4c 8b 25 f9 0f 00 00", Reference("load", 8, 0x2000, 0x1000)),  # MOVQ allgs(SB), R12
    ("8b 0d fa 0f 00 00", Reference("load", 4, 0x2000, 0x1000)),  # MOVL gomaxprocs(SB), CX
    ("0f b6 05 f9 0f 00 00", Reference("load", 1, 0x2000, 0x1000)),  # MOVZX isarchive(SB), AX
    ("48 39 05 f9 0f 00 00", Reference("load", 8, 0x2000, 0x1000)),  # CMPQ allgptr(SB), AX
    ("80 3d f9 0f 00 00 00", Reference("load", 1, 0x2000, 0x1000, 0)),  # CMPB islibrary(SB), $0
    ("83 3d f9 0f 00 00 00", Reference("load", 4, 0x2000, 0x1000, 0)),  # CMPL writeBarrier(SB), $0
    ("48 89 0d f9 0f 00 00", Reference("store", 8, 0x2000, 0x1000)),  # MOVQ CX, argv(SB)
    ("89 05 fa 0f 00 00", Reference("store", 4, 0x2000, 0x1000)),  # MOVL AX, argc(SB)
    ("48 87 05 f9 0f 00 00", Reference("store", 8, 0x2000, 0x1000)),  # XCHGQ AX, allglen(SB)
    ("c6 05 f9 0f 00 00 01", Reference("store", 1, 0x2000, 0x1000, 1)),  # MOVB $1, mainStarted(SB)
    ("c7 05 f6 0f 00 00 10 27 00 00", Reference("store", 4, 0x2000, 0x1000, 10_000)),
]


@pytest.mark.parametrize(("code", "reference"), INSTRUCTIONS)
def test_an_instruction_says_how_it_uses_what_data(code: str, reference: Reference) -> None:
    padded = bytes.fromhex(code) + b"\xcc"
    [found] = AMD64.references(padded, 0x1000)
    size = 8 if reference.kind == "address" else reference.size
    assert found._replace(size=size) == reference


def test_references_are_in_the_order_of_the_code() -> None:
    code = b"\x90".join(bytes.fromhex(code) for code, _ in INSTRUCTIONS)
    sites = [each.site for each in AMD64.references(code, 0x1000)]
    assert sites == sorted(sites)
    assert len(sites) == len(INSTRUCTIONS)


def test_code_that_is_cut_off_refers_to_nothing() -> None:
    for code, _ in INSTRUCTIONS:
        assert AMD64.references(bytes.fromhex(code)[:5], 0x1000) == []


@pytest.mark.parametrize(
    ("code", "bounds"),
    [
        ("3c 2f 72 0d", [(0x1000, 47)]),  # CMPL AX, $47; JB
        ("40 80 fe 20 72 11", [(0x1000, 32)]),  # CMPL SI, $32; JB
        ("83 f9 0c 73 1e", [(0x1000, 12)]),  # CMPL CX, $12; JAE
        ("48 83 fe 2f 0f 83 3b 04 00 00", [(0x1000, 47)]),  # CMPQ SI, $47; JAE
        ("83 f8 04 74 04", []),  # CMPL AX, $4; JE
    ],
)
def test_an_index_is_compared_with_its_bound(code: str, bounds: list[tuple[int, int]]) -> None:
    assert AMD64.index_bounds(bytes.fromhex(code), 0x1000) == bounds


@pytest.mark.parametrize(
    ("code", "offset"),
    [
        ("64 48 89 14 25 f8 ff ff ff", 0x18),  # MOVQ DX, FS:0xfffffff8
        ("48 c7 c1 f0 ff ff ff 64 48 89 11", 0x10),  # MOVQ $-16, CX; MOVQ DX, FS:0(CX)
        ("48 89 d1", None),
    ],
)
def test_the_slot_of_g_is_named_by_code_that_stores_it(code: str, offset: int | None) -> None:
    program: SimpleNamespace = SimpleNamespace(tls=SimpleNamespace(size=0x1C, align=8))
    assert AMD64.tls_symbol(program, bytes.fromhex(code)) == offset  # type: ignore[arg-type]
    program.tls = None
    assert AMD64.tls_symbol(program, bytes.fromhex(code)) is None  # type: ignore[arg-type]
