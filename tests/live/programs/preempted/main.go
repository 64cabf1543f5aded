// A program that panics while a goroutine is preempted in a loop whose variables are in registers.
//
//	preempted STEP   prints "ready", and goes on when standard input ends; STEP is even
package main

import (
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
)

var begun uint32

// adds never ends: a sum of even numbers is not 1.
//
//go:noinline
func adds(step uint64) uint64 {
	atomic.StoreUint32(&begun, 1)
	total := step
	for total != 1 {
		total += step
	}
	return total
}

func main() {
	step, _ := strconv.ParseUint(os.Args[1], 10, 64)
	os.Stdout.WriteString("ready\n")
	os.Stdin.Read(make([]byte, 1))
	// With one P, main runs again only after the other goroutine was preempted.
	runtime.GOMAXPROCS(1)
	go adds(step)
	for atomic.LoadUint32(&begun) == 0 {
		runtime.Gosched()
	}
	panic("told to")
}
