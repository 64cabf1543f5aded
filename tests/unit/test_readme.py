"""The README shows what people will see: its excerpts are the recorded walk's own pages."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGE = Path(__file__).parent / "test_walk_expected.txt"


def excerpts() -> tuple[str, str]:
    """Return the card of gogo-sp, and the summary."""
    page = PAGE.read_text(encoding="utf-8")
    card = page[page.index("━━ 24/28") : page.index("━━ 25/28")].rstrip()
    return card, page[page.index("━━ the walk") :].rstrip()


def test_the_excerpts_are_real(update: bool) -> None:
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    if update:
        for excerpt in excerpts():
            before, _, rest = text.partition(f"```\n{excerpt[:10]}")
            text = f"{before}```\n{excerpt}\n```{rest.partition('```')[2]}"
        readme.write_text(text, encoding="utf-8")
    for excerpt in excerpts():
        assert f"```\n{excerpt}\n```" in text
