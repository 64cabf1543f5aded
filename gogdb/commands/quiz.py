"""go-boot quiz: a question about a stage, answered by what the program holds."""

from __future__ import annotations

import os
import sys
from select import select

import gdb

from gogdb.boot.observation import Record
from gogdb.boot.quiz import QUESTIONS, Question, Verdict, question
from gogdb.boot.stage import Stage
from gogdb.boot.stages import STAGES, find
from gogdb.commands.output import Output
from gogdb.commands.session import Session, session
from gogdb.errors import GogdbError
from gogdb.gdbhost.target import WORD
from gogdb.i18n import language, tr
from gogdb.render.clean import escape
from gogdb.view import guide as view
from gogdb.view.doc import Doc, Note
from gogdb.view.guide_text import Guide, guide

__all__ = ["run", "stages"]

POLL = 0.1  # s, until Ctrl-C is noticed
LONGEST = 4096  # bytes of a line: a terminal gives no more at once


def stages() -> list[str]:
    """The stages that have a question."""
    return [stage.id for stage in STAGES if stage.id in QUESTIONS]


def run(words: str, typed: bool) -> None:
    """`words` are taken as they are: an answer may be any expression, with quotes in it."""
    told, json, path = _options(words.split())
    record, answer = _asked(session(), told)
    asked, spoken = question(record), guide(language())
    if asked is None:
        raise GogdbError(
            f"there is no question about {record.stage.id}", f"there is about {', '.join(stages())}"
        )
    with Output.open(path) as output:
        if json:
            output.json(_as_json(record, asked, answer, spoken))
        elif answer:
            _judge(output, asked, answer, spoken)
        else:
            output.doc(view.question(asked, spoken))
            if typed and path is None and sys.__stdin__ is not None and sys.__stdin__.isatty():
                _converse(output, asked, spoken)
            else:
                how = tr("answer: `go-boot quiz {stage} ANSWER`", stage=asked.stage)
                output.doc(Doc([Note(how)]))


def _options(words: list[str]) -> tuple[list[str], bool, str | None]:
    """The stage and the answer; whether --json; the file of --out."""
    path, json = None, "--json" in words
    words = [word for word in words if word != "--json"]
    if "--out" in words:
        at = words.index("--out")
        if at + 1 == len(words):
            raise GogdbError("go-boot: --out wants a file", "`help go-boot` shows its usage")
        path = words[at + 1]
        del words[at : at + 2]
    return words, json, path


def _asked(current: Session, words: list[str]) -> tuple[Record, str]:
    """The stage that the first word names, and the answer; where it names none, the last one."""
    walk = current.walk
    seen = [record for record in walk.records if record.observations] if walk else []
    if not seen:
        raise GogdbError("no stage has been seen yet", "`go-boot step` goes to the first one")
    stage = _stage(*words[:2]) if words else None
    if stage is None:
        return seen[-1], " ".join(words)
    record = next((record for record in seen if record.stage is stage), None)
    if record is None:
        raise GogdbError(
            f"stage {stage.number}, {stage.id}, has not been seen",
            f"`go-boot until {stage.id}` goes there",
        )
    return record, " ".join(words[1:])


def _stage(word: str, behind: str = "") -> Stage | None:
    """By its id, the beginning of it, or its number where an answer follows."""
    numbered = word.isdecimal() and (behind[:1].isalnum() or behind[:1] in tuple("$(&"))
    if not numbered and (len(word) < 2 or not word[0].isalpha()):
        return None  # an answer: a letter, a number, an expression
    try:
        return find(word)
    except GogdbError:
        return None


def _converse(output: Output, asked: Question, spoken: Guide) -> None:
    """Until the answer is right; an empty line, Ctrl-D or Ctrl-C ends it and does no harm."""
    while True:
        answer = _line(tr("your answer (an empty line: not now): "))
        if not answer:
            return
        try:
            if _judge(output, asked, answer, spoken):
                return
        except GogdbError as error:
            output.line(escape(str(error)))
            output.doc(Doc([Note(tr("an empty line leaves the question, for GDB's prompt"))]))


def _line(prompt: str) -> str:
    """What somebody types, "" for nothing, for Ctrl-D and for Ctrl-C."""
    gdb.write(prompt)
    gdb.flush()
    try:
        # not input(): the system restarts its read, and Ctrl-C would wait for Enter
        while not select([0], [], [], POLL)[0]:
            pass
        line = os.read(0, LONGEST)
    except KeyboardInterrupt:
        line = b""
    if not line:
        gdb.write("\n")
    return line.decode(errors="replace").strip()


def _judge(output: Output, asked: Question, answer: str, spoken: Guide) -> bool:
    found = _verdict(asked, answer)
    output.doc(view.verdict(asked, found, spoken))
    return found.right


def _verdict(asked: Question, answer: str) -> Verdict:
    """Raises `GogdbError` for what is no answer to the question."""
    if asked.options:
        letter = answer.strip(" ()").lower()
        if letter not in asked.letters:
            letters = ", ".join(asked.letters)
            raise GogdbError(f"{answer} is none of the choices", f"answer with one of {letters}")
        return asked.judge(letter)
    return asked.judge(_value(answer))


def _value(answer: str) -> int:
    """A number, or what GDB makes of an expression where the program stands."""
    try:
        return int(answer, 0) & WORD
    except ValueError:
        pass
    try:
        return int(gdb.parse_and_eval(answer)) & WORD
    except (gdb.error, RuntimeError, UnicodeError) as error:
        said = str(error).rstrip(".")
        raise GogdbError(f"{answer}: {said}", "a number, or an expression of GDB's") from None


def _as_json(record: Record, asked: Question, answer: str, spoken: Guide) -> dict[str, object]:
    found = _verdict(asked, answer) if answer else None
    return {
        "id": record.stage.id,
        "number": record.stage.number,
        "question": spoken.ask(asked),
        "options": dict(spoken.options(asked)) or None,
        "answer": answer or None,
        "right": found and found.right,
        "explanation": spoken.explain(asked, found) if found else None,
    }
