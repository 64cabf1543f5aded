package main

import "runtime"

// Each of these sets its flag and never ends.

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

// prologuePreempted is stopped where tick checks its stack.
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

// parkFromAssembly is called from assembly, through an ABI wrapper.
//
//go:noinline
func parkFromAssembly() { park() }

// In running_amd64.s. The first three cannot be preempted.

// spins uses BP as a scratch register and never leaves its one instruction.
func spins(begun *flag)

// reads blocks in the kernel without entersyscall.
func reads(descriptor int, begun *flag)

// announce prints "ready" and then blocks in the same way.
func announce(descriptor int)

func churns(begun *flag)

func callsPark()

func clobbersAndCalls()
