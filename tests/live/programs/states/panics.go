package main

import (
	"runtime"
	"unsafe"
)

func panics() {
	defer park()
	panic("in flight")
}

func recovers() {
	defer func() {
		recover()
		park()
	}()
	panic("to be recovered")
}

func recovered() {
	recoversAndReturns()
	park()
}

func recoversAndReturns() {
	defer func() { recover() }()
	panic("to be recovered")
}

func panicsAgain() {
	defer park()
	defer func() { panic("second") }()
	panic("first")
}

func recoversSecond() {
	defer func() {
		defer func() {
			recover()
			park()
		}()
		panic("second")
	}()
	panic("first")
}

func exits() {
	defer park()
	runtime.Goexit()
}

func returns() {
	defer parkWith(1, "two")
}

//go:noinline
func parkWith(int, string) { park() }

// A defer in a loop is not open-coded: deferreturn runs it.
func defersInLoop() {
	for i := 0; i < 3; i++ {
		defer parkWith(i, "")
	}
}

type point struct{ x, y int }

var (
	nowhere *point
	zero    int
	word    any = "word"
	few     []int
)

func dereferencesNil() {
	defer park()
	nowhere.y = 1
}

func divides() {
	defer park()
	zero = 1 / zero
}

func indexes() {
	defer park()
	few[zero+3] = 1
}

func asserts() {
	defer park()
	zero = word.(int)
}

func callsNil() {
	defer park()
	var function func()
	if zero == 0 {
		function()
	}
}

// The code of this function is at address 0.
func callsZero() {
	defer park()
	code := new(uintptr)
	(*(*func())(unsafe.Pointer(&code)))()
}
