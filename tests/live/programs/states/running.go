package main

import "runtime"

// Each of these says that it is under way, and never ends.

func asyncPreempted(begun *flag) {
	begun.set()
	for {
	}
}

func asyncPreemptedInLeaf(begun *flag) { counts(begun, new(int)) }

// A leaf has no frame in an optimised build: no saved BP leads to its caller.
//
//go:noinline
func counts(begun *flag, n *int) {
	begun.set()
	for {
		*n++
	}
}

// prologuePreempted is stopped where tick looks at its stack.
func prologuePreempted(begun *flag) { churns(begun) }

//go:noinline
func tick() {
	var some [64]byte
	fill(some[:])
}

func yields(begun *flag) {
	for {
		runtime.Gosched()
		begun.set()
	}
}

// dies leaves a dead g.
func dies(begun *flag) { begun.set() }

func runs(begun *flag) { spins(begun) }

func systemCalls(begun *flag) { reads(nothing(), begun) }

func neverRun() { park() }

func assemblyCalls() { callsPark() }

func assemblyClobbersBP() { clobbersAndCalls() }

// parkFromAssembly is called by assembly, through a wrapper that changes the ABI.
//
//go:noinline
func parkFromAssembly() { park() }

// In running_amd64.s. No preemption can stop the first three.

// spins uses BP as it likes, and never leaves its one instruction.
func spins(begun *flag)

// reads blocks in the kernel, which the scheduler is not told.
func reads(descriptor int, begun *flag)

// announce says "ready", and then blocks likewise.
func announce(descriptor int)

func churns(begun *flag)

func callsPark()

func clobbersAndCalls()
