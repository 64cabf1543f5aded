"""Where, when and of what something was measured."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from datetime import date
from pathlib import Path

import gogdb

__all__ = ["available", "cpu", "described", "revision"]


def cpu() -> str:
    model = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.M)
    return model[1] if model else platform.machine()


def available() -> int:
    """Bytes of memory that programs can still have."""
    return _meminfo("MemAvailable")


def described() -> str:
    memory = f"{_meminfo('MemTotal') / 2**30:.0f} GiB"
    place = f"{cpu()}, {os.cpu_count()} CPUs, {memory}, Linux {platform.release()}"
    return f"{date.today()}, gogdb {revision()}, {place}"


def revision() -> str:
    """The version, and in a checkout the commit; "+" when files differ from it."""
    git = ["git", "-C", str(Path(gogdb.__file__).parent), "describe", "--always", "--dirty=+"]
    try:
        done = subprocess.run(git, capture_output=True, text=True, check=False)
    except OSError:  # no git
        return gogdb.__version__
    return f"{gogdb.__version__} {done.stdout.strip()}".strip()


def _meminfo(name: str) -> int:
    lines = Path("/proc/meminfo").read_text()
    found = re.search(rf"^{name}:\s*(\d+) kB", lines, re.M)
    return int(found[1]) * 1024 if found else 0
