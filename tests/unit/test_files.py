"""Files that gogdb writes, and source files that a program names."""

from __future__ import annotations

import os
import resource
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from select import select
from tempfile import TemporaryDirectory
from threading import Event, Semaphore, Thread
from typing import Any

import pytest

from gogdb.errors import GogdbError
from gogdb.files import source, stream
from gogdb.files.output import open_output
from gogdb.files.source import read_lines
from gogdb.files.stream import Stream, open_stream, standard_stream
from gogdb.files.target import FileId, find_target

UNPRIVILEGED_UID = 65534  # "nobody" on every Linux


def write(name: str | Path, data: bytes = b"new") -> None:
    with open_output(str(name)) as file:
        file.write(data)


def failure(name: str | Path, data: bytes = b"new") -> str:
    """Return the message of a write that fails, which is one line."""
    with pytest.raises(GogdbError) as raised:
        write(name, data)
    message = str(raised.value)
    assert "\n" not in message
    return message


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def reading(pipe: Path) -> Iterator[int]:
    fd = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        yield fd
    finally:
        os.close(fd)


@contextmanager
def unprivileged() -> Iterator[Path]:
    """Yield a directory of a user who is not root; root may write everywhere."""
    with TemporaryDirectory() as directory:
        user = os.geteuid()
        if user == 0:
            os.chown(directory, UNPRIVILEGED_UID, UNPRIVILEGED_UID)
            os.seteuid(UNPRIVILEGED_UID)
        try:
            yield Path(directory)
        finally:
            os.seteuid(user)


def write_too_much(name: Path, size: int) -> None:
    with open_output(str(name)) as file:
        for _ in range(0, size, 1000):
            file.write(b"x" * 1000)


