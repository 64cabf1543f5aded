// Moments at which a thread has just left its goroutine's stack or is about to:
// the stack grows, the goroutine is preempted in a prologue, or it calls the
// kernel's vDSO for the time.
package main

import (
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"time"
)

//go:noinline
func grows(deep int) int {
	var room [64]int
	room[deep%64] = deep
	if deep == 0 {
		return 0 // marker: deepest
	}
	return grows(deep-1) + room[deep%64]
}

func spins(until *int32) int {
	n := int(atomic.AddInt32(until, -1))
	for atomic.LoadInt32(until) < 0 {
		n += grows(1) // whose prologue checks the stack guard
	}
	return n
}

func asks() time.Time {
	return time.Now() // marker: asks
}

func main() {
	done := make(chan int)
	until := int32(0)
	switch os.Args[1] {
	case "grow":
		go func() { done <- grows(200) }()
	case "preempt":
		go func() { done <- spins(&until) }()
		for atomic.LoadInt32(&until) == 0 {
			runtime.Gosched()
		}
		runtime.GC() // stops the world, and with it the spinning goroutine
		atomic.StoreInt32(&until, 0)
	case "ask":
		go func() { done <- asks().Second() }()
	}
	fmt.Println(<-done)
}
