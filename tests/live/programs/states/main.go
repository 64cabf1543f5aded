// A program with a goroutine in each of some fifty states, which then stands
// still: to be looked at, and to be told (SIGQUIT) to say itself where they are.
//
//	states stand  says "ready": three goroutines hold the three Ps for good
//	states dump   writes a heap dump that nobody reads: the world is stopped
//	states panic  says "ready", reads from standard input, and panics
//
// A second argument says how deep the deep one goes.
package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
)

// never is what the parked ones wait for.
var never = make(chan int)

//go:noinline
func park() { <-never }

// flag is set by a goroutine that is under way.
type flag uint32

func (f *flag) set() { atomic.StoreUint32((*uint32)(f), 1) }

func (f *flag) wait() {
	for atomic.LoadUint32((*uint32)(f)) == 0 {
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

	// These run and run, until the three below take their Ps away.
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
	// One by one: nobody takes what is queued on a P that is held.
	for _, state := range []func(*flag){runs, systemCalls} {
		var holds flag
		go state(&holds)
		holds.wait()
	}
	runtime.Gosched() // for a time slice that has just begun
	go neverRun()
	announce(nothing())
}
