"""`go-boot share`: browsers follow the walk while somebody steps in GDB."""

from __future__ import annotations

import html
import json
import os
import re
import socket
from collections.abc import Callable
from ipaddress import IPv4Address
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gogdb.boot.stages import STAGES
from tests.support.output import error_line
from tests.support.python_in_gdb import lose_jinja, run_lines
from tests.support.schema import schema
from tests.support.session import Open, Session
from tests.support.sharing import Follower, ask, connect, head, response

ASK = "(an empty line: none): "
GARBAGE = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    b"POST /events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3\r\n\r\nabc",
    b"GET /" + b"x" * 100_000,
    b"GET /events?after=" + b"9" * 5000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"\0" * 100,
    b"GET /\r\n",
)


def share(gdb: Session, how: str = "") -> str:
    """Share the walk, and return the link."""
    link, *notes = gdb.run(f"go-boot share {how}").splitlines()
    assert notes
    return link


def port(link: str) -> int:
    found = urlsplit(link).port
    assert found is not None
    return found


def own_address(gdb: Session) -> str:
    """Return a loopback address that no other test uses: a port found free there stays free."""
    assert gdb.child.pid is not None
    return str(IPv4Address("127.128.0.0") + gdb.child.pid)


def free_port(host: str) -> int:
    with socket.create_server((host, 0)) as free:
        return int(free.getsockname()[1])


def is_closed(link: str) -> bool:
    try:
        connect(port(link)).close()
    except ConnectionRefusedError:
        return True
    return False


def ids(stages: list[dict[str, str]]) -> list[str]:
    return [stage["id"] for stage in stages]


def test_a_class(booting: Session) -> None:
    link = share(booting)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{22}", link)
    with Follower(link) as student:
        assert student.until_state() == (
            [],
            {"status": "walking", "question": None, "summary": None},
        )
        card = booting.run("go-boot step")
        (entry,), _ = student.until_state()
        assert entry["id"] == "entry"
        for text in (card, html.unescape(entry["section"])):
            assert "the program's first instruction" in text

        booting.send("go-boot predict")
        booting.wait_for(ASK)
        stages, state = student.until_state()  # before the teacher has answered
        assert (stages, state["question"]["stage"]) == ([], "rt0-go")
        booting.send("")
        booting.ready()
        stages, state = student.until_state()
        assert (ids(stages), state["question"]) == (["rt0-go"], None)

        booting.run("go-boot until settls")
        assert ids(student.until_state()[0]) == ["g0-stack", "settls"]
        registers = booting.run("info registers rip rsp rbp")
        output = booting.run("go-boot share")
        assert output.startswith(f"{link}\n")
        assert "1 browser follows." in output
        with Follower(link) as late:
            assert ids(late.until_state()[0]) == ["entry", "rt0-go", "g0-stack", "settls"]
        assert registers == booting.run("info registers rip rsp rbp")

        assert booting.run("go-boot share off") == (
            "The walk is no longer shared; its port is closed.\n"
        )
        assert is_closed(link)
        assert student.until_state() == (
            [],
            {"status": "ended", "question": None, "summary": None},
        )
        assert list(student.events()) == []
    assert "nothing is shared" in booting.run("go-boot share off")
    assert share(booting) != link


def test_the_whole_walk_at_once(booting: Session) -> None:
    with Follower(share(booting)) as student:
        booting.run("go-boot")
        seen = []
        status = "walking"
        while status == "walking":
            stages, state = student.until_state()
            seen += ids(stages)
            status = state["status"]
        assert seen == [stage.id for stage in STAGES]
        assert status == "over"
        assert "28 of 28 stages seen" in state["summary"]
    assert "A part of the page" not in booting.run("go-boot share")


def end_by_stop(gdb: Session) -> None:
    gdb.run("go-boot stop")


def end_by_kill(gdb: Session) -> None:
    gdb.run("kill", "y")


def end_by_exit(gdb: Session) -> None:
    gdb.finish()


def end_by_detach(gdb: Session) -> None:
    gdb.run("detach")


def end_by_quitting(gdb: Session) -> None:
    gdb.quit()


@pytest.mark.parametrize(
    "end",
    [end_by_stop, end_by_kill, end_by_exit, end_by_detach, end_by_quitting],
)
def test_it_ends_with_the_walk(booting: Session, end: Callable[[Session], None]) -> None:
    booting.run("go-boot step")
    link = share(booting)
    with Follower(link) as student:
        assert ids(student.until_state()[0]) == ["entry"]
        end(booting)
        assert [event.data["status"] for event in student.events()] == ["ended"]
    assert is_closed(link)


def test_the_page_begins_anew_with_another_walk(booting: Session) -> None:
    booting.run("go-boot until settls")
    link = share(booting)
    with Follower(link) as student:
        assert len(student.until_state()[0]) == 4
        booting.run("starti", "y")
        booting.run("go-boot step")
        first = next(student.events())
        assert (first.kind, first.id, first.data["id"]) == ("stage", "2.1", "entry")
        student.until_state()
        booting.run("go-boot", "y")
        ids_of_events = (event.id for event in student.events() if event.kind == "stage")
        assert next(ids_of_events) == "3.1"
    assert share(booting) == link


def test_a_walk_that_is_over_can_be_shared(booting: Session) -> None:
    booting.run("go-boot --json --out /dev/null")
    with Follower(share(booting)) as student:
        stages, state = student.until_state()
        assert len(stages) == 28
        assert state["status"] == "over"


