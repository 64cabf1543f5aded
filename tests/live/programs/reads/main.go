// A program with a goroutine that reads from an empty pipe again and again, each time until main
// writes to it.
package main

import (
	"syscall"
	"time"
)

//go:noinline
func reader(pipe int) {
	buffer := make([]byte, 1)
	for {
		syscall.Read(pipe, buffer) // in the kernel until main writes
	}
}

func main() {
	var pipe [2]int
	if err := syscall.Pipe(pipe[:]); err != nil {
		panic(err)
	}
	go reader(pipe[0])
	for {
		time.Sleep(50 * time.Millisecond)
		syscall.Write(pipe[1], []byte{0}) // marker: write
	}
}
