// A program whose goroutines are in synctest bubbles, have profiler labels, or are
// locked to their threads. It stands still once it has printed "ready".
package main

import (
	"context"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// never is the channel that goroutines outside of bubbles wait on.
var never = make(chan int)

func labelled(wait chan int, labels ...string) {
	pprof.Do(context.Background(), pprof.Labels(labels...), func(context.Context) { <-wait })
}

func locked() {
	runtime.LockOSThread()
	<-never
}

// inBubble waits in each way that a bubble distinguishes. The read is not durable, so
// that the bubble's time stands still.
func inBubble(*testing.T) {
	read, _, _ := os.Pipe()
	var held sync.Mutex
	held.Lock()
	var group sync.WaitGroup
	group.Add(1)
	received, sent := make(chan int), make(chan int)
	other, third := make(chan int), make(chan int)
	condition := sync.NewCond(new(sync.Mutex))
	waits := []func(){
		func() { <-received },
		func() { sent <- 1 },
		func() {
			select {
			case <-other:
			case <-received:
			}
		},
		func() { select {} },
		func() { var none chan int; <-none },
		func() { time.Sleep(time.Hour) },
		func() { condition.L.Lock(); condition.Wait() },
		func() { group.Wait() },
		func() { held.Lock() },
		func() { read.Read(make([]byte, 1)) },
		func() { labelled(third, "in", "bubble") },
	}
	for _, wait := range waits {
		go wait()
	}
	synctest.Wait()
}

// settled waits until every goroutine but this one is blocked.
func settled() {
	for text := make([]byte, 1<<20); ; time.Sleep(time.Millisecond) {
		states := string(text[:runtime.Stack(text, true)])
		if strings.Count(states, " [run") == 1 && !strings.Contains(states, " [syscall") {
			return
		}
	}
}

func main() {
	go labelled(never, "user", "42", "route", "/a/b.c_d")
	go labelled(never, "text", "a \"b\"\n\t\\ ü\xff\U0001F600", "", "")
	go locked()
	for range 2 {
		go testing.Main(
			func(string, string) (bool, error) { return true, nil },
			[]testing.InternalTest{{"bubble", func(t *testing.T) { synctest.Test(t, inBubble) }}},
			nil, nil,
		)
		settled() // the next one writes the same flags
	}
	os.Stdout.WriteString("ready\n")
	<-never
}
