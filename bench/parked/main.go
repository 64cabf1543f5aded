// Command parked keeps N goroutines besides main, in a mix of states, until its standard
// input ends. It prints "ready" when all of them are parked.
package main

import (
	"fmt"
	"log"
	"os"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

const (
	few     = 8  // goroutines of each state that needs a descriptor, a thread or a place in a queue
	deepest = 24 // calls from a goroutine's start to its innermost function
)

var (
	never, nobody = make(chan int), make(chan int)

	held   sync.Mutex
	shared sync.RWMutex
	group  sync.WaitGroup
	bell   = sync.NewCond(new(sync.Mutex))
)

func receives(int) { <-never }

func sends(i int) { nobody <- i }

func selects(i int) {
	select {
	case <-never:
	case nobody <- i:
	case <-time.After(1000 * time.Hour):
	}
}

func locks(int) { held.Lock() }

func reads(int) { shared.RLock() }

func waits(int) { group.Wait() }

func sleeps(int) { time.Sleep(1000 * time.Hour) }

func listens(int) {
	bell.L.Lock()
	bell.Wait()
}

func descends(i int) { odd(1 + i%deepest) }

//go:noinline
func odd(n int) int {
	if n == 0 {
		return <-never
	}
	return even(n-1) + 1
}

//go:noinline
func even(n int) int {
	if n == 0 {
		return <-never
	}
	return odd(n-1) + 1
}

// polls waits in the network poller, without a thread.
func polls(int) {
	r, w, err := os.Pipe()
	if err != nil {
		log.Fatal(err)
	}
	r.Read(make([]byte, 1))
	runtime.KeepAlive(w) // the garbage collector would close it
}

// calls waits in the kernel, with a thread.
func calls(int) {
	var pipe [2]int
	if err := syscall.Pipe(pipe[:]); err != nil {
		log.Fatal(err)
	}
	syscall.Read(pipe[0], make([]byte, 1))
}

// yields is runnable whenever it does not run.
func yields(int) {
	for {
		runtime.Gosched()
	}
}

// countParked counts the goroutines that have given up the processor, by their innermost functions.
func countParked() (count int) {
	records := make([]runtime.StackRecord, runtime.NumGoroutine()+few)
	n, ok := runtime.GoroutineProfile(records)
	if !ok {
		return 0
	}
	parkedAt := map[uintptr]bool{}
	for i := range records[:n] {
		pc := records[i].Stack0[0]
		parked, ok := parkedAt[pc]
		if !ok {
			f := runtime.FuncForPC(pc - 1)
			inside := pc-1 > f.Entry() // at its entry it was only preempted
			parked = inside && (f.Name() == "runtime.gopark" || f.Name() == "syscall.Syscall")
			parkedAt[pc] = parked
		}
		if parked {
			count++
		}
	}
	return count
}

// block waits in the kernel without entersyscall, so that runnable goroutines stay runnable.
func block() {
	preempt := uint64(1) << (syscall.SIGURG - 1) // which sysmon sends after 10 ms
	syscall.RawSyscall6(syscall.SYS_RT_SIGPROCMASK,
		0 /* SIG_BLOCK */, uintptr(unsafe.Pointer(&preempt)), 0, 8, 0, 0)
	ready := []byte("ready\n")
	syscall.RawSyscall(syscall.SYS_WRITE, 1, uintptr(unsafe.Pointer(&ready[0])), 6)
	syscall.RawSyscall(syscall.SYS_READ, 0, uintptr(unsafe.Pointer(&ready[0])), 1)
	os.Exit(0)
}

func main() {
	n, err := strconv.Atoi(os.Args[len(os.Args)-1])
	if err != nil || n < 4*few {
		fmt.Fprintf(os.Stderr, "usage: parked N, at least %d\n", 4*few)
		os.Exit(2)
	}
	runtime.GOMAXPROCS(1) // a goroutine that waits for the processor is then certainly runnable
	held.Lock()
	shared.Lock()
	group.Add(1)
	for i := 0; i < few; i++ {
		go polls(i)
		go calls(i)
	}
	many := []func(int){receives, sends, selects, locks, reads, waits, sleeps, listens, descends}
	for i := 0; i < n-4*few; i++ {
		go many[i%len(many)](i)
	}
	for countParked() < n-2*few {
		runtime.Gosched()
	}
	for i := 0; i < 2*few; i++ {
		if i == few {
			runtime.Gosched() // lets the existing goroutines start
		}
		go yields(i)
	}
	block()
}
