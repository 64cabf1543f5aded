"""Declarations of commands: what is parsed, completed and rejected."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import gogdb.commands
from gogdb.boot.stages import STAGES
from gogdb.commands import (
    apply,
    arguments,
    boot,
    breakpoints,
    catalog,
    gmp,
    gobuf,
    goroutine,
    stacks,
    symbols,
    until,
)
from gogdb.commands.completion import candidates
from gogdb.commands.declaration import Command
from gogdb.commands.parser import make_parser, parse
from gogdb.errors import GogdbError
from gogdb.follow.step import EXIT_REASONS

COMMANDS = [module.COMMAND for module in catalog.modules()]
IDS = [command.name for command in COMMANDS]
HEAVY = (
    "argparse",
    "dataclasses",
    "pathlib",
    "typing",
    "gogdb.runtime",
    "gogdb.boot",
    "gogdb.view",
    "gogdb.render",
)


def test_every_declaration_is_in_the_catalog() -> None:
    declaring = []
    for file in Path(gogdb.commands.__file__).parent.glob("*.py"):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "COMMAND":
                declaring.append(file.stem)
    assert sorted(declaring) == sorted(catalog.MODULES)


def test_declarations_import_nothing_heavy() -> None:
    script = (
        f"import sys; [sys.modules.pop(name, None) for name in {HEAVY!r}];"
        "from gogdb import dependencies, i18n;"
        "from gogdb.commands import catalog, functions, help; catalog.modules();"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("command", COMMANDS, ids=IDS)
def test_completion_offers_exactly_the_options_of_the_parser(command: Command) -> None:
    usage = make_parser(command).format_usage()
    flags = re.findall(r"\[(--?[\w-]+)", usage)
    assert [word for word in candidates(command, []) if word.startswith("-")] == flags
    takes_value = [option.flag for option in command.options if option.metavar]
    assert re.findall(r"\[(--[\w-]+) [A-Z]", usage) == takes_value


@pytest.mark.parametrize("command", COMMANDS, ids=IDS)
def test_completion_of_the_first_word(command: Command) -> None:
    words = [word for word in candidates(command, []) if not word.startswith("-")]
    choices = [choice for argument in command.arguments for choice in argument.choices]
    names = [name for argument in command.arguments[:1] for name in argument.values()]
    assert words == [verb.name for verb in command.verbs] + choices + names
    # of which there is no list
    assert words or command.arguments[0].metavar in ("FILE", "LOCATION")


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("until", [stage.id for stage in STAGES]),
        ("--json show", [stage.id for stage in STAGES]),
        ("diff entry", [stage.id for stage in STAGES]),
        ("diff entry add", []),
        ("quiz", [stage.id for stage in STAGES]),
        ("follow", list(arguments.goroutine_names())),
        ("follow 1", list(EXIT_REASONS)),
        ("follow --out x 1", list(EXIT_REASONS)),
        ("step", []),
        ("nonsense", []),
    ],
)
def test_completion_after_a_verb(before: str, expected: list[str]) -> None:
    words = candidates(boot.COMMAND, before.split())
    assert [word for word in words if not word.startswith("-")] == expected


def test_completion_of_the_next_goroutine() -> None:
    assert "m0.g0" in candidates(gobuf.COMMAND, ["g0"])
    assert "sched" not in candidates(gmp.COMMAND, ["p"])


def test_completion_after_an_option_that_takes_a_value() -> None:
    assert candidates(stacks.COMMAND, ["--frames"]) == []
    assert candidates(boot.COMMAND, ["--out"]) == []


def test_parsed_options() -> None:
    options = parse(stacks.COMMAND, "g0 7 --where 'a b' --limit 0 --json")
    assert (options.gs, options.where, options.limit, options.json) == (["g0", "7"], "a b", 0, True)
    assert (options.status, options.frames, options.words, options.all) == ("", 64, 512, False)
    unlimited = parse(stacks.COMMAND, "--frames 0 --words 0")
    assert unlimited.frames == unlimited.words > 1 << 40
    assert parse(gmp.COMMAND, "").part is None
    assert parse(gmp.COMMAND, "p --expr").part == "p"


def test_parsed_verbs() -> None:
    assert parse(boot.COMMAND, "--json").verb is None
    options = parse(boot.COMMAND, "--json diff entry add")
    assert (options.verb, options.a, options.b, options.json) == ("diff", "entry", "add", True)
    assert parse(boot.COMMAND, "show").stage is None
    options = parse(boot.COMMAND, "follow m0.curg")
    assert (options.g, options.exit_reason) == ("m0.curg", None)


@pytest.mark.parametrize(
    ("text", "gs", "line"),
    [
        ("7 bt", ["7"], "bt"),
        (
            "7 9 m0.g0 0xc000 3-5 -q  print 'a  b' --json",
            [*"79", "m0.g0", "0xc000", "3-5"],
            "print",
        ),
        ("--reason chan all x/3i $pc", ["all"], "x/3i $pc"),
        ("--reason 'chan receive' all bt", ["all"], "bt"),
        (r'--where "a \" b" --reason chan\ send 7 print "7', ["7"], "print"),
        ("--limit 3 7 -- bt", ["7"], "bt"),
        ("print 7", [], "print 7"),
        ("7", ["7"], ""),
        ("", [], ""),
    ],
)
def test_a_command_at_the_end_of_the_line(text: str, gs: list[str], line: str) -> None:
    options = parse(apply.COMMAND, text)
    assert options.gs == gs
    assert options.command.split("  ")[0].startswith(line)
    assert options.q == ("-q" in text)
    assert not options.json


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("--reason 'chan send' bt 1", "chan send", "bt 1"),
        ('-q --reason "chan send" all p "a b"', "chan send", 'p "a b"'),
        ("--reason chan\\ send 'x'", "chan send", "'x'"),
        ("--reason=chan' 'send -s bt", "chan send", "bt"),
    ],
)
def test_a_quoted_option_before_a_command(text: str, reason: str, line: str) -> None:
    options = parse(apply.COMMAND, text)
    assert (options.reason, options.command) == (reason, line)


def test_an_open_quote_before_a_command() -> None:
    with pytest.raises(GogdbError, match=r"^go-apply: No closing quotation: close the quotes$"):
        parse(apply.COMMAND, "--reason 'chan bt")


@pytest.mark.parametrize(
    ("text", "g", "line"),
    [
        ("", None, ""),
        ("7", "7", ""),
        ("--json 7", "7", ""),
        ("7 info locals", "7", "info locals"),
        ("--out f off", "off", ""),
        ('7 p "it\'s"', "7", 'p "it\'s"'),
    ],
)
def test_a_goroutine_and_a_command(text: str, g: str | None, line: str) -> None:
    options = parse(goroutine.COMMAND, text)
    assert (options.g, options.command) == (g, line)


@pytest.mark.parametrize(
    ("text", "location", "condition"),
    [
        ("main.work --goid 7", "main.work", ""),
        ("--goid 7 main.(*T).M if n > 3 --json", "main.(*T).M", "n > 3 --json"),
        ("main.go:12 --goid 7 if(n == '-')", "main.go:12", "(n == '-')"),
        ("-function main.work -line 3 --goid 7", "-function main.work -line 3", ""),
        ("'main.a if b' thread 2 --goid 7", "'main.a if b' thread 2", ""),
        ('"a file.go":3 --goid=7', '"a file.go":3', ""),
        ("*$pc+4 --goid 7 if", "*$pc+4", ""),
        ("iffy --goid 7 if iffy", "iffy", "iffy"),
        ("--goid 7 if x", "", "x"),
        ("it's --goid 7", "it's", ""),
    ],
)
def test_a_location_and_a_condition(text: str, location: str, condition: str) -> None:
    options = parse(breakpoints.COMMAND, text)
    assert (options.location, options.condition) == (location, condition)
    assert (options.goid, options.json) == ((7,), False)


@pytest.mark.parametrize(
    ("text", "g", "goal"),
    [
        ("7 parked", "7", "parked"),
        ("--timeout 3 7 main.(*T).M", "7", "main.(*T).M"),
        ("0xc000 -function main.work --timeout=3", "0xc000", "-function main.work"),
        ("7 main.go:12 if n > 3", "7", "main.go:12 if n > 3"),
        ("7", "7", ""),
    ],
)
def test_a_goroutine_and_a_goal(text: str, g: str, goal: str) -> None:
    options = parse(until.COMMAND, text)
    assert (options.g, options.goal, options.count) == (g, goal, None)
    assert options.timeout == (3 if "--timeout" in text else 30)


def test_completion_of_a_goal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(until.COMMAND.arguments[1], "matches", lambda text: [f"{text}ork"])
    assert candidates(until.COMMAND, ["7"], "main.w")[:3] == ["parked", "running", "main.work"]
    assert "main.work" not in candidates(until.COMMAND, [], "main.w")


def test_options_of_a_breakpoint() -> None:
    options = parse(breakpoints.COMMAND, "main.work --label 'kind=a b' --goid 9,7,9 --temporary")
    assert (options.goid, options.label, options.temporary) == ((9, 7), "kind=a b", True)
    assert parse(breakpoints.COMMAND, "main.work").goid is None


@pytest.mark.parametrize(
    ("before", "begun", "asked", "expected"),
    [
        ("", "main.w", ["main.w"], ["main.work"]),
        ("--goid 7", "main.w", ["main.w"], ["main.work"]),
        ("-function", "main.w", ["-function main.w"], ["main.work"]),
        ("main.work", "th", ["main.work th"], ["thread"]),
        ("main.work --goid", "m", [], []),
        ("main.work if", "m", [], []),
        ("", "", [], []),
    ],
)
def test_completion_of_a_location(
    monkeypatch: pytest.MonkeyPatch,
    before: str,
    begun: str,
    asked: list[str],
    expected: list[str],
) -> None:
    texts = []

    def matches(text: str) -> list[str]:
        texts.append(text)
        return [text.removesuffix(begun) + word for word in expected]

    monkeypatch.setattr(arguments.LOCATION, "matches", matches)
    found = candidates(breakpoints.COMMAND, before.split(), begun)
    assert [word for word in found if not word.startswith("-")] == expected
    assert texts == asked


@pytest.mark.parametrize(
    ("text", "answer", "json", "out"),
    [
        ("quiz", "", False, None),
        ("quiz g0 b --json", "g0 b", True, None),
        ("--json quiz --out f g0 b", "g0 b", True, "f"),
        ("quiz tls-g &'runtime.m0'.tls - 8", "tls-g &'runtime.m0'.tls - 8", False, None),
        ("quiz -$rsp -1 --jason", "-$rsp -1 --jason", False, None),
    ],
)
def test_an_answer_is_taken_as_it_is(text: str, answer: str, json: bool, out: str | None) -> None:
    options = parse(boot.COMMAND, text)
    assert (options.verb, options.answer, options.json, options.out) == ("quiz", answer, json, out)


@pytest.mark.parametrize(
    ("command", "text", "message"),
    [
        (boot.COMMAND, "unti 3", "go-boot: no verb 'unti': did you mean until?"),
        (boot.COMMAND, "setp", "go-boot: no verb 'setp': did you mean step?"),
        (boot.COMMAND, "stpo", "go-boot: no verb 'stpo': did you mean step?"),
        (boot.COMMAND, "3", "go-boot: no verb '3': did you mean `go-boot until 3`?"),
        (boot.COMMAND, "gogo", "go-boot: no verb 'gogo': did you mean `go-boot until gogo`?"),
        (boot.COMMAND, "29", "go-boot: no verb '29': there are step, predict, until,"),
        (boot.COMMAND, "--step", "go-boot: no option --step: did you mean `go-boot step`?"),
        (boot.COMMAND, "nonsense", "go-boot: no verb 'nonsense': there are step, predict, until,"),
        (boot.COMMAND, "until", "go-boot: wrong number of arguments: the usage is `go-boot until"),
        (
            boot.COMMAND,
            "diff a",
            "go-boot: wrong number of arguments: the usage is `go-boot diff A",
        ),
        (
            boot.COMMAND,
            "step on",
            "go-boot: wrong number of arguments: the usage is `go-boot step`",
        ),
        (boot.COMMAND, "quiz --out", "go-boot: argument --out: expected one argument: `help go-b"),
        (boot.COMMAND, "--jsno", "go-boot: no option --jsno: did you mean --json?"),
        (boot.COMMAND, "until gogo --ful", "go-boot: no option --ful: did you mean --full?"),
        (stacks.COMMAND, "-all", "go-stacks: no option -all: did you mean --all?"),
        (stacks.COMMAND, "--frame=3", "go-stacks: no option --frame: did you mean --frames?"),
        (gmp.COMMAND, "--y", "go-gmp: no option --y: there are --system, --tree, --group-by,"),
        (gmp.COMMAND, "g 5", "go-gmp: unrecognized arguments: 5: `help go-gmp` shows its usage"),
        (boot.COMMAND, "show 'x", "go-boot: No closing quotation: close the quotes"),
        (gmp.COMMAND, "x", "go-gmp: no part 'x': there are sched, p, m, g"),
        (symbols.COMMAND, "on", "go-symbols: no switch 'on': there is only off"),
        (gmp.COMMAND, "--limit many", "go-gmp: argument --limit: many is not a number: `help go-"),
        (gmp.COMMAND, "--limit " + "9" * 5000, "go-gmp: argument --limit: 9999"),
    ],
)
def test_errors_of_wrong_arguments(command: Command, text: str, message: str) -> None:
    with pytest.raises(GogdbError) as caught:
        parse(command, text)
    assert str(caught.value).startswith(message)
