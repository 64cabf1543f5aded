"""The values of the convenience functions: pointers to the runtime's own structs.

No thread or frame is selected, and no state of GDB is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import gdb

from gogdb.commands.declaration import Function
from gogdb.commands.session import Session, session
from gogdb.errors import GogdbError, Unreadable
from gogdb.gdbhost import goroutine_threads, process, same_program
from gogdb.gdbhost.shown_goroutine import shown
from gogdb.gdbhost.target import GdbMemory, alive
from gogdb.gdbhost.threads import innermost_frame, read_register, register_now
from gogdb.inferior.arch import Arch, Registers
from gogdb.runtime import goroutines
from gogdb.runtime.current_g import current_g
from gogdb.runtime.model import G, M, P
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.thread_goroutine import ThreadGoroutine

__all__ = ["call"]

_DIGITS = 20  # of a number of 64 bits
_Result = gdb.Value | int


def call(function: Function, arguments: Sequence[gdb.Value]) -> _Result:
    """Call a convenience function. Raises `GogdbError`."""
    least = len(function.arguments)
    if len(arguments) < least or (len(arguments) > least and not function.repeats_last):
        usage = f"${function.name}({function.usage})"
        raise GogdbError(f"${function.name}: wrong number of arguments", f"the usage is `{usage}`")
    return _FUNCTIONS[function.name](*arguments)


def _g(which: gdb.Value) -> _Result:
    program, runtime = _stopped()
    return _pointer("runtime.g", _find(program, runtime, which).address)


def _find(program: Program, runtime: Runtime, which: gdb.Value) -> G:
    text = _text(which)
    if text is not None:
        return goroutines.find(program, runtime, text)
    number = _integer(which)
    if which.type.strip_typedefs().code == gdb.TYPE_CODE_PTR:
        return goroutines.find(program, runtime, f"{number:#x}")
    try:
        return goroutines.find(program, runtime, str(number))
    except GogdbError:
        g = runtime.g(number)  # for instance, the value of a register
        if g is None:
            raise
        return g


def _m(which: gdb.Value) -> _Result:
    return _numbered(_stopped()[1].ms, which, "m")


def _p(which: gdb.Value) -> _Result:
    return _numbered(_stopped()[1].ps, which, "p")


def _numbered(ms_or_ps: Sequence[M] | Sequence[P], which: gdb.Value, letter: str) -> _Result:
    number = _id(which, letter)
    addresses = (one.address for one in ms_or_ps if one.id == number and not one.unreadable)
    address = next(addresses, None)
    if address is None:
        raise GogdbError(f"no {letter}{number}", f"`go-gmp {letter}` lists the {letter.upper()}s")
    return _pointer(f"runtime.{letter}", address)


def _curg() -> _Result:
    program = session().stopped()
    reader = program.reader
    if goroutine := _goroutine_thread():
        return _pointer("runtime.g", goroutine.address)
    selected = shown()
    if selected is not None and selected.goid:
        return _pointer("runtime.g", selected.address)
    g = selected.address if selected else program.current_g(_registers(program.arch))
    m = reader.word(g + reader.layout("runtime.g").offset("m")) if g else 0
    curg = reader.word(m + reader.layout("runtime.m").offset("curg")) if m else 0
    return _pointer("runtime.g", curg)


_at_stamp: tuple[tuple[int, int, int], Session] | None = None


def _session() -> Session:
    """Return the session of a live program, which is looked up once between two prompts.

    `stopped()` would look up a PIE's load address, which takes longer than everything else here.
    Raises `GogdbError`.
    """
    global _at_stamp
    stamp = same_program.stamp()
    if _at_stamp is None or _at_stamp[0] != stamp:
        _at_stamp = stamp, session()
    here = _at_stamp[1]
    process.begin()
    if not alive():
        here.stopped()  # raises
    return here


def _runs(*goids: gdb.Value) -> int:
    wanted = [_integer(goid) for goid in goids]
    goroutine = _thread_goroutine()
    return int(goroutine is not None and goroutine.goid in wanted)


def _has_label(label: gdb.Value) -> int:
    wanted = _label_text(label)
    goroutine = _thread_goroutine()
    if goroutine is None or not goroutine.labels:
        return 0
    labels = _session().label_sets(GdbMemory())[goroutine.labels]
    if labels.unreadable:
        raise GogdbError(f"the labels of g{goroutine.goid} cannot be read: {labels.unreadable}")
    return int(labels.has(wanted))


def _thread_goroutine() -> ThreadGoroutine | None:
    """Return the goroutine that the selected thread works for, None if it works for none.

    Raises `GogdbError` if that cannot be read: GDB then stops at the breakpoint and says why.
    """
    if goroutine := _goroutine_thread():
        return ThreadGoroutine(goroutine.goid, goroutine.labels)
    here = _session()
    try:
        if selected := shown():
            return here.goroutine_finder.of(GdbMemory(), selected.address)
        return here.goroutine_finder.find(GdbMemory(), _thread_pointer(here.arch))
    except Unreadable as error:
        here.check_process()
        raise GogdbError(f"the goroutine of this thread is not known: {error}") from None


def _thread_pointer(arch: Arch) -> int:
    """Return the selected thread's thread pointer, which all of its frames have."""
    try:
        return register_now(arch.thread_pointer)
    except (gdb.error, ValueError):  # no expressions in this language, or a goroutine is shown
        return read_register(innermost_frame(process.selected_thread()), arch.thread_pointer)


