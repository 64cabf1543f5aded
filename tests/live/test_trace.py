"""The walk leaves GDB's state unchanged, however it ends."""

from __future__ import annotations

import os
import re
import signal
from difflib import unified_diff
from pathlib import Path

import pytest

from tests.support.builds import Compile
from tests.support.session import Open, Session

# `$_` first: `info breakpoints` sets it
_QUESTIONS = (
    "output $_",
    "output $bpnum",
    "show values",
    "show language",
    "show pagination",
    "show scheduler-locking",
    "show",
    "info signals",
    "info display",
    "info checkpoints",
    "info breakpoints",
    "maint info breakpoints",
)
# In `show`: variables that GDB itself sets at every stop, some of them many lines long
_VARIABLES = re.compile(r"^convenience:  .*\n(?:(?!\w[\w -]*:  ).*\n)*", re.M)
# The history of commands; a note about the language, which needs a frame
_OF_GDB = re.compile(r"^(?:commands: | +\d+  |history |Warning: the current language).*\n", re.M)
# The effect of `auto` depends on whether there is a process
_CURRENTLY = re.compile(r" \(currently \w+\)")


def state(session: Session) -> dict[str, str]:
    return {question: _settled(session.run(question)) for question in _QUESTIONS}


def changed(session: Session, before: dict[str, str]) -> list[str]:
    """Return the lines of the state that have changed."""
    after = state(session)
    return [
        f"{question}: {line}"
        for question in _QUESTIONS
        for line in unified_diff(
            before[question].split("\n"), after[question].split("\n"), lineterm="", n=0
        )
        if not line.startswith(("---", "+++", "@@"))
    ]


def _settled(output: str) -> str:
    output = _OF_GDB.sub("", _VARIABLES.sub("", output))
    return _CURRENTLY.sub("", output)


def thread(session: Session) -> str:
    return session.value("gdb.selected_thread().num, gdb.selected_frame().level()")


def begin(session: Session) -> dict[str, str]:
    """Run to the first instruction, and return the state of GDB."""
    session.run("starti")
    session.run("info breakpoints")
    session.run("set language c")  # GDB warns that the frame has another language
    session.quietly("set pagination off")
    return state(session)


def test_changes_are_noticed(booting: Session) -> None:
    """The comparison detects each of these changes."""
    before = begin(booting)
    for trace in (
        "python gdb.Breakpoint('*0x0', internal=True)",
        "set language go",
        "set scheduler-locking on",
        "set print pretty on",
        "break main.main",
    ):
        booting.run(trace)
        after = state(booting)
        assert after != before, trace
        before = after


def test_whole_walk(booting: Session) -> None:
    before = begin(booting)
    assert "every claim held" in booting.run("go-boot")
    assert changed(booting, before) == []
    booting.finish()
    assert changed(booting, before) == []


def test_stopped_walk(booting: Session) -> None:
    before = begin(booting)
    booting.run("go-boot until gogo-sp")
    assert changed(booting, before) == []
    assert thread(booting) == "1 0"
    booting.run("go-boot stop")
    assert changed(booting, before) == []
    booting.finish()


def test_no_trace_of_run(booting: Session) -> None:
    """After a walk that started the program, the user's next `run` reaches its end."""
    booting.finish("run")  # GDB fills in some settings at the first run
    booting.run("info breakpoints")
    before = state(booting)
    booting.run("go-boot until newproc")
    booting.run("kill", "y")
    assert changed(booting, before) == []
    booting.finish("run")


def test_interrupted_walk_can_continue(open_gdb: Open, compiled: Compile) -> None:
    """Ctrl-C while an init function waits: nothing is lost, and the walk can continue."""
    session = open_gdb(compiled("stuck"))
    before = begin(session)
    session.run("go-boot until runtime-main")
    session.send("go-boot step")
    session.wait_for("init waits")
    output = session.interrupt()
    *of_gdb, answer = output.rstrip("\n").split("\n")
    assert any("SIGINT" in line for line in of_gdb)
    assert answer == (
        "interrupted on the way to stage 27, main-main: "
        "`go-boot step` goes on, `go-boot stop` ends the walk"
    )
    assert changed(session, before) == []
    # the walk is at the same stage and waits again
    session.send("go-boot step")
    session.child.sendline()  # init waits for a line
    assert "27/28 · main-main" in session.ready()
    assert changed(session, before) == []


def test_killed_by_the_user(booting: Session) -> None:
    before = begin(booting)
    booting.run("go-boot until osinit")
    booting.run("kill", "y")
    assert changed(booting, before) == []
    assert "9/28 · osinit" in booting.run("go-boot show osinit")
    output = booting.run("go-boot step")
    assert "1/28 · entry" in output
    assert changed(booting, before) == []


def test_killed_from_outside(open_gdb: Open, compiled: Compile) -> None:
    session = open_gdb(compiled("stuck"))
    before = begin(session)
    session.run("go-boot until runtime-main")
    session.send("go-boot step")
    session.wait_for("init waits")
    assert session.child.pid is not None
    os.kill(_child_of(session.child.pid), signal.SIGKILL)
    last = session.ready().rstrip("\n").split("\n")[-1]
    assert re.match("the program exited .*before stage 27, main-main: ", last)
    assert changed(session, before) == []
    assert "26/28 · runtime-main" in session.run("go-boot show runtime-main")


