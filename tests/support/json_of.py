"""The JSON of commands about a program, without a debugger; it is checked against its schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from gogdb.render.json import EncodedRows, dump_object
from gogdb.render.row_encoder import RowEncoder
from gogdb.runtime.clock import read_clock
from gogdb.runtime.filters import Filter
from gogdb.runtime.interruptions import Interruptions
from gogdb.runtime.program import Program
from gogdb.runtime.query import Query
from gogdb.runtime.scheduler import Runtime
from gogdb.view.json import gmp as gmp_json
from gogdb.view.json import stacks as stacks_json
from gogdb.view.json.problems import problems
from tests.support.schema import schema

__all__ = ["json_of_gmp", "json_of_stacks"]


def json_of_gmp(program: Program, runtime: Runtime) -> Any:
    query = Query(program, runtime, Filter(dead=True), 64)

    def entries() -> Iterator[tuple[str, object]]:
        yield "go_version", runtime.go_version
        yield "clock", gmp_json.clock(read_clock(program, runtime))
        yield "sched", gmp_json.sched(runtime)
        yield "ps", gmp_json.ps(runtime)
        yield "ms", gmp_json.ms(runtime)
        encoder = RowEncoder(partial(gmp_json.goroutine_form, runtime))
        rows = query.results(lambda batch: encoder.encode(gmp_json.goroutines(runtime, batch)))
        yield "gs", EncodedRows(rows)
        yield "problems", problems(runtime, query.problems)
        yield "notes", list(runtime.notes)
        yield "interrupted", query.status.message

    return parsed(entries(), "go-gmp")


def json_of_stacks(program: Program, runtime: Runtime) -> Any:
    query = Query(program, runtime, Filter(), 64, system=True)

    def entries() -> Iterator[tuple[str, object]]:
        yield "go_version", runtime.go_version
        encoder = RowEncoder(partial(stacks_json.stack_form, runtime))
        signals = Interruptions(program, runtime, 64)
        rows = query.results(
            lambda batch: encoder.encode(stacks_json.stacks(runtime, signals, batch))
        )
        yield "goroutines", EncodedRows(rows)
        yield "problems", problems(runtime, query.problems)
        yield "notes", list(runtime.notes)
        yield "interrupted", query.status.message

    return parsed(entries(), "go-stacks")


def parsed(entries: Iterator[tuple[str, object]], command: str) -> Any:
    written: list[str] = []
    dump_object(entries, written.append)
    answer = json.loads("".join(written))
    assert [*schema(command).iter_errors(answer)] == []
    return answer