class TestReplacement:
    def test_new_file(self, tmp_path: Path) -> None:
        with umask(0o027):
            write(tmp_path / "out")
        assert (tmp_path / "out").read_bytes() == b"new"
        assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o640

    def test_old_file_keeps_its_mode(self, tmp_path: Path) -> None:
        out = tmp_path / "out"
        out.write_bytes(b"old, and longer")
        out.chmod(0o4602)
        with umask(0):
            write(out)
        assert out.read_bytes() == b"new"
        assert stat.S_IMODE(out.stat().st_mode) == 0o602

    def test_nobody_sees_half_of_it(self, tmp_path: Path) -> None:
        out = tmp_path / "out"
        out.write_bytes(b"old")
        out.chmod(0o600)
        with open_output(str(out)) as file:
            file.write(b"new")
            assert out.read_bytes() == b"old"
            (temporary,) = set(tmp_path.iterdir()) - {out}
            assert stat.S_IMODE(temporary.stat().st_mode) == 0o600
        assert out.read_bytes() == b"new"
        assert list(tmp_path.iterdir()) == [out]

    @pytest.mark.parametrize("error", [KeyboardInterrupt, GogdbError, ZeroDivisionError])
    def test_a_failure_leaves_the_old_file(
        self, tmp_path: Path, error: type[BaseException]
    ) -> None:
        out = tmp_path / "out"
        out.write_bytes(b"old")
        with pytest.raises(error), open_output(str(out)) as file:  # noqa: PT012
            file.write(b"new")
            raise error("")
        assert out.read_bytes() == b"old"
        assert list(tmp_path.iterdir()) == [out]

    def test_full_disk(self, tmp_path: Path) -> None:
        out = tmp_path / "out"
        out.write_bytes(b"old")
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
        try:
            with pytest.raises(GogdbError, match=rf"^cannot write {out}: File too large$"):
                write_too_much(out, 10_000)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert out.read_bytes() == b"old"
        assert list(tmp_path.iterdir()) == [out]

    def test_links(self, tmp_path: Path) -> None:
        """A symbolic link stays one; another hard link keeps the old content."""
        (tmp_path / "place").mkdir()
        out, hard, soft = tmp_path / "place/out", tmp_path / "hard", tmp_path / "soft"
        out.write_bytes(b"old")
        hard.hardlink_to(out)
        soft.symlink_to("place/out")
        write(soft)
        assert soft.is_symlink()
        assert out.read_bytes() == b"new"
        assert hard.read_bytes() == b"old"

    def test_link_to_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "soft").symlink_to("out")
        write(tmp_path / "soft")
        assert (tmp_path / "out").read_bytes() == b"new"
        assert (tmp_path / "soft").is_symlink()

    def test_the_directory_is_renamed_meanwhile(self, tmp_path: Path) -> None:
        (tmp_path / "a").mkdir()
        with open_output(str(tmp_path / "a/out")) as file:
            (tmp_path / "a").rename(tmp_path / "b")
            file.write(b"new")
        assert (tmp_path / "b/out").read_bytes() == b"new"

    def test_home_directory(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        write("~/out")
        assert (tmp_path / "out").read_bytes() == b"new"

    def test_longest_name(self, tmp_path: Path) -> None:
        write(tmp_path / ("x" * 255))
        assert [len(file.name) for file in tmp_path.iterdir()] == [255]

    def test_file_in_use(self, tmp_path: Path) -> None:
        """A file that must not be replaced is recognised through links."""
        core, link, hard = (tmp_path / name for name in ("core", "link", "hard"))
        core.write_bytes(b"old")
        link.symlink_to(core)
        hard.hardlink_to(core)
        status = core.stat()

        def in_use() -> set[FileId]:
            return {(status.st_dev, status.st_ino)}

        for path in (core, link, hard):
            with pytest.raises(GogdbError, match="GDB uses it; name another file"):
                find_target(str(path), in_use)


class TestRefusal:
    def test_kinds_of_files(self, tmp_path: Path) -> None:
        (tmp_path / "directory").mkdir()
        os.mkfifo(tmp_path / "pipe")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(tmp_path / "socket"))
        for name, why in (
            ("directory", "Is a directory"),
            ("new/", "Is a directory"),
            ("none/out", "No such file or directory"),
            ("pipe/out", "Not a directory"),
            ("pipe", "no process reads from it"),
            ("socket", "it is not a file, a pipe, a terminal or /dev/null"),
        ):
            assert failure(f"{tmp_path}/{name}") == f"cannot write {tmp_path}/{name}: {why}"

    @pytest.mark.parametrize("device", ["/dev/zero", "/dev/kmsg", "/dev/fuse", "/dev/loop-control"])
    def test_devices(self, device: str) -> None:
        if not os.path.exists(device):
            pytest.skip(f"no {device}")
        assert failure(device).startswith(f"cannot write {device}: it is not a file, ")

    @pytest.mark.parametrize("name", ["", "a\0b", "\ud800"])
    def test_what_is_no_name(self, name: str) -> None:
        assert failure(name)

    def test_long_names(self, tmp_path: Path) -> None:
        message = failure(tmp_path / ("x" * 10_000))
        assert message.endswith("xxx: File name too long")
        assert len(message) < 300
        assert list(tmp_path.iterdir()) == []

    def test_files_of_the_kernel(self) -> None:
        """They are plain files by their mode; nothing is written to them."""
        assert failure("/proc/self/comm").startswith("cannot write /proc/self/comm: ")
        assert failure("/proc/self/fd/999").startswith("cannot write /proc/self/fd/999: ")

    def test_permissions(self) -> None:
        with unprivileged() as directory:
            out = directory / "out"
            out.write_bytes(b"old")
            out.chmod(0o400)
            assert failure(out) == f"cannot write {out}: Permission denied"
            out.chmod(0o600)
            directory.chmod(0o500)
            for path in (out, directory / "new"):
                message = f"cannot write {path}: no file can be created in {directory}"
                assert failure(path) == message
            assert out.read_bytes() == b"old"


