// A library for C, built with -buildmode=c-archive, whose threads sleep in system calls.
package main

// #include "fork.h"
import "C"

import (
	"runtime"
	"strings"
	"sync"
	"syscall"
)

var asleep sync.WaitGroup

func sleeps(fd int) {
	runtime.LockOSThread()
	asleep.Done()
	syscall.Read(fd, make([]byte, 1))
}

// Start starts three threads that sleep, which the child of a fork does not have.
//
//export Start
func Start() {
	var pipe [2]int
	syscall.Pipe(pipe[:])
	asleep.Add(3)
	for i := 0; i < 3; i++ {
		go sleeps(pipe[0])
	}
	asleep.Wait()
	for !allInKernel() {
		runtime.Gosched()
	}
}

// allInKernel reports whether the threads are in their system calls.
func allInKernel() bool {
	text := make([]byte, 1<<14)
	return strings.Count(string(text[:runtime.Stack(text, true)]), " [syscall") == 3
}

// Fork forks in C code that Go has called.
//
//export Fork
func Fork() {
	C.fork_and_wait()
}

func main() {}
