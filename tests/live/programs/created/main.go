// A program whose goroutines have created others: a server that has ended, whose handlers wait and
// have labels, which their workers inherit; and a chain, each link of which has created the next.
// It prints "parked" when all of them wait.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
)

const handlers, workers, links = 3, 2, 9

var (
	never = make(chan int)
	held  sync.Mutex
)

//go:noinline
func works() {
	held.Lock() // marker: works
	held.Unlock()
}

//go:noinline
func handles(number int) {
	labels := pprof.Labels("conn", strconv.Itoa(number), "kind", "händler")
	pprof.Do(context.Background(), labels, func(context.Context) {
		for i := 0; i < workers; i++ {
			go works()
		}
		<-never // marker: handles
	})
}

//go:noinline
func serves() {
	for number := 0; number < handlers; number++ {
		go handles(number)
	}
}

//go:noinline
func link(left int) {
	if left > 0 {
		go link(left - 1)
	}
	<-never // marker: link
}

// settled waits until only this goroutine runs, serves has ended, and count goroutines are left.
func settled(count int) {
	for text := make([]byte, 1<<20); ; runtime.Gosched() {
		states := string(text[:runtime.Stack(text, true)])
		one := strings.Count(states, " [run") == 1 && !strings.Contains(states, "main.serves()")
		if one && runtime.NumGoroutine() == count {
			return
		}
	}
}

func main() {
	held.Lock()
	go serves()
	go link(links - 1)
	settled(1 + handlers*(1+workers) + links)
	fmt.Println("parked")
	os.Stdin.Read(make([]byte, 1))
}
