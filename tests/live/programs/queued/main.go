// A program with a busy scheduler: goroutines that the garbage collector has seen
// waiting, one locked to a thread, one in a system call, and on its only P more
// runnable goroutines than the P's run queue has room for.
package main

import (
	"runtime"
	"strings"
	"syscall"
)

const waiting, wanting = 40, 300 // a P's run queue has 256 places

var (
	never = make(chan int)
	text  = make([]byte, 1<<20) // made once: no collection by itself
)

func receives() { <-never }

func locked() {
	runtime.LockOSThread()
	<-never
}

// reads is in a system call that does not return.
func reads() {
	var ends [2]int
	if err := syscall.Pipe(ends[:]); err != nil {
		panic(err)
	}
	syscall.Read(ends[0], make([]byte, 1))
}

// wants never ends, should main be preempted while it starts others.
func wants() {
	for {
		runtime.Gosched()
	}
}

// parked counts the goroutines that are neither running nor runnable.
func parked() (count int) {
	n := runtime.Stack(text, true)
	for _, line := range strings.Split(string(text[:n]), "\n") {
		if strings.HasPrefix(line, "goroutine ") && !strings.Contains(line, " [run") {
			count++
		}
	}
	return count
}

func main() {
	go locked()
	go reads()
	for i := 0; i < waiting; i++ {
		go receives()
	}
	for parked() < waiting+2 {
		runtime.Gosched()
	}
	for i := 0; i < 3; i++ { // from the second on waitsince is recorded
		runtime.GC()
	}
	go receives() // after the last collection: waitsince is not recorded
	for parked() < waiting+3 {
		runtime.Gosched()
	}
	runtime.GOMAXPROCS(1)
	for i := 0; i < wanting; i++ {
		go wants()
	}
	runtime.KeepAlive(never) // the queues are full
}
