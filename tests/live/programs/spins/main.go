// A program with a goroutine that never rests: its thread runs while another is stopped.
package main

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
)

var rounds int64

func spins() {
	for {
		atomic.AddInt64(&rounds, 1)
	}
}

func stops() {}

func ends() {}

func init() { runtime.LockOSThread() } // main.main stays on the first thread

func main() {
	go spins()
	for atomic.LoadInt64(&rounds) == 0 {
		time.Sleep(time.Millisecond)
	}
	fmt.Println("spinning")
	stops()
	go func() { // its thread ends with it
		runtime.LockOSThread()
		ends()
	}()
	time.Sleep(time.Hour)
}
