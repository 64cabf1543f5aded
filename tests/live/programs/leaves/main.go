// A program with a thread that ends once a byte can be read: the goroutine that
// is locked to it returns.
package main

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
)

// The first thread, which cannot end, is left to main.
func init() {
	runtime.LockOSThread()
}

func leaves(id chan<- int) {
	runtime.LockOSThread()
	id <- syscall.Gettid()
	syscall.Read(0, make([]byte, 1))
}

// stays waits until the program ends.
func stays() {
	select {}
}

func spins() {
	for {
	}
}

func main() {
	id := make(chan int)
	go stays()
	go spins()
	go leaves(id)
	fmt.Fprintln(os.Stderr, <-id)
	os.Stdout.WriteString("parked\n")
	select {}
}