def _goid() -> int:
    here = _session()
    if process.is_remote():
        here.check_process()
    if selected := shown():
        return selected.goid
    if goroutine := _goroutine_thread():
        return goroutine.goid
    registers, memory = _registers(here.arch), GdbMemory()
    g = current_g(memory, registers, here.tls_offset)
    if not g:
        here.check_process()
        return 0
    return here.goid_reader.goid(memory, g, registers.sp)


_FUNCTIONS: Mapping[str, Callable[..., _Result]] = {
    "go_g": _g,
    "go_m": _m,
    "go_p": _p,
    "go_curg": _curg,
    "go_goid": _goid,
    "go_runs": _runs,
    "go_has_label": _has_label,
}


def _goroutine_thread() -> G | None:
    """Return the goroutine that the selected thread of a go-gcore core stands for, if any.

    Such a thread has no thread-local storage, which names the current g of the others.
    """
    if not goroutine_threads.is_selected():
        return None
    program, runtime = _stopped()
    return runtime.stack_owner(_registers(program.arch).sp)


def _stopped() -> tuple[Program, Runtime]:
    program = session().stopped()
    return program, program.read()


def _registers(arch: Arch) -> Registers:
    """Return the registers of the selected thread, whichever of its frames is selected."""
    return Registers(arch, _FrameRegisters(arch, innermost_frame(process.selected_thread())))


class _FrameRegisters(Mapping[str, int]):
    """The registers of a frame; each is read from GDB when it is used, because few are."""

    def __init__(self, arch: Arch, frame: gdb.Frame) -> None:
        self._arch = arch
        self._frame = frame

    def __getitem__(self, name: str) -> int:
        return read_register(self._frame, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._arch.registers)

    def __len__(self) -> int:
        return len(self._arch.registers)


def _pointer(name: str, address: int) -> gdb.Value:
    """Return an address as a pointer to the struct `name`, or to words if GDB does not know it."""
    current = session()
    kind = current.find_type(name)
    if kind is None:
        current.say_once(
            f"GDB has no debug information of the program, so a pointer to {name} is one to words "
            "of 8 bytes: `go-gobuf` and `go-gmp` show fields"
        )
        kind = gdb.selected_inferior().architecture().integer_type(64, False)
    return gdb.Value(address).cast(kind.pointer())


def _text(which: gdb.Value) -> str | None:
    """Return the text of a string, or None for any other value."""
    kind = which.type.strip_typedefs()
    if kind.code not in (gdb.TYPE_CODE_ARRAY, gdb.TYPE_CODE_STRING, gdb.TYPE_CODE_PTR):
        return None
    if kind.target().strip_typedefs().sizeof != 1:
        return None
    try:
        return str(which.string())
    except (gdb.error, UnicodeDecodeError, LookupError):  # by `set target-charset`
        return None


def _label_text(label: gdb.Value) -> str:
    """Return a label as gogdb has labels: bytes that are not UTF-8 are lone surrogates."""
    if _text(label) is None:
        raise GogdbError("a label is a string", 'for example "user=42"')
    return str(label.string("latin-1")).encode("latin-1").decode("utf-8", "surrogateescape")


def _integer(which: gdb.Value) -> int:
    try:
        return int(which)
    except gdb.error:
        # str(type) crashes GDB 13 for a string while the language is Pascal.
        value = f"a value of type {which.type.name}" if which.type.name else "this value"
        raise GogdbError(f"{value} is not a name", "give a number or a string") from None


def _id(which: gdb.Value, letter: str) -> int:
    """Return the id of an M or a P that is given as 1, "1" or "m1"."""
    text = _text(which)
    if text is None:
        return _integer(which)
    number = text.removeprefix(letter)
    if not number.isdecimal() or len(number) > _DIGITS:
        raise GogdbError(f"no {letter.upper()} is called {text!r}", f"give its id, or {letter}0")
    return int(number)
