// A C program that calls Park of a library in Go: the one it is linked with, or with LOAD those
// that are named on the command line, each in a thread. It has thread-local variables of its own.

_Thread_local volatile char before[4096] = {1};

#ifdef LOAD
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

static void *call(void *park) {
	((void (*)(void))park)();
	return 0;
}

int main(int argc, char **argv) {
	pthread_t thread;
	for (int i = 1; i < argc; i++) {
		void *library = dlopen(argv[i], RTLD_NOW);
		void *park = library ? dlsym(library, "Park") : 0;
		if (!park || pthread_create(&thread, 0, call, park)) {
			exit(1);
		}
	}
	pthread_join(thread, 0);
}
#else
void Park(void);

int main(void) { Park(); }
#endif
