package main

import (
	"net"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// parked lists the states that a goroutine enters by itself.
var parked = []func(){
	chanReceive, chanSend, nilReceive, nilSend, rangesOverChannel,
	selectTwo, selectEmpty,
	mutexLock, rwmutexRLock, rwmutexLock, condWait, waitGroupWait,
	onceDo, poolNew,
	sleeps, timerChannel, afterFunc,
	netAccept, netRead, pipeRead,
	blockingRead, signalReceive,
	lockedToThread, lockedInSyscall,
	deep, bigFrame, inlinedChain,
	panics, recovers, recovered, panicsAgain, recoversSecond, exits, returns, defersInLoop,
	dereferencesNil, divides, indexes, asserts, callsNil, callsZero,
	generic, genericMethod, genericClosure,
	methodValue, methodExpression, closures, goWithArguments,
	promotedPointer, promotedValue, promotedInterface, wrapperPanics,
	reflectCall, reflectMakeFunc, reflectMethodValue,
	assemblyCalls, assemblyClobbersBP,
}

func chanReceive() { <-never }

func chanSend() { make(chan int) <- 1 }

func nilReceive() { <-chan int(nil) }

func nilSend() { chan int(nil) <- 1 }

func rangesOverChannel() {
	for range never {
	}
}

func selectTwo() {
	select {
	case <-never:
	case make(chan int) <- 1:
	}
}

func selectEmpty() { select {} }

func mutexLock() {
	var mutex sync.Mutex
	mutex.Lock()
	mutex.Lock()
}

func rwmutexRLock() {
	var mutex sync.RWMutex
	mutex.Lock()
	mutex.RLock()
}

func rwmutexLock() {
	var mutex sync.RWMutex
	mutex.RLock()
	mutex.Lock()
}

func condWait() {
	var mutex sync.Mutex
	mutex.Lock()
	sync.NewCond(&mutex).Wait()
}

func waitGroupWait() {
	var group sync.WaitGroup
	group.Add(1)
	group.Wait()
}

func onceDo() {
	var once sync.Once
	once.Do(func() {
		go onceWaits(&once)
		park()
	})
}

func onceWaits(once *sync.Once) { once.Do(park) }

func poolNew() {
	pool := sync.Pool{New: func() any {
		park()
		return nil
	}}
	pool.Get()
}

func sleeps() { time.Sleep(time.Hour) }

func timerChannel() { <-time.After(time.Hour) }

// afterFunc runs in a goroutine started by a timer.
func afterFunc() {
	begun := make(chan int)
	time.AfterFunc(0, func() {
		close(begun)
		park()
	})
	<-begun
	park()
}

func listen() net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	return listener
}

func netAccept() { listen().Accept() }

func netRead() {
	connection, err := net.Dial("tcp", listen().Addr().String())
	if err != nil {
		panic(err)
	}
	connection.Read(make([]byte, 1))
}

func pipeRead() {
	reader, writer, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	reader.Read(make([]byte, 1))
	runtime.KeepAlive(writer)
}

// nothing returns a descriptor from which nothing can be read.
func nothing() int {
	var ends [2]int
	if err := syscall.Pipe(ends[:]); err != nil {
		panic(err)
	}
	return ends[0]
}

func blockingRead() { syscall.Read(nothing(), make([]byte, 1)) }

func signalReceive() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1)
	<-signals
}

func lockedToThread() {
	runtime.LockOSThread()
	park()
}

func lockedInSyscall() {
	runtime.LockOSThread()
	syscall.Read(nothing(), make([]byte, 1))
}

var depth = 100_000

func deep() { recurses(depth) }

//go:noinline
func recurses(n int) int {
	if n == 0 {
		park()
	}
	return recurses(n-1) + 1
}

func bigFrame() {
	var many [100_000]byte
	fill(many[:])
	park()
	fill(many[:])
}

//go:noinline
func fill(bytes []byte) {
	for i := range bytes {
		bytes[i]++
	}
}

// With optimisation all but the first are inlined.
func inlinedChain() { outer(1) }

func outer(n int) int { return middle(n) + 1 }

func middle(n int) int { return leaf(n) + 1 }

func leaf(n int) int { return n + <-never }

// finalize parks the runtime's finalizer goroutine in one of our functions.
func finalize() {
	var begun flag
	runtime.SetFinalizer(new([64]byte), func(*[64]byte) {
		begun.set()
		park()
	})
	for !begun.isSet() {
		runtime.GC()
	}
}
