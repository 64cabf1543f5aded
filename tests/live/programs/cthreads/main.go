// A program with threads that C code has made: two never enter Go, and one has been in it.
package main

/*
#cgo LDFLAGS: -lpthread
#include <pthread.h>
#include <unistd.h>

extern void goCallback(void);

static pthread_barrier_t ready;

static void *waits(void *enters_go) {
	if (enters_go) goCallback();
	pthread_barrier_wait(&ready);
	for (;;) pause();
}

static void make_threads(void) {
	pthread_t thread;
	pthread_barrier_init(&ready, 0, 4);
	pthread_create(&thread, 0, waits, 0);
	pthread_create(&thread, 0, waits, 0);
	pthread_create(&thread, 0, waits, &ready);
	pthread_barrier_wait(&ready);
}
*/
import "C"

//export goCallback
func goCallback() {}

//go:noinline
func made() {}

func main() {
	C.make_threads()
	made()
}
