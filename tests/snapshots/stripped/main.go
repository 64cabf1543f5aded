// Goroutines that wait, each for another reason, when it prints "parked".
package main

import (
	"runtime"
	"sync"
	"syscall"
	"time"
)

var (
	never  = make(chan int)
	nobody = make(chan int)
	held   sync.Mutex
)

func receives() { <-never }
func sends()    { nobody <- 1 }
func locks()    { held.Lock() }

func selects() {
	select {
	case <-never:
	case nobody <- 1:
	}
}

func deep(n int) int {
	if n == 0 {
		<-never
	}
	return deep(n-1) + 1
}

func main() {
	held.Lock()
	for _, f := range []func(){receives, sends, locks, selects, func() { deep(9) }} {
		go f()
	}
	runtime.GC()
	for i := 0; i < 1000; i++ {
		runtime.Gosched()
	}
	syscall.Write(1, []byte("parked\n"))
	time.Sleep(time.Hour)
}
