"""The bar that shows how much of a stack is used, and the sizes below it."""

from __future__ import annotations

from typing import Any

import pytest

from gogdb.render.ansi import render
from gogdb.runtime.model import Stack
from gogdb.view.doc.document import Doc
from gogdb.view.stack_bar import stack_bar

LO, HI = 0xC000_0000_0000, 0xC000_0000_0800


class Owner:
    def __init__(self, guard: int) -> None:
        self.stack = Stack(LO, HI)
        self.stackguard0 = guard


@pytest.mark.parametrize(
    ("used", "guard", "cells", "text"),
    [
        (
            512,
            LO + 928,
            "▒" * 14 + "░" * 10 + "█" * 8,
            "512 of 2048 bytes used, 1536 free, 608 to the guard at lo+0x3a0",
        ),
        (
            1,
            LO + 928,
            "▒" * 14 + "░" * 17 + "█",
            "1 of 2048 bytes used, 2047 free, 1119 to the guard at lo+0x3a0",
        ),
        (
            2000,
            LO + 928,
            "▒" * 1 + "█" * 31,
            "2000 of 2048 bytes used, 48 free; 880 bytes below the guard at lo+0x3a0",
        ),
        (2048, LO, "█" * 32, "2048 of 2048 bytes used, 0 free, 0 to the guard at lo+0x0"),
        (None, LO + 928, "▒" * 14 + "░" * 18, "2048 bytes, the guard at lo+0x3a0"),
        (
            1024,
            0xFFFF_FFFF_FFFF_FADE,
            "░" * 16 + "█" * 16,
            "1024 of 2048 bytes used, 1024 free\nthe guard is stackPreempt: asked to give way",
        ),
        (0, 0x1234, "░" * 32, "0 of 2048 bytes used, 2048 free\nthe guard is 0x1234"),
    ],
)
def test_bar_at_full_width(used: int | None, guard: int, cells: str, text: str) -> None:
    owner: Any = Owner(guard)
    doc = Doc([stack_bar(owner, used)])
    bar, *sizes = render(doc, width=80, color=False)
    assert bar == f"  lo {LO:#x} │{cells}│ {HI:#x} hi"
    assert "\n".join(line.removeprefix("  ") for line in sizes) == text


def test_bar_on_a_narrow_page_in_ascii() -> None:
    owner: Any = Owner(LO + 928)
    bar, *_ = render(Doc([stack_bar(owner, 512)]), width=58, color=False, ascii=True)
    assert bar == f"  lo {LO:#x} |{'.' * 14}####| {HI:#x} hi"
