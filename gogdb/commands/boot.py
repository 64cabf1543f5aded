"""The command go-boot: its declaration, and which file runs each verb."""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.commands.arguments import goroutine_names
from gogdb.commands.declaration import Argument, Command, Option, Verb, port

TYPE_CHECKING = False  # without importing typing
if TYPE_CHECKING:
    from argparse import Namespace

__all__ = ["COMMAND", "run"]


def _stages() -> Sequence[str]:
    from gogdb.boot.stages import STAGES

    return [stage.id for stage in STAGES]


def _exit_reasons() -> Sequence[str]:
    from gogdb.follow.step import EXIT_REASONS

    return EXIT_REASONS


def _terms() -> Sequence[str]:
    from gogdb.view.glossary import glossary

    return [term.name for term in glossary("en")]


COMMAND = Command(
    "go-boot",
    "Walk through the boot of a Go program, from the kernel's jump to main.main.",
    "COMMAND_RUNNING",
    verbs=(
        Verb("step", "go to the next stage; Enter repeats it"),
        Verb(
            "predict",
            "ask what the next stage, or the next step of follow, will show, go there, and say "
            "whether the prediction was right and why; Enter repeats it. The ANSWER is a letter, a "
            "number or any GDB expression",
            (Argument("answer", "[ANSWER]", "line"),),
        ),
        Verb(
            "until",
            "go on to STAGE: an id, a number or a unique prefix; Enter goes to the stage after it",
            (Argument("stage", "STAGE", values=_stages),),
        ),
        Verb(
            "try",
            "run suggestion N of the last card, by default all of them",
            (Argument("n", "N", "optional"),),
            repeats=False,
        ),
        Verb("list", "list all stages with their addresses, and where the walk is"),
        Verb(
            "show",
            "show all of a stage again, by default the last one or the last step of follow, from "
            "what was recorded",
            (Argument("stage", "STAGE", "optional", values=_stages),),
        ),
        Verb(
            "diff",
            "show everything that changed between two stages",
            (Argument("a", "A", values=_stages), Argument("b", "B", values=_stages)),
        ),
        Verb(
            "quiz",
            "ask a question about the last stage or about STAGE; the ANSWER is a letter, a number "
            "or any GDB expression",
            (Argument("answer", "[STAGE] [ANSWER]", "line", values=_stages),),
            repeats=False,
        ),
        Verb(
            "stop",
            "end the walk, or what follow has begun; the program stays where it is",
            ends=True,
        ),
        Verb(
            "report",
            "write what was recorded to FILE.html, a page for a browser, to FILE.md, for slides "
            "and notes, to FILE.json, or to FILE.cast, a recording for asciinema",
            (Argument("file", "FILE"),),
        ),
        Verb(
            "follow",
            "after the boot, follow a goroutine off the CPU and back, a step at a time: what is "
            "saved, who readies it, what gogo loads; Enter goes on. WAY waits for one way off the "
            "CPU, or for the goroutine's end: gopark, gosched, async-preempt, suspend, morestack, "
            "entersyscall, entersyscallblock, coroswitch or goexit. Ctrl-C ends the waiting",
            (
                Argument("g", "G", "optional", values=goroutine_names),
                Argument("exit_reason", "WAY", "optional", values=_exit_reasons),
            ),
        ),
        Verb(
            "glossary",
            "explain a term, such as gobuf or safe point, or list the terms",
            (Argument("term", "[TERM]", "line", values=_terms),),
        ),
        Verb(
            "share",
            "let browsers follow the walk: print the link to a page that shows each stage once it "
            "has been shown here, and nothing earlier. off ends it, and so do stop and the end of "
            "the program or of GDB",
            (Argument("off", "off", "optional", values=lambda: ("off",)),),
            repeats=False,
        ),
        Verb("help", "show this text in the language of `set gogdb lang`"),
    ),
    options=(
        Option(
            "--full",
            "with step, predict and until: show all of every stage, however long; with follow: "
            "go on to the end, and show all of every step; with glossary: explain every term",
        ),
        Option("--env", "with report and share: keep the values of the environment variables"),
        Option(
            "--host",
            "with share: accept browsers on the network, at this machine's ADDRESS",
            "ADDRESS",
        ),
        Option("--port", "with share: the port to listen at; by default any", "N", parse=port),
    ),
    about=("Without a verb, run the program from its beginning and show every stage.",),
    notes=(
        "follow --out FILE.html writes the round as a page for a browser.",
        "step, predict and until show a stage on one screen, with commands to try there; show and "
        "go-boot alone show all of it. With `set gogdb predict on`, step asks first, as predict "
        "does. Between two stages you can do anything: look around, set "
        "breakpoints, step, continue. The walk goes on from the next stage ahead.",
    ),
    examples=(
        "go-boot until gogo-sp",
        "x/2gx $rsp",
        "go-boot try 1",
        "go-boot predict",
        "go-boot step",
        "go-boot follow 1 gopark",
    ),
    repeats=False,  # like GDB's `run`
)


def run(options: Namespace, from_tty: bool) -> bool | None:
    """Run go-boot; return False if Enter is not to repeat it."""
    from gogdb.commands import live

    with live.command():
        return _run(options, from_tty)


def _run(options: Namespace, from_tty: bool) -> bool | None:
    from gogdb.commands import boot_record, boot_walk, predict, quiz, suggestion
    from gogdb.commands.output import show_help
    from gogdb.commands.session import session

    match options.verb:
        case None:
            boot_walk.whole(session(), options)
        case "step" if predict.is_wanted(options, from_tty):
            predict.run(session(), options, from_tty)
        case "step":
            boot_walk.step(session(), options)
        case "predict":
            return predict.run(session(), options, from_tty, options.answer)
        case "until":
            boot_walk.until(session(), options, from_tty)
        case "try":
            suggestion.run(session(), options)
        case "list":
            boot_record.list_stages(session(), options)
        case "show":
            boot_record.show(session(), options)
        case "diff":
            boot_record.diff(session(), options)
        case "quiz":
            quiz.run(session(), options, from_tty)
        case "stop":
            boot_record.stop(session(), options)
        case "report":
            boot_record.write_report(session(), options)
        case "follow":
            from gogdb.commands.follow import follow  # most walks do not need it

            return follow(session(), options, predict.is_wanted(options, from_tty))
        case "share":
            from gogdb.commands.share import run as share  # most walks do not need it

            share(session(), options)
        case "glossary":
            from gogdb.commands.glossary import run as explain  # most walks do not need it

            explain(options)
        case "help":
            show_help(COMMAND, options)
    return None
