// A program whose goroutines go on and off a CPU again and again, each in its
// own way. Each says its goid before.
package main

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"
)

const pause = 2 * time.Millisecond

var (
	said  sync.WaitGroup
	items = make(chan int)
	sink  int
)

func say(name string) {
	var text [64]byte
	var goid string
	fmt.Sscanf(string(text[:runtime.Stack(text[:], false)]), "goroutine %s", &goid)
	fmt.Fprintf(os.Stderr, "%s is goroutine %s\n", name, goid)
	said.Done()
}

//go:noinline
func handle(item int) {
	sink += item // marker: handle
}

// receives waits for a channel.
func receives() {
	say("receives")
	for item := range items {
		handle(item)
	}
}

// sends lets receives and itself go on.
func sends() {
	say("sends")
	for item := 0; ; item++ {
		items <- item
		handle(0)
		time.Sleep(pause)
	}
}

// reads is in a system call that blocks its thread.
func reads(end int) {
	say("reads")
	for buffer := make([]byte, 1); ; {
		syscall.Read(end, buffer)
		handle(1)
	}
}

func writes(end int) {
	say("writes")
	for {
		syscall.Write(end, []byte("x"))
		time.Sleep(pause)
	}
}

// stays waits until the program ends.
func stays() {
	say("stays")
	select {}
}

// spins never waits.
func spins() {
	say("spins")
	for round := 0; ; round++ {
		sink += round & 1
	}
}

// lives waits a few times and ends; then there is another one.
func lives(ended chan<- bool) {
	for round := 0; round < 3; round++ {
		time.Sleep(pause)
	}
	ended <- true
}

func main() {
	runtime.GOMAXPROCS(8) // or one of them could wait for spins' P, while the others are busy
	var ends [2]int
	if err := syscall.Pipe(ends[:]); err != nil {
		panic(err)
	}
	said.Add(6)
	go receives()
	go sends()
	go reads(ends[0])
	go writes(ends[1])
	go stays()
	go spins()
	said.Wait()
	os.Stdout.WriteString("parked\n")
	for ended := make(chan bool, 1); ; {
		go lives(ended)
		<-ended
	}
}
