// Goroutines parked with stacks that are hard to unwind.
package main

import (
	"runtime"
	"syscall"
	"unsafe"
)

type node struct{ next *node }

type waiter interface{ wait(c chan int) int }

func (n node) wait(c chan int) int { return <-c }

//go:noinline
func deep(n int, c chan int) int {
	if n == 0 {
		return <-c
	}
	return deep(n-1, c) + 1
}

func leaf(c chan int) int   { return <-c }
func middle(c chan int) int { return leaf(c) + 1 }
func outer(c chan int) int  { return middle(c) * 2 }

//go:noinline
func generic[T any](c chan T) T { return <-c }

//go:noinline
func spin(p *int) {
	for {
		*p++
	}
}

//go:noinline
func crash(p *node, c chan int) {
	defer func() { <-c }()
	p.next = nil
}

// frames prints the frames at each pc read from standard input.
func frames() (asked bool) {
	var pc uintptr
	for {
		n, _ := syscall.Read(0, (*[8]byte)(unsafe.Pointer(&pc))[:])
		if n != 8 {
			return
		}
		asked = true
		// CallersFrames takes return addresses.
		frame, _ := runtime.CallersFrames([]uintptr{pc + 1}).Next()
		println(pc, frame.Function, frame.File, frame.Line)
	}
}

func main() {
	if frames() {
		return
	}
	c, s := make(chan int), make(chan string)
	var w waiter = &node{}
	go deep(12, c)
	go outer(c)
	go generic(s)
	go w.wait(c)
	go crash(nil, c)
	go func() {
		select {
		case <-c:
		case <-s:
		}
	}()
	a, b := 0, 0
	go spin(&a)
	go spin(&b)
	for i := 0; i < 10; i++ {
		runtime.Gosched()
	}
	println("ready")
	<-c
}
