// A program whose goroutines are parked, each for another reason, when it prints
// "parked". It then waits: to be inspected, or to print its own traceback on
// SIGQUIT.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"
)

var (
	never, nobody = make(chan int), make(chan int)

	held  sync.Mutex
	group sync.WaitGroup
)

func receives() { <-never }

func sends() { nobody <- 1 }

func selects() {
	select {
	case <-never:
	case nobody <- 1:
	}
}

func locks() { held.Lock() }

func waits() { group.Wait() }

func sleeps() { time.Sleep(time.Hour) }

func deep(n int) int {
	if n == 0 {
		<-never
	}
	return deep(n-1) + 1
}

// parked counts the goroutines that are neither running nor runnable.
func parked() (count int) {
	text := make([]byte, 1<<16)
	text = text[:runtime.Stack(text, true)]
	for _, line := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(line, "goroutine ") && !strings.Contains(line, " [run") {
			count++
		}
	}
	return count
}

func main() {
	held.Lock()
	group.Add(1)
	waiting := []func(){receives, sends, selects, locks, waits, sleeps, func() { deep(10) }}
	for _, f := range waiting {
		go f()
	}
	for parked() < len(waiting) {
		runtime.Gosched()
	}
	fmt.Println("parked")
	os.Stdin.Read(make([]byte, 1))
}
