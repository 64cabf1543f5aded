"""The machine, the date and the revision of a measurement."""

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
    """Return the processor's model."""
    model = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.M)
    return model[1] if model else platform.machine()


def available() -> int:
    """Return the bytes of memory that are available to programs."""
    return _meminfo("MemAvailable")


def described() -> str:
    """Return the date, the revision and the machine."""
    memory = f"{_meminfo('MemTotal') / 2**30:.0f} GiB"
    machine = f"{cpu()}, {os.cpu_count()} CPUs, {memory}, Linux {platform.release()}"
    return f"{date.today()}, gogdb {revision()}, {machine}"


def revision() -> str:
    """Return the version, and the commit in a checkout; "+" if files differ from the commit."""
    git = ["git", "-C", str(Path(gogdb.__file__).parent), "describe", "--always", "--dirty=+"]
    try:
        done = subprocess.run(git, capture_output=True, text=True, check=False)
    except OSError:  # no git
        return gogdb.__version__
    return f"{gogdb.__version__} {done.stdout.strip()}".strip()


def _meminfo(name: str) -> int:
    lines = Path("/proc/meminfo").read_text()
    match = re.search(rf"^{name}:\s*(\d+) kB", lines, re.M)
    return int(match[1]) * 1024 if match else 0
