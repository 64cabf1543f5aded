"""`set gogdb lang`: go-boot in Chinese, and the default language."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from wcwidth import wcswidth

from tests.support.session import Open, Session

STAGES = 24  # up to gogo-sp
CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture
def chinese(booting: Session) -> Session:
    booting.run("set gogdb lang zh")
    return booting


def test_a_walk(chinese: Session) -> None:
    output = chinese.run("go-boot until gogo-sp --full")
    lines = output.splitlines()
    assert sum(line.startswith("━━ ") for line in lines) == STAGES
    assert max(map(wcswidth, lines)) <= 80
    assert re.search("━━ 24/28 · gogo-sp ━+ 一条指令，换了一个栈 ━━", output)
    assert "没有调用，没有返回：只是一条 MOV。" in output
    assert re.search(r"寄存器 +上一阶段 +现在 +含义", output)
    assert re.search(r"rsp \* +0x\w+ +0x\w+ +g1 的栈，hi 以下 0x28", output)
    assert "✗" not in output


def test_one_walk_in_both_languages(chinese: Session) -> None:
    chinese.run("go-boot until g0-stack")
    shown = chinese.run("go-boot show g0-stack")
    chinese.run("set gogdb lang en")
    again = chinese.run("go-boot show g0-stack")
    assert CHINESE.search(shown)
    assert not CHINESE.search(again)
    numbers = re.compile("0x[0-9a-f]+")
    assert sorted(numbers.findall(shown)) == sorted(numbers.findall(again))


def test_the_other_commands(chinese: Session) -> None:
    chinese.run("go-boot until execute")
    assert "空闲的 P" in chinese.run("go-gmp")
    assert "g0 的 gobuf" in chinese.run("go-gobuf g0")
    assert "返回地址位于" in chinese.run("go-stacks g0")
    assert re.search(r"gogo-sp +0x\w+ +一条指令，换了一个栈", chinese.run("go-boot list"))
    assert "所有断言都成立" not in chinese.run("go-boot diff 1 2")
    assert "程序停在原处不动" in chinese.run("go-boot stop")


@pytest.mark.parametrize("command", ["go-boot", "go-gmp", "go-gobuf", "go-stacks"])
def test_help_in_both_languages(open_gdb: Open, command: str) -> None:
    session = open_gdb()  # without a program
    english = session.run(f"help {command}")
    assert f"Usage: {command} [" in english
    assert session.run(f"{command} --help") == english
    session.run("set gogdb lang zh")
    assert f"用法：{command} [" in session.run(f"{command} --help")
    assert session.run(f"help {command}") == english
    if command == "go-boot":
        assert session.run("go-boot help") == session.run("go-boot --help")


def test_json_in_chinese(chinese: Session) -> None:
    stage = json.loads(chinese.run("go-boot step --json"))["stages"][0]
    assert stage["title"] == "程序的第一条指令"
    assert stage["meanings"]["rsp"] == "the OS thread's stack: the entry's rsp"


@pytest.mark.parametrize(
    ("locale", "language"),
    [("C", "en"), ("C.UTF-8", "en"), ("zh_CN.UTF-8", "zh"), ("zh_TW.UTF-8", "zh")],
)
def test_auto_is_the_locale(open_gdb: Open, boot: Path, locale: str, language: str) -> None:
    session = open_gdb(boot, locale=locale)
    output = session.run("show gogdb lang").strip()
    assert output == f"gogdb's language is auto, currently {language}."
    assert bool(CHINESE.search(session.run("go-boot list"))) == (language == "zh")
    other = {"en": "zh", "zh": "en"}[language]
    session.run(f"set gogdb lang {other}")
    assert session.run("show gogdb lang").strip() == f"gogdb's language is {other}."
    assert bool(CHINESE.search(session.run("go-boot list"))) == (other == "zh")
    assert "Undefined item" in session.run("set gogdb lang xx")


def test_plain_ascii_in_the_locale_c(open_gdb: Open, boot: Path) -> None:
    """GDB 17 and newer cannot decode anything else for a script that captures a page."""
    session = open_gdb(boot, locale="C")
    session.run("go-boot until main-main")
    for command in ("go-gmp", "go-stacks --memory", "go-boot list"):
        page = f"gdb.execute({command!r}, to_string=True)"
        assert session.value(f"{page}.isascii() and {page}.count(chr(10)) > 5") == "True"
