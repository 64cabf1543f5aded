// A program whose workers do the same work again and again, each on any thread.
// A worker says its goid before, and has a label.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"sync"
	"time"
)

const workers = 4

var said sync.WaitGroup

type counter struct{ done int }

//go:noinline
func (c *counter) add(worker, round int) {
	c.done += round // marker: add
}

//go:noinline
func nothing() {}

func goid() string {
	var text [64]byte
	var goid string
	fmt.Sscanf(string(text[:runtime.Stack(text[:], false)]), "goroutine %s", &goid)
	return goid
}

func work(worker int) {
	fmt.Fprintf(os.Stderr, "worker %d is goroutine %s\n", worker, goid())
	said.Done()
	counted := &counter{}
	for round := 0; ; round++ {
		counted.add(worker, round)
		if round%8 == 0 {
			go nothing() // newproc calls newproc1 on g0's stack
			time.Sleep(time.Millisecond)
		}
	}
}

func main() {
	said.Add(workers + 1)
	for each := 0; each < workers; each++ {
		worker := each
		labels := pprof.Labels("worker", fmt.Sprint(worker), "kind", "händler \"x\"")
		go pprof.Do(context.Background(), labels, func(context.Context) { work(worker) })
	}
	go said.Done() // its goroutine ends
	said.Wait()
	os.Stdout.WriteString("parked\n")
	select {}
}
