"""The options that the benches have in common."""

from __future__ import annotations

import argparse

__all__ = ["common_parser"]


def common_parser(description: str | None, *, alone: str) -> argparse.ArgumentParser:
    """Return a parser with the common options; `alone` says what --alone measures."""
    options = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    options.add_argument("--gdb", metavar="PATH", help="the debugger (also GOGDB_GDB)")
    options.add_argument("--go", metavar="PATH", help="what to build with (also GOGDB_GO)")
    options.add_argument("--dlv", metavar="PATH", help="Delve (also DLV)")
    options.add_argument("--alone", action="store_true", help=f"measure {alone} only")
    options.add_argument("--pairs", metavar="N", type=int, default=5, help="rounds (default 5)")
    options.add_argument("--write", action="store_true", help="write bench/RESULTS.md")
    return options
