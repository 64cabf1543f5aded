"""The suggestions on a card: commands to try, and the answers that are promised."""

from __future__ import annotations

import re

from tests.support.session import Session

__all__ = ["pasted", "suggestions"]


def suggestions(card: str) -> list[tuple[str, str]]:
    """Return the commands on a card with their expected answers, without the prose behind."""
    found = re.search(r"^  try 1  (.*?)^  → ", card, re.M | re.S)
    if found is None:
        return []
    lines = [line.strip().split("   ")[0] for line in found[1].splitlines()]
    lines[::2] = [re.sub(r"^\d  ", "", command) for command in lines[::2]]  # its number
    return list(zip(lines[::2], lines[1::2], strict=True))


def pasted(session: Session, command: str) -> str:
    """Return GDB's answer with two blanks for a tab, without its number in the value history."""
    output = session.run(command).rstrip("\n").replace("\t", "  ")
    return re.sub(r"^\$\d+ = ", "", output)
