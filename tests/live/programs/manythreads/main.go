// A program with many goroutines that each hold a thread of their own.
package main

import "runtime"

const holders = 24

var never = make(chan int)

func holds(ready chan<- bool) {
	runtime.LockOSThread()
	ready <- true
	<-never
}

//go:noinline
func look() {} // marker: look

func main() {
	ready := make(chan bool)
	for i := 0; i < holders; i++ {
		go holds(ready)
	}
	for i := 0; i < holders; i++ {
		<-ready
	}
	look()
}
