"""What gogdb has to know about a processor, and registers by their role in Go.

Everything that differs between processors is an attribute or a method of `Arch`; code above
`inferior/arch` names no register and no instruction byte. Sizes and offsets are in bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

from gogdb.inferior.arch.operation import Operation
from gogdb.inferior.arch.reference import Reference
from gogdb.inferior.elf import ElfFile
from gogdb.inferior.memory import Memory

__all__ = ["Arch", "FrameRegisters", "Registers", "SignalFrame"]


class FrameRegisters(NamedTuple):
    """The registers that unwinding starts from.

    `lr` is the return address where that is in a register, 0 where it is on the stack: the link
    register, or the one that assembly has popped it into (`Arch.popped_register`). `kept_sp` is
    the value of `Arch.kept_sp`, 0 if it is not known.
    """

    pc: int
    sp: int
    fp: int
    lr: int = 0
    kept_sp: int = 0


class SignalFrame(NamedTuple):
    """What the kernel saves on the stack of a signal handler: registers and the siginfo_t.

    `registers` are the interrupted ones, and `saved` are all of them by name. `siginfo` is b"" if
    the kernel may not have written it.
    """

    registers: FrameRegisters
    siginfo: bytes
    saved: Mapping[str, int] = MappingProxyType({})


class Arch(Protocol):
    """A processor as Go uses it."""

    name: str  # GOARCH
    machine: int  # e_machine in the ELF header
    gdb_name: str  # of GDB's `set architecture`

    # Names of registers, as GDB spells them
    registers: tuple[str, ...]  # all that gogdb reads of a thread
    pc: str
    sp: str
    fp: str  # frame pointer
    lr: str  # link register, "" where a call pushes the return address
    g: str  # the current g, in Go code only (ABIInternal)
    kept_sp: str  # keeps SP while assembly calls C on another stack (racecall in race_*.s)
    closure: str  # the func value that a closure is called with (ABIInternal)
    thread_pointer: str  # base of the thread's local storage
    carrier: str  # of a pc through an unwinder; no caller expects a value in it (abi-internal.md)
    arguments: tuple[str, ...]  # integer arguments and results, in their order (ABIInternal)

    # Code
    pc_quantum: int  # smallest distance between two instructions (sys.PCQuantum)
    call_size: int  # of a direct call instruction
    return_instruction: bytes  # how Go's functions end
    restores_sp: bytes  # the instruction that copies `kept_sp` to SP

    # Stacks
    pushed_by_call: int  # size of the return address on the stack, 0 with a link register
    stack_arguments: int  # from SP at a function's entry to its first stack argument (ABI0)
    arena_base: int  # subtracted from an address to find its heap arena (arenaBaseOffset)
    tls_relocation: int  # of a word that gets a variable's distance from the thread pointer
    relative_relocation: int  # of a word that gets an address in the program itself
    dwarf_sp: int  # number of SP in call frame information
    dwarf_return_address: int  # number of the return address there
    dwarf_registers: tuple[str, ...]  # the general registers, by their numbers there

    def calls(self, code: bytes, address: int) -> list[tuple[int, int]]:
        """Return (call site, target) of the direct calls in `code`, which lies at `address`.

        An operand that looks like a call makes a false pair: compare the target with the exact
        entry of a function.
        """

    def jumps(self, code: bytes, address: int) -> list[tuple[int, int]]:
        """Return (site, target) of the direct jumps that are as long as a call, like `calls`."""

    def references(self, code: bytes, address: int) -> list[Reference]:
        """Return what data the code at `address` refers to, in its order.

        An operand that looks like an instruction makes a false reference.
        """

    def index_bounds(self, code: bytes, address: int) -> list[tuple[int, int]]:
        """Return (site, bound) of the comparisons that may check an index against a constant."""

    def tls_symbol(self, elf: ElfFile, code: bytes) -> int | None:
        """Return the offset of runtime.tlsg in the TLS block, by code that stores the current g.

        None if the file has no TLS block, or if the code does not tell.
        """

    def parse(self, text: str) -> Operation:
        """Return what an instruction does, given the text of GDB's disassembler for it."""

    def return_slot(self, sp: int, cfa: int) -> int:
        """Return the address where a frame that has run its prologue keeps its return address.

        `sp` is SP in the frame, `cfa` SP after the frame has returned.
        """

    def c_return_slot(self, sp: int) -> int:
        """Return where a call of C keeps its return address, with SP aligned from `sp` for it."""

    def popped_register(self, code: bytes) -> str:
        """Return the register that the last instruction of `code`, a pop, loads.

        "" if it pops none.
        """

    def saved_fp_slot(self, sp: int, cfa: int) -> int | None:
        """Return the address where a frame saves its caller's frame pointer.

        None if the frame has no room for one.
        """

    def tls_offset(self, elf: ElfFile) -> int | None:
        """Return the distance from the thread pointer to the word that holds the current g.

        None if the program keeps g in a register only.
        """

    def signal_frame(self, memory: Memory, cfa: int, *, has_siginfo: bool) -> SignalFrame:
        """Return what the kernel saved for a signal handler; `cfa` is the handler's CFA.

        `has_siginfo` is False for a handler that may be installed without SA_SIGINFO: then the
        siginfo_t is left out unless the fault in the registers confirms it. Raises `Unreadable`.
        """

    def preempted_registers(self, code: bytes) -> Mapping[str, int]:
        """Return where asyncPreempt, whose code this is, saves the registers that it interrupts.

        By name, in bytes from SP while it calls asyncPreempt2; SP itself was the CFA. {} if the
        code is not recognized.
        """

    def gregset(self, values: Mapping[str, int]) -> bytes:
        """Return the elf_gregset_t of a core file for these registers; the others are 0."""

    def handler_cfas(self, memory: Memory, sp: int, stack: tuple[int, int]) -> Iterator[int]:
        """Yield the CFA of each handler with a frame above `sp`, on an alternate signal stack.

        `stack` are the bounds of that stack as passed to sigaltstack. Raises `Unreadable`.
        """


class Registers(Mapping[str, int]):
    """A thread's registers by GDB's names, and by role."""

    def __init__(self, arch: Arch, values: Mapping[str, int]) -> None:
        self.arch = arch
        self._values = values

    def __getitem__(self, name: str) -> int:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @property
    def pc(self) -> int:
        return self._values[self.arch.pc]

    @property
    def sp(self) -> int:
        return self._values[self.arch.sp]

    @property
    def fp(self) -> int:
        return self._values[self.arch.fp]

    @property
    def lr(self) -> int:
        """The link register; 0 where a call pushes the return address."""
        return self._values[self.arch.lr] if self.arch.lr else 0

    @property
    def g(self) -> int:
        """The register that holds the current g in Go code, and anything in C and assembly."""
        return self._values[self.arch.g]

    @property
    def thread_pointer(self) -> int:
        return self._values[self.arch.thread_pointer]

    def argument(self, index: int) -> int:
        """Return integer argument `index`, at the entry of a Go function (ABIInternal)."""
        return self._values[self.arch.arguments[index]]

    def result(self, index: int) -> int:
        """Return integer result `index`, after a Go function has returned (ABIInternal)."""
        return self._values[self.arch.arguments[index]]

    @property
    def frame(self) -> FrameRegisters:
        """The registers to unwind from."""
        kept_sp = self._values.get(self.arch.kept_sp, 0)
        return FrameRegisters(self.pc, self.sp, self.fp, self.lr, kept_sp)
