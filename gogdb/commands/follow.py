"""`go-boot follow`: one goroutine on its way off the CPU and back, step by step or in one go."""

from __future__ import annotations

from argparse import Namespace

import gdb

from gogdb.commands.ask import can_ask
from gogdb.commands.follow_page import is_page
from gogdb.commands.follow_page import write as write_page
from gogdb.commands.follow_prediction import Prediction
from gogdb.commands.follow_round import Round
from gogdb.commands.output import Output
from gogdb.commands.selection import named
from gogdb.commands.session import Session
from gogdb.errors import GogdbError
from gogdb.follow.follower import Follower
from gogdb.follow.step import EXIT_REASONS, Record
from gogdb.i18n import language, use_language
from gogdb.runtime.program import Program
from gogdb.view import follow as view
from gogdb.view import follow_card as card_view
from gogdb.view.card_fit import fit
from gogdb.view.doc.document import Doc
from gogdb.view.follow_guide import follow_guide
from gogdb.view.json import follow as follow_json
from gogdb.view.narration import narration
from gogdb.view.question import final_score

__all__ = ["follow", "predict", "show", "stop"]


def follow(session: Session, options: Namespace, asks: bool = False) -> bool:
    """Run `go-boot follow [G [WAY]]`: show the next step of a round; with `asks`, ask about it.

    With --full or --json follow a goroutine to the end of a round, and show or write every step.
    Return whether Enter is to repeat the command.
    """
    program = _check(session)
    exit_reason = options.exit_reason or ""
    if exit_reason and exit_reason not in EXIT_REASONS:
        raise GogdbError(
            f"no way off the CPU is called {exit_reason!r}", f"there are {', '.join(EXIT_REASONS)}"
        )
    if is_page(options.out) and not options.json:
        session.round = None
        follower = _follower(session, program, options.g, exit_reason)
        write_page(follower, session.path, options.out, _say_what_is_awaited, _why_incomplete)
        return False
    with Output.open(options.out) as output:
        if not options.json and not options.full:
            follower, lines = _round(session, program, options.g, options.exit_reason, output)
            prediction = _prediction(follower) if asks else None
            if prediction and not prediction.ask(output):
                return True
            return _step(session, follower, output, lines, prediction)
        session.round = None
        follower = _follower(session, program, options.g, exit_reason)
        if options.json:
            _write_json(output, follower, session.path, silent=options.out is None)
        else:
            _show_all(output, follower)
    return False


def _follower(session: Session, program: Program, name: str | None, exit_reason: str) -> Follower:
    """Return a follower of the goroutine called `name`, by default of the current one."""
    (g,) = named(program, program.read(), [name] if name else ())
    return Follower(session.debugger(), program, g, exit_reason)


def _check(session: Session) -> Program:
    """Return the program at its stop. Raises `GogdbError` if it cannot be run from there."""
    session.check_can_walk()
    session.check_standing()
    return session.stopped()


def _round(
    session: Session, program: Program, g: str | None, exit_reason: str | None, output: Output
) -> tuple[Follower, int]:
    """Return the round that is under way, or a new one, and how many lines there are for a card."""
    names = g, exit_reason
    lines = output.card_lines()
    round = session.round
    if round is None or not round.goes_on(*names):
        follower = _follower(session, program, g, exit_reason or "")
    elif round.follower.is_overtaken:
        overtaken = card_view.overtaken(round.follower)
        output.doc(overtaken)
        lines -= output.count_lines(overtaken)
        old = round.follower
        follower = _follower(session, program, old.g.name, old.exit_reason)
        names = round.names
    else:
        follower, names = round.follower, round.names
    session.round = Round(follower, names)
    return follower, lines


def _step(
    session: Session,
    follower: Follower,
    output: Output,
    lines: int,
    prediction: Prediction | None = None,
) -> bool:
    """Show the next step, and what came of the prediction; return whether there is another."""
    lines -= _say_what_is_awaited(follower)
    record = follower.next_step()
    if record is None:
        output.doc(card_view.stopped(follower))
    else:
        below = prediction.outcome(record, follower.is_over) if prediction else Doc()
        if follower.is_over:
            below = Doc([*below.parts, *final_score(follower.score).parts])
        _show_card(session, output, follower, record, lines, below)
    return not follower.is_over and session.round is not None and session.round.is_here


