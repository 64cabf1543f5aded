// A library for C, built with -buildmode=c-shared or c-archive. Park starts a goroutine that
// waits, prints "parked", and then waits itself.
package main

import "C"

import (
	"fmt"
	"runtime"
)

var never, started = make(chan int), make(chan bool)

func receives() {
	started <- true
	<-never
}

//export Park
func Park() {
	go receives()
	<-started
	runtime.Gosched()
	fmt.Println("parked")
	<-never
}

func main() {}
