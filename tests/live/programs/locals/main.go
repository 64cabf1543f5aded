// A program whose goroutines print their arguments and variables, and then stay
// in that function: parked, in a system call, on a CPU, preempted.
package main

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
)

type point struct{ x, y int }

var (
	never = make(chan int)
	lock  sync.Mutex
	begun int32
)

// say prints a goroutine's values as GDB is to print them.
func say(id int, name string, ratio float64, at *point, total int) {
	fmt.Fprintf(os.Stderr, "%s: id = %d, ratio = %v, at.x = %d, at.y = %d, total = %d\n",
		name, id, ratio, at.x, at.y, total)
	atomic.AddInt32(&begun, 1)
}

func receives(id int, name string, ratio float64, at *point) {
	total := id * 1000
	say(id, name, ratio, at, total)
	<-never
	runtime.KeepAlive(total)
}

func locks(id int, name string, ratio float64, at *point) {
	total := id * 1000
	say(id, name, ratio, at, total)
	lock.Lock()
	runtime.KeepAlive(total)
}

// reads is in a system call that does not return.
func reads(id int, name string, ratio float64, at *point) {
	total := id * 1000
	var ends [2]int
	if err := syscall.Pipe(ends[:]); err != nil {
		panic(err)
	}
	say(id, name, ratio, at, total)
	syscall.Read(ends[0], make([]byte, 1))
	runtime.KeepAlive(total)
}

// turns is preempted at any of its instructions.
func turns(id int, name string, ratio float64, at *point) {
	total := id * 1000
	say(id, name, ratio, at, total)
	for at.x != 0 {
	}
	runtime.KeepAlive(total)
}

func main() {
	runtime.GOMAXPROCS(1)
	lock.Lock()
	start := []func(int, string, float64, *point){receives, locks, reads, turns, turns}
	for i, work := range start {
		id := i + 1
		go work(id, fmt.Sprintf("worker%d", id), float64(id)/4, &point{id + 10, id + 20})
	}
	for int(atomic.LoadInt32(&begun)) < len(start) {
		runtime.Gosched()
	}
	os.Stdout.WriteString("parked\n")
	<-never
}
