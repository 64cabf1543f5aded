"""The handout is one page of A4 in each language, on which nothing is cut off."""

from __future__ import annotations

import os
import re
import subprocess
import zlib
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.page.views import BUSY

HANDOUT = Path(__file__).parents[2] / "docs/handout"
BUILD = HANDOUT / "build"
PAGES = {"handout": "How a Go program comes to life", "handout.zh": "Go 程序是怎样启动的"}
A4 = (794, 1123)  # 210 x 297 mm in CSS pixels


def built(to: Path, path: str = "/usr/bin:/bin") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", BUILD, to],
        env={"PATH": path, "HOME": str(to)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def objects(pdf: bytes) -> bytes:
    """Return a PDF with its compressed streams unpacked."""
    streams = re.findall(rb"/FlateDecode.*?stream\r?\n(.*?)\r?\nendstream", pdf, re.S)
    return pdf + b"".join(zlib.decompressobj().decompress(stream) for stream in streams)


@pytest.mark.usefixtures("browser")  # skipped without Chromium
def test_one_page_of_a4(tmp_path: Path) -> None:
    done = built(tmp_path, os.environ["PATH"])
    assert done.returncode == 0, done.stderr
    for name, title in PAGES.items():
        pdf = objects((tmp_path / f"{name}.pdf").read_bytes())
        assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
        unicode = b"<FEFF" + title.encode("utf-16-be").hex().upper().encode() + b">"
        assert f"/Title ({title})".encode() in pdf or b"/Title " + unicode in pdf
        (box,) = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf)
        assert [round(float(side)) for side in box] == [595, 842]  # points
    assert done.stdout.splitlines() == [str(tmp_path / f"{name}.pdf") for name in PAGES]


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_cut_off(browser: Browser, name: str) -> None:
    """All text is on the page, and inside of what is drawn around it."""
    page = browser.new_page(viewport={"width": A4[0], "height": A4[1]})
    page.set_default_timeout(BUSY)
    page.emulate_media(media="print")
    page.goto((HANDOUT / f"{name}.html").as_uri())
    assert page.evaluate("document.body.scrollHeight - document.body.clientHeight") == 0
    outside = page.evaluate(
        """([width, height]) => {
            const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            const boxes = "td, li, p, h1, h2, .jump, .stack > *, span";
            const outside = [];
            for (let text; (text = walker.nextNode()); ) {
                if (!text.data.trim()) continue;
                const range = document.createRange();
                range.selectNodeContents(text);
                const box = text.parentElement.closest(boxes);
                const {left, right, top, bottom} = box.getBoundingClientRect();
                for (const one of range.getClientRects())
                    if (one.left < Math.max(left - 1, 30) || one.top < Math.max(top - 3, 30) ||
                        one.right > Math.min(right + 1, width - 30) ||
                        one.bottom > Math.min(bottom + 3, height - 15))
                        outside.push(text.data);
            }
            return outside;
        }""",
        A4,
    )
    assert outside == []
    page.close()


def test_without_chromium(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("dirname", "mkdir"):
        (tools / name).symlink_to(f"/usr/bin/{name}")
    done = built(tmp_path / "out", str(tools))
    assert done.returncode == 1
    assert done.stderr == "Chromium prints the handout: apt install chromium fonts-noto-cjk\n"


def test_chromium_that_fails(tmp_path: Path) -> None:
    chromium = tmp_path / "chromium"
    chromium.write_text("#!/bin/sh\necho cannot open the display >&2\nexit 1\n", encoding="utf-8")
    chromium.chmod(0o755)
    done = built(tmp_path / "out", f"{tmp_path}:/usr/bin:/bin")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("chromium has not printed ")
    assert line.endswith("handout.html: cannot open the display")