def _prediction(follower: Follower) -> Prediction | None:
    """Return what can be predicted about the next step, None for nothing."""
    record = follower.records[-1] if follower.records else None
    if record is None or record.question is None:
        return None
    return Prediction(record, record.question, follower.score)


def predict(session: Session, options: Namespace, from_tty: bool, answer: str) -> bool:
    """`go-boot predict [ANSWER]` in a round: ask about its next step, go on, and judge the answer.

    Return whether Enter is to repeat the command.
    """
    if options.json:
        raise GogdbError(
            "a prediction in a goroutine's round is not available as JSON", "leave out --json"
        )
    program = _check(session)
    with Output.open(options.out) as output:
        follower, lines = _round(session, program, None, None, output)
        prediction = _prediction(follower)
        if prediction is None:
            return _step(session, follower, output, lines)
        if answer:
            prediction.take(answer)
        elif options.out is None and can_ask(from_tty):
            if not prediction.ask(output):
                return True
        else:
            prediction.show(output)
            prediction.show_how_to_answer(output)
            return True
        return _step(session, follower, output, lines, prediction)


def _say_what_is_awaited(follower: Follower) -> int:
    """Say on the terminal what the round waits for, before the program is resumed.

    Return the number of lines.
    """
    doc = card_view.waiting(follower, follow_guide(language()))
    with Output.open(None) as terminal:
        terminal.doc(doc)
        gdb.flush()
        return terminal.count_lines(doc)


def _show_card(
    session: Session, output: Output, follower: Follower, record: Record, lines: int, below: Doc
) -> None:
    """Show a step on one screen, and `below` under it."""
    lines -= output.count_lines(below) + 1 if below.parts else 0
    card = card_view.step_card(
        record,
        follower.records[:-1],
        narration(language(), "follow"),
        follow_guide(language()),
        record.hints(session.has_debug_info),
        " ".join(["go-boot follow", follower.g.name, follower.exit_reason]).rstrip(),
    )
    if output.is_below_window:
        card = card.below_head()
    output.doc(fit(card, output.count_lines, lines))
    if below.parts:
        output.line()
        output.doc(below)


def _show_all(output: Output, follower: Follower) -> None:
    """Show each step when it is over, also if the program ends, stops elsewhere, or at Ctrl-C."""
    while not follower.is_over:
        _say_what_is_awaited(follower)
        record = follower.next_step()
        if record is None:
            break
        output.doc(_whole_card(follower))
        output.line()
    output.doc(view.ended(follower.records, _why_incomplete(follower)))


def _whole_card(follower: Follower) -> Doc:
    """Return all of the last step."""
    *past, record = follower.records
    return view.card(record, past, narration(language(), "follow"))


def _write_json(output: Output, follower: Follower, binary: str, silent: bool) -> None:
    """Follow to the end and write the steps, also if an error ends it."""
    try:
        while not follower.is_over:
            if not silent:
                _say_what_is_awaited(follower)
            if follower.next_step() is None:
                break
    finally:
        _write_records(output, follower, follower.records, binary)


def _write_records(output: Output, follower: Follower, records: list[Record], binary: str) -> None:
    with use_language("en"):
        ended = _why_incomplete(follower)
    version = follower.program.target.binary.go_version
    texts = narration(language(), "follow")
    output.json(follow_json.as_json(records, follower.g, version, binary, texts, ended))


def _why_incomplete(follower: Follower) -> str:
    """Return why the round was not followed to its end, "" if it was."""
    stopped = follower.stopped
    return view.stop_reason(stopped.how, stopped.detail) if stopped else ""


def show(session: Session, follower: Follower, options: Namespace) -> None:
    """`go-boot show` in a round: all of its last step."""
    with Output.open(options.out) as output:
        if options.json:
            _write_records(output, follower, follower.records[-1:], session.path)
        else:
            output.doc(_whole_card(follower))


def stop(session: Session, follower: Follower, options: Namespace) -> None:
    """`go-boot stop` in a round: forget it; the program stays where it is."""
    session.round = None
    with Output.open(options.out) as output:
        if options.json:
            output.json({"stopped": True, "stages": len(follower.records)})
        else:
            output.doc(card_view.ended_early(follower))