def _child_of(pid: int) -> int:
    """Return the process id of the program that a GDB runs."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[-1])


def test_exits_midway(open_gdb: Open, compiled: Compile) -> None:
    session = open_gdb(compiled("quits"))
    before = begin(session)
    output = session.run("go-boot")
    last = output.rstrip("\n").split("\n")[-1]
    assert last.startswith("the program exited with code 3 before stage 27, main-main: ")
    assert "26/28 · runtime-main" in output
    assert changed(session, before) == []
    assert "1/28 · entry" in session.run("go-boot step")
    assert changed(session, before) == []


def test_executes_another_program(open_gdb: Open, compiled: Compile) -> None:
    """The process goes on as the same program anew, and then as one that is not Go's."""
    session = open_gdb(compiled("reexecs"))
    session.quietly("set args /bin/true")
    message = session.run("go-boot until main-main").rstrip("\n").split("\n")[-1]
    assert re.match(r"the program exited by executing \S*/reexecs before stage 27, ", message)
    assert "28 of 28" not in session.run("go-boot list")


@pytest.mark.parametrize("name", ["observe", "CheckContext"])
@pytest.mark.parametrize("error", ["gogdb.errors.GogdbError('on purpose')", "KeyboardInterrupt"])
def test_error_inside_a_stage(booting: Session, name: str, error: str) -> None:
    before = begin(booting)
    booting.run("go-boot until schedinit")
    booting.quietly("python import gogdb.boot.walk, gogdb.errors")
    booting.quietly(f"python def fail(*a, **k): raise {error}")
    booting.quietly(f"python real = gogdb.boot.walk.{name}; gogdb.boot.walk.{name} = fail")
    output = booting.run("go-boot until procresize")
    assert output == ("Quit\n" if error == "KeyboardInterrupt" else "on purpose\n")
    assert changed(booting, before) == []
    booting.quietly(f"python gogdb.boot.walk.{name} = real")
    assert "28 of 28" in booting.run("go-boot", "y")
    assert changed(booting, before) == []


def test_bug_inside_a_stage(booting: Session) -> None:
    """After any exception the breakpoints are deleted, and the walk can continue."""
    before = begin(booting)
    booting.run("go-boot until schedinit")
    booting.quietly("python import gogdb.boot.walk")
    booting.quietly("python def fail(*a, **k): raise RuntimeError('on purpose')")
    booting.quietly(
        "python real = gogdb.boot.walk.CheckContext; gogdb.boot.walk.CheckContext = fail"
    )
    assert "on purpose" in booting.run("go-boot step")
    booting.quietly("python gogdb.boot.walk.CheckContext = real")
    assert changed(booting, before) == []
    assert "procresize" in booting.run("go-boot until procresize")


PLACES = ("rt0-go", "schedinit", "malg", "runqput", "gogo-jmp", "runtime-main", "main-main", "add")


def test_users_breakpoints(booting: Session) -> None:
    """Breakpoints of every kind at the addresses of stages work beside the walk."""
    answer = booting.value(
        "[(s['id'], next(iter(s['stops'].values()))) for s in __import__('json').loads("
        "gdb.execute('go-boot list --json', to_string=True))['stages']]"
    )
    places = dict(re.findall(r"\('([\w-]+)', '(0x[0-9a-f]+)'\)", answer))
    booting.run("starti")
    for number, stage in enumerate(PLACES, 1):
        booting.run(f"{'tbreak' if stage == 'runqput' else 'break'} *{places[stage]}")
        if number % 2:
            for line in (f"commands {number}", "silent", "print 1 + 1", "continue"):
                booting.send(line)
            booting.run("end")
    booting.run("disable 3")
    booting.run("ignore 2 5")
    booting.run("condition 5 1 == 1")
    booting.run("watch *(long *) &'runtime.allglen'")
    booting.run("hbreak *" + places["execute"])
    before = begin_here(booting)
    assert before["info breakpoints"].count("\n") > 10
    output = booting.run("go-boot")
    assert "28 of 28 stages seen" in output
    assert "every claim held" in output
    assert changed(booting, before) == []


def begin_here(session: Session) -> dict[str, str]:
    session.run("info breakpoints")
    return state(session)


@pytest.mark.parametrize("mode", ["on", "step", "off", "replay"])
def test_scheduler_locking(booting: Session, mode: str) -> None:
    booting.run("starti")
    booting.quietly(f"set scheduler-locking {mode}")
    before = begin_here(booting)
    assert "28 of 28 stages seen" in booting.run("go-boot")
    assert changed(booting, before) == []
    assert f'"{mode}"' in booting.run("show scheduler-locking")


def test_pages_in_each_source_language(booting: Session) -> None:
    """The pages are the same in every source language, which stays set."""
    booting.run("go-boot until add")
    shown = booting.run("go-gmp p")
    for language in ("go", "c", "asm", "rust", "pascal", "ada", "minimal"):
        booting.run(f"set language {language}")
        assert booting.run("go-gmp p") == shown
        assert f'"{language}"' in booting.run("show language")
    booting.quietly("set confirm off")
    assert "28 of 28 stages seen" in booting.run("go-boot")
    assert '"minimal"' in booting.run("show language")


def test_selected_thread_and_frame(booting: Session) -> None:
    booting.run("go-boot until main-main")
    booting.run("thread 2")
    booting.run("frame 1")
    before = thread(booting)
    for command in ("go-gmp", "go-stacks --all", "go-gobuf g0 1", "go-boot show malg"):
        booting.run(command)
        assert thread(booting) == before, command
