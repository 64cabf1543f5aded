"""What the kernel tells a signal handler about its signal (siginfo_t, the same on 64-bit Linux)."""

from __future__ import annotations

import struct
from typing import NamedTuple

__all__ = ["SIGINFO_SIZE", "Signal", "code_name", "decode", "fault", "stops_for_debugger"]

SIGINFO_SIZE = 128  # bytes

_HEADER = struct.Struct("<iii4x")  # si_signo, si_errno, si_code; then a union
_ADDRESS = struct.Struct("<Q")  # si_addr
_SENDER = struct.Struct("<i")  # si_pid

# include/uapi/asm-generic/siginfo.h; numbers of signals as in include/uapi/asm-generic/signal.h
_SIGINT, _SIGILL, _SIGTRAP, _SIGBUS, _SIGFPE, _SIGSEGV, _SIGSTOP = 2, 4, 5, 7, 8, 11, 19
_SI_USER, _SI_QUEUE, _SI_TKILL, _SI_KERNEL = 0, -1, -6, 0x80
_CODES = {
    _SI_USER: "SI_USER",
    _SI_QUEUE: "SI_QUEUE",
    _SI_TKILL: "SI_TKILL",
    _SI_KERNEL: "SI_KERNEL",
}
_FAULT_CODES = {
    _SIGILL: ("ILL_ILLOPC", "ILL_ILLOPN", "ILL_ILLADR", "ILL_ILLTRP", "ILL_PRVOPC"),
    _SIGTRAP: ("TRAP_BRKPT", "TRAP_TRACE", "TRAP_BRANCH", "TRAP_HWBKPT"),
    _SIGBUS: ("BUS_ADRALN", "BUS_ADRERR", "BUS_OBJERR"),
    _SIGFPE: ("FPE_INTDIV", "FPE_INTOVF", "FPE_FLTDIV", "FPE_FLTOVF", "FPE_FLTUND", "FPE_FLTRES"),
    _SIGSEGV: ("SEGV_MAPERR", "SEGV_ACCERR", "SEGV_BNDERR", "SEGV_PKUERR"),
}


class Signal(NamedTuple):
    """A signal as its handler got it.

    `address` is where an access or an instruction failed. It is None for a signal that was sent,
    and where the kernel does not say, as for an address that is not canonical. `sender` is the id
    of the process that sent it, None for one that the kernel made. `number` and `code` are None
    if its siginfo_t is not known.
    """

    number: int | None
    code: int | None
    address: int | None
    sender: int | None


def fault(number: int, code: int, address: int) -> Signal:
    """Return a signal that the kernel made, with its si_signo, si_code and si_addr."""
    failed = number in _FAULT_CODES and 0 < code < _SI_KERNEL
    return Signal(number, code, address if failed else None, None)


def decode(siginfo: bytes) -> Signal:
    """Return the signal of a siginfo_t, which is b"" if it is not known."""
    if not siginfo:
        return Signal(None, None, None, None)
    number, _, code = _HEADER.unpack_from(siginfo)
    if code in (_SI_USER, _SI_QUEUE, _SI_TKILL):
        return Signal(number, code, None, _SENDER.unpack_from(siginfo, _HEADER.size)[0])
    return fault(number, code, _ADDRESS.unpack_from(siginfo, _HEADER.size)[0])


def stops_for_debugger(signal: Signal) -> bool:
    """Report whether a debugger stops a program by this signal, and withholds it from a handler."""
    return signal.number in (_SIGINT, _SIGTRAP, _SIGSTOP)


def code_name(signal: Signal) -> str:
    """Return the name of a signal's si_code, such as "SEGV_MAPERR"; the number if it has none.

    "" if the code is not known.
    """
    if signal.code is None:
        return ""
    names = _FAULT_CODES.get(signal.number or 0, ())
    if 0 < signal.code <= len(names):
        return names[signal.code - 1]
    return _CODES.get(signal.code) or f"si_code {signal.code}"
