"""The steps of a goroutine's round: off the CPU in one of several ways, and back by gogo."""

from __future__ import annotations

from gogdb.follow.step import Step
from gogdb.follow.steps import (
    coroutine,
    mcall,
    morestack,
    off_cpu,
    resume,
    scheduler,
    syscall,
    wakeup,
)
from gogdb.runtime.model import GLEAKED, GPREEMPTED, GRUNNABLE, GSYSCALL, GWAITING

__all__ = ["INITIAL_STEPS", "STEPS"]

_LIST: tuple[Step, ...] = (
    off_cpu.Parked(),
    off_cpu.Queued(),
    off_cpu.InSyscall(),
    mcall.Gopark(),
    mcall.Gosched(),
    mcall.AsyncPreempt(),
    mcall.Suspend(),
    mcall.Goexit(),
    mcall.Coroswitch(),
    mcall.Mcall(),
    mcall.McallSp(),
    morestack.Morestack(),
    morestack.MorestackSp(),
    scheduler.Waiting(),
    scheduler.Runnable(),
    scheduler.Dead(),
    scheduler.Schedule(),
    scheduler.Next(),
    coroutine.Handover(),
    coroutine.Handback(),
    wakeup.Ready(),
    wakeup.Runqput(),
    resume.Execute(),
    resume.Gogo(),
    resume.GogoSp(),
    resume.GogoJmp(),
    resume.Back(),
    syscall.Entersyscall(),
    syscall.Entersyscallblock(),
    syscall.Handoff(),
    syscall.Exitsyscall(),
    syscall.Resumed(),
    mcall.NoP(),
)

STEPS = {step.id: step for step in _LIST}
"""Every step by its id."""

INITIAL_STEPS = {
    GWAITING: "parked",
    GPREEMPTED: "parked",
    GLEAKED: "parked",
    GRUNNABLE: "queued",
    GSYSCALL: "in-syscall",
}
"""The step that a round begins with if no CPU runs the goroutine, by the goroutine's status."""
