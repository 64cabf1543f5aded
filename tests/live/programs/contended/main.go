// A server that is stuck: many goroutines wait for one mutex, at two places, and one that has
// locked it waits for something else. Others wait for a WaitGroup, for one channel, each for a
// channel of its own, or for a lock as readers.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"
)

const victims, others, waiters = 300, 40, 5

type store struct {
	name string
	mu   sync.Mutex
}

var (
	held  store
	group sync.WaitGroup
	lock  sync.RWMutex
	jobs  = make(chan int)
)

//go:noinline
func (s *store) get() {
	s.mu.Lock() // marker: get
	s.mu.Unlock()
}

//go:noinline
func (s *store) put() {
	s.mu.Lock() // marker: put
	s.mu.Unlock()
}

//go:noinline
func (s *store) flush(answer chan int) {
	s.mu.Lock()
	<-answer // marker: holds
	s.mu.Unlock()
}

//go:noinline
func receives() {
	<-jobs // marker: receives
}

//go:noinline
func leaks() {
	<-make(chan int) // marker: leaks
}

//go:noinline
func waits() {
	group.Wait() // marker: waits
}

//go:noinline
func reads() {
	lock.RLock() // marker: reads
	lock.RUnlock()
}

//go:noinline
func sleeps() {
	time.Sleep(time.Hour) // marker: sleeps
}

// settled waits until every goroutine but this one is parked.
func settled() {
	for text := make([]byte, 1<<22); ; runtime.Gosched() {
		running := 0
		for _, line := range strings.Split(string(text[:runtime.Stack(text, true)]), "\n") {
			if strings.HasPrefix(line, "goroutine ") && strings.Contains(line, " [run") {
				running++
			}
		}
		if running == 1 {
			return
		}
	}
}

func start(count int, f func()) {
	for i := 0; i < count; i++ {
		go f()
	}
}

func main() {
	group.Add(1)
	lock.Lock()
	go held.flush(make(chan int))
	settled()
	start(victims, held.get)
	start(others, held.put)
	start(waiters, receives)
	start(waiters, leaks)
	start(waiters, waits)
	start(waiters, reads)
	go sleeps()
	settled()
	fmt.Println("parked")
	os.Stdin.Read(make([]byte, 1))
}