class TestStream:
    def test_pipe_that_is_read(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        with reading(tmp_path / "pipe") as fd:
            write(tmp_path / "pipe")
            assert os.read(fd, 100) == b"new"
        assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)

    def test_long_text_through_a_pipe(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        received: list[bytes] = []
        with reading(tmp_path / "pipe") as fd, open_output(str(tmp_path / "pipe")) as file:
            os.set_blocking(fd, True)
            data = memoryview(os.urandom(300_000))
            reader = Thread(target=lambda: received.extend(iter(lambda: os.read(fd, 1 << 16), b"")))
            reader.start()
            rest = data
            while rest:
                rest = rest[file.write(rest) or 0 :]
            file.close()
            reader.join()
        assert b"".join(received) == data

    def test_interrupt_while_a_pipe_is_full(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Ctrl-C comes while the reader does not read."""
        waits = 0

        def wait(*arguments: Any) -> Any:
            nonlocal waits
            ready = select(*arguments)
            waits += not ready[1]
            if waits == 2:
                raise KeyboardInterrupt
            return ready

        monkeypatch.setattr(stream, "select", wait)
        os.mkfifo(tmp_path / "pipe")
        with reading(tmp_path / "pipe"), pytest.raises(KeyboardInterrupt):
            write_too_much(tmp_path / "pipe", 10 << 20)

    def test_reader_that_went_away(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        with reading(tmp_path / "pipe"):
            file = open_stream(str(tmp_path / "pipe"))
        with file, pytest.raises(BrokenPipeError):
            file.write(b"new")

    def test_devices(self) -> None:
        write("/dev/null")
        assert failure("/dev/full") == "cannot write /dev/full: No space left on device"
        leader, follower = os.openpty()
        write(os.ttyname(follower))
        assert os.read(leader, 100) == b"new"

    def test_standard_output(self, capfd: pytest.CaptureFixture[str]) -> None:
        """It is a file here, which is not replaced, and is written where it ends."""
        os.write(1, b"before ")
        write("/dev/stdout", b"new ")
        os.write(1, b"after")
        write("/dev/stderr", b"error")
        output = capfd.readouterr()
        assert (output.out, output.err) == ("before new after", "error")
        assert isinstance(standard_stream("/dev/fd/1"), Stream)
        assert standard_stream("/dev/fd/0") is None


class TestSource:
    @pytest.fixture
    def path(self, tmp_path: Path) -> str:
        return str(tmp_path / "a.go")

    def test_lines(self, path: str) -> None:
        Path(path).write_bytes(
            "one\ntwo \xe9\x0b\r\nthr\x00\udcffee".encode(errors="surrogateescape")
        )
        assert read_lines(path, 1, 2) == ["one", "two \xe9\x0b"]
        assert read_lines(path, 3, 9) == ["thr\x00\ufffdee"]
        assert read_lines(path, 4, 9) == []

    def test_no_such_file(self, path: str) -> None:
        for name in (path, path + "/x", "", "a\0b", "\ud800", "x" * 10_000):
            assert read_lines(name, 1, 5) is None

    @pytest.mark.parametrize(
        "name", ["/proc/self/pagemap", "/proc/kmsg", "/proc/self/mem", "/dev/zero", "/dev/tty", "/"]
    )
    def test_what_never_ends_or_blocks(self, name: str, path: str) -> None:
        Path(path).symlink_to(name)
        assert not read_lines(path, 7, 9)

    def test_pipe(self, path: str) -> None:
        os.mkfifo(path)
        assert read_lines(path, 7, 9) == ()

    def test_a_file_that_becomes_a_pipe(self, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
        os.mkfifo(path)
        monkeypatch.setattr(stat, "S_ISREG", lambda mode: True)
        assert read_lines(path, 7, 9) == []

    def test_sparse_file(self, path: str) -> None:
        """A line of 200 GB: no more than 64 MiB of it is read, and much less is kept."""
        with open(path, "wb") as file:
            file.write(b"one\n")
            try:
                file.truncate(200 << 30)
            except OSError as error:
                pytest.skip(f"no file of 200 GB here: {error}")
        assert read_lines(path, 3, 9) == []
        one, zeros = read_lines(path, 1, 2) or ()
        assert (one, len(zeros), zeros[-4:]) == ("one", 1000, "\0...")

    def test_a_million_lines(self, path: str) -> None:
        """Lines whose number no Go program can have are not looked for."""
        Path(path).write_bytes(b"\n" * (1 << 21))
        assert read_lines(path, (1 << 20) - 2, (1 << 20) + 5) == [""]
        assert read_lines(path, 1 << 21, (1 << 21) + 5) == []

    def test_slow_file_system(self, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """As long as anything comes, a part of a line even, it is not given up."""
        allowed, used = Semaphore(0), Semaphore(0)
        join = source._Reader.join
        patience = []

        def slow_pieces(file: object) -> Iterator[bytes]:
            for piece in (b"one\n", b"t", b"wo\n", b"three\n"):
                allowed.acquire()
                yield piece
                used.release()

        def join_after_one_piece(reader: source._Reader, timeout: float) -> None:
            patience.append(timeout)
            if len(patience) <= 4:
                allowed.release()
                used.acquire()
            else:
                join(reader)

        monkeypatch.setattr(source, "_pieces", slow_pieces)
        monkeypatch.setattr(source._Reader, "join", join_after_one_piece)
        Path(path).touch()
        assert read_lines(path, 2, 9) == ["two", "three"]
        assert len(patience) >= 4

    def test_file_system_that_does_not_answer(
        self, path: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is asked once."""
        answer = Event()
        asked = []

        def read(reader: object) -> list[str]:
            asked.append(reader)
            answer.wait()
            return []

        monkeypatch.setattr(source._Reader, "_read", read)
        monkeypatch.setattr(source, "_PATIENCE", 0.01)
        monkeypatch.setattr(source, "_unanswered", set())
        try:
            assert read_lines(path, 1, 2) == ()
            assert read_lines(path, 1, 2) == ()
        finally:
            answer.set()
        assert len(asked) == 1
