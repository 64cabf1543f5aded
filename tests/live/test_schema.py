"""The JSON answers conform to docs/schema, at very different stops."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.builds import DEBUG, Compile
from tests.support.schema import schema
from tests.support.session import Open, Session

SNAPSHOTS = (
    "go-gmp",
    "go-gmp sched",
    "go-gmp p",
    "go-gmp m",
    "go-gmp g --status dead",
    "go-gobuf",
    "go-gobuf g0 m0.gsignal 1 2",
    "go-stacks",
    "go-stacks --system",
    "go-stacks --all --memory",
    "go-stacks --group",
    "go-goroutine",
    "go-goroutine 1",
    "go-goroutine 1 bt",
    "go-goroutine off",
    "go-apply all bt 1",
    "go-apply 1 print nothing_is_called_so",
)


def check(session: Session, command: str) -> Any:
    name, _, rest = command.partition(" ")
    answer = json.loads(session.run(f"{name} --json {rest}"))
    wrong = [f"{error.json_path}: {error.message}" for error in schema(command).iter_errors(answer)]
    assert (command, wrong) == (command, [])
    return answer


@pytest.mark.parametrize("command", ["go-gmp", "go-gobuf", "go-stacks"])
def test_schema_rejects_other_keys(booting: Session, command: str) -> None:
    """A missing required key and an unknown key are errors."""
    booting.run("break main.add")
    booting.run("run")
    answer = check(booting, command)
    rows = next(value for value in answer.values() if isinstance(value, list) and value)
    for key in rows[0].keys() - {"rbp_walk"}:
        kept = rows[0].pop(key)
        assert not schema(command).is_valid(answer), key
        rows[0][key] = kept
    rows[0]["more"] = 1
    assert not schema(command).is_valid(answer)


def test_while_goroutines_are_parked(open_gdb: Open, compiled: Compile) -> None:
    session = open_gdb(compiled("frames", *DEBUG))
    session.run("break main.look")
    session.run("run")
    for command in SNAPSHOTS:
        check(session, command)


def test_before_the_runtime_has_begun(booting: Session) -> None:
    booting.run("go-boot until entry")
    for command in ("go-gmp", "go-gobuf g0", "go-stacks g0", "go-stacks --group"):
        check(booting, command)


@pytest.mark.parametrize("name", ["boot", "cgo"])
def test_the_walk(open_gdb: Open, build: Callable[..., Path], name: str) -> None:
    session = open_gdb(build(name))
    answer = check(session, "go-boot")
    assert answer["summary"]["complete"]
    for command in ("list", "diff entry add", "show add", "stop"):
        check(session, f"go-boot {command}")
