"""Recorded rounds of a goroutine, as `go-boot follow` goes through them."""

from __future__ import annotations

from functools import cache

from gogdb.follow.follower import Follower
from gogdb.runtime import goroutines
from gogdb.runtime.program import Program
from tests.support.replay import Replay
from tests.support.walks import snapshot

__all__ = [
    "ROUND",
    "follow",
    "follower_of",
    "follower_of_main",
    "last_stop",
    "load",
    "recorded_coroutine",
    "recorded_round",
    "recorded_syscall",
]

ROUND = [
    "gopark",
    "mcall",
    "mcall-sp",
    "waiting",
    "schedule",
    "next",
    "ready",
    "runqput",
    "execute",
    "gogo",
    "gogo-sp",
    "gogo-jmp",
    "back",
]


def load(version: str) -> Replay:
    return snapshot(f"park-go{version}")


def follower_of_main(replay: Replay) -> Follower:
    """Return a follower that waits until goroutine 1 parks."""
    return follower_of(replay, "1", "gopark")


def follower_of(replay: Replay, goid: str, exit_reason: str) -> Follower:
    program = Program(replay)
    g = goroutines.find(program, program.read(), goid)
    return Follower(replay, program, g, exit_reason)


def follow(replay: Replay) -> Follower:
    """Follow goroutine 1 through the whole recording."""
    follower = follower_of_main(replay)
    list(follower.run())
    return follower


@cache
def recorded_round(version: str) -> Follower:
    """Return the whole round recorded with this Go; shared by all tests, which do not change it."""
    return follow(load(version))


@cache
def recorded_syscall() -> Follower:
    """Return a goroutine's round through a system call, during which sysmon takes its P."""
    follower = follower_of(snapshot("syscall-go1.19.8"), "6", "entersyscall")
    list(follower.run())
    return follower


@cache
def recorded_coroutine() -> Follower:
    """Return a goroutine's round in which it calls next of an iterator (iter.Pull)."""
    follower = follower_of(snapshot("coroutine-go1.27.3"), "1", "coroswitch")
    list(follower.run())
    return follower


def last_stop(truth: Follower, step: str) -> int:
    """Return the number of the last stop of a step in the recording of a round."""
    return sum(len(record.observations) for record in truth.records[: ROUND.index(step) + 1])
