"""The server of a shared walk, without GDB: what it serves, to whom, and how it ends."""

from __future__ import annotations

import json
import select
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

import pytest

from gogdb.errors import GogdbError
from gogdb.share.feed import Page, Snapshot
from gogdb.share.limits import Limits
from gogdb.share.server import Server
from tests.support.sharing import Follower, ask, connect, head, response

TOKEN = "a-token"
PAGE = Page("<p>page</p>", "default-src 'none'; connect-src 'self'")
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends RST

Serve = Callable[..., Server]


def snapshot(count: int, walk: int = 1, status: str = "walking", size: int = 0) -> Snapshot:
    """Return a walk with that many stages; `size` bytes are in each beside its number."""
    stages = [partial(json.dumps, {"n": n, "more": "x" * size}) for n in range(count)]
    return Snapshot(walk, PAGE, stages, partial(json.dumps, {"status": status}))


def link(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}/?token={TOKEN}"


def numbers(stages: list[dict[str, int]]) -> list[int]:
    return [stage["n"] for stage in stages]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server; it ends with the test, and so does its thread, without a failure."""
    servers: list[Server] = []

    def serve(first: Snapshot | None = None, **limits: float) -> Server:
        server = Server("127.0.0.1", 0, TOKEN, Limits(**{"rest": 0, **limits}))  # type: ignore[arg-type]
        servers.append(server)
        server.start(first or snapshot(0))
        return server

    yield serve
    for server in servers:
        server.stop(snapshot(0, status="ended"), wait=0.1)
        server.join()
        assert server.failure is None
    for thread in threading.enumerate():
        if thread.name == "gogdb share":
            thread.join(60)
    assert "gogdb share" not in [thread.name for thread in threading.enumerate()]


def test_without_a_thread_nothing_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", fail)
    server = Server("127.0.0.1", 0, TOKEN)
    with pytest.raises(GogdbError, match=r"^there is no thread .*: can't start new thread: `"):
        server.start(snapshot(0))
    with pytest.raises(ConnectionRefusedError):
        connect(server.port)


def test_the_page(serve: Serve) -> None:
    server = serve()
    status, fields, body = ask(server.port, head(f"/?token={TOKEN}"))
    assert (status, body) == (200, PAGE.html)
    assert fields["content-security-policy"] == PAGE.policy
    assert fields["cache-control"] == "no-store"
    assert fields["referrer-policy"] == "no-referrer"
    assert fields["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in fields
    cookie, _, attributes = fields["set-cookie"].partition("; ")
    assert attributes == "Path=/; HttpOnly; SameSite=Lax"
    assert ask(server.port, head("/", f"Cookie: other=1; {cookie}"))[0] == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:1", "LOCALHOST", "[::1]:80"])
def test_names_of_this_machine(serve: Serve, host: str) -> None:
    assert ask(serve().port, head(f"/?token={TOKEN}", host=host))[0] == 200


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (head("/"), 403),
        (head("/?token="), 403),
        (head("/?token=a-toke"), 403),
        (head("/?token=a-tokenn"), 403),
        (head("/?other=a-token"), 403),
        (head("/events"), 403),
        (head("/", "Cookie: token=a-token"), 403),
        (head("/", "Cookie: gogdb-1=a-token"), 403),
        (head("/favicon.ico?token=a-token"), 404),
        (head("//?token=a-token"), 404),
        (head("/../etc/passwd?token=a-token"), 404),
        (head("/events/?token=a-token"), 404),
        (head("/%65vents?token=a-token"), 404),
        (head("/?token=a-token", host="evil.example"), 421),
        (head("/?token=a-token", host="127.0.0.1.evil.example"), 421),
        (head("/?token=a-token", host=""), 421),
        (head("/?token=a-token", host="127.0.0.1:80:80"), 421),
        (b"GET /?token=a-token HTTP/1.1\r\n\r\n", 421),
        (b"GET /?token=a-token HTTP/1.0\r\n\r\n", 421),
        (head("/?token=a-token", "Host: localhost"), 400),
        (head("/?token=a-token", method="POST"), 405),
        (head("/?token=a-token", method="HEAD"), 405),
        (head("/?token=a-token", method="OPTIONS"), 405),
        (head("*", method="OPTIONS"), 400),
        (head("/?token=a-token", method="PROPFIND"), 405),
        (head("/?token=a-token", "Content-Length: 5"), 400),
        (head("/?token=a-token", "Transfer-Encoding: chunked"), 400),
        (head("/?token=a-token", " folded"), 400),
        (head("/?token=a-token", "no colon"), 400),
        (head("/?token=a-token", "Bad Name: x"), 400),
        (head("/?token=a-token", "X: \x00"), 400),
        (head("http://127.0.0.1/?token=a-token"), 400),
        (head("/a b"), 400),
        (head("/\u4e2d"), 400),
        (b"GET /\r\n", 400),
        (b"GET / HTTP/2.0\r\n\r\n", 400),
        (b"GET / HTTP/1.1\n\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"\0" * 100, 400),
        (b"\r\n\r\n", 400),
        (b"get / HTTP/1.1\r\n\r\n", 400),
        (b"A" * 100, 400),
        (head("/?token=a-token", "X: " + "x" * 9000), 431),
        (b"GET /" + b"x" * 9000, 431),
        (head("/?token=a-token", *[f"X-{n}: y" for n in range(2000)]), 431),
    ],
)
def test_all_else_is_refused(serve: Serve, request_: bytes, status: int) -> None:
    server = serve(snapshot(1))
    answer = ask(server.port, request_)
    assert answer[0] == status
    assert answer[1]["content-security-policy"] == "default-src 'none'"
    assert "set-cookie" not in answer[1]
    assert TOKEN not in answer[2]
    assert ask(server.port, head(f"/?token={TOKEN}"))[0] == 200  # it goes on


def test_a_network_address_is_a_name_too() -> None:
    server = Server("127.0.0.2", 0, TOKEN)
    server.start(snapshot(0))
    with connect(server.port, "127.0.0.2") as client:
        client.sendall(head(f"/?token={TOKEN}", host=f"127.0.0.2:{server.port}"))
        assert response(client).startswith(b"HTTP/1.1 200 ")
    with pytest.raises(ConnectionRefusedError):
        connect(server.port, "127.0.0.1")
    server.stop(snapshot(0))
    server.join()


def test_only_the_first_of_pipelined_requests_is_answered(serve: Serve) -> None:
    with connect(serve().port) as client:
        client.sendall(3 * head(f"/?token={TOKEN}"))
        assert response(client).count(b"HTTP/1.1") == 1


def test_a_request_may_come_in_pieces(serve: Serve) -> None:
    with connect(serve().port) as client:
        for byte in head(f"/?token={TOKEN}"):
            client.sendall(bytes([byte]))
        assert response(client).startswith(b"HTTP/1.1 200 ")


def test_a_request_must_come_in_time() -> None:
    server = Server("127.0.0.1", 0, TOKEN, Limits(asking=2))
    with connect(server.port) as silent, connect(server.port) as slow:
        slow.sendall(b"GET / HTTP")
        server.start(snapshot(0))
        assert response(slow).startswith(b"HTTP/1.1 408 ")
        assert response(silent) == b""
    server.stop(snapshot(0))
    server.join()


def test_of_too_many_requests_the_oldest_is_given_up(serve: Serve) -> None:
    server = serve(requests=2)
    clients = [connect(server.port) for _ in range(5)]
    for client in clients[:3]:
        assert response(client) == b""
    for client in clients[3:]:
        client.sendall(head(f"/?token={TOKEN}"))
        assert response(client).startswith(b"HTTP/1.1 200 ")
        client.close()


def test_requests_do_not_end_an_answer_that_is_being_sent(serve: Serve) -> None:
    large = Page("x" * 20_000_000, "")  # more than a socket takes
    server = serve(Snapshot(1, large, [], partial(json.dumps, {})), requests=2)
    with connect(server.port) as reading:
        reading.sendall(head(f"/?token={TOKEN}"))
        assert reading.recv(12) == b"HTTP/1.1 200"
        asking = [connect(server.port) for _ in range(4)]
        assert [response(client) for client in asking[:3]] == [b""] * 3
        assert len(response(reading)) > 20_000_000
    asking[3].close()


def test_of_too_many_requests_those_of_the_same_address_are_given_up(serve: Serve) -> None:
    server = serve(requests=2)
    at = ("127.0.0.1", server.port)
    with connect(server.port) as first:
        flood = [socket.create_connection(at, 60, ("127.0.0.3", 0)) for _ in range(4)]
        assert [response(client) for client in flood[:3]] == [b""] * 3
        first.sendall(head(f"/?token={TOKEN}"))
        assert response(first).startswith(b"HTTP/1.1 200 ")
    flood[3].close()


def test_what_follows_a_request_is_read_up_to_a_limit(serve: Serve) -> None:
    server = serve(snapshot(1), received=10_000, leaving=60.0)
    with Follower(link(server)) as follower:
        follower.until_state()
        follower.socket.sendall(b"x")
        assert list(follower.events()) == []
    with connect(server.port) as asking:
        asking.sendall(head(f"/?token={TOKEN}"))
        with pytest.raises(ConnectionError):
            asking.sendall(b"x" * 100_000_000)  # more than sockets take


def test_a_connection_that_fails_at_once_ends_no_thread(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("reset")

    server = serve()
    with monkeypatch.context() as patched:
        patched.setattr("gogdb.share.server.Client", fail)
        with connect(server.port) as client:
            assert response(client) == b""
    assert ask(server.port, head(f"/?token={TOKEN}"))[0] == 200


def test_one_address_takes_only_some_of_the_places(serve: Serve) -> None:
    server = serve(streams=2)
    request = head(f"/events?token={TOKEN}")
    statuses, students = [], []
    for _ in range(3):
        student = socket.create_connection(("127.0.0.1", server.port), 60, ("127.0.0.3", 0))
        student.sendall(request)
        statuses.append(student.recv(12))
        students.append(student)
    assert statuses == [b"HTTP/1.1 200", b"HTTP/1.1 200", b"HTTP/1.1 503"]
    for _ in range(3):  # this machine's, as through an SSH tunnel
        student = connect(server.port)
        student.sendall(request)
        assert student.recv(12) == b"HTTP/1.1 200"
        students.append(student)
    for student in students:
        student.close()


def test_too_many_followers_are_refused(serve: Serve) -> None:
    server = serve(followers=1)
    with Follower(link(server)) as one:
        assert one.until_state() == ([], {"status": "walking"})
        assert ask(server.port, head(f"/events?token={TOKEN}"))[0] == 503
        assert server.followers == 1


def test_followers_get_each_stage_and_then_the_state(serve: Serve) -> None:
    server = serve(snapshot(2))
    with Follower(link(server)) as early:
        stages, state = early.until_state()
        assert (numbers(stages), state) == ([0, 1], {"status": "walking"})
        server.publish(snapshot(3))
        assert numbers(early.until_state()[0]) == [2]
        with Follower(link(server)) as late:
            assert numbers(late.until_state()[0]) == [0, 1, 2]
        with Follower(link(server), after="1.2") as again:
            assert numbers(again.until_state()[0]) == [2]
        with Follower(link(server), after="1.99") as again:
            assert again.until_state()[0] == []


@pytest.mark.parametrize("after", ["0.1", "2.1", "1", "1.", "1.x", "1.-1", "x", "."])
def test_a_follower_of_another_walk_gets_all(serve: Serve, after: str) -> None:
    with Follower(link(serve(snapshot(2))), after=after) as follower:
        assert numbers(follower.until_state()[0]) == [0, 1]


def test_a_walk_begins_anew(serve: Serve) -> None:
    server = serve(snapshot(3))
    with Follower(link(server)) as follower:
        assert len(follower.until_state()[0]) == 3
        server.publish(snapshot(1, walk=2))
        first = next(follower.events())
        assert (first.kind, first.id, first.data["n"]) == ("stage", "2.1", 0)


def test_a_stage_is_made_once_and_only_for_somebody(serve: Serve) -> None:
    made = []

    def make(number: int) -> str:
        made.append(number)
        return json.dumps({"n": number})

    server = serve()
    stages = [partial(make, 0), partial(make, 1)]
    now = Snapshot(1, PAGE, stages, partial(json.dumps, {}))
    server.publish(now)
    assert ask(server.port, head(f"/?token={TOKEN}"))[0] == 200
    assert made == []
    for _ in range(3):
        with Follower(link(server)) as follower:
            assert numbers(follower.until_state()[0]) == [0, 1]
    assert made == [0, 1]


def test_a_late_follower_gets_stages_with_rests_between(serve: Serve) -> None:
    server = serve(snapshot(3), rest=0.02)
    with Follower(link(server)) as follower:
        assert numbers(follower.until_state()[0]) == [0, 1, 2]


def test_a_client_that_reads_nothing_delays_nobody_and_catches_up(serve: Serve) -> None:
    server = serve(snapshot(1))
    with Follower(link(server)) as slow, Follower(link(server)) as quick:
        assert numbers(quick.until_state()[0]) == [0]
        for count in range(2, 12):  # 10 MB, more than a socket takes
            server.publish(snapshot(count, size=1_000_000))
            assert numbers(quick.until_state()[0]) == [count - 1]
        assert numbers(slow.until_state()[0])[0] == 0
        server.publish(snapshot(11, status="over"))
        seen = 1
        while True:
            stages, state = slow.until_state()
            seen += len(stages)
            if state == {"status": "over"}:
                break
        assert seen == 11


def test_a_client_that_takes_nothing_for_too_long_is_dropped(serve: Serve) -> None:
    server = serve(snapshot(20, size=1_000_000), sending=0.2)
    stuck = connect(server.port)
    stuck.sendall(head(f"/events?token={TOKEN}"))
    poll = select.poll()
    poll.register(stuck, select.POLLRDHUP)
    assert poll.poll(60_000)  # ms; without a byte being read
    stuck.close()


def test_a_killed_client_is_noticed(serve: Serve) -> None:
    server = serve()
    with Follower(link(server)) as stays:
        killed = Follower(link(server))
        assert killed.until_state()[0] == stays.until_state()[0] == []
        assert server.followers == 2
        killed.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        killed.close()
        server.publish(snapshot(1))
        assert numbers(stays.until_state()[0]) == [0]
        # the server has met the reset before this request, which came after it
        assert ask(server.port, head(f"/?token={TOKEN}"))[0] == 200
        assert server.followers == 1


def test_signs_of_life(serve: Serve) -> None:
    with Follower(link(serve(beat=0.02))) as follower:
        kinds = [event.kind for event, _ in zip(follower.events(), range(3), strict=False)]
    assert kinds == ["state", "beat", "beat"]


def test_the_end(serve: Serve) -> None:
    server = serve(snapshot(1))
    with Follower(link(server)) as follower, connect(server.port) as asking:
        assert len(follower.until_state()[0]) == 1
        server.stop(snapshot(2, status="ended"))
        with pytest.raises(ConnectionRefusedError):
            connect(server.port)
        last = list(follower.events())
        assert [(event.kind, event.id) for event in last] == [("stage", "1.2"), ("state", "1.2")]
        assert last[-1].data == {"status": "ended"}
        with suppress(ConnectionResetError):  # if it had not been accepted yet
            assert response(asking) == b""
    server.join()


def test_a_port_in_use(serve: Serve) -> None:
    server = serve()
    with pytest.raises(OSError, match="in use"):
        Server("127.0.0.1", server.port, TOKEN)


def test_a_stage_that_cannot_be_made_ends_no_thread(serve: Serve) -> None:
    def fail() -> str:
        raise ValueError("no such register")

    server = serve(Snapshot(1, PAGE, [fail], partial(json.dumps, {})))
    with Follower(link(server)) as follower:
        assert list(follower.events()) == []
    assert str(server.failure) == "no such register"
    server.failure = None
    assert ask(server.port, head(f"/?token={TOKEN}"))[0] == 200