@pytest.mark.parametrize("option", ["", "--env"])
def test_environment_values(booting: Session, option: str) -> None:
    booting.quietly("set exec-wrapper env -i GOMAXPROCS=2 PASSWORD=hunter2")
    link = share(booting, option)
    booting.run("go-boot step")
    with Follower(link) as student:
        while not (stages := student.until_state()[0]):
            pass
        assert ("hunter2" in json.dumps(stages)) == bool(option)
        assert "PASSWORD" in json.dumps(stages)


def test_the_program_gets_no_socket_of_it(booting: Session) -> None:
    share(booting)
    booting.run("go-boot step")
    pid = booting.value("gdb.selected_inferior().pid")
    opened = [os.readlink(each) for each in Path(f"/proc/{pid}/fd").iterdir()]
    assert opened
    assert not [name for name in opened if "socket" in name or "eventpoll" in name]


def test_hostile_clients_while_somebody_steps(booting: Session) -> None:
    link = share(booting)
    address = ("127.0.0.1", port(link))
    silent = [socket.create_connection(address) for _ in range(100)]
    with Follower(link) as student:
        student.until_state()
        for count, garbage in enumerate(GARBAGE, 1):
            assert ask(port(link), garbage)[0] >= 400
            booting.run("go-boot step")
            assert ids(student.until_state()[0]) == [STAGES[count - 1].id]
    with connect(port(link)) as broken:
        broken.sendall(head(f"/?{urlsplit(link).query}"))
        assert response(broken).startswith(b"HTTP/1.1 200 ")
    for each in silent:
        each.close()
    booting.run("go-boot share off")
    assert "Traceback" not in booting.transcript
    assert "Error" not in booting.transcript


def test_other_addresses_and_ports(booting: Session) -> None:
    link = share(booting, "--host 127.0.0.2")
    assert link.startswith("http://127.0.0.2:")
    assert "HTTP is not encrypted" not in booting.run("go-boot share")
    assert "the walk is shared already" in booting.run("go-boot share --host 127.0.0.3")
    assert "the walk is shared already" in booting.run("go-boot share --env")
    booting.run("go-boot share off")
    host = own_address(booting)
    with socket.create_server((host, 0)) as taken:
        number = taken.getsockname()[1]
        text = booting.run(f"go-boot share --host {host} --port {number}")
        assert f"cannot listen at {host}, port {number}: Address already in use" in text
    assert port(share(booting, f"--host {host} --port {number}")) == number
    assert port(share(booting, f"--host {host} --port {number}")) == number
    booting.run("go-boot share off")
    for wrong in ("--port 65536", "--port x", "--host example.org", "--host 0.0.0.0", "of"):
        text = booting.run(f"go-boot share {wrong}")
        assert len(text.splitlines()) <= 2
        assert wrong.split()[-1] in text
    assert "cannot listen at 192.0.2.1" in booting.run("go-boot share --host 192.0.2.1")
    assert "nothing is shared" in booting.run("go-boot share off")


def test_json(booting: Session) -> None:
    answer = json.loads(booting.run("go-boot share --json"))
    schema("go-boot").validate(answer)
    assert (answer["sharing"], answer["network"], answer["followers"]) == (True, False, 0)
    assert booting.run("go-boot share").startswith(answer["url"])
    answer = json.loads(booting.run("go-boot share off --json"))
    schema("go-boot").validate(answer)
    assert answer == {"sharing": False}


def test_without_jinja(booting: Session) -> None:
    lose_jinja(booting)
    text = booting.run("go-boot share")
    assert text.startswith("GDB's Python has no jinja2 and no markupsafe: run `")
    assert text.count("\n") == 1
    assert booting.value("[name for name in sys.modules if name in lost]") == "[]"
    assert "nothing is shared" in booting.run("go-boot share off")


def test_a_page_that_cannot_be_made_leaves_no_port_open(booting: Session) -> None:
    booting.run("go-boot step")
    host = own_address(booting)
    number = free_port(host)
    run_lines(
        booting,
        "import gogdb.commands.sharing as sharing, gogdb.errors as errors",
        "def fail(*_): raise errors.GogdbError('no page', 'try again')",
        "show, sharing.Sharing.show = sharing.Sharing.show, fail",
    )
    assert booting.run(f"go-boot share --host {host} --port {number}") == "no page: try again\n"
    with pytest.raises(ConnectionRefusedError):
        connect(number, host)
    booting.quietly("python sharing.Sharing.show = show")
    assert port(share(booting, f"--host {host} --port {number}")) == number


def test_without_a_thread_no_port_is_open(booting: Session) -> None:
    host = own_address(booting)
    number = free_port(host)
    run_lines(
        booting,
        "from threading import Thread",
        'def fail(_): raise RuntimeError("can\'t start new thread")',
        "start, Thread.start = Thread.start, fail",
    )
    line = error_line(booting.run(f"go-boot share --host {host} --port {number}"))
    assert line.startswith("there is no thread to share the walk: can't start new thread: `")
    assert "nothing is shared" in booting.run("go-boot share off")
    with pytest.raises(ConnectionRefusedError):
        connect(number, host)
    booting.quietly("python Thread.start = start")
    assert port(share(booting, f"--host {host} --port {number}")) == number


def test_without_a_program(open_gdb: Open) -> None:
    text = open_gdb().run("go-boot share")
    assert len(text.splitlines()) == 1
    assert "Traceback" not in text


def test_in_chinese(booting: Session) -> None:
    booting.quietly("set gogdb lang zh")
    link = share(booting)
    assert "0 个浏览器" in booting.run("go-boot share")
    _, _, page = ask(port(link), head(f"/?{urlsplit(link).query}"))
    assert '<html lang="zh"' in page
