// A program in which several goroutines do the same work in turns, each on any
// thread.
package main

import (
	"fmt"
	"runtime"
	"sync"
)

const (
	workers = 5
	rounds  = 20
)

//go:noinline
func work(worker, round int) int {
	return worker*rounds + round // marker: work
}

func worker(number int, start <-chan int, sums []int, done *sync.WaitGroup) {
	defer done.Done()
	<-start
	for round := 0; round < rounds; round++ {
		sums[number] += work(number, round)
		runtime.Gosched()
	}
}

func main() {
	var done sync.WaitGroup
	start := make(chan int)
	sums := make([]int, workers)
	for number := range sums {
		done.Add(1)
		go worker(number, start, sums, &done)
	}
	close(start) // marker: before the start
	done.Wait()
	fmt.Println(sums)
}
