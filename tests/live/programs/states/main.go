// A program with a goroutine in each of about fifty states, which then stands
// still: to be inspected, and to print its own traceback on SIGQUIT.
//
//	states stand  prints "ready": three goroutines hold the three Ps forever
//	states dump   blocks in writing a heap dump, with the world stopped
//	states panic  prints "ready", reads from standard input, and panics
//
// A second argument sets the depth of the deep recursion.
package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
)

// never is the channel that parked goroutines wait on.
var never = make(chan int)

//go:noinline
func park() { <-never }

// flag is set by a goroutine once it runs.
type flag uint32

func (f *flag) set() { atomic.StoreUint32((*uint32)(f), 1) }

func (f *flag) isSet() bool { return atomic.LoadUint32((*uint32)(f)) != 0 }

func (f *flag) wait() {
	for !f.isSet() {
		runtime.Gosched()
	}
}

// settled waits until every goroutine but this one is parked or in the kernel.
func settled() {
	for text := make([]byte, 1<<20); ; runtime.Gosched() {
		running := 0
		for _, line := range strings.Split(string(text[:runtime.Stack(text, true)]), "\n") {
			if strings.HasPrefix(line, "goroutine ") && strings.Contains(line, " [run") {
				running++
			}
		}
		if running == 1 {
			return
		}
	}
}

func main() {
	if len(os.Args) > 2 {
		depth, _ = strconv.Atoi(os.Args[2])
	}
	finalize()
	for _, state := range parked {
		go state()
	}
	settled()
	if os.Args[1] == "panic" {
		os.Stdout.WriteString("ready\n")
		os.Stdin.Read(make([]byte, 1))
		panic("told to")
	}

	// These run until the three below take their Ps.
	runtime.GOMAXPROCS(3)
	var flags [6]flag
	for i, state := range []func(*flag){
		asyncPreempted, asyncPreempted, asyncPreemptedInLeaf, prologuePreempted, yields, dies,
	} {
		go state(&flags[i])
	}
	for i := range flags {
		flags[i].wait()
	}
	if os.Args[1] == "dump" {
		debug.WriteHeapDump(1)
	}
	// Nothing stops the world from here on: assembly that spins would never give way.
	debug.SetGCPercent(-1)
	// One by one: no one steals from the queue of a P that is held.
	for _, state := range []func(*flag){runs, systemCalls} {
		var holds flag
		go state(&holds)
		holds.wait()
	}
	runtime.Gosched() // to start with a fresh time slice
	go neverRun()
	announce(nothing())
}
