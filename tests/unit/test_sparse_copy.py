"""Copies of files with holes and of files with zeros."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from gogdb.files import sparse_copy
from gogdb.files.sparse_copy import copy_sparse

MB = 1 << 20


def blocks(path: Path) -> int:
    """Return how many bytes of the disk a file takes."""
    status = path.stat()
    return status.st_blocks * 512


def copied(source: Path) -> Path:
    target = source.with_name("target")
    with source.open("rb") as old, target.open("wb") as new:
        copy_sparse(old.fileno(), new.fileno())
    assert target.read_bytes() == source.read_bytes()
    return target


def sparse(path: Path) -> Path:
    """Write a file with data at its start, after a hole, and a hole at its end."""
    with path.open("wb") as file:
        file.write(b"start")
        file.seek(5 * MB + 3)
        file.write(b"middle" * MB)
        file.truncate(20 * MB + 1)
    return path


@pytest.fixture
def holes(tmp_path: Path) -> Path:
    file = sparse(tmp_path / "source")
    if blocks(file) > 10 * MB:
        pytest.skip("this file system has no holes")
    return file


def test_holes_stay(holes: Path) -> None:
    assert blocks(copied(holes)) <= blocks(holes) + MB


@pytest.mark.parametrize("number", [errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP])
def test_where_the_kernel_cannot_copy(
    holes: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def cannot(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "copy_file_range", cannot)
    monkeypatch.setattr(sparse_copy, "_clone", lambda *_: False)
    assert blocks(copied(holes)) <= blocks(holes) + MB


def test_where_the_kernel_copies_less_than_it_was_asked_to(
    holes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = os.copy_file_range
    monkeypatch.setattr(
        os, "copy_file_range", lambda src, dst, count, *at: copy(src, dst, min(count, 5000), *at)
    )
    monkeypatch.setattr(sparse_copy, "_clone", lambda *_: False)
    copied(holes)


def test_other_errors_are_not_hidden(holes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(os, "copy_file_range", full)
    monkeypatch.setattr(sparse_copy, "_clone", lambda *_: False)
    with pytest.raises(OSError, match="no space"):
        copied(holes)


def test_zeros_become_holes(holes: Path, tmp_path: Path) -> None:
    """As in a core that GDB 13 writes: it has no holes."""
    source = tmp_path / "zeros"
    source.write_bytes(holes.read_bytes())
    if blocks(source) < 20 * MB:
        pytest.skip("this file system makes holes of zeros itself")
    assert blocks(copied(source)) <= blocks(holes) + MB


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 4097, MB, MB + 1])
@pytest.mark.parametrize("byte", [b"\0", b"x"])
def test_sizes(tmp_path: Path, size: int, byte: bytes) -> None:
    source = tmp_path / "source"
    source.write_bytes(byte * size)
    copied(source)


def test_data_between_zeros(tmp_path: Path) -> None:
    source, data = tmp_path / "source", bytearray(3 * MB)
    for at in (0, 4095, 4096, 10_000, MB - 1, MB, 2 * MB + 5, 3 * MB - 1):
        data[at] = 1
    source.write_bytes(data)
    copied(source)
