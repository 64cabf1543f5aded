// Command threads keeps N goroutines that each hold a thread of their own, until its standard input
// ends. It prints "ready" when there are as many threads.
package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
)

var never = make(chan int)

func holds(ready chan<- bool) {
	runtime.LockOSThread()
	ready <- true
	<-never
}

func main() {
	n, err := strconv.Atoi(os.Args[len(os.Args)-1])
	if err != nil || n < 1 {
		fmt.Fprintln(os.Stderr, "usage: threads N")
		os.Exit(2)
	}
	debug.SetMaxThreads(n + 1000)
	ready := make(chan bool)
	for i := 0; i < n; i++ {
		go holds(ready)
	}
	for i := 0; i < n; i++ {
		<-ready
	}
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
}
