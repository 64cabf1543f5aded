"""What the words of package sync say: who holds a lock is not recorded, that it is held is."""

from __future__ import annotations

from gogdb.i18n import counted

__all__ = ["mutex_text", "once_text", "rw_mutex_text", "wait_group_text"]

_LOCKED, _WOKEN, _STARVING, _WAITER_SHIFT = 1, 2, 4, 3  # internal/sync/mutex.go
_MAX_READERS = 1 << 30  # rwmutexMaxReaders in sync/rwmutex.go
_WAITERS = 0x7FFF_FFFF  # of a WaitGroup; the bit above is waitGroupBubbleFlag since go1.25


def mutex_text(state: int) -> str:
    """Return what the state of a Mutex says: "unlocked", "locked, 2 waiting, starving"."""
    state &= 0xFFFF_FFFF
    parts = ["locked" if state & _LOCKED else "unlocked"]
    if waiting := state >> _WAITER_SHIFT:
        parts.append(f"{waiting} waiting")
    if state & _STARVING:
        parts.append("starving")
    if state & _WOKEN:
        parts.append("one woken")
    return ", ".join(parts)


def rw_mutex_text(state: int, reader_count: int, reader_wait: int) -> str:
    """Return what an RWMutex says: the state of its Mutex w, readerCount and readerWait.

    A writer that has w subtracts rwmutexMaxReaders from readerCount, and waits until the readers
    that are left, readerWait of them, are gone.
    """
    waiting = (state & 0xFFFF_FFFF) >> _WAITER_SHIFT
    if reader_count >= 0:
        parts = [f"{_readers(reader_count)} reading" if reader_count else "unlocked"]
        if state & _LOCKED:
            parts.append("a writer is coming or going")
    elif reader_wait > 0:
        parts = [f"{_readers(reader_wait)} reading", "a writer waiting"]
        if later := reader_count + _MAX_READERS - reader_wait:
            parts.append(f"{_readers(later)} waiting")
    else:
        parts = ["locked for writing"]
        if readers := reader_count + _MAX_READERS:
            parts.append(f"{_readers(readers)} waiting")
    if waiting:
        parts.append(f"{waiting} {counted(waiting):writer|writers} waiting")
    return ", ".join(parts)


def _readers(count: int) -> str:
    return f"{count} {counted(count):reader|readers}"


def wait_group_text(state: int) -> str:
    """Return what the state of a WaitGroup says: "counter 2, 1 waiting"."""
    counter, waiting = state >> 32 & 0xFFFF_FFFF, state & _WAITERS
    counter -= (counter & 1 << 31) << 1
    return f"counter {counter}, {waiting} waiting" if waiting else f"counter {counter}"


def once_text(done: int, state: int) -> str:
    """Return what a Once says, given its field done and the state of its Mutex."""
    if done:
        return "done"
    return "running" if state & _LOCKED else "not done"
