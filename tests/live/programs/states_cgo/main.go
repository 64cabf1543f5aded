// A program with goroutines in C code, and in Go code called from C, which stands
// still once it has printed "ready".
package main

/*
#cgo LDFLAGS: -lpthread
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void goParks(void);
extern void goBlocksInC(void);
extern void goPanics(void);
extern void goReads(void);

// Nothing is ever written to it.
static int nothing[2];

static void opens(void) {
	if (pipe(nothing) != 0)
		_exit(1);
}

static void blocks(volatile int *begun) {
	char byte;
	*begun = 1;
	while (read(nothing[0], &byte, 1) != 0)
		;
}

static void spins(volatile int *begun) {
	*begun = 1;
	for (;;)
		;
}

static void calls_park(void) { goParks(); }

static void calls_c(void) { goBlocksInC(); }

static void calls_panic(void) { goPanics(); }

static void calls_read(void) { goReads(); }

static void *thread(void *function) {
	((void (*)(void))function)();
	return NULL;
}

// These threads are not created by Go.
static void begin_threads(void) {
	void (*functions[])(void) = {goParks, goBlocksInC, goReads};
	for (int i = 0; i < 3; i++) {
		pthread_t id;
		pthread_create(&id, NULL, thread, (void *)functions[i]);
	}
}

static volatile int handling;

static void handler(int signal) { blocks(&handling); }

// On the signal stack of a goroutine's thread, in C code that never returns.
static void handles(volatile int *begun) {
	struct sigaction action;
	memset(&action, 0, sizeof action);
	action.sa_handler = handler;
	action.sa_flags = SA_ONSTACK;
	sigaction(SIGUSR2, &action, NULL);
	pthread_kill(pthread_self(), SIGUSR2);
	*begun = 1;
}

static int is_handling(void) { return handling; }

static void announce(void) {
	volatile int begun;
	if (write(1, "ready\n", 6) == 6)
		blocks(&begun);
}
*/
import "C"

import (
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// never is the channel that parked goroutines wait on.
var never = make(chan int)

//go:noinline
func park() { <-never }

var callbacks int32

func inCBlocked(begun *C.int) { C.blocks(begun) }

func inCSpinning(begun *C.int) { C.spins(begun) }

func inCLocked(begun *C.int) {
	runtime.LockOSThread()
	C.blocks(begun)
}

func callback(*C.int) { C.calls_park() }

func callbackBackInC(*C.int) { C.calls_c() }

func callbackInSyscall(*C.int) { C.calls_read() }

func callbackPanics(*C.int) {
	defer park()
	C.calls_panic()
}

func handlerInC(begun *C.int) { C.handles(begun) }

//export goParks
func goParks() {
	atomic.AddInt32(&callbacks, 1)
	park()
}

//export goBlocksInC
func goBlocksInC() {
	atomic.AddInt32(&callbacks, 1)
	begun := C.int(0)
	C.blocks(&begun)
}

//export goPanics
func goPanics() {
	atomic.AddInt32(&callbacks, 1)
	panic("through C")
}

//export goReads
func goReads() {
	atomic.AddInt32(&callbacks, 1)
	var ends [2]int
	syscall.Pipe(ends[:])
	syscall.Read(ends[0], make([]byte, 1))
}

// settled waits until every goroutine but this one is parked or in the kernel.
func settled() {
	for text := make([]byte, 1<<20); ; runtime.Gosched() {
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

func main() {
	C.opens()
	states := []func(*C.int){inCBlocked, inCSpinning, inCLocked}
	begun := (*[3]C.int)(C.calloc(3, 4))
	for i, state := range states {
		go state(&begun[i])
	}
	for i := range states {
		for atomic.LoadInt32((*int32)(unsafe.Pointer(&begun[i]))) == 0 {
			runtime.Gosched()
		}
	}
	go handlerInC((*C.int)(C.calloc(1, 4)))
	for C.is_handling() == 0 {
		runtime.Gosched()
	}
	for _, state := range []func(*C.int){
		callback, callbackBackInC, callbackInSyscall, callbackPanics,
	} {
		go state(nil)
	}
	C.begin_threads()
	for atomic.LoadInt32(&callbacks) < 7 {
		runtime.Gosched()
	}
	settled()
	C.announce()
}
