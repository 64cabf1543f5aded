// A program that crashes in C or in Go, in the way that its argument names.
package main

/*
#cgo LDFLAGS: -lpthread
#include <pthread.h>
#include <stdlib.h>

extern void goCallback(void);

static void c_stores(volatile int *place) { *place = 1; }

static void c_aborts(void) { abort(); }

static void c_calls_back(void) { goCallback(); }

static int c_overflows(volatile char *above) {
	volatile char frame[4096];
	frame[0] = *above;
	return c_overflows(frame) + frame[0];
}

static void c_divides(volatile int *zero) { *zero = 7 % *zero; }

static void *thread(void *place) {
	c_stores(place);
	return NULL;
}

static void c_thread_stores(void) {
	pthread_t id;
	pthread_create(&id, NULL, thread, NULL);
	pthread_join(id, NULL);
}
*/
import "C"

import (
	"os"
	"unsafe"
)

//export goCallback
func goCallback() { C.c_stores((*C.int)(nil)) }

func crash(how string) {
	var zero C.int
	switch how {
	case "abort":
		C.c_aborts()
	case "store":
		C.c_stores((*C.int)(nil))
	case "callback":
		C.c_calls_back()
	case "overflow":
		C.c_overflows(C.CString(""))
	case "divide":
		C.c_divides(&zero)
	case "thread":
		C.c_thread_stores()
	case "nil":
		var place *int
		*place = 1
	case "call":
		code := new(uintptr)
		function := *(*func())(unsafe.Pointer(&code))
		function()
	}
}

func main() {
	done := make(chan bool)
	go func() {
		crash(os.Args[1])
		done <- true
	}()
	<-done
}
